"""Whether a service lives and is ready, and what it has done, as texts for whoever asks. Serves no HTTP."""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts import streams

from vcp_plumbing.connection import LOST, Command, ask
from vcp_plumbing.measures import LoopMeasures

HANGING_S = 15.0
"""A loop without a turn for this long hangs: its longest patience with a broker is shorter."""


class Measure(NamedTuple):
    """A number for monitors. `rises`: it only ever grows; else it is a level."""

    name: str
    says: str
    value: float
    rises: bool


def counter(name: str, says: str, value: float) -> Measure:
    """How often something has happened since the start."""
    return Measure(name, says, value, rises=True)


def gauge(name: str, says: str, value: float) -> Measure:
    """How much of something there is now."""
    return Measure(name, says, value, rises=False)


class ServiceHealth:
    """Looks at a working loop, the broker and the owners of all partitions. A service adds what it alone knows."""

    def __init__(
        self,
        redis: Redis,
        service: str,
        partitions: int,
        loop: LoopMeasures,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`loop`: what the working loop counts of itself, its turns by `clock`."""
        self._redis = redis
        self._service = service
        self._partitions = partitions
        self._loop = loop
        self._clock = clock

    async def measures(self) -> list[Measure]:
        """All numbers of the service: those of every working loop, and its own."""
        loop = self._loop
        return [
            counter("cycles", "Rounds of the working loop", loop.cycles),
            counter("commits", "Commits of a partition", loop.commits),
            counter("commits_fenced", "Commits refused for another owner", loop.fenced),
            counter("commits_full", "Commits that found no room", loop.full),
            counter("commits_broken", "Commits refused for another reason", loop.broken),
            counter("dead_letters", "Entries that could not be read or applied", loop.dead),
            counter("recoveries", "Times that all memory was dropped", loop.recoveries),
            *await self.own_measures(),
        ]

    async def own_measures(self) -> list[Measure]:
        """What this service alone counts."""
        return []

    async def own_reason(self) -> str | None:
        """Why the service is not ready although every partition has an owner, or None."""
        return None

    def why_dead(self) -> str | None:
        """Why the process should be started anew, or None."""
        silent = self._clock() - self._loop.last_turn
        return f"the working loop has hung for {silent:.0f} s" if silent > HANGING_S else None

    async def why_unready(self) -> str | None:
        """Why something said to this service might wait, or None: a partition without an owner, or no broker."""
        try:
            orphans = await self._orphans()
        except (*LOST, RedisError) as error:
            return f"the broker does not answer: {error}"
        return f"partitions without an owner: {orphans}" if orphans else await self.own_reason()

    async def metrics(self) -> bytes:
        """All measures in Prometheus' text format."""
        return exposition(self._service, await self.measures())

    async def _orphans(self) -> list[int]:
        asked: list[Command] = [("TIME",)]
        asked += [
            ("HMGET", streams.meta(p, self._service), "owner", "until") for p in range(self._partitions)
        ]
        (seconds, micros), *records = await ask(self._redis, asked)
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        return [p for p, (owner, until) in enumerate(records) if not owner or int(until or 0) <= now_ms]


def exposition(service: str, measures: Iterable[Measure]) -> bytes:
    """Measures as Prometheus reads them, `vcp_<service>_` before each name."""
    # Imported when first asked: no start should pay for it.
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

    class Scrape:
        def collect(self) -> Iterable[Metric]:
            for it in measures:
                family = CounterMetricFamily if it.rises else GaugeMetricFamily
                yield family(f"vcp_{service}_{it.name}", it.says, value=it.value)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Scrape())
    return generate_latest(registry)
