"""Events as server-sent events for one client each, resumable from a cursor. Knows streams; no route, no event's meaning.

A client that reads too slowly loses nothing and holds nothing here: it gets on from its own place in the streams.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi.sse import format_sse_event
from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts import streams
from vcp_contracts.events import Gap
from vcp_plumbing.connection import LOST, Command, roundtrip

from vcp_control.cursor import START, Cursor, mark, order
from vcp_control.follower import Follower
from vcp_control.listener import Listener, Told, entry_of, told

KEEP_ALIVE_S = 15.0
MOST_CLIENTS = 100
RECONNECT_MS = 1_000
EVERYBODY = "*"
"""The charge point of a Gap, which concerns all of them in its partition."""
_PAGE = 200
_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Interest:
    """Which events a client wants; None or empty: any."""

    charge_point: str | None = None
    types: frozenset[str] = frozenset()

    def covers(self, event: Told) -> bool:
        return (self.charge_point is None or event.word.get("charge_point") == self.charge_point) and (
            not self.types or event.word.get("type") in self.types
        )

    def partitions(self, count: int) -> range:
        """The partitions where such events lie."""
        if self.charge_point is None:
            return range(count)
        partition = streams.partition_of(self.charge_point, count)
        return range(partition, partition + 1)


class Place:
    """How far one client has come. Its text is a cursor, put together at every event, hence from prepared parts."""

    def __init__(self, world: str) -> None:
        self.world = world
        self._positions: dict[int, str] = {}
        self._marks: dict[int, str] = {}

    def __str__(self) -> str:
        return f"{self.world}~{'_'.join(self._marks.values())}"

    def start_over(self, world: str) -> None:
        """Go to the beginning of another world."""
        self.world = world
        self._positions.clear()
        self._marks.clear()

    def position(self, partition: int) -> str:
        return self._positions.get(partition, START)

    def is_before(self, partition: int, entry_id: str) -> bool:
        return order(self.position(partition)) < order(entry_id)

    def advance(self, partition: int, entry_id: str) -> None:
        if self.is_before(partition, entry_id):
            self._positions[partition] = entry_id
            self._marks[partition] = mark(partition, entry_id)


class EventStreams:
    """The streams of all clients of this process."""

    def __init__(
        self,
        redis: Redis,
        follower: Follower,
        *,
        keep_alive_s: float = KEEP_ALIVE_S,
        most_clients: int = MOST_CLIENTS,
    ) -> None:
        self.clients = 0
        self._redis = redis
        self._follower = follower
        self._keep_alive_s = keep_alive_s
        self._most_clients = most_clients

    @property
    def crowded(self) -> bool:
        """Whether no further client fits."""
        return self.clients >= self._most_clients

    @property
    def events_read(self) -> int:
        """How many events this process has read for all of them."""
        return self._follower.seen

    def beginning(self) -> Cursor:
        """The cursor before everything that is still kept."""
        return Cursor(self._follower.world.id, {})

    async def stream(self, interest: Interest, after: Cursor | None) -> AsyncIterator[bytes]:
        """The events after a cursor, by default from now on, until the client goes or this process ends."""
        self.clients += 1
        place = _place(after) if after else None
        try:
            while True:
                try:
                    async with self._follower.listen(interest.partitions(self._partitions)) as listener:
                        if place is None:
                            place = self._now(listener)
                        yield format_sse_event(comment="open", id=str(place), retry=RECONNECT_MS)
                        async for chunk in self._catch_up(place, interest, listener):
                            yield chunk
                        async for chunk in self._live(place, interest, listener):
                            yield chunk
                        if listener.closed:
                            return
                except (*LOST, RedisError):
                    # The follower says so in the log; this client just goes on when the broker is back.
                    yield format_sse_event(comment="the broker does not answer")
                    await asyncio.sleep(_PAUSE_S)
        finally:
            self.clients -= 1

    @property
    def _partitions(self) -> int:
        return self._follower.world.partitions

    def _now(self, listener: Listener) -> Place:
        return _place(Cursor(self._follower.world.id, listener.since))

    async def _catch_up(self, place: Place, interest: Interest, listener: Listener) -> AsyncIterator[bytes]:
        """What lies between the client's place and where its listener begins."""
        if place.world != self._follower.world.id:
            # Another life of the data: what the client had not seen of the former one is gone.
            former = str(place)
            place.start_over(self._follower.world.id)
            yield _gap(former, START, str(place))
        for partition in sorted(listener.partitions):
            until = listener.since[partition]
            while place.is_before(partition, until):
                began = place.position(partition)
                events, trimmed_to = await self._page(partition, began, until)
                chunk = b"" if trimmed_to is None else _gap(began, trimmed_to, str(place))
                chunk += b"".join([_event(place, interest, event) for event in events])
                if len(events) < _PAGE:
                    place.advance(partition, until)
                if chunk:
                    yield chunk

    async def _live(self, place: Place, interest: Interest, listener: Listener) -> AsyncIterator[bytes]:
        """What comes through the listener, until it overflows or closes."""
        while not (listener.overflown or listener.closed):
            events = await listener.take(self._keep_alive_s)
            if events:
                chunk = b"".join([_event(place, interest, event) for event in events])
            elif listener.overflown or listener.closed:
                return
            else:
                # Nothing for this client; yet others' events may be trimmed once it comes back with an old cursor.
                for partition in listener.partitions:
                    place.advance(partition, self._follower.positions[partition])
                chunk = format_sse_event(comment="alive", id=str(place))
            if chunk:
                yield chunk

    async def _page(self, partition: int, after: str, until: str) -> tuple[list[Told], str | None]:
        """The next entries, and the first id that is left where some after `after` were trimmed."""
        key = streams.events(partition)
        commands: list[Command] = [
            ("MULTI",),
            ("XRANGE", key, f"({after}", until, "COUNT", _PAGE),
            ("XINFO", "STREAM", key),
            ("EXEC",),
        ]
        *_, replies = await roundtrip(self._redis, commands)
        if isinstance(replies, Exception):
            raise replies
        found, info = replies
        if isinstance(found, Exception):
            raise found
        events = [told(partition, entry_of(words)) for words in found]
        return events, None if isinstance(info, Exception) else _trimmed(info, after)


def _trimmed(info: list[Any], after: str) -> str | None:
    facts = dict(zip(info[::2], info[1::2], strict=True))
    first = facts[b"recorded-first-entry-id"].decode()
    # Without its number in the stream nobody can tell whether `after` itself was the last one trimmed: better one
    # gap too many than one too few.
    some_are_gone = facts[b"entries-added"] > facts[b"length"]
    return first if some_are_gone and order(after) < order(first) else None


def _place(cursor: Cursor) -> Place:
    place = Place(cursor.world)
    for partition, position in cursor.positions.items():
        place.advance(partition, position)
    return place


def _event(place: Place, interest: Interest, event: Told) -> bytes:
    """The event's text, nothing when the client has had it or does not want it; its place moves on either way."""
    if not place.is_before(event.partition, event.id):
        return b""
    place.advance(event.partition, event.id)
    if not interest.covers(event):
        return b""
    return format_sse_event(data_str=event.body.decode(), id=str(place))


def _gap(after: str, first: str, cursor: str) -> bytes:
    gap = Gap(id=f"gap-{after}"[:128], charge_point=EVERYBODY, at=datetime.now(UTC), after=after, first=first)
    return format_sse_event(data_str=gap.model_dump_json(), id=cursor)
