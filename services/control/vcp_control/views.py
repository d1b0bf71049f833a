"""Reads the views of charge points, as the Abstraction wrote them. Changes none."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_plumbing.connection import Command, roundtrip

_PAGE = 500


class Views:
    """The views of all partitions. Raises what a broken connection raises."""

    def __init__(self, redis: Redis, partitions: int) -> None:
        self._redis = redis
        self._partitions = partitions

    async def one(self, id: str) -> bytes | None:
        """A charge point's view as JSON, None when nobody set it up."""
        [view] = await self._all_of([("HGET", streams.view(self._partition(id)), id)])
        return view if isinstance(view, bytes) else None

    async def ids(self, after: str = "") -> list[str]:
        """The ids of all charge points greater than `after`, sorted."""
        keys = await self._all_of([("HKEYS", streams.view(p)) for p in range(self._partitions)])
        return sorted(id for some in keys for key in some if (id := key.decode()) > after)

    async def page(
        self, *, after: str, limit: int, labels: Mapping[str, str | None]
    ) -> tuple[list[bytes], str | None]:
        """At most `limit` views of charge points that wear all `labels` (None: any value), sorted by id.

        Also the id to go on after; None at the end.
        """
        found: list[bytes] = []
        last = None
        ids = iter(await self.ids(after))
        while some := list(islice(ids, _PAGE if labels else limit + 1)):
            for id, view in zip(some, await self._many(some), strict=True):
                if view is None or not wears(view, labels):
                    continue
                if len(found) == limit:
                    return found, last
                found.append(view)
                last = id
        return found, None

    async def ids_with(self, labels: Mapping[str, str | None]) -> list[str]:
        """The ids of all charge points that wear all `labels`."""
        every = await self.ids()
        found = []
        for start in range(0, len(every), _PAGE):
            some = every[start : start + _PAGE]
            views = zip(some, await self._many(some), strict=True)
            found += [id for id, view in views if view is not None and wears(view, labels)]
        return found

    async def _many(self, ids: Sequence[str]) -> list[bytes | None]:
        of_partition: dict[int, list[str]] = {}
        for id in ids:
            of_partition.setdefault(self._partition(id), []).append(id)
        replies = await self._all_of(
            [("HMGET", streams.view(partition), *some) for partition, some in of_partition.items()]
        )
        views: dict[str, bytes | None] = {}
        for some, found in zip(of_partition.values(), replies, strict=True):
            views.update(zip(some, found, strict=True))
        return [views[id] for id in ids]

    def _partition(self, id: str) -> int:
        return streams.partition_of(id, self._partitions)

    async def _all_of(self, commands: Iterable[Command]) -> list[Any]:
        replies = await roundtrip(self._redis, list(commands))
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies


def wears(view: bytes, labels: Mapping[str, str | None]) -> bool:
    """Whether a charge point's labels include all of these."""
    if not labels:
        return True
    worn = orjson.loads(view)["configuration"].get("labels", {})
    return all(key in worn and (value is None or worn[key] == value) for key, value in labels.items())
