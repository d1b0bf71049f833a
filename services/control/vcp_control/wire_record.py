"""The wire record of charge points: their last frames, both directions. Reads; filters and writes nothing itself."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_plumbing.connection import roundtrip
from vcp_plumbing.entry import decode_entry

from vcp_control.cursor import START, order
from vcp_control.problems import Problem
from vcp_control.wire_filter import Filter

PAGE = 500
MOST_WAITERS = 64
"""How many requests may wait for a frame; each holds a connection to the broker."""
_BLOCK_S = 2.0


class Kept(NamedTuple):
    """One frame of the record, and the cursor that names its place."""

    cursor: str
    frame: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        return {"cursor": self.cursor, **self.frame}


class WireRecord:
    """Reads the frames. Raises what a broken connection raises."""

    def __init__(self, redis: Redis, partitions: int, *, most_waiters: int = MOST_WAITERS) -> None:
        self._redis = redis
        self._partitions = partitions
        self._most_waiters = most_waiters
        self.waiting = 0
        """How many requests wait for a frame now."""

    async def last(self, id: str, wanted: Filter, *, after: str | None, limit: int) -> list[Kept]:
        """Frames that fit, oldest first: the first `limit` after the cursor `after`, without one the last `limit`."""
        key = self._key(id)
        if after is not None:
            return await self._forward(key, wanted, after, limit)
        found: list[Kept] = []
        before = "+"
        while len(found) < limit:
            [reply] = await roundtrip(self._redis, [("XREVRANGE", key, before, "-", "COUNT", PAGE)])
            page = _kept(reply)
            found += [kept for kept in page if wanted.fits(kept.frame)]
            if len(page) < PAGE:
                break
            before = f"({page[-1].cursor}"
        return found[:limit][::-1]

    async def last_of_many(self, ids: Sequence[str], wanted: Filter, *, limit: int) -> list[Kept]:
        """The last `limit` frames that fit of all these charge points together, oldest first."""
        found: list[Kept] = []
        for id in ids:
            found += await self.last(id, wanted, after=None, limit=limit)
        found.sort(key=lambda kept: order(kept.cursor))
        return found[-limit:]

    async def pages(self, id: str, wanted: Filter) -> AsyncIterator[list[Kept]]:
        """Everything that is kept and fits, oldest first, page by page."""
        after = START
        while page := await self._page(self._key(id), after):
            yield [kept for kept in page if wanted.fits(kept.frame)]
            after = page[-1].cursor

    async def first(self, id: str, wanted: Filter, *, after: str, timeout_s: float) -> Kept | None:
        """The first frame after the cursor `after` that fits, waiting for it; None when none came in time.

        Raises Problem 503 when too many wait already.
        """
        if self.waiting >= self._most_waiters:
            raise Problem(
                503,
                "too_many_waiters",
                f"{self._most_waiters} requests wait for frames already",
                remedy="wait for fewer at once, or follow GET /events",
                headers={"Retry-After": "1"},
            )
        self.waiting += 1
        try:
            return await self._wait(self._key(id), wanted, after, timeout_s)
        finally:
            self.waiting -= 1

    async def _wait(self, key: str, wanted: Filter, after: str, timeout_s: float) -> Kept | None:
        clock = asyncio.get_running_loop().time
        until = clock() + timeout_s
        while True:
            block_s = min(until - clock(), _BLOCK_S)
            block = ("BLOCK", int(block_s * 1000)) if block_s >= 0.001 else ()
            [reply] = await roundtrip(
                self._redis,
                [("XREAD", "COUNT", PAGE, *block, "STREAMS", key, after)],
                timeout_s=_BLOCK_S + 5.0,
            )
            page = _kept(reply[0][1] if isinstance(reply, list) else reply)
            for kept in page:
                if wanted.fits(kept.frame):
                    return kept
            if page:
                after = page[-1].cursor
            elif clock() >= until:
                return None

    async def _forward(self, key: str, wanted: Filter, after: str, limit: int) -> list[Kept]:
        found: list[Kept] = []
        while len(found) < limit:
            page = await self._page(key, after)
            found += [kept for kept in page if wanted.fits(kept.frame)]
            if len(page) < PAGE:
                break
            after = page[-1].cursor
        return found[:limit]

    async def _page(self, key: str, after: str) -> list[Kept]:
        [reply] = await roundtrip(self._redis, [("XRANGE", key, f"({after}", "+", "COUNT", PAGE)])
        return _kept(reply)

    def _key(self, id: str) -> str:
        return streams.frames(streams.partition_of(id, self._partitions), id)


def _kept(reply: Any) -> list[Kept]:
    if isinstance(reply, Exception):
        raise reply
    entries: Iterable[tuple[bytes, list[bytes]]] = reply or ()
    return [
        Kept(
            entry_id.decode(),
            orjson.loads(decode_entry(dict(zip(words[::2], words[1::2], strict=True)))),
        )
        for entry_id, words in entries
    ]
