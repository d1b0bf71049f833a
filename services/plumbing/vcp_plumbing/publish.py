"""Putting commands into a partition's `in`, within its bound. For anyone outside the two services' commits."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError
from vcp_contracts.streams import FIELD, inbox

from vcp_plumbing.commit import Full
from vcp_plumbing.script import Call, Script, run

IN_LIMIT = 100_000
"""How many entries may wait in one partition's `in`."""

_PUBLISH = Script.of("publish")


async def publish(redis: Redis, partition: int, body: bytes, *, limit: int = IN_LIMIT) -> str | Full:
    """Add plain JSON to the partition's `in`: the id of the entry, or `Full` when there is no room.

    Raises one of `LOST`: then the entry may be in. Publish again with the same `id` in the body: it counts once.
    """
    [reply] = await run(redis, [publishing(partition, [body], limit)])
    accepted = judge_publishing(reply)
    return accepted if isinstance(accepted, Full) else accepted[0]


def publishing(partition: int, bodies: Sequence[bytes], limit: int = IN_LIMIT) -> Call:
    """The call that adds all bodies to the partition's `in`, in order, or none of them."""
    return _PUBLISH.call([inbox(partition)], [limit, FIELD, *bodies])


def judge_publishing(reply: Any) -> list[str] | Full:
    """What the reply to such a call says. Raises the error reply of anything but a full server."""
    if isinstance(reply, OutOfMemoryError):
        return Full(str(reply))
    if isinstance(reply, Exception):
        raise reply
    if not reply:
        return Full("the partition's input is full: the Abstraction is away or too slow")
    return [entry_id.decode() for entry_id in reply]
