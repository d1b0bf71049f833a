"""Reads the violations that are kept: events of one partition or of all. Judges and writes nothing."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_plumbing.connection import Command, roundtrip

from vcp_control.cursor import START, order
from vcp_control.listener import entry_of, told
from vcp_control.wire_filter import Filter
from vcp_control.wire_record import WireRecord

_PAGE = 2_000
_MARK = b'"protocol_violation"'
Event = dict[str, Any]


class Kept(NamedTuple):
    """The violations of some charge points, oldest first, and from when on they are all there (None: always)."""

    events: list[Event]
    complete_since: datetime | None


class ViolationRecord:
    """Raises what a broken connection raises."""

    def __init__(self, redis: Redis, partitions: int, wire: WireRecord) -> None:
        self._redis = redis
        self._partitions = partitions
        self._wire = wire

    async def of(self, charge_points: Collection[str]) -> Kept:
        """The violations of these charge points."""
        ids = frozenset(charge_points)
        found: list[tuple[str, Event]] = []
        since: list[datetime] = []
        for partition in sorted({streams.partition_of(id, self._partitions) for id in ids}):
            key = streams.events(partition)
            if (began := await self._trimmed_up_to(key)) is not None:
                since.append(began)
            found += await self._violations(partition, ids)
        found.sort(key=lambda one: order(one[0]))
        return Kept([await self._completed(event) for _, event in found], max(since, default=None))

    async def _violations(self, partition: int, ids: frozenset[str]) -> list[tuple[str, Event]]:
        found = []
        after = START
        key = streams.events(partition)
        while page := await self._ask(("XRANGE", key, f"({after}", "+", "COUNT", _PAGE)):
            found += list(_among(partition, page, ids))
            after = page[-1][0].decode()
            if len(page) < _PAGE:
                break
        return found

    async def _trimmed_up_to(self, key: str) -> datetime | None:
        """When the oldest event that is left was told, where older ones were trimmed."""
        [reply] = await roundtrip(self._redis, [("XINFO", "STREAM", key)])
        if isinstance(reply, Exception):
            # no such stream: nothing was ever told
            return None
        facts = dict(zip(reply[::2], reply[1::2], strict=True))
        if facts[b"entries-added"] <= facts[b"length"]:
            return None
        ms, _ = order(facts[b"recorded-first-entry-id"].decode())
        return datetime.fromtimestamp(ms / 1000, UTC)

    async def _completed(self, event: Event) -> Event:
        """The charger judges what is said, not how it is written: its action and text are on the wire record."""
        if event.get("action") or event.get("text") or not event.get("message_id"):
            return event
        wanted = Filter(direction="received", message_id=event["message_id"])
        kept = await self._wire.last(event["charge_point"], wanted, after=None, limit=1)
        if not kept:
            return event
        frame = kept[0].frame
        return {**event, "action": frame.get("action"), "text": frame["text"]}

    async def _ask(self, command: Command) -> Any:
        [reply] = await roundtrip(self._redis, [command])
        if isinstance(reply, Exception):
            raise reply
        return reply


def _among(partition: int, page: Iterable[Any], ids: frozenset[str]) -> Iterable[tuple[str, Event]]:
    for reply in page:
        entry = entry_of(reply)
        # most events are not, and there are a hundred thousand of them
        if not any(_MARK in value for value in entry.fields.values()):
            continue
        event = told(partition, entry).word
        if event.get("type") == "protocol_violation" and event.get("charge_point") in ids:
            yield entry.id, event
