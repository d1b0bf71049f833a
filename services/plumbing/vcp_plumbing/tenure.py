"""One process's hold on its share of the partitions, as every working loop has it: kept up, committed to, recovered.

Reads no entry, and knows nothing of what a service keeps of a partition; that is forgotten when it asks.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from vcp_plumbing.batch import Batch
from vcp_plumbing.commit import LEASE_MS, Broken, Committed, Fenced, Full, Outcome, commit_all
from vcp_plumbing.connection import LOST, Command
from vcp_plumbing.crash_points import crash_at
from vcp_plumbing.environment import Environment
from vcp_plumbing.measures import LoopMeasures
from vcp_plumbing.ownership import Held, KeyOf, Ownership
from vcp_plumbing.world import World, WorldChanged, check_world, open_world

UPKEEP_S = 1.0
"""How often ownership, leases and the world are looked after."""
LONGEST_WAIT_MS = 500
"""How long a read waits at most; a stop is noticed after it."""
HANDING_OVER_S = 1.0
"""How long leaving waits for the broker: the leases end by themselves."""
LONGEST_PAUSE_S = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Changed:
    """What one upkeep did. A partition that was lost may be among the taken again."""

    lost: frozenset[int]
    released: frozenset[int]
    taken: frozenset[int]


class Tenure:
    """The partitions of one service that this process owns.

    Call everything from the working loop, never from a side task: a loop that hangs must lose its leases. Whatever
    goes wrong has one cure: `forget` is called with partitions of which nothing may be kept; they are taken and loaded
    anew. It is called before the same partition is taken again.
    """

    def __init__(
        self,
        redis: Redis,
        environment: Environment,
        service: str,
        measures: LoopMeasures,
        forget: Callable[[frozenset[int]], None],
        *,
        reads: KeyOf,
        announce: Callable[[int], Iterable[Command]] | None = None,
        may_release: Callable[[int], bool] = lambda _: True,
        keep_input: bool = False,
        clock: Callable[[], float] = time.monotonic,
        lease_ms: int = LEASE_MS,
    ) -> None:
        """`reads`, `announce`, `may_release` and `keep_input` as `Ownership` has them."""
        self.passing = crash_at(environment.crash_at)
        self._redis = redis
        self._partitions = environment.partitions
        self._measures = measures
        self._forget = forget
        self._clock = clock
        self._lease_ms = lease_ms
        self._world: World | None = None
        self._upkeep_at = 0.0
        self._pause_s = 0.0
        self._ownership = Ownership(
            redis,
            service,
            environment.owner,
            environment.partitions,
            reads=reads,
            lease_ms=lease_ms,
            announce=announce,
            may_release=may_release,
            keep_input=keep_input,
            clock=clock,
        )

    # --- what is held ---------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The owner's name: this process's."""
        return self._ownership.name

    @property
    def held(self) -> Mapping[int, Held]:
        """The partitions that this process owns."""
        return self._ownership.held

    @property
    def owned(self) -> frozenset[int]:
        """Their numbers."""
        return frozenset(self._ownership.held)

    def overdue(self) -> frozenset[int]:
        """The partitions whose lease may have ended: another process may own them by now."""
        return self._ownership.overdue()

    def batch(self, partition: int) -> Batch:
        """An empty batch for a partition that is held."""
        return self._ownership.batch(partition)

    # --- the loop -------------------------------------------------------------------------------------------------

    async def run(self, cycle: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
        """Goes round until `stop` is set. A broker that is away is waited for, and then all is begun anew.

        Raises `WorldMismatch` when the world has another number of partitions.
        """
        while not stop.is_set():
            self._measures.last_turn = self._clock()
            try:
                await cycle()
            except (*LOST, RedisError, WorldChanged) as error:
                log.warning("recovering", error=str(error) or type(error).__name__)
                self._measures.recoveries += 1
                self.start_over()
                await self.pause()

    def start_over(self) -> None:
        """Nothing that was known of any partition holds any more."""
        self.lose(range(self._partitions))
        self._world = None
        self._upkeep_at = 0.0

    async def pause(self) -> None:
        """A moment before the next try; a longer one each time, until something works again."""
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2 or 0.1)
        await asyncio.sleep(self._pause_s)

    async def hand_over(self, last: Callable[[], Awaitable[object]] | None = None) -> None:
        """Does the `last` thing there is to do, gives all partitions back in good order, and takes none any more.

        What a broker that is away does not hear of is not lost: the leases end by themselves.
        """
        try:
            async with asyncio.timeout(HANDING_OVER_S):
                if last is not None:
                    await last()
                await self._ownership.release_all()
        except (*LOST, RedisError, TimeoutError) as error:
            log.warning("leases_left_to_expire", error=str(error) or type(error).__name__)

    # --- upkeep ---------------------------------------------------------------------------------------------------

    @property
    def upkeep_in_s(self) -> float:
        """How long until `keep_up` is to be called; not above 0: now."""
        return self._upkeep_at - self._clock()

    def hurry(self) -> None:
        """The next upkeep is wanted at once: what was lost is to be taken anew."""
        self._upkeep_at = 0.0

    async def keep_up(self) -> Changed:
        """Looks after the world and the leases, and takes or gives partitions.

        Raises `WorldChanged`, `WorldMismatch`, or any of redis' errors.
        """
        if self._world is None:
            self._world = await open_world(self._redis, self._partitions)
        await check_world(self._redis, self._world)
        self._upkeep_at = self._clock() + UPKEEP_S
        lost = await self._ownership.renew()
        # Before anything is taken: what was lost may be free, and come back in the same moment.
        self._forget(lost)
        held = self.owned
        try:
            change = await self._ownership.rebalance()
        finally:
            # Also where the broker's reply was lost: what is given back is not ours any more.
            self._forget(held - self.owned)
        self._pause_s = 0.0
        for what, partitions in (("lost", lost), ("released", change.released), ("taken", change.taken)):
            if partitions:
                log.info(what, partitions=sorted(partitions))
        return Changed(lost, change.released, change.taken)

    def lose(self, partitions: Iterable[int]) -> None:
        """Lets go of partitions without asking the broker; the next upkeep takes them anew, from their record."""
        gone = frozenset(partitions)
        self._ownership.drop(gone)
        self._forget(gone)

    # --- commits --------------------------------------------------------------------------------------------------

    async def commit(self, batches: Iterable[Batch], judge: Callable[[int, Outcome], None]) -> None:
        """Commits all batches in one round trip, and tells `judge` what became of each.

        A partition whose commit is neither `Committed` nor `Full` is no longer held by then; what was kept of it is
        the judge's to forget. Where the server would not, there is a pause. Raises any of redis' errors.
        """
        outcomes = await commit_all(
            self._redis, self.name, list(batches), lease_ms=self._lease_ms, clock=self._clock
        )
        self.passing("committed")
        self._ownership.settle(outcomes)
        for partition, outcome in outcomes.items():
            self._account(partition, outcome)
            judge(partition, outcome)
        if any(isinstance(outcome, Full | Broken) for outcome in outcomes.values()):
            await self.pause()

    def _account(self, partition: int, outcome: Outcome) -> None:
        measures = self._measures
        match outcome:
            case Committed():
                measures.commits += 1
                self._pause_s = 0.0
            case Full():
                measures.full += 1
                log.warning("full", partition=partition, reason=outcome.reason)
            case Fenced():
                measures.fenced += 1
                log.warning("fenced", partition=partition, owner=outcome.owner)
            case Broken():
                measures.broken += 1
                log.error("commit_broken", partition=partition, reason=outcome.reason)
