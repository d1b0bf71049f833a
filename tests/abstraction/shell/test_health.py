"""What the health routes and the metrics say of a worker."""

import asyncio

from abstraction.shop import PARTITIONS, ended, owning, provision, running, until, worker
from redis.asyncio import Redis
from vcp_abstraction.shell.health import Health
from vcp_plumbing.connection import client
from vcp_plumbing.health import HANGING_S


async def test_a_worker_is_ready_when_every_partition_has_an_owner_and_its_own_are_loaded(redis: Redis):
    one = worker(redis)
    health = Health(one, redis, PARTITIONS)
    assert await health.why_unready() == "partitions without an owner: [0, 1, 2, 3]"
    async with running(one):
        await owning(one)
        assert await health.why_unready() is None


async def test_a_worker_without_partitions_is_ready_while_others_own_them(redis: Redis):
    async with running(worker(redis, "a")) as first:
        await owning(first)
        assert await Health(worker(redis, "b"), redis, PARTITIONS).why_unready() is None


async def test_a_broker_that_is_away_is_named(nobody: str):
    away = client(f"redis://{nobody}/0")
    why = await Health(worker(away), away, PARTITIONS).why_unready()
    assert why is not None
    assert why.startswith("the broker does not answer")


async def test_a_loop_without_a_turn_is_dead(redis: Redis):
    times = [100.0]
    hanging = worker(redis, clock=lambda: times[0])
    health = Health(hanging, redis, PARTITIONS, clock=lambda: times[0])
    assert health.why_dead() is None
    times[0] += HANGING_S + 1
    assert health.why_dead() == "the working loop has hung for 16 s"


async def test_a_loop_whose_broker_is_away_lives(nobody: str):
    away = client(f"redis://{nobody}/0")
    patient = worker(away)
    stop = asyncio.Event()
    running = asyncio.create_task(patient.run(stop))
    await until(lambda: patient.measures.recoveries > 1)
    assert Health(patient, away, PARTITIONS).why_dead() is None
    stop.set()
    await running


async def test_metrics_are_prometheus_text(redis: Redis):
    async with running(worker(redis)) as one:
        await provision(redis)
        await ended(redis, "setup CP001")
        # what it has measured follows its commit
        await until(lambda: one.measures.entries == 1)
        text = (await Health(one, redis, PARTITIONS).metrics()).decode()
    assert "vcp_abstraction_entries_total 1.0" in text
    assert "vcp_abstraction_charge_points 1.0" in text
    assert "vcp_abstraction_partitions 4.0" in text
    assert "vcp_abstraction_backlog 0.0" in text
