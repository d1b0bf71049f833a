"""Whether this process lives, is ready, and what it has done, as texts for whoever asks. Serves no HTTP."""

import time
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts import streams
from vcp_plumbing.connection import LOST, Command

from vcp_abstraction.store import ask
from vcp_abstraction.worker import SERVICE, Worker

HANGING_S = 15.0
"""A loop without a turn for this long hangs: its longest patience with a broker is shorter."""


class Health:
    """Looks at the working loop and at the broker."""

    def __init__(self, worker: Worker, redis: Redis, partitions: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._worker = worker
        self._redis = redis
        self._partitions = partitions
        self._clock = clock

    def why_dead(self) -> str | None:
        """Why the process should be started anew, or None."""
        silent = self._clock() - self._worker.measures.last_turn
        return f"the working loop has hung for {silent:.0f} s" if silent > HANGING_S else None

    async def why_unready(self) -> str | None:
        """Why a command might wait, or None: some partition has no Abstraction, or the broker does not answer."""
        try:
            orphans = await self._orphans()
        except (*LOST, RedisError) as error:
            return f"the broker does not answer: {error}"
        if orphans:
            return f"partitions without an owner: {orphans}"
        unloaded = sorted(self._worker.owned - self._worker.partitions.keys())
        return f"partitions not loaded yet: {unloaded}" if unloaded else None

    async def metrics(self) -> bytes:
        """All measures in Prometheus' text format. Without a broker the backlog is left out."""
        try:
            lengths = await ask(self._redis, [("XLEN", streams.inbox(p)) for p in sorted(self._worker.owned)])
        except (*LOST, RedisError):
            lengths = None
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Scrape(self._worker, lengths))
        return generate_latest(registry)

    async def _orphans(self) -> list[int]:
        asked: list[Command] = [("TIME",)]
        asked += [("HMGET", streams.meta(p, SERVICE), "owner", "until") for p in range(self._partitions)]
        (seconds, micros), *records = await ask(self._redis, asked)
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        return [p for p, (owner, until) in enumerate(records) if not owner or int(until or 0) <= now_ms]


class _Scrape:
    """One look at all measures."""

    def __init__(self, worker: Worker, backlog: list[int] | None) -> None:
        self._worker = worker
        self._backlog = backlog

    def collect(self) -> Iterable[Metric]:
        measures, partitions = self._worker.measures, self._worker.partitions.values()
        yield _counter("entries", "Entries taken", measures.entries)
        yield _counter("timers", "Timers run", measures.timers)
        yield _counter("cycles", "Rounds of the working loop", measures.cycles)
        yield _counter("commits", "Commits of a partition", measures.commits)
        yield _counter("commits_fenced", "Commits refused for another owner", measures.fenced)
        yield _counter("commits_full", "Commits that found no room", measures.full)
        yield _counter("commits_broken", "Commits refused for another reason", measures.broken)
        yield _counter("dead_letters", "Entries that could not be read or applied", measures.dead)
        yield _counter("recoveries", "Times that all memory was dropped", measures.recoveries)
        yield _counter("loads", "Partitions loaded", measures.loads)
        yield _counter("cycle_seconds", "Time spent deciding and writing", measures.busy_s)
        yield _gauge("longest_cycle_seconds", "The longest cycle so far", measures.longest_cycle_s)
        yield _gauge("partitions", "Partitions owned and loaded", len(partitions))
        yield _gauge("charge_points", "Chargers in memory", sum(len(p.residents) for p in partitions))
        yield _gauge("queued_actions", "Actions in the chargers' queues", sum(p.queued for p in partitions))
        if self._backlog is not None:
            yield _gauge("backlog", "Entries that wait in the owned partitions", sum(self._backlog))


def _counter(name: str, says: str, value: float) -> Metric:
    return CounterMetricFamily(f"vcp_{SERVICE}_{name}", says, value=value)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"vcp_{SERVICE}_{name}", says, value=value)
