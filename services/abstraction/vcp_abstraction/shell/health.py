"""What the Abstraction adds to its health: partitions not loaded yet, and its numbers. Serves no HTTP."""

import time
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts import streams
from vcp_plumbing.connection import LOST, ask
from vcp_plumbing.health import Measure, ServiceHealth, counter, gauge

from vcp_abstraction.shell.worker import SERVICE, Worker


class Health(ServiceHealth):
    """Looks at the working loop and at the broker."""

    def __init__(
        self, worker: Worker, redis: Redis, partitions: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(redis, SERVICE, partitions, worker.measures, clock)
        self._worker = worker

    async def own_reason(self) -> str | None:
        """Whether a partition of this process is still being loaded."""
        unloaded = sorted(self._worker.owned - self._worker.partitions.keys())
        return f"partitions not loaded yet: {unloaded}" if unloaded else None

    async def own_measures(self) -> list[Measure]:
        """The Abstraction's numbers. Without a broker the backlog is left out."""
        measures, partitions = self._worker.measures, self._worker.partitions.values()
        return [
            counter("entries", "Entries taken", measures.entries),
            counter("timers", "Timers run", measures.timers),
            counter("loads", "Partitions loaded", measures.loads),
            counter("cycle_seconds", "Time spent deciding and writing", measures.busy_s),
            gauge("longest_cycle_seconds", "The longest cycle so far", measures.longest_cycle_s),
            gauge("partitions", "Partitions owned and loaded", len(partitions)),
            gauge("charge_points", "Chargers in memory", sum(len(p.residents) for p in partitions)),
            gauge("queued_actions", "Actions in the chargers' queues", sum(p.queued for p in partitions)),
            *await self._backlog(),
        ]

    async def _backlog(self) -> list[Measure]:
        try:
            lengths = await ask(self._redis, [("XLEN", streams.inbox(p)) for p in sorted(self._worker.owned)])
        except (*LOST, RedisError):
            return []
        return [gauge("backlog", "Entries that wait in the owned partitions", sum(lengths))]
