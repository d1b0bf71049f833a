"""What the Handler adds to its health: its numbers. Serves no HTTP."""

import time
from collections.abc import Callable

from redis.asyncio import Redis
from vcp_plumbing.health import Measure, ServiceHealth, counter, gauge

from vcp_handler.worker import SERVICE, Worker


class Health(ServiceHealth):
    """Looks at the working loop and at the broker."""

    def __init__(
        self, worker: Worker, redis: Redis, partitions: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(redis, SERVICE, partitions, worker.measures, clock)
        self._worker = worker

    async def own_measures(self) -> list[Measure]:
        """The Handler's numbers."""
        measures, switchboard = self._worker.measures, self._worker.switchboard
        return [
            counter("entries", "Words of the Abstraction", measures.entries),
            counter("facts", "Facts told to the Abstraction", measures.facts),
            counter("frames", "Frames recorded", measures.frames),
            counter("violations", "Breaches of protocol", measures.violations),
            counter("partitions_lost", "Partitions whose links were cut", measures.lost),
            counter("unrecorded", "Frames and events without room", switchboard.unrecorded),
            gauge("partitions", "Partitions owned", len(self._worker.owned)),
            gauge("links", "Links that stand", switchboard.standing),
        ]
