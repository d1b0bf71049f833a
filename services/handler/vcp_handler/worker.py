"""The working loop: what the Abstraction says goes to the lines, what they tell is committed. Knows no payload."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from vcp_contracts.letters import to_handler
from vcp_contracts.link import HandlerUp
from vcp_contracts.streams import FIELD, inbox, outbox
from vcp_plumbing.batch import Batch
from vcp_plumbing.commit import LEASE_MS, Committed, Full, Outcome
from vcp_plumbing.connection import LOST, Command
from vcp_plumbing.dead_letter import dead_letter
from vcp_plumbing.entry import Unreadable, decode_entry
from vcp_plumbing.environment import Environment
from vcp_plumbing.pace import Pace
from vcp_plumbing.reader import Entry, Reader
from vcp_plumbing.reading_beside import ReadingBeside
from vcp_plumbing.tenure import LONGEST_WAIT_MS, Tenure
from vcp_plumbing.vault import flaw_of

from vcp_handler.measures import Measures
from vcp_handler.pouch import Parcel
from vcp_handler.switchboard import Switchboard
from vcp_handler.versions import all_manners

SERVICE: Final = "handler"
READ_AT_ONCE = 32
"""How many entries of each partition one cycle takes: few enough that it ends soon, and that whoever comes next in the
walk has something to do meanwhile."""
GUARD_S = 0.25
"""How often deadlines are looked at beside the loop: one that hangs must not keep its connections."""
GOODBYE_S = 1.5
"""How long leaving waits for backends to close."""

log = structlog.get_logger(__name__)


class Worker:
    """One process's share of the partitions. Everything happens in `run`'s task, also the renewing of leases: a loop
    that hangs loses them. `switchboard` must call `wake` when its lines have told something."""

    def __init__(
        self,
        redis: Redis,
        environment: Environment,
        switchboard: Switchboard,
        *,
        clock: Callable[[], float] = time.monotonic,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self.measures = Measures(last_turn=clock())
        self.switchboard = switchboard
        self._environment = environment
        self._clock = clock
        self._manners = all_manners()
        self._pace = Pace()
        self._filled = asyncio.Event()
        self._reading = ReadingBeside(Reader(redis, outbox, count=READ_AT_ONCE), self._filled.set)
        self._trim_due = False
        self._tenure = Tenure(
            redis,
            environment,
            SERVICE,
            self.measures,
            self._forget,
            reads=outbox,
            announce=self._announce,
            may_release=switchboard.is_idle,
            clock=clock,
            lease_ms=lease_ms,
        )
        switchboard.filled = self._filled.set

    @property
    def owned(self) -> frozenset[int]:
        """The partitions that this process owns."""
        return self._tenure.owned

    # --- the loop -----------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then says goodbye to the backends and gives its partitions back.

        A broker that is away is waited for. Raises `WorldMismatch` when the world has another number of partitions.
        """
        guard = asyncio.create_task(self._guard())
        try:
            await self._tenure.run(self.cycle, stop)
            await self.leave()
        finally:
            guard.cancel()
            self._reading.stop()
            self._tenure.start_over()

    async def cycle(self) -> None:
        """One round: keep up, read, pass on, commit. Raises `WorldChanged`, or any of redis' errors."""
        if self._tenure.upkeep_in_s <= 0:
            await self._keep_up()
        began = self._clock()
        await self._await_news()
        self._filled.clear()
        woken = self._clock()
        taken = self._hear()
        taken += await self._commit()
        self.measures.cycles += 1
        wait_ms = self._pace.observe(taken, (woken - began) * 1000, worked_ms=(self._clock() - woken) * 1000)
        if wait_ms:
            await asyncio.sleep(wait_ms / 1000)

    async def leave(self) -> None:
        """Says goodbye to the backends, commits what is left to tell, and gives all partitions back."""
        self._reading.stop()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self.switchboard.leave("the Handler ends")
        except TimeoutError:
            log.warning("goodbyes_cut_short")
        await self._tenure.hand_over(self._commit)

    # --- ownership ----------------------------------------------------------------------------------------------------

    async def _keep_up(self) -> None:
        """Looks after the leases, and takes or gives partitions."""
        try:
            change = await self._tenure.keep_up()
        except LOST as error:
            # The links stand as long as the leases do; only their end is a reason to cut them.
            log.warning("broker_away", error=str(error))
            self._tenure.lose(self._tenure.overdue())
            await self._tenure.pause()
            return
        self._trim_due = True
        self._tenure.lose(self._cut() - change.taken)
        for partition in sorted(change.taken):
            self._take(partition)
        self._note_deadlines()
        self.switchboard.sweep()

    def _announce(self, partition: int) -> Iterable[Command]:
        up = HandlerUp(
            id=f"{self._environment.owner}-up-{partition}-${{number}}",
            owner=self._environment.owner,
            manners=self._manners,
            secrets_flaw=flaw_of(self.switchboard.vault),
        )
        yield ("XADD", inbox(partition), "*", FIELD, up.model_dump_json())

    def _take(self, partition: int) -> None:
        held = self._tenure.held[partition]
        self.switchboard.take(partition, held.deadline)
        # What was said before is for links that are gone; what is still wanted will be ordered again.
        self._reading.follow(partition, held.horizon)

    def _forget(self, partitions: frozenset[int]) -> None:
        for partition in partitions:
            if partition in self.switchboard.desks:
                self.measures.lost += 1
            self.switchboard.lose(partition)
        self._reading.leave(partitions)

    def _cut(self) -> frozenset[int]:
        """Partitions whose connections were cut for their deadline: only taking them anew tells the Abstraction so."""
        return frozenset(p for p, desk in self.switchboard.desks.items() if desk.closed)

    def _note_deadlines(self) -> None:
        for partition, held in self._tenure.held.items():
            desk = self.switchboard.desks.get(partition)
            if desk is not None:
                desk.deadline = held.deadline

    async def _guard(self) -> None:
        while True:
            self.switchboard.cut_overdue()
            await asyncio.sleep(GUARD_S)

    # --- what the Abstraction says ------------------------------------------------------------------------------------

    async def _await_news(self) -> None:
        """Returns when there is something to pass on or to tell: at once where news were let gather."""
        if not self._reading.under_way and self._pace.wait_ms > 0:
            await asyncio.wait([self._reading.begin(0)])
        else:
            if not self._reading.under_way:
                # facts must not wait for the next word
                self._reading.begin(LONGEST_WAIT_MS)
            await self._filled.wait()

    def _hear(self) -> int:
        """Passes on what a finished read brought; how many words that were."""
        entries = self._reading.brought()
        if entries:
            self._tenure.passing("read")
        for partition, some in entries.items():
            self._pass_on(partition, some)
        taken = sum(map(len, entries.values()))
        self.measures.entries += taken
        return taken

    def _pass_on(self, partition: int, entries: list[Entry]) -> None:
        for entry in entries:
            try:
                self.switchboard.hear(partition, to_handler.validate_json(decode_entry(entry.fields)))
            except (Unreadable, ValidationError) as error:
                self._bury(partition, entry, str(error))
            except Exception as error:
                log.exception("hearing_failed", partition=partition, entry=entry.id)
                self._bury(partition, entry, repr(error))

    def _bury(self, partition: int, entry: Entry, reason: str) -> None:
        self.measures.dead += 1
        log.error("dead_letter", partition=partition, entry=entry.id, reason=reason)
        desk = self.switchboard.desks.get(partition)
        if desk is not None:
            desk.pouch.bury(dead_letter(entry, outbox(partition), reason))

    # --- what the lines tell ------------------------------------------------------------------------------------------

    async def _commit(self) -> int:
        """Commits what the lines have told; how many facts that were, which events and frames only go along with."""
        parcels: dict[int, Parcel] = {}
        batches: list[Batch] = []
        for partition, held in self._tenure.held.items():
            desk = self.switchboard.desks.get(partition)
            if desk is None or desk.closed:
                continue
            read_to = self._reading.read_to[partition]
            # A position alone is worth a commit only now and then: it does no more than trim the stream.
            trim = self._trim_due and read_to != held.position
            if not desk.pouch.empty or trim:
                batch = self._tenure.batch(partition)
                batch.position = read_to if read_to != held.position else None
                parcel = parcels[partition] = desk.pouch.parcel()
                parcel.put_into(
                    batch,
                    frames_kept=self._environment.frames_kept,
                    events_kept=self._environment.events_kept,
                )
                batches.append(batch)
        self._trim_due = False
        if batches:
            await self._tenure.commit(batches, lambda p, outcome: self._judge(p, outcome, parcels[p]))
        return sum(len(parcel.facts) for parcel in parcels.values())

    def _judge(self, partition: int, outcome: Outcome, parcel: Parcel) -> None:
        desk = self.switchboard.desks[partition]
        if isinstance(outcome, Committed):
            self.measures.facts += len(parcel.facts)
            self.measures.frames += len(parcel.frames)
            self.measures.violations += len(parcel.events)
            desk.deadline = outcome.deadline
            if not desk.pouch.empty:
                self._filled.set()
        elif isinstance(outcome, Full) and not desk.pouch.overfull:
            desk.pouch.put_back(parcel)
            self._filled.set()
        else:
            if isinstance(outcome, Full):
                log.error("facts_given_up", partition=partition, reason=outcome.reason)
            self._tenure.lose([partition])
            # Taken anew as soon as may be: only that tells the Abstraction that the links are gone.
            self._tenure.hurry()
