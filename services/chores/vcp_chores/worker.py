"""The working loop: orders go to the desks, their results are committed. Knows no chore.

A worker reads like a Handler: what was ordered before it came is for a worker that is gone, and is ordered again.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import Final

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.chores import ChoresUp
from vcp_contracts.letters import to_chores
from vcp_plumbing.batch import Batch
from vcp_plumbing.commit import LEASE_MS, Committed, Full, Outcome
from vcp_plumbing.connection import Command
from vcp_plumbing.dead_letter import dead_letter
from vcp_plumbing.entry import Unreadable, decode_entry
from vcp_plumbing.environment import Environment
from vcp_plumbing.reader import Entry, Reader
from vcp_plumbing.reading_beside import ReadingBeside
from vcp_plumbing.tenure import LONGEST_WAIT_MS, Tenure

from vcp_chores.desk import Desk
from vcp_chores.doing import Doer
from vcp_chores.measures import Measures

SERVICE: Final = "chores"
RESULTS_A_COMMIT = 500
DEAD_KEPT = 10_000

log = structlog.get_logger(__name__)


class Worker:
    """One process's share of the partitions. Everything but the chores happens in `run`'s task, also the renewing of
    leases: a loop that hangs loses them."""

    def __init__(
        self,
        redis: Redis,
        environment: Environment,
        doer: Doer,
        *,
        clock: Callable[[], float] = time.monotonic,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self.measures = Measures(last_turn=clock())
        self.desks: dict[int, Desk] = {}
        self._doer = doer
        self._owner = environment.owner
        self._dead: dict[int, list[bytes]] = {}
        self._filled = asyncio.Event()
        self._reading = ReadingBeside(Reader(redis, streams.chores), self._filled.set)
        self._trim_due = False
        # unique for ever: an owner's name may be given by hand, and used by two starts of a process
        self._prefix = f"{environment.owner}.{secrets.token_hex(4)}"
        self._counter = count(1)
        self._tenure = Tenure(
            redis,
            environment,
            SERVICE,
            self.measures,
            self._forget,
            reads=streams.chores,
            announce=self._announce,
            may_release=self._is_idle,
            clock=clock,
            lease_ms=lease_ms,
        )

    @property
    def owned(self) -> frozenset[int]:
        """The partitions that this process owns."""
        return self._tenure.owned

    @property
    def under_way(self) -> int:
        """How many chores are being done."""
        return sum(desk.under_way for desk in self.desks.values())

    # --- the loop -----------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then gives its partitions back; what is under way is for the next worker.

        A broker that is away is waited for. Raises `WorldMismatch` when the world has another number of partitions.
        """
        try:
            await self._tenure.run(self.cycle, stop)
            self._reading.stop()
            await self._tenure.hand_over(self._commit)
        finally:
            self._reading.stop()
            self._tenure.start_over()

    async def cycle(self) -> None:
        """One round: keep up, read, begin, commit. Raises `WorldChanged`, or any of redis' errors."""
        if self._tenure.upkeep_in_s <= 0:
            await self._keep_up()
        if not self._reading.under_way:
            self._reading.begin(LONGEST_WAIT_MS)
        await self._filled.wait()
        self._filled.clear()
        self._hear()
        await self._commit()
        self.measures.cycles += 1

    # --- ownership ----------------------------------------------------------------------------------------------------

    async def _keep_up(self) -> None:
        change = await self._tenure.keep_up()
        self._trim_due = True
        for partition in sorted(change.taken):
            self.desks[partition] = Desk(partial(self._doer.do, partition), self._mint, self._filled.set)
            # What was ordered before is for a worker that is gone; what is still wanted will be ordered again.
            self._reading.follow(partition, self._tenure.held[partition].horizon)

    def _announce(self, partition: int) -> Iterable[Command]:
        up = ChoresUp(id=f"{self._owner}-chores-{partition}-${{number}}", owner=self._owner)
        yield ("XADD", streams.inbox(partition), "*", streams.FIELD, up.model_dump_json(exclude={"at"}))

    def _forget(self, partitions: frozenset[int]) -> None:
        for partition in partitions:
            desk = self.desks.pop(partition, None)
            if desk is not None:
                desk.close()
            self._dead.pop(partition, None)
        self._reading.leave(partitions)

    def _is_idle(self, partition: int) -> bool:
        desk = self.desks.get(partition)
        return desk is None or not desk.under_way

    def _mint(self) -> str:
        return f"{self._prefix}.{next(self._counter)}"

    # --- orders -------------------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        """Hands out what a finished read brought."""
        entries = self._reading.brought()
        if entries:
            self._tenure.passing("read")
        for partition, some in entries.items():
            for entry in some:
                self._hand_out(partition, entry)

    def _hand_out(self, partition: int, entry: Entry) -> None:
        self.measures.orders += 1
        try:
            self.desks[partition].hear(to_chores.validate_json(decode_entry(entry.fields)))
        except (Unreadable, ValidationError) as error:
            self.measures.dead += 1
            log.error("dead_letter", partition=partition, entry=entry.id)
            letter = dead_letter(entry, streams.chores(partition), str(error))
            self._dead.setdefault(partition, []).append(letter)

    # --- results ------------------------------------------------------------------------------------------------------

    async def _commit(self) -> None:
        """Commits the results that there are, and from time to time how far the orders were read."""
        batches: list[Batch] = []
        results: dict[int, list[bytes]] = {}
        for partition, held in self._tenure.held.items():
            desk = self.desks.get(partition)
            if desk is None:
                continue
            read_to = self._reading.read_to[partition]
            dead = self._dead.pop(partition, [])
            if not (desk.results or dead or (self._trim_due and read_to != held.position)):
                continue
            batch = self._tenure.batch(partition)
            batch.position = read_to if read_to != held.position else None
            some = [desk.results.popleft() for _ in range(min(len(desk.results), RESULTS_A_COMMIT))]
            for result in some:
                batch.xadd(streams.inbox(partition), result)
            for letter in dead:
                batch.xadd(streams.dead(partition), letter, keep=DEAD_KEPT)
            results[partition] = some
            batches.append(batch)
        self._trim_due = False
        if batches:
            await self._tenure.commit(batches, lambda p, outcome: self._judge(p, outcome, results[p]))

    def _judge(self, partition: int, outcome: Outcome, results: list[bytes]) -> None:
        desk = self.desks[partition]
        if isinstance(outcome, Committed):
            self.measures.results += len(results)
            if desk.results:
                self._filled.set()
        elif isinstance(outcome, Full):
            desk.put_back(results)
            self._filled.set()
        else:
            self._tenure.lose([partition])
            # taken anew as soon as may be: only that has the chores ordered again
            self._tenure.hurry()
