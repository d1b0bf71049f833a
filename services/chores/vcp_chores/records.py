"""What is recorded of a charger, read from its streams within a bound. Writes nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.chores import StoreFile
from vcp_plumbing.connection import Command, roundtrip

MOST_BYTES = 16 * 1024 * 1024
"""The newest of each record up to so much goes into an archive."""

PAGE = 1_000
_FIELD = streams.FIELD.encode()

SECURITY = frozenset(
    {
        "charge_point_changed",
        "clock_changed",
        "command_rejected",
        "firmware_step",
        "link_changed",
        "protocol_violation",
        "registered",
        "security_event_raised",
        "setting_changed",
    }
)
"""The events that a security log tells of."""

Lines = list[bytes]


async def events(redis: Redis, partition: int, chore: StoreFile) -> Lines:
    """The charger's events in the wanted time by its own clock, oldest first, a line each. Raises one of `LOST`."""
    mine = orjson.dumps({"charge_point": chore.charge_point})[1:-1]
    wanted = SECURITY if chore.kind == "security" else None

    def take(body: bytes) -> bool:
        if mine not in body:
            return False
        event = _word(body)
        return (
            event.get("charge_point") == chore.charge_point
            and (wanted is None or event.get("type") in wanted)
            and _within(event, chore.since, chore.until)
        )

    return await _newest(redis, streams.events(partition), take)


async def frames(redis: Redis, partition: int, chore: StoreFile) -> Lines:
    """The wire record in the wanted time, oldest first, a line each; secrets are masked in it. Raises one of `LOST`."""

    def take(body: bytes) -> bool:
        return _within(_word(body), chore.since_real, chore.until_real)

    return await _newest(redis, streams.frames(partition, chore.charge_point), take)


async def view(redis: Redis, partition: int, charge_point: str) -> bytes:
    """How the charger stands now. Raises one of `LOST`."""
    [found] = await _ask(redis, ("HGET", streams.view(partition), charge_point))
    return found or b"{}"


def _word(body: bytes) -> dict[str, Any]:
    """An entry as an object; empty for one that is none: anybody may write to a stream, and a log goes on."""
    try:
        word = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return word if isinstance(word, dict) else {}


def _within(word: dict[str, Any], since: datetime | None, until: datetime | None) -> bool:
    """Whether it was said in the wanted time; what does not say when was not."""
    try:
        at = datetime.fromisoformat(word["at"])
    except (KeyError, TypeError, ValueError):
        return False
    return (since is None or at >= since) and (until is None or at <= until)


async def _newest(redis: Redis, key: str, take: Callable[[bytes], bool]) -> Lines:
    lines: Lines = []
    size, before = 0, "+"
    while True:
        [page] = await _ask(redis, ("XREVRANGE", key, before, "-", "COUNT", PAGE))
        for _, fields in page:
            body = dict(zip(fields[::2], fields[1::2], strict=True)).get(_FIELD, b"")
            if body and take(body):
                lines.append(body)
                size += len(body)
        if len(page) < PAGE or size > MOST_BYTES:
            return lines[::-1]
        before = f"({page[-1][0].decode()}"


async def _ask(redis: Redis, command: Command) -> list[Any]:
    replies = await roundtrip(redis, [command])
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies
