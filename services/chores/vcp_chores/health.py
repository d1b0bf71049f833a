"""What the chores worker adds to its health: its numbers. Serves no HTTP."""

import time
from collections.abc import Callable

from redis.asyncio import Redis
from vcp_plumbing.health import Measure, ServiceHealth, counter, gauge

from vcp_chores.worker import SERVICE, Worker


class Health(ServiceHealth):
    """Looks at the working loop and at the broker."""

    def __init__(
        self, worker: Worker, redis: Redis, partitions: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(redis, SERVICE, partitions, worker.measures, clock)
        self._worker = worker

    async def own_measures(self) -> list[Measure]:
        """The worker's numbers."""
        measures = self._worker.measures
        return [
            counter("orders", "Words of the Abstraction", measures.orders),
            counter("results", "Results told to the Abstraction", measures.results),
            gauge("partitions", "Partitions owned", len(self._worker.owned)),
            gauge("under_way", "Chores being done", self._worker.under_way),
        ]
