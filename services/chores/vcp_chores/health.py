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
        super().__init__(redis, SERVICE, partitions, lambda: worker.measures.last_turn, clock)
        self._worker = worker

    async def measures(self) -> list[Measure]:
        """All numbers."""
        measures = self._worker.measures
        return [
            counter("orders", "Words of the Abstraction", measures.orders),
            counter("results", "Results told to the Abstraction", measures.results),
            counter("cycles", "Rounds of the working loop", measures.cycles),
            counter("commits", "Commits of a partition", measures.commits),
            counter("commits_fenced", "Commits refused for another owner", measures.fenced),
            counter("commits_full", "Commits that found no room", measures.full),
            counter("commits_broken", "Commits refused for another reason", measures.broken),
            counter("dead_letters", "Entries that could not be read", measures.dead),
            gauge("partitions", "Partitions owned", len(self._worker.owned)),
            gauge("under_way", "Chores being done", self._worker.under_way),
        ]
