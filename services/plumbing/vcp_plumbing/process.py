"""One service as a process: settings from the environment, logs, signals, exit codes. Knows no service."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog

from vcp_plumbing.connection import UnfitServer
from vcp_plumbing.environment import CANNOT_SET_UP, Environment, WrongSetting
from vcp_plumbing.logs import set_up_logs
from vcp_plumbing.world import WorldMismatch

Serve = Callable[[Environment, asyncio.Event], Awaitable[None]]
"""Runs a service until the event is set."""


def run_service(name: str, serve: Serve, *, plain_loop: bool = False) -> int:
    """Serves until SIGTERM or Ctrl-C; the exit code. What can't be set up is told on stderr.

    `plain_loop`: on asyncio's own loop, not on uvloop.
    """
    try:
        environment = Environment.read(name)
    except WrongSetting as wrong:
        print(wrong, file=sys.stderr)
        return CANNOT_SET_UP
    set_up_logs(
        level=environment.log_level,
        format=environment.log_format,
        service=environment.service,
        owner=environment.owner,
    )
    code = 0
    try:
        with asyncio.Runner(loop_factory=None if plain_loop else loop_factory()) as runner:
            runner.run(until_signal(lambda stop: serve(environment, stop)))
    except* (UnfitServer, WorldMismatch) as unfit:
        structlog.get_logger(__name__).error("cannot_set_up", errors=[str(why) for why in leaves(unfit)])
        code = CANNOT_SET_UP
    return code


async def until_signal(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Does `work`, whose event the first SIGTERM or Ctrl-C sets."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(stop)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it exists."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The exceptions of a group and of the groups in it."""
    return [
        leaf
        for inner in group.exceptions
        for leaf in (leaves(inner) if isinstance(inner, BaseExceptionGroup) else [inner])
    ]
