"""How a command line run ends: by itself, or by Ctrl-C or SIGTERM in good order. Knows no command."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from enum import IntEnum
from typing import Any, NoReturn

import typer
from vcp_testkit.problems import Problem, Unreachable


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_CONNECTED = 3
    NOT_SET_UP = 4


class Ending(Exception):
    """Ends a command: its text is told in a line on stderr, `code` is the exit code."""

    code = Exit.FAILED


def run_until_signal(work: Coroutine[Any, Any, int], *, interrupted: int = Exit.OK) -> int:
    """Runs `work` to its end; the first Ctrl-C or SIGTERM cancels it, its clean-up runs, and `interrupted` is returned.

    A second signal ends the process as signals do.
    """

    async def main() -> int:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)
        told = False

        def leave(number: signal.Signals) -> None:
            nonlocal told
            told = True
            loop.remove_signal_handler(number)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, leave, number)
        try:
            return await task
        except asyncio.CancelledError:
            if not told:
                raise
            return interrupted

    return asyncio.run(main())


def leave(work: Callable[[], int]) -> NoReturn:
    """Runs a verb and leaves with its exit code; what can go wrong is told in a line, not in a traceback."""
    try:
        code = work()
    except Ending as ending:
        fail(str(ending), ending.code)
    except Problem as problem:
        fail(str(problem), Exit.FAILED)
    except Unreachable as silence:
        fail(str(silence), Exit.NOT_CONNECTED)
    raise typer.Exit(code)


def fail(text: str, code: Exit) -> NoReturn:
    """Says why in a line, and leaves."""
    typer.echo(f"vcp: {text}", err=True)
    raise typer.Exit(code)
