"""Which partitions this process owns, for one service. Takes, renews, shares and gives back; reads no entry."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from redis.asyncio import Redis
from vcp_contracts import streams

from vcp_plumbing.batch import Batch
from vcp_plumbing.commit import LEASE_MS, Committed, Full, Outcome
from vcp_plumbing.connection import Command, roundtrip
from vcp_plumbing.script import Call, Script, run

KeyOf = Callable[[int], str]

_TAKE = Script.of("take")
_RENEW = Script.of("renew")
_RELEASE = Script.of("release")
_HEARTBEAT = Script.of("heartbeat")


@dataclass(slots=True)
class Held:
    """One partition that this process owns."""

    number: int
    """The commit number: the next commit must expect it."""
    position: str
    """The id of the last entry consumed, `0-0` before the first."""
    deadline: float
    """Ours until then, on our own monotonic clock, measured from before the request that won it."""
    horizon: str
    """The last id of the stream that is read, at the moment of taking."""
    takeovers: int
    """How often the partition changed hands at this position with an entry waiting: 3 = its head is suspect."""
    taken_ms: int
    """The server's time at the moment of taking."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one rebalance did."""

    taken: frozenset[int] = frozenset()
    released: frozenset[int] = frozenset()


def share_of(partitions: int, members: int) -> int:
    """How many partitions one of `members` processes may hold: its part, rounded up."""
    return -(-partitions // max(members, 1))


class Ownership:
    """The partitions of one service that the process `name` owns, in `held`.

    Call everything from the working loop, never from a side task: a loop that hangs must lose its leases.
    `reads` names the stream whose position the service commits. `announce(partition)` gives commands that are
    applied in the same step as a take-over; `${number}`, `${position}` and `${time}` (server ms) in their words
    are filled in. `may_release(partition)` says no to what must not move while healthy.
    """

    def __init__(
        self,
        redis: Redis,
        service: str,
        name: str,
        partitions: int,
        *,
        reads: KeyOf,
        lease_ms: int = LEASE_MS,
        announce: Callable[[int], Iterable[Command]] | None = None,
        may_release: Callable[[int], bool] = lambda _: True,
        meta: KeyOf | None = None,
        keep_input: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.service = service
        self.name = name
        self.partitions = partitions
        self.lease_ms = lease_ms
        self.held: dict[int, Held] = {}
        self._redis = redis
        self._reads = reads
        self._meta = meta or partial(streams.meta, service=service)
        self._announce = announce
        self._may_release = may_release
        self._keep_input = keep_input
        self._clock = clock
        self._leaving = False

    def batch(self, partition: int) -> Batch:
        """An empty batch for a partition that is held. Raises KeyError when it is not."""
        return Batch(
            partition,
            meta=self._meta(partition),
            reads=self._reads(partition),
            number=self.held[partition].number,
            keep_input=self._keep_input,
        )

    def settle(self, outcomes: Mapping[int, Outcome]) -> frozenset[int]:
        """Take over the outcomes of `commit_all`; the partitions that were lost by them, already dropped."""
        for partition, outcome in outcomes.items():
            if isinstance(outcome, Committed):
                held = self.held[partition]
                held.number = outcome.number
                held.deadline = outcome.deadline
                if outcome.position is not None:
                    held.position = outcome.position
                    held.takeovers = 0
        lost = frozenset(p for p, outcome in outcomes.items() if not isinstance(outcome, Committed | Full))
        self.drop(lost)
        return lost

    def drop(self, partitions: Iterable[int]) -> None:
        """Forget partitions without asking the broker; the next rebalance takes them anew, from their record."""
        for partition in partitions:
            self.held.pop(partition, None)

    def overdue(self) -> frozenset[int]:
        """The held partitions whose deadline is past: another process may own them by now."""
        now = self._clock()
        return frozenset(p for p, held in self.held.items() if held.deadline <= now)

    async def rebalance(self) -> Change:
        """Show that we live, give back what is above our share, take what is free below it. Once a second.

        Raises one of `LOST`; then what is held may still be ours until its deadline.
        """
        if self._leaving:
            return Change()
        now_ms, members = await self._heartbeat()
        share = share_of(self.partitions, len(members))
        released = await self._release(self._surplus(share))
        wanted = share - len(self.held)
        if wanted <= 0:
            return Change(released=released)
        free = await self._free(now_ms, exclude=released)
        start = members.index(self.name) * self.partitions // len(members)
        free.sort(key=lambda partition: (partition - start) % self.partitions)
        return Change(taken=await self._take(free[:wanted]), released=released)

    async def renew(self, *, within_s: float | None = None) -> frozenset[int]:
        """Prolong the leases that no commit renewed lately; the partitions that were lost, already dropped.

        Renews those that end `within_s` from now, by default three quarters of a lease. Raises one of `LOST`.
        """
        sent = self._clock()
        lease_s = self.lease_ms / 1000
        until = sent + (lease_s * 0.75 if within_s is None else within_s)
        due = [p for p, held in self.held.items() if held.deadline <= until]
        if not due:
            return frozenset()
        replies = await run(
            self._redis,
            [_RENEW.call([self._meta(p)], [self.name, self.held[p].number, self.lease_ms]) for p in due],
        )
        lost = frozenset(p for p, reply in zip(due, replies, strict=True) if not _sound(reply))
        for partition in due:
            self.held[partition].deadline = sent + lease_s
        self.drop(lost)
        return lost

    async def release_all(self) -> None:
        """Leave in good order: give back everything and take nothing any more. Commit first."""
        self._leaving = True
        await self._release(list(self.held))
        await roundtrip(self._redis, [("ZREM", streams.members(self.service), self.name)])

    async def _heartbeat(self) -> tuple[int, list[str]]:
        [reply] = await run(
            self._redis, [_HEARTBEAT.call([streams.members(self.service)], [self.name, self.lease_ms])]
        )
        now_ms, members = _sound(reply)
        return now_ms, sorted(member.decode() for member in members)

    def _surplus(self, share: int) -> list[int]:
        excess = len(self.held) - share
        if excess <= 0:
            return []
        return [p for p in sorted(self.held, reverse=True) if self._may_release(p)][:excess]

    async def _free(self, now_ms: int, *, exclude: frozenset[int]) -> list[int]:
        others = [p for p in range(self.partitions) if p not in self.held and p not in exclude]
        records = await roundtrip(self._redis, [("HMGET", self._meta(p), "owner", "until") for p in others])
        me = self.name.encode()
        free = []
        for partition, record in zip(others, records, strict=True):
            owner, until = _sound(record)
            if not owner or owner == me or int(until or 0) <= now_ms:
                free.append(partition)
        return free

    async def _take(self, partitions: Sequence[int]) -> frozenset[int]:
        if not partitions:
            return frozenset()
        sent = self._clock()
        replies = await run(self._redis, [self._taking(p) for p in partitions])
        taken = set()
        for partition, reply in zip(partitions, replies, strict=True):
            if _sound(reply):
                number, position, last, takeovers, taken_ms = reply
                deadline = sent + self.lease_ms / 1000
                self.held[partition] = Held(
                    number, position.decode(), deadline, last.decode(), takeovers, taken_ms
                )
                taken.add(partition)
        return frozenset(taken)

    def _taking(self, partition: int) -> Call:
        words: list[bytes | str | int] = [self.name, self.lease_ms]
        for command in self._announce(partition) if self._announce else ():
            words += (len(command), *command)
        return _TAKE.call([self._meta(partition), self._reads(partition)], words)

    async def _release(self, partitions: Sequence[int]) -> frozenset[int]:
        if not partitions:
            return frozenset()
        # Dropped before the request: should its reply be lost, nobody here goes on with what may be another's.
        self.drop(partitions)
        replies = await run(self._redis, [_RELEASE.call([self._meta(p)], [self.name, 1]) for p in partitions])
        for reply in replies:
            _sound(reply)
        return frozenset(partitions)


async def release_owner(redis: Redis, service: str, name: str, partitions: int) -> int:
    """Free at once what a dead process held, the front door included; how many leases that were.

    For whoever saw the process end: a living one would be fenced. Raises one of `LOST`.
    """
    metas = [streams.meta(p, service) for p in range(partitions)] + [streams.DOOR_META]
    freed = await run(redis, [_RELEASE.call([meta], [name, 0]) for meta in metas])
    await roundtrip(redis, [("ZREM", streams.members(s), name) for s in (service, "door")])
    return sum(_sound(reply) for reply in freed)


def _sound(reply: Any) -> Any:
    """The reply, unless it is an error: that is raised."""
    if isinstance(reply, Exception):
        raise reply
    return reply
