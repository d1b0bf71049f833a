"""The working loop: what the Abstraction says goes to the lines, what they tell is committed. Knows no payload."""

import asyncio
import time
from collections.abc import Callable, Iterable

import orjson
import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts.letters import to_handler
from vcp_contracts.link import HandlerUp
from vcp_contracts.streams import FIELD, inbox, outbox
from vcp_plumbing.batch import Batch
from vcp_plumbing.commit import LEASE_MS, Broken, Committed, Fenced, Full, Outcome, commit_all
from vcp_plumbing.connection import LOST, Command
from vcp_plumbing.crash_points import crash_at
from vcp_plumbing.entry import Unreadable, decode_entry
from vcp_plumbing.environment import Environment
from vcp_plumbing.ownership import Ownership
from vcp_plumbing.pace import Pace
from vcp_plumbing.reader import Entries, Entry, Reader
from vcp_plumbing.world import World, WorldChanged, check_world, open_world

from vcp_handler.measures import Measures
from vcp_handler.pouch import Parcel
from vcp_handler.switchboard import Switchboard
from vcp_handler.versions import all_manners

SERVICE = "handler"
UPKEEP_S = 1.0
"""How often ownership, leases and the world are looked after."""
LONGEST_WAIT_MS = 500
"""How long a read waits at most; a stop is noticed after it."""
READ_AT_ONCE = 32
"""How many entries of each partition one cycle takes: few enough that it ends soon, and that whoever comes next in the
walk has something to do meanwhile."""
GUARD_S = 0.25
"""How often deadlines are looked at beside the loop: one that hangs must not keep its connections."""
GOODBYE_S = 1.5
"""How long leaving waits for backends to close."""
HANDING_OVER_S = 1.0
"""How long leaving waits for the broker: the leases end by themselves."""

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
        self._redis = redis
        self._environment = environment
        self._clock = clock
        self._lease_ms = lease_ms
        self._passing = crash_at(environment.crash_at)
        self._manners = all_manners()
        self._world: World | None = None
        self._reader = Reader(redis, outbox, count=READ_AT_ONCE)
        self._reading: asyncio.Task[Entries] | None = None
        self._read_to: dict[int, str] = {}
        self._pace = Pace()
        self._filled = asyncio.Event()
        self._upkeep_at = 0.0
        self._trim_due = False
        self._pause_s = 0.0
        self._ownership = Ownership(
            redis,
            SERVICE,
            environment.owner,
            environment.partitions,
            reads=outbox,
            lease_ms=lease_ms,
            announce=self._announce,
            may_release=switchboard.is_idle,
            clock=clock,
        )
        switchboard.filled = self._filled.set

    @property
    def owned(self) -> frozenset[int]:
        """The partitions that this process owns."""
        return frozenset(self._ownership.held)

    # --- the loop -----------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then says goodbye to the backends and gives its partitions back.

        A broker that is away is waited for. Raises `WorldMismatch` when the world has another number of partitions.
        """
        guard = asyncio.create_task(self._guard())
        try:
            while not stop.is_set():
                self.measures.last_turn = self._clock()
                try:
                    await self.cycle()
                except (*LOST, RedisError, WorldChanged) as error:
                    log.warning("recovering", error=str(error) or type(error).__name__)
                    self._lose(self.owned | self.switchboard.desks.keys())
                    self._world, self._upkeep_at = None, 0.0
                    await self._pause()
            await self.leave()
        finally:
            guard.cancel()
            self._stop_reading()
            self._lose(self.owned | self.switchboard.desks.keys())

    async def cycle(self) -> None:
        """One round: keep up, read, pass on, commit. Raises `WorldChanged`, or any of redis' errors."""
        if self._clock() >= self._upkeep_at:
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
        self._stop_reading()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self.switchboard.leave("the Handler ends")
        except TimeoutError:
            log.warning("goodbyes_cut_short")
        try:
            async with asyncio.timeout(HANDING_OVER_S):
                await self._commit()
                await self._ownership.release_all()
        except (*LOST, RedisError, TimeoutError) as error:
            log.warning("leases_left_to_expire", error=str(error))

    # --- ownership ----------------------------------------------------------------------------------------------------

    async def _keep_up(self) -> None:
        """Looks after the world and the leases, and takes or gives partitions."""
        try:
            if self._world is None:
                self._world = await open_world(self._redis, self._environment.partitions)
            await check_world(self._redis, self._world)
            self._upkeep_at = self._clock() + UPKEEP_S
            lost = await self._ownership.renew()
            # Before anything is taken: what was lost may be free, and come back in the same moment.
            self._lose(lost)
            change = await self._ownership.rebalance()
        except LOST as error:
            # The links stand as long as the leases do; only their end is a reason to cut them.
            log.warning("broker_away", error=str(error))
            self._lose(self._ownership.overdue())
            await self._pause()
            return
        self._pause_s = 0.0
        self._trim_due = True
        self._lose((change.released | self._cut()) - change.taken)
        for partition in sorted(change.taken):
            self._take(partition)
        self._note_deadlines()
        self.switchboard.sweep()
        for what, partitions in (("lost", lost), ("released", change.released), ("taken", change.taken)):
            if partitions:
                log.info(what, partitions=sorted(partitions))

    def _announce(self, partition: int) -> Iterable[Command]:
        up = HandlerUp(
            id=f"{self._environment.owner}-up-{partition}-${{number}}",
            owner=self._environment.owner,
            manners=self._manners,
        )
        yield ("XADD", inbox(partition), "*", FIELD, up.model_dump_json())

    def _take(self, partition: int) -> None:
        held = self._ownership.held[partition]
        self.switchboard.take(partition, held.deadline)
        # What was said before is for links that are gone; what is still wanted will be ordered again.
        self._read_to[partition] = held.horizon
        self._stop_reading()

    def _lose(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            if partition in self.switchboard.desks:
                self.measures.lost += 1
            self.switchboard.lose(partition)
            self._read_to.pop(partition, None)
        self._ownership.drop(partitions)

    def _cut(self) -> frozenset[int]:
        """Partitions whose connections were cut for their deadline: only taking them anew tells the Abstraction so."""
        return frozenset(p for p, desk in self.switchboard.desks.items() if desk.closed)

    def _note_deadlines(self) -> None:
        for partition, held in self._ownership.held.items():
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
        if self._reading is None and self._pace.wait_ms > 0:
            await asyncio.wait([self._read_on(0)])
        else:
            if self._reading is None:
                self._read_on(LONGEST_WAIT_MS)
            await self._filled.wait()

    def _read_on(self, block_ms: int) -> "asyncio.Task[Entries]":
        """Reads beside everything else: facts must not wait for the next word."""
        positions = {p: at for p, at in self._read_to.items() if p in self._ownership.held}
        self._reading = asyncio.create_task(self._reader.wait(positions, block_ms))
        self._reading.add_done_callback(lambda _: self._filled.set())
        return self._reading

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _hear(self) -> int:
        """Passes on what a finished read brought; how many words that were."""
        if self._reading is None or not self._reading.done():
            return 0
        reading, self._reading = self._reading, None
        try:
            entries = reading.result()
        except LOST as error:
            log.warning("read_failed", error=str(error))
            return 0
        if entries:
            self._passing("read")
        for partition, some in entries.items():
            if partition in self._read_to:
                self._pass_on(partition, some)
                self._read_to[partition] = some[-1].id
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
            fields = {
                key.decode(errors="replace"): value.decode(errors="replace")
                for key, value in entry.fields.items()
            }
            letter = {
                "entry": entry.id,
                "stream": outbox(partition),
                "charge_point": None,
                "reason": reason,
                "body": fields.get(FIELD) or orjson.dumps(fields).decode(),
            }
            desk.pouch.bury(orjson.dumps(letter))

    # --- what the lines tell ------------------------------------------------------------------------------------------

    async def _commit(self) -> int:
        """Commits what the lines have told; how many facts that were, which events and frames only go along with."""
        parcels: dict[int, Parcel] = {}
        batches: list[Batch] = []
        for partition, held in self._ownership.held.items():
            desk = self.switchboard.desks.get(partition)
            if desk is None or desk.closed:
                continue
            read_to = self._read_to[partition]
            # A position alone is worth a commit only now and then: it does no more than trim the stream.
            trim = self._trim_due and read_to != held.position
            if not desk.pouch.empty or trim:
                batch = self._ownership.batch(partition)
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
            await self._send(batches, parcels)
        return sum(len(parcel.facts) for parcel in parcels.values())

    async def _send(self, batches: list[Batch], parcels: dict[int, Parcel]) -> None:
        outcomes = await commit_all(
            self._redis,
            self._ownership.name,
            batches,
            lease_ms=self._lease_ms,
            clock=self._clock,
        )
        self._passing("committed")
        self._ownership.settle(outcomes)
        self._note_deadlines()
        for partition, outcome in outcomes.items():
            self._judge(partition, outcome, parcels[partition])
        if any(isinstance(outcome, Full | Broken) for outcome in outcomes.values()):
            await self._pause()

    def _judge(self, partition: int, outcome: Outcome, parcel: Parcel) -> None:
        measures = self.measures
        desk = self.switchboard.desks[partition]
        match outcome:
            case Committed():
                measures.commits += 1
                measures.facts += len(parcel.facts)
                measures.frames += len(parcel.frames)
                measures.violations += len(parcel.events)
                if not desk.pouch.empty:
                    self._filled.set()
                return
            case Full() if not desk.pouch.overfull:
                measures.full += 1
                log.warning("full", partition=partition, reason=outcome.reason)
                desk.pouch.put_back(parcel)
                self._filled.set()
                return
            case Full():
                log.error("facts_given_up", partition=partition, reason=outcome.reason)
            case Fenced():
                measures.fenced += 1
                log.warning("fenced", partition=partition, owner=outcome.owner)
            case Broken():
                measures.broken += 1
                log.error("commit_broken", partition=partition, reason=outcome.reason)
        self._lose([partition])
        # Taken anew as soon as may be: only that tells the Abstraction that the links are gone.
        self._upkeep_at = 0.0

    async def _pause(self) -> None:
        self._pause_s = min(1.0, self._pause_s * 2 or 0.1)
        await asyncio.sleep(self._pause_s)
