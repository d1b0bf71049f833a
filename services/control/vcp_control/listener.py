"""One listener's bounded queue of events, and what an event is there. Reads no stream, judges no event."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import orjson
from vcp_plumbing.entry import Unreadable, decode_entry
from vcp_plumbing.reader import Entry


class Told(NamedTuple):
    """One event as it lies in its stream."""

    partition: int
    id: str
    body: bytes
    word: dict[str, Any]


def told(partition: int, entry: Entry) -> Told:
    """An entry as an event. What is not a JSON object, a stranger's writing, becomes an empty one."""
    try:
        body = decode_entry(entry.fields)
        word = orjson.loads(body)
    except (Unreadable, orjson.JSONDecodeError):
        word = None
    return (
        Told(partition, entry.id, body, word)
        if isinstance(word, dict)
        else Told(partition, entry.id, b"{}", {})
    )


def entry_of(reply: Any) -> Entry:
    """An entry from its raw reply: its id, and its fields and values in turn."""
    entry_id, words = reply
    return Entry(entry_id.decode(), dict(zip(words[::2], words[1::2], strict=True)))


class Listener:
    """One listener's bounded queue of events. Overflown, it holds nothing more; its owner starts over."""

    def __init__(self, partitions: Iterable[int], positions: Mapping[int, str], limit: int) -> None:
        self.partitions = frozenset(partitions)
        self.since = {partition: positions[partition] for partition in self.partitions}
        """The events after these positions come through the queue; what lies before must be read."""
        self.overflown = False
        self.closed = False
        self._queue: deque[Told] = deque()
        self._limit = limit
        self._stirred = asyncio.Event()

    def put(self, event: Told) -> None:
        if len(self._queue) >= self._limit:
            self.overflow()
        if not self.overflown:
            self._queue.append(event)
            self._stirred.set()

    def overflow(self) -> None:
        """What is queued is not all there is: the owner must read by itself."""
        self.overflown = True
        self._queue.clear()
        self._stirred.set()

    def close(self) -> None:
        """No more events will come."""
        self.closed = True
        self._stirred.set()

    async def take(self, timeout_s: float) -> list[Told]:
        """All that is queued; waits for the first, at most `timeout_s`. Empty when overflown, closed or in vain."""
        if not self._queue and not self.overflown and not self.closed:
            self._stirred.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._stirred.wait()
        events = list(self._queue)
        self._queue.clear()
        return events
