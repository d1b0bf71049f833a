"""The working loop: orders go to the desks, their results are committed. Knows no chore.

A worker reads like a Handler: what was ordered before it came is for a worker that is gone, and is ordered again.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count

import orjson
import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts import streams
from vcp_contracts.chores import ChoresUp
from vcp_contracts.letters import to_chores
from vcp_plumbing.batch import Batch
from vcp_plumbing.commit import LEASE_MS, Broken, Committed, Fenced, Full, Outcome, commit_all
from vcp_plumbing.connection import LOST, Command
from vcp_plumbing.crash_points import crash_at
from vcp_plumbing.entry import Unreadable, decode_entry
from vcp_plumbing.environment import Environment
from vcp_plumbing.ownership import Ownership
from vcp_plumbing.reader import Entries, Entry, Reader
from vcp_plumbing.world import World, WorldChanged, check_world, open_world

from vcp_chores.desk import Desk
from vcp_chores.doing import Doer
from vcp_chores.measures import Measures

SERVICE = "chores"
UPKEEP_S = 1.0
"""How often ownership, leases and the world are looked after."""
LONGEST_WAIT_MS = 500
"""How long a read waits at most; a stop is noticed after it."""
RESULTS_A_COMMIT = 500
DEAD_KEPT = 10_000
BODY_KEPT = 4_096

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
        self._redis = redis
        self._environment = environment
        self._doer = doer
        self._clock = clock
        self._lease_ms = lease_ms
        self._passing = crash_at(environment.crash_at)
        self._world: World | None = None
        self._reader = Reader(redis, streams.chores)
        self._reading: asyncio.Task[Entries] | None = None
        self._read_to: dict[int, str] = {}
        self._dead: dict[int, list[bytes]] = {}
        self._filled = asyncio.Event()
        self._upkeep_at = 0.0
        self._trim_due = False
        self._pause_s = 0.0
        # unique for ever: an owner's name may be given by hand, and used by two starts of a process
        self._prefix = f"{environment.owner}.{secrets.token_hex(4)}"
        self._counter = count(1)
        self._ownership = Ownership(
            redis,
            SERVICE,
            environment.owner,
            environment.partitions,
            reads=streams.chores,
            lease_ms=lease_ms,
            announce=self._announce,
            may_release=self._is_idle,
            clock=clock,
        )

    @property
    def owned(self) -> frozenset[int]:
        """The partitions that this process owns."""
        return frozenset(self._ownership.held)

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
            while not stop.is_set():
                self.measures.last_turn = self._clock()
                try:
                    await self.cycle()
                except (*LOST, RedisError, WorldChanged) as error:
                    log.warning("recovering", error=str(error) or type(error).__name__)
                    self._lose(self.owned | self.desks.keys())
                    self._world, self._upkeep_at = None, 0.0
                    await self._pause()
            await self._leave()
        finally:
            self._stop_reading()
            self._lose(self.owned | self.desks.keys())

    async def cycle(self) -> None:
        """One round: keep up, read, begin, commit. Raises `WorldChanged`, or any of redis' errors."""
        if self._clock() >= self._upkeep_at:
            await self._keep_up()
        if self._reading is None:
            positions = {p: at for p, at in self._read_to.items() if p in self._ownership.held}
            self._reading = asyncio.create_task(self._reader.wait(positions, LONGEST_WAIT_MS))
            self._reading.add_done_callback(lambda _: self._filled.set())
        await self._filled.wait()
        self._filled.clear()
        self._hear()
        await self._commit()
        self.measures.cycles += 1

    async def _leave(self) -> None:
        self._stop_reading()
        try:
            async with asyncio.timeout(1.0):
                await self._commit()
                await self._ownership.release_all()
        except (*LOST, RedisError, TimeoutError) as error:
            log.warning("leases_left_to_expire", error=str(error))

    # --- ownership ----------------------------------------------------------------------------------------------------

    async def _keep_up(self) -> None:
        if self._world is None:
            self._world = await open_world(self._redis, self._environment.partitions)
        await check_world(self._redis, self._world)
        self._upkeep_at = self._clock() + UPKEEP_S
        lost = await self._ownership.renew()
        change = await self._ownership.rebalance()
        self._pause_s = 0.0
        self._trim_due = True
        self._lose(lost | change.released)
        for partition in sorted(change.taken):
            self._take(partition)
        for what, partitions in (("lost", lost), ("released", change.released), ("taken", change.taken)):
            if partitions:
                log.info(what, partitions=sorted(partitions))

    def _announce(self, partition: int) -> Iterable[Command]:
        up = ChoresUp(
            id=f"{self._environment.owner}-chores-{partition}-${{number}}", owner=self._environment.owner
        )
        yield ("XADD", streams.inbox(partition), "*", streams.FIELD, up.model_dump_json(exclude={"at"}))

    def _take(self, partition: int) -> None:
        self._lose([partition], keep=True)
        self.desks[partition] = Desk(partial(self._doer.do, partition), self._mint, self._filled.set)
        self._read_to[partition] = self._ownership.held[partition].horizon
        self._stop_reading()

    def _lose(self, partitions: Iterable[int], *, keep: bool = False) -> None:
        for partition in list(partitions):
            desk = self.desks.pop(partition, None)
            if desk is not None:
                desk.close()
            self._read_to.pop(partition, None)
            self._dead.pop(partition, None)
            if not keep:
                self._ownership.drop([partition])

    def _is_idle(self, partition: int) -> bool:
        desk = self.desks.get(partition)
        return desk is None or not desk.under_way

    def _mint(self) -> str:
        return f"{self._prefix}.{next(self._counter)}"

    # --- orders -------------------------------------------------------------------------------------------------------

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _hear(self) -> None:
        """Hands out what a finished read brought."""
        if self._reading is None or not self._reading.done():
            return
        reading, self._reading = self._reading, None
        try:
            entries = reading.result()
        except LOST as error:
            log.warning("read_failed", error=str(error))
            return
        if entries:
            self._passing("read")
        for partition, some in entries.items():
            if partition in self._read_to:
                for entry in some:
                    self._hand_out(partition, entry)
                self._read_to[partition] = some[-1].id

    def _hand_out(self, partition: int, entry: Entry) -> None:
        self.measures.orders += 1
        try:
            self.desks[partition].hear(to_chores.validate_json(decode_entry(entry.fields)))
        except (Unreadable, ValidationError) as error:
            self.measures.dead += 1
            log.error("dead_letter", partition=partition, entry=entry.id)
            letter = {
                "entry": entry.id,
                "stream": streams.chores(partition),
                "charge_point": None,
                "reason": str(error)[:500],
                "body": next(iter(entry.fields.values()), b"")[:BODY_KEPT].decode(errors="replace"),
            }
            self._dead.setdefault(partition, []).append(orjson.dumps(letter))

    # --- results ------------------------------------------------------------------------------------------------------

    async def _commit(self) -> None:
        """Commits the results that there are, and from time to time how far the orders were read."""
        batches: list[Batch] = []
        results: dict[int, list[bytes]] = {}
        for partition, held in self._ownership.held.items():
            desk = self.desks.get(partition)
            if desk is None:
                continue
            read_to = self._read_to[partition]
            dead = self._dead.pop(partition, [])
            if not (desk.results or dead or (self._trim_due and read_to != held.position)):
                continue
            batch = self._ownership.batch(partition)
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
            await self._send(batches, results)

    async def _send(self, batches: list[Batch], results: dict[int, list[bytes]]) -> None:
        outcomes = await commit_all(
            self._redis, self._ownership.name, batches, lease_ms=self._lease_ms, clock=self._clock
        )
        self._passing("committed")
        self._ownership.settle(outcomes)
        for partition, outcome in outcomes.items():
            self._judge(partition, outcome, results[partition])
        if any(isinstance(outcome, Full | Broken) for outcome in outcomes.values()):
            await self._pause()

    def _judge(self, partition: int, outcome: Outcome, results: list[bytes]) -> None:
        measures, desk = self.measures, self.desks[partition]
        match outcome:
            case Committed():
                measures.commits += 1
                measures.results += len(results)
                if desk.results:
                    self._filled.set()
                return
            case Full():
                measures.full += 1
                log.warning("full", partition=partition, reason=outcome.reason)
                desk.put_back(results)
                self._filled.set()
                return
            case Fenced():
                measures.fenced += 1
                log.warning("fenced", partition=partition, owner=outcome.owner)
            case Broken():
                measures.broken += 1
                log.error("commit_broken", partition=partition, reason=outcome.reason)
        self._lose([partition])
        # taken anew as soon as may be: only that has the chores ordered again
        self._upkeep_at = 0.0

    async def _pause(self) -> None:
        self._pause_s = min(1.0, self._pause_s * 2 or 0.1)
        await asyncio.sleep(self._pause_s)
