"""Waits for a broker that is away, until it answers or nobody wants it any more. Knows no service."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from redis.asyncio import Redis

from vcp_plumbing.connection import LOST, connect
from vcp_plumbing.environment import Environment

RETRY_S = 0.5

_log = structlog.get_logger(__name__)


async def with_broker(
    environment: Environment, stop: asyncio.Event, work: Callable[[Redis], Awaitable[None]]
) -> None:
    """Does `work` with the broker, as soon as that answers; nothing when `stop` comes first.

    Raises what `work` raises, and `UnfitServer` where waiting would not help.
    """
    redis = await reach(environment, stop)
    if redis is None:
        return
    try:
        await work(redis)
    finally:
        await redis.aclose()


async def reach(environment: Environment, stop: asyncio.Event) -> Redis | None:
    """A client of the broker as soon as that answers; None when `stop` comes first.

    Raises `UnfitServer` where waiting would not help.
    """
    told = ""
    while not stop.is_set():
        try:
            return await connect(environment.redis_url)
        except LOST as lost:
            # Once for each reason: a broker that is away for a night fills no disk.
            if str(lost) != told:
                told = str(lost)
                _log.warning("waiting for the broker", redis=environment.redis_url_masked, error=told)
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await stop.wait()
    return None
