"""Waiting until a client is blocked in the server, which has no event for it."""

import asyncio

from redis.asyncio import Redis


async def somebody_waits(redis: Redis) -> None:
    """Return once a client of the server is blocked in a command such as XREAD BLOCK."""
    while not (await redis.info("clients"))["blocked_clients"]:  # noqa: ASYNC110
        await asyncio.sleep(0)
