"""Reading the entries of all owned partitions at once. Decodes nothing, commits nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from redis.asyncio import Redis

from vcp_plumbing.connection import Command, roundtrip
from vcp_plumbing.ownership import KeyOf


class Entry(NamedTuple):
    """One entry of a stream; `decode_entry(fields)` gives its JSON."""

    id: str
    fields: dict[bytes, bytes]

    @property
    def time_ms(self) -> int:
        """The server's time at which the entry was added, in ms: an entry's `now`."""
        return int(self.id.partition("-")[0])


Entries = dict[int, list[Entry]]


@dataclass(frozen=True, slots=True)
class Moment:
    """A cut through all partitions."""

    time_ms: int
    """Every entry with an id of this millisecond or earlier is in `entries`, in partitions that aren't `cut`."""
    entries: Entries
    cut: frozenset[int]
    """Partitions with more waiting than one read takes: complete only up to their last entry here."""


class Reader:
    """One XREAD over many partitions. `key_of` names a partition's stream; at most `count` entries of each."""

    def __init__(self, redis: Redis, key_of: KeyOf, *, count: int = 200) -> None:
        self._redis = redis
        self._key_of = key_of
        self.count = count

    async def wait(self, positions: Mapping[int, str], block_ms: int) -> Entries:
        """The entries after each position; when there are none, wait up to `block_ms` for the first.

        With 0 it doesn't wait at all. Raises one of `LOST`.
        """
        if not positions:
            await asyncio.sleep(block_ms / 1000)
            return {}
        [found] = await roundtrip(
            self._redis, [self._xread(positions, block_ms)], timeout_s=block_ms / 1000 + 5.0
        )
        return self._entries(found, positions)

    async def now(self, positions: Mapping[int, str]) -> Moment:
        """The server's time and the entries after each position, in one step, without waiting.

        An entry added later has an id of that time or after it, so entries and due timers up to
        `Moment.time_ms` can be merged in an order that a replay finds again. Raises one of `LOST`.
        """
        commands: list[Command] = [("MULTI",), ("TIME",)]
        if positions:
            commands.append(self._xread(positions, 0))
        replies = await roundtrip(self._redis, [*commands, ("EXEC",)])
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        (seconds, micros), *found = replies[-1]
        entries = self._entries(found[0], positions) if found else {}
        # Within the current millisecond an entry may still come.
        time_ms = int(seconds) * 1000 + int(micros) // 1000 - 1
        return Moment(
            time_ms, entries, frozenset(p for p, some in entries.items() if len(some) >= self.count)
        )

    def _xread(self, positions: Mapping[int, str], block_ms: int) -> Command:
        block = ("BLOCK", block_ms) if block_ms > 0 else ()
        keys = [self._key_of(partition) for partition in positions]
        return ("XREAD", "COUNT", self.count, *block, "STREAMS", *keys, *positions.values())

    def _entries(self, found: Any, positions: Mapping[int, str]) -> Entries:
        if isinstance(found, Exception):
            raise found
        if not found:
            return {}
        partition_of = {self._key_of(partition).encode(): partition for partition in positions}
        return {
            partition_of[key]: [
                Entry(entry_id.decode(), dict(zip(words[::2], words[1::2], strict=True)))
                for entry_id, words in some
            ]
            for key, some in found
        }
