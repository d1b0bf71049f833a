"""A process's hold on its partitions on a real broker: what is forgotten when, and what becomes of commits."""

import asyncio
from typing import Any

from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_plumbing.commit import Committed, Fenced, Full, Outcome
from vcp_plumbing.connection import client
from vcp_plumbing.environment import Environment
from vcp_plumbing.measures import LoopMeasures
from vcp_plumbing.tenure import Tenure

ALL = frozenset({0, 1})


class Service:
    """Keeps a word a partition, and writes down what it is told to forget."""

    def __init__(self, redis: Redis, name: str = "w1", **more: Any) -> None:
        environment = Environment.read("handler", {"VCP_PARTITIONS": "2", "VCP_OWNER": name})
        self.measures = LoopMeasures()
        self.forgotten: list[frozenset[int]] = []
        self.outcomes: dict[int, Outcome] = {}
        self.tenure = Tenure(
            redis, environment, "handler", self.measures, self.forget, reads=streams.outbox, **more
        )

    def forget(self, partitions: frozenset[int]) -> None:
        if partitions:
            self.forgotten.append(partitions)

    async def commit(self, *partitions: int) -> None:
        batches = [self.tenure.batch(p) for p in partitions]
        for batch in batches:
            batch.xadd(streams.events(batch.partition), b"{}")
        await self.tenure.commit(batches, self.outcomes.__setitem__)


async def taken_by_another(redis: Redis, partition: int, *, until: int) -> None:
    meta = streams.meta(partition, "handler")
    await redis.hset(meta, mapping={"owner": "another", "until": until, "number": 99})  # type: ignore[misc]


async def test_what_is_free_is_taken(redis: Redis):
    service = Service(redis)
    assert (await service.tenure.keep_up()).taken == ALL
    assert service.tenure.owned == ALL
    assert service.forgotten == []
    assert 0 < service.tenure.upkeep_in_s <= 1.0


async def test_what_was_lost_is_forgotten_before_it_is_taken_again(redis: Redis):
    service = Service(redis, lease_ms=1_000, clock=lambda: service_time)
    service_time = 0.0
    await service.tenure.keep_up()
    await taken_by_another(redis, 1, until=0)
    service_time = 0.5
    change = await service.tenure.keep_up()
    assert (change.lost, change.taken) == ({1}, {1})
    assert service.forgotten == [frozenset({1})]
    assert service.tenure.owned == ALL


async def test_what_is_given_to_another_is_forgotten(redis: Redis):
    first, second = Service(redis), Service(redis, "w2")
    await first.tenure.keep_up()
    await second.tenure.keep_up()
    assert (await first.tenure.keep_up()).released == {1}
    assert first.forgotten == [frozenset({1})]
    assert (await second.tenure.keep_up()).taken == {1}


async def test_a_commit_that_another_owner_refuses_is_counted_and_judged(redis: Redis):
    service = Service(redis)
    await service.tenure.keep_up()
    await taken_by_another(redis, 1, until=4_000_000_000_000)
    await service.commit(0, 1)
    assert isinstance(service.outcomes[0], Committed)
    assert service.outcomes[1] == Fenced("another", 99)
    assert service.tenure.owned == {0}
    assert (service.measures.commits, service.measures.fenced) == (1, 1)


async def test_a_server_without_room_takes_nothing_away(redis: Redis):
    service = Service(redis)
    await service.tenure.keep_up()
    await redis.config_set("maxmemory", "1")
    await service.commit(0)
    await redis.config_set("maxmemory", "0")
    assert isinstance(service.outcomes[0], Full)
    assert service.tenure.owned == ALL
    await service.commit(0)
    assert isinstance(service.outcomes[0], Committed)
    assert (service.measures.commits, service.measures.full) == (1, 1)


async def test_another_world_ends_everything_and_is_worked_in(redis: Redis):
    service = Service(redis)
    stop = asyncio.Event()

    async def cycle() -> None:
        await service.tenure.keep_up()
        if service.measures.recoveries:
            stop.set()
        else:
            await redis.flushall()

    await service.tenure.run(cycle, stop)
    assert service.measures.recoveries == 1
    assert service.forgotten == [ALL]
    assert service.tenure.owned == ALL


async def test_leaving_gives_everything_back_after_the_last_thing_is_done(redis: Redis):
    service = Service(redis)
    await service.tenure.keep_up()
    await service.tenure.hand_over(lambda: service.commit(0))
    assert isinstance(service.outcomes[0], Committed)
    assert service.tenure.owned == frozenset()
    assert await redis.hget(streams.meta(0, "handler"), "owner") == b""  # type: ignore[misc]


async def test_a_broker_that_is_away_holds_up_no_leaving():
    away = client("redis://127.0.0.1:1/0")
    async with asyncio.timeout(5):
        await Service(away).tenure.hand_over()
