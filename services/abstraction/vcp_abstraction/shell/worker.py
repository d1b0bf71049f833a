"""The working loop: read, decide, commit, all partitions of this process in one cycle. Knows no charger's behaviour."""

import asyncio
import gc
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

import structlog
from redis.asyncio import Redis
from vcp_contracts.streams import inbox
from vcp_plumbing.batch import Batch
from vcp_plumbing.commit import LEASE_MS, Committed, Full, Outcome
from vcp_plumbing.environment import Environment
from vcp_plumbing.pace import Pace
from vcp_plumbing.reader import Entry, Reader
from vcp_plumbing.tenure import LONGEST_WAIT_MS, Tenure

from vcp_abstraction.core import Core
from vcp_abstraction.shell.changes import Changes
from vcp_abstraction.shell.loading import load_partition
from vcp_abstraction.shell.measures import Measures
from vcp_abstraction.shell.merge import EPOCH, time_of
from vcp_abstraction.shell.partition import Partition
from vcp_abstraction.shell.server_clock import ServerClock
from vcp_abstraction.shell.store import write_changes, write_trying

SERVICE: Final = "abstraction"
READ_AT_ONCE = 32
"""How many entries of each partition one cycle takes: few enough that it ends soon, and that whoever comes next in the
walk has something to do meanwhile."""
FREEZE_AT = 1.2
"""So many times the chargers that the collector already leaves alone, and it leaves the new ones alone too."""
DEADLY_AFTER = 3
"""An entry over which this many owners ended, though it was all that they tried, is put aside. Fewer may have been
ended by something else, just then: a machine without memory, somebody with a list of processes."""

_LATE_MS = 2
"""A timer is looked for this long after it is due: by then it is due by the server's whole milliseconds too."""
_MILLISECOND = timedelta(milliseconds=1)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Haul:
    """What one read brought: entries, and for each partition the time up to which nothing is missing."""

    entries: dict[int, list[Entry]]
    bounds: dict[int, datetime]


class Worker:
    """One process's share of the partitions. Everything happens in `run`'s task, also the renewing of leases: a loop
    that hangs loses them."""

    def __init__(
        self,
        redis: Redis,
        environment: Environment,
        core: Core,
        *,
        nonce: Callable[[], str] = lambda: secrets.token_hex(4),
        clock: Callable[[], float] = time.monotonic,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self.measures = Measures(last_turn=clock())
        self.partitions: dict[int, Partition] = {}
        """Those that are owned and loaded."""
        self._redis = redis
        self._environment = environment
        self._core = core
        self._nonce = nonce
        self._clock = clock
        self._reader = Reader(redis, inbox, count=READ_AT_ONCE)
        self._pace = Pace()
        self._to_load: list[int] = []
        self._frozen = 0
        self._cautious: set[int] = set()
        self._blocked_ms = 0.0
        self._server = ServerClock(clock)
        self._tenure = Tenure(
            redis,
            environment,
            SERVICE,
            self.measures,
            self._forget,
            reads=inbox,
            keep_input=environment.keep_input,
            clock=clock,
            lease_ms=lease_ms,
        )

    @property
    def owned(self) -> frozenset[int]:
        """The partitions that this process owns, loaded or not."""
        return self._tenure.owned

    # --- the loop -------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then gives its partitions back. A broker that is away is waited for.

        Raises `WorldMismatch` when the world has another number of partitions.
        """
        await self._tenure.run(self.cycle, stop)
        await self.leave()

    async def cycle(self) -> None:
        """One round: keep up, load, read, decide, commit. Raises `WorldChanged`, or any of redis' errors."""
        if self._tenure.upkeep_in_s <= 0:
            await self._keep_up()
        await self._load_next()
        haul = await self._read()
        if haul.entries:
            self._tenure.passing("read")
        began = self._clock()
        self._work(haul)
        taken = await self._commit()
        await self._gather(taken, self._measure(began))

    async def leave(self) -> None:
        """Gives all partitions back in good order; what is not committed is not lost, as its entries still wait."""
        self.partitions.clear()
        await self._tenure.hand_over()

    # --- ownership and memory -------------------------------------------------------------------------------------

    async def _keep_up(self) -> None:
        """Looks after the leases; what came is to be loaded."""
        change = await self._tenure.keep_up()
        self._to_load = sorted(self.owned - self.partitions.keys())
        for partition in change.taken:
            self._server.note(self._tenure.held[partition].taken_ms)
        self._spare_the_collector()

    async def _load_next(self) -> None:
        """Loads one partition: one a cycle, so that the others are not kept waiting."""
        if not self._to_load:
            return
        number = self._to_load.pop(0)
        held = self._tenure.held.get(number)
        if held is None:
            return
        loaded = await load_partition(
            self._redis,
            number,
            held,
            partitions=self._environment.partitions,
            core=self._core,
            nonce=self._nonce(),
        )
        if loaded.suspect is not None:
            await self._doubt(loaded.partition, loaded.suspect, tried=loaded.tried)
        if number in self._tenure.held:
            self.partitions[number] = loaded.partition
            self.measures.loads += 1

    async def _doubt(self, partition: Partition, head: Entry, *, tried: int) -> None:
        """The head has seen too many owners go: it is tried alone, or buried if that has been the end of enough."""
        log.warning("head_suspected", partition=partition.number, entry=head.id, tried=tried)
        if tried >= DEADLY_AFTER:
            partition.bury_head(head)
            return
        self._cautious.add(partition.number)
        batch = self._tenure.batch(partition.number)
        write_trying(batch, head.id, tried + 1)
        await self._send({partition.number: batch})

    def _spare_the_collector(self) -> None:
        """Chargers stay: with ten thousand of them one look of the collector at all would take a good part of a lease."""
        residents = sum(len(partition.residents) for partition in self.partitions.values())
        self._frozen = min(self._frozen, residents)
        if residents > self._frozen * FREEZE_AT:
            gc.freeze()
            self._frozen = residents

    def _forget(self, partitions: frozenset[int]) -> None:
        for number in partitions:
            self.partitions.pop(number, None)
            self._cautious.discard(number)
            if number in self._to_load:
                self._to_load.remove(number)

    # --- a cycle --------------------------------------------------------------------------------------------------

    async def _read(self) -> Haul:
        positions = {number: partition.position for number, partition in self.partitions.items()}
        wait_ms = self._may_wait_ms()
        began = self._clock()
        if wait_ms < 0:
            moment = await self._reader.now(positions)
            self._server.note(moment.time_ms)
            whole = EPOCH + (moment.time_ms + 1) * _MILLISECOND
            bounds = dict.fromkeys(positions, whole)
            bounds |= {cut: time_of(moment.entries[cut][-1].id) for cut in moment.cut}
            return Haul(moment.entries, bounds)
        entries = await self._reader.wait(positions, wait_ms)
        self._blocked_ms += (self._clock() - began) * 1000
        return Haul(entries, {number: time_of(some[-1].id) for number, some in entries.items()})

    def _may_wait_ms(self) -> int:
        """How long a read may wait for entries; negative: timers are due, or may be."""
        if self._to_load or any(partition.behind for partition in self.partitions.values()):
            return -1
        until_upkeep = ceil(self._tenure.upkeep_in_s * 1000)
        longest: int = min(LONGEST_WAIT_MS, max(1, until_upkeep))
        dues = [due for partition in self.partitions.values() if (due := partition.next_due) is not None]
        if not dues:
            return longest
        left = self._server.ms_until(min(dues)) + _LATE_MS
        return min(longest, ceil(left)) if left > 0 else -1

    def _work(self, haul: Haul) -> None:
        """Lets every partition take what is there for it."""
        for number, bound in haul.bounds.items():
            entries = haul.entries.get(number, [])
            if number in self._cautious and entries:
                entries, bound = entries[:1], time_of(entries[0].id)
            self.partitions[number].work(entries, bound)

    async def _commit(self) -> int:
        """Commits what came of it; how many entries and timers that were."""
        settled: dict[int, Changes] = {}
        batches: dict[int, Batch] = {}
        for number, partition in self.partitions.items():
            changes = partition.settle()
            if changes is None:
                continue
            settled[number] = changes
            batches[number] = self._tenure.batch(number)
            write_changes(
                batches[number],
                changes,
                owner=self._tenure.name,
                events_kept=self._environment.events_kept,
            )
        for number in await self._send(batches):
            self._account(number, settled[number])
        return sum(changes.entries + changes.timers for changes in settled.values())

    async def _send(self, batches: dict[int, Batch]) -> list[int]:
        """Commits all batches in one round trip; the partitions where it happened."""
        done: list[int] = []
        if not batches:
            return done

        def judge(number: int, outcome: Outcome) -> None:
            if self._stands(number, outcome):
                done.append(number)

        self._tenure.passing("decided")
        await self._tenure.commit(batches.values(), judge)
        return done

    def _stands(self, number: int, outcome: Outcome) -> bool:
        """Whether a commit happened. What did not has one cure: drop the partition's memory and load it."""
        if isinstance(outcome, Committed):
            if outcome.position is not None:
                self._cautious.discard(number)
            if outcome.time_ms is not None:
                self._server.note(outcome.time_ms)
            return True
        self._forget(frozenset({number}))
        if isinstance(outcome, Full):
            self._to_load.append(number)
        return False

    # --- pace and measures ----------------------------------------------------------------------------------------

    async def _gather(self, taken: int, worked_s: float) -> None:
        """When work keeps coming, lets some of it gather: a cycle costs far more than an entry."""
        behind = any(partition.behind for partition in self.partitions.values())
        wait_ms = self._pace.observe(taken, self._blocked_ms, worked_ms=worked_s * 1000, more=behind)
        self._blocked_ms = 0.0
        if wait_ms:
            await asyncio.sleep(wait_ms / 1000)

    def _account(self, number: int, changes: Changes) -> None:
        self.measures.entries += changes.entries
        self.measures.timers += changes.timers
        self.measures.dead += len(changes.dead)
        for dead in changes.dead:
            # What someone sent wrongly is his affair; what failed in here is ours.
            say = log.error if dead.trace else log.warning
            say(
                "dead_letter",
                partition=number,
                entry=dead.entry,
                charge_point=dead.charge_point,
                reason=dead.reason,
                trace=dead.trace,
            )

    def _measure(self, began: float) -> float:
        """Notes how long the work of a cycle took, and says it (s)."""
        took = self._clock() - began
        self.measures.cycles += 1
        self.measures.busy_s += took
        self.measures.longest_cycle_s = max(self.measures.longest_cycle_s, took)
        return took
