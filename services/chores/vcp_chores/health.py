"""Whether this process lives, is ready, and what it has done, as texts for whoever asks. Serves no HTTP."""

import time
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts import streams
from vcp_plumbing.connection import LOST, Command, roundtrip

from vcp_chores.worker import SERVICE, Worker

HANGING_S = 15.0
"""A loop without a turn for this long hangs: its longest patience with a broker is shorter."""


class Health:
    """Looks at the working loop and at the broker."""

    def __init__(
        self, worker: Worker, redis: Redis, partitions: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._worker = worker
        self._redis = redis
        self._partitions = partitions
        self._clock = clock

    def why_dead(self) -> str | None:
        """Why the process should be started anew, or None."""
        silent = self._clock() - self._worker.measures.last_turn
        return f"the working loop has hung for {silent:.0f} s" if silent > HANGING_S else None

    async def why_unready(self) -> str | None:
        """Why a chore might not be begun, or None: some partition has no worker, or the broker is away."""
        try:
            orphans = await self._orphans()
        except (*LOST, RedisError) as error:
            return f"the broker does not answer: {error}"
        return f"partitions without an owner: {orphans}" if orphans else None

    def metrics(self) -> bytes:
        """All measures in Prometheus' text format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Scrape(self._worker))
        return generate_latest(registry)

    async def _orphans(self) -> list[int]:
        asked: list[Command] = [("TIME",)]
        asked += [("HMGET", streams.meta(p, SERVICE), "owner", "until") for p in range(self._partitions)]
        (seconds, micros), *records = await self._ask(asked)
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        return [p for p, (owner, until) in enumerate(records) if not owner or int(until or 0) <= now_ms]

    async def _ask(self, commands: list[Command]) -> list[list[bytes]]:
        replies = await roundtrip(self._redis, commands)
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies


class _Scrape:
    """One look at all measures."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def collect(self) -> Iterable[Metric]:
        measures = self._worker.measures
        yield _counter("orders", "Words of the Abstraction", measures.orders)
        yield _counter("results", "Results told to the Abstraction", measures.results)
        yield _counter("cycles", "Rounds of the working loop", measures.cycles)
        yield _counter("commits", "Commits of a partition", measures.commits)
        yield _counter("commits_fenced", "Commits refused for another owner", measures.fenced)
        yield _counter("commits_full", "Commits that found no room", measures.full)
        yield _counter("commits_broken", "Commits refused for another reason", measures.broken)
        yield _counter("dead_letters", "Entries that could not be read", measures.dead)
        yield _gauge("partitions", "Partitions owned", len(self._worker.owned))
        yield _gauge("under_way", "Chores being done", self._worker.under_way)


def _counter(name: str, says: str, value: float) -> Metric:
    return CounterMetricFamily(f"vcp_{SERVICE}_{name}", says, value=value)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"vcp_{SERVICE}_{name}", says, value=value)
