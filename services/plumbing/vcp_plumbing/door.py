"""The front door: entries of `vcp:door` go to the input of their charge point's partition. Knows no type."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts.streams import DOOR, DOOR_DEAD, DOOR_META, partition_of

from vcp_plumbing.commit import LEASE_MS, commit_all
from vcp_plumbing.connection import LOST
from vcp_plumbing.entry import Unreadable, decode_entry
from vcp_plumbing.ownership import Ownership
from vcp_plumbing.publish import IN_LIMIT, judge_publishing, publishing
from vcp_plumbing.reader import Entry, Reader
from vcp_plumbing.script import run

DEAD_KEPT = 10_000

log = structlog.get_logger(__name__)


class Forward(NamedTuple):
    """Where an entry goes."""

    partition: int
    body: bytes


class Refused(NamedTuple):
    """An entry that can't be forwarded, as it is kept in `vcp:door:dead`."""

    body: bytes


def route(entry: Entry, partitions: int) -> Forward | Refused:
    """Where an entry of the door goes, with an `id` of its own when it brought none."""
    try:
        body = decode_entry(entry.fields)
        message = _object(body)
        charge_point = message.get("charge_point")
        if not isinstance(charge_point, str) or not charge_point:
            raise Unreadable("charge_point is missing or is not a text: the door can't tell where this goes")
    except Unreadable as why:
        return _refused(entry, why.reason)
    if message.get("id") is None:
        message["id"] = f"door-{entry.id}"
        body = orjson.dumps(message)
    return Forward(partition_of(charge_point, partitions), body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise Unreadable(f"not JSON: {wrong}") from wrong
    if not isinstance(message, dict):
        raise Unreadable("the JSON is not an object")
    return message


def _refused(entry: Entry, reason: str) -> Refused:
    fields = {
        key.decode(errors="backslashreplace"): value.decode(errors="backslashreplace")
        for key, value in entry.fields.items()
    }
    return Refused(orjson.dumps({"entry": entry.id, "reason": reason, "fields": fields}))


class Door:
    """One process of all stands at the door, under a lease of its own; the others wait to follow it.

    Forwards first and commits its position after: after a crash entries may arrive twice, with the same `id`.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        name: str,
        partitions: int,
        lease_ms: int = LEASE_MS,
        limit: int = IN_LIMIT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._name = name
        self._partitions = partitions
        self._lease_ms = lease_ms
        self._limit = limit
        self._clock = clock
        self._upkeep_at = clock()
        self._forwarded: set[str] = set()
        self.blocked = False
        """True while entries wait because their partition is full."""
        self._reader = Reader(redis, lambda _: DOOR)
        self.ownership = Ownership(
            redis,
            "door",
            name,
            1,
            reads=lambda _: DOOR,
            meta=lambda _: DOOR_META,
            lease_ms=lease_ms,
            clock=clock,
        )

    @property
    def ours(self) -> bool:
        """True while this process stands at the door."""
        return 0 in self.ownership.held

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then leave in good order. A broker that is away, or refuses for a while (a
        replica in a failover, say), is waited for."""
        while not stop.is_set():
            try:
                await self.step(block_ms=500)
                # What waits before a full partition is read again at once: don't spin on it.
                if self.blocked or not self.ours:
                    await _pause(stop, 0.2)
            except (*LOST, RedisError) as lost:
                log.warning("door_lost_broker", error=str(lost))
                await _pause(stop, 0.5)
        await self.close()

    async def step(self, *, block_ms: int = 0) -> int:
        """Keep the lease, then forward what is waiting; how many entries were committed. Raises one of `LOST`."""
        await self._keep_up()
        held = self.ownership.held.get(0)
        self.blocked = False
        if held is None:
            return 0
        entries = (await self._reader.wait({0: held.position}, block_ms)).get(0, [])
        return await self._pass_on(entries) if entries else 0

    async def close(self) -> None:
        """Leave the door to another process; without a broker there is nothing to leave."""
        try:
            await self.ownership.release_all()
        except (*LOST, RedisError) as lost:
            log.warning("door_lease_left_to_expire", error=str(lost))

    async def _keep_up(self) -> None:
        if self._clock() < self._upkeep_at:
            return
        self._upkeep_at = self._clock() + self._lease_ms / 4000
        await self.ownership.renew()
        if (await self.ownership.rebalance()).taken:
            self._forwarded.clear()
            log.info("door_taken", position=self.ownership.held[0].position)

    async def _pass_on(self, entries: list[Entry]) -> int:
        routes = [(entry, route(entry, self._partitions)) for entry in entries]
        await self._forward([(e, to) for e, to in routes if isinstance(to, Forward)])
        batch = self.ownership.batch(0)
        passed = 0
        for entry, to in routes:
            if isinstance(to, Refused):
                batch.xadd(DOOR_DEAD, to.body, keep=DEAD_KEPT)
            elif entry.id not in self._forwarded:
                break
            batch.position = entry.id
            passed += 1
        self.blocked = passed < len(entries)
        if passed:
            outcomes = await commit_all(
                self._redis, self._name, [batch], lease_ms=self._lease_ms, clock=self._clock
            )
            self.ownership.settle(outcomes)
            self._forwarded.difference_update(entry.id for entry in entries[:passed])
        return passed

    async def _forward(self, routes: list[tuple[Entry, Forward]]) -> None:
        """Add to each partition all of its entries or none, so that a full one neither reorders nor blocks others."""
        waiting: dict[int, list[tuple[str, bytes]]] = {}
        for entry, to in routes:
            if entry.id not in self._forwarded:
                waiting.setdefault(to.partition, []).append((entry.id, to.body))
        calls = [publishing(p, [body for _, body in some], self._limit) for p, some in waiting.items()]
        if not calls:
            return
        for some, reply in zip(waiting.values(), await run(self._redis, calls), strict=True):
            if isinstance(judge_publishing(reply), list):
                self._forwarded.update(entry_id for entry_id, _ in some)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
