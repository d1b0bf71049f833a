"""Where children are born: a process that has imported what all services need, once, and forks them from itself.

So a child starts in a few milliseconds, and the memory of what all import is there once. The standard library's fork
server does the work. Knows no service by name; `child` says what a newborn does first.
"""

import asyncio
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.forkserver import ensure_running

COMMON_GROUND = "vcp_runner.common_ground"
"""Imported in the nursery before the first birth."""

ORPHANED = 255
"""The exit code that is told of a child when nobody knows it, since the nursery itself has died."""


def nursery() -> ForkServerContext:
    """The one of this process; it comes up with the first birth, and again where it has died."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([COMMON_GROUND])
    return context


def furnish() -> None:
    """Lets the nursery come up now, beside whatever else is to be done before the first birth."""
    nursery()
    ensure_running()


async def born(life: Callable[..., None], *given: object) -> ForkServerProcess:
    """A new child that lives `life(*given)`. Connections among what is given are handed over.

    Raises OSError when there is no process or no file to be had.
    """
    child = nursery().Process(target=life, args=given, daemon=True)
    # the first birth waits for the imports of the nursery
    await asyncio.to_thread(child.start)
    return child


def tie() -> tuple[Connection, Connection]:
    """A pipe for bytes: the end to read from, and the end to write to. Either may be given to a child."""
    return nursery().Pipe(duplex=False)
