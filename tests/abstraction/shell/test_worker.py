"""The working loop on a real server, with a fake charger: what is published is applied once, whatever happens."""

import asyncio

import pytest
from abstraction.shop import (
    PARTITIONS,
    bodies,
    ended,
    events,
    facts,
    names,
    owning,
    provision,
    publish,
    running,
    turned,
    until,
    worker,
)
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_plumbing.ownership import release_owner
from vcp_plumbing.world import WorldMismatch, open_world

HOME = streams.partition_of("CP001", PARTITIONS)


async def test_a_command_is_applied_kept_shown_and_told(redis: Redis):
    async with running(worker(redis)):
        await provision(redis)
        await publish(redis, "plug_in", "a")
        assert (await ended(redis, "a"))["status"] == "done"
    assert (await facts(redis))["plugs"] == 1
    assert await redis.hget(streams.view(HOME), "CP001") == b'{"id":"CP001","plugs":1}'
    assert await redis.smembers(streams.charge_points(HOME)) == {b"CP001"}
    assert await redis.hgetall(streams.queue(HOME, "CP001")) == {b"plug 1": b"plug 1"}
    assert [word["cause"] for word in await bodies(redis, streams.outbox(HOME))] == ["a"]
    assert [event["type"] for event in await events(redis)] == [
        "charge_point_changed",
        "command_done",
        "command_done",
    ]
    assert await redis.xlen(streams.inbox(HOME)) == 0


async def test_a_retired_charger_leaves_nothing_but_its_results(redis: Redis):
    async with running(worker(redis)):
        await provision(redis)
        await publish(redis, "plug_in", "a")
        await ended(redis, "a")
        await redis.xadd(streams.frames(HOME, "CP001"), {"__data__": "{}"})
        await publish(redis, "retire", "bye")
        assert (await ended(redis, "bye"))["status"] == "done"
    kept = {key.decode() for key in await redis.keys("*CP001*")}
    assert kept == set()
    assert await redis.hlen(streams.view(HOME)) == 0
    assert await redis.scard(streams.charge_points(HOME)) == 0


async def test_the_next_owner_goes_on_where_the_last_one_stopped(redis: Redis):
    async with running(worker(redis, "a")):
        await provision(redis)
        await publish(redis, "plug_in", "a")
        await ended(redis, "a")
    await publish(redis, "plug_in", "b")
    async with running(worker(redis, "b")):
        await publish(redis, "plug_in", "a")
        await publish(redis, "plug_in", "c")
        await ended(redis, "c")
    assert (await facts(redis))["plugs"] == 3
    repeated = [event["cause"] for event in await events(redis) if event.get("result", {}).get("repeated")]
    assert repeated == ["a"]


async def test_timers_run_by_themselves(redis: Redis):
    async with running(worker(redis)):
        await provision(redis)
        await publish(redis, "set_ev", "every 20 ms", power_w=0.02)
        await ended(redis, "every 20 ms")

        async def beaten() -> bool:
            return bool((await facts(redis))["beats"] >= 3)

        await until(beaten)


async def test_timers_go_on_with_the_next_owner(redis: Redis):
    async with running(worker(redis, "a")):
        await provision(redis)
        await publish(redis, "set_ev", "every second", power_w=1)
        await ended(redis, "every second")
    async with running(worker(redis, "b")):

        async def beaten() -> bool:
            return bool((await facts(redis))["beats"] == 1)

        await until(beaten)


async def test_two_workers_share_the_partitions_and_one_takes_over_when_the_other_leaves(redis: Redis):
    async with running(worker(redis, "a")) as first:
        await owning(first)
        async with running(worker(redis, "b")) as second:
            await owning(second, PARTITIONS // 2)
            await owning(first, PARTITIONS // 2)
            for charge_point in ("CP001", "CP002", "CP004"):
                await provision(redis, charge_point)
                await ended(redis, f"setup {charge_point}", charge_point)
        await owning(first)
        await publish(redis, "plug_in", "a", "CP002")
        await ended(redis, "a", "CP002")


async def test_an_owner_that_slept_through_its_lease_can_t_commit(redis: Redis):
    asleep = worker(redis, "asleep", clock=lambda: 1_000.0, VCP_KEEP_INPUT="true")
    await turned(asleep, lambda: len(asleep.partitions) == PARTITIONS)
    await release_owner(redis, "abstraction", "asleep", PARTITIONS)
    async with running(worker(redis, "awake", VCP_KEEP_INPUT="true")):
        await provision(redis)
        await ended(redis, "setup CP001")
        told = await events(redis)
        await turned(asleep, lambda: asleep.measures.fenced > 0)
        assert HOME not in asleep.partitions
        assert await events(redis) == told
        await publish(redis, "plug_in", "a")
        await ended(redis, "a")
    assert (await facts(redis))["plugs"] == 1


async def test_leases_are_given_back_at_the_end(redis: Redis):
    async with running(worker(redis)) as done:
        await owning(done)
    for partition in range(PARTITIONS):
        assert await redis.hget(streams.meta(partition, "abstraction"), "owner") == b""
    assert await redis.zcard(streams.members("abstraction")) == 0


async def test_a_full_server_loses_nothing(redis: Redis):
    async with running(worker(redis)) as busy:
        await provision(redis)
        await ended(redis, "setup CP001")
        await publish(redis, "plug_in", "a")
        await ended(redis, "a")
        await redis.config_set("maxmemory-policy", "noeviction")
        await publish(redis, "plug_in", "b")
        await redis.config_set("maxmemory", "1")
        await until(lambda: busy.measures.full > 0 or busy.measures.commits >= 3)
        await redis.config_set("maxmemory", "0")
        await publish(redis, "plug_in", "c")
        await ended(redis, "c")
    assert (await facts(redis))["plugs"] == 3
    assert [event["cause"] for event in await events(redis, kind="command_done")][1:] == ["a", "b", "c"]


async def test_a_flushed_server_is_a_new_world(redis: Redis):
    async with running(worker(redis)) as forgetful:
        await provision(redis)
        await ended(redis, "setup CP001")
        await redis.flushall()
        await until(lambda: forgetful.measures.recoveries > 0 or forgetful.measures.fenced > 0)
        await publish(redis, "plug_in", "a")
        assert (await ended(redis, "a"))["kind"] == "unknown_charge_point"
        await provision(redis)
        await ended(redis, "setup CP001")


async def test_broken_connections_are_survived_without_a_loss_or_a_repeat(redis: Redis):
    async with running(worker(redis)) as cut:
        await owning(cut)
        await provision(redis)
        for name in names("plug ", 30):
            await publish(redis, "plug_in", name)
            await redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await ended(redis, "plug 30")
    assert (await facts(redis))["plugs"] == 30
    told = [event["cause"] for event in await events(redis, kind="command_done")]
    assert told == ["setup CP001", *names("plug ", 30)]


async def test_another_number_of_partitions_is_refused(redis: Redis):
    await open_world(redis, 16)
    with pytest.raises(WorldMismatch, match="VCP_PARTITIONS=16"):
        await worker(redis).run(asyncio.Event())


async def test_what_can_t_be_read_lies_in_the_dead_stream(redis: Redis):
    async with running(worker(redis)) as careful:
        await provision(redis)
        broken = (await redis.xadd(streams.inbox(HOME), {"__data__": "{nonsense"})).decode()
        await publish(redis, "power_off", "trip")
        assert (await ended(redis, "trip"))["status"] == "rejected"
    assert careful.measures.dead == 2
    dead = await bodies(redis, streams.dead(HOME))
    assert (dead[0]["entry"], dead[0]["body"]) == (broken, "{nonsense")
    assert dead[1]["reason"] == "RuntimeError: the charger tripped"
    assert dead[1]["charge_point"] == "CP001"


async def test_a_suspect_head_is_tried_alone_and_noted_before(redis: Redis):
    await open_world(redis, PARTITIONS)
    await redis.hset(streams.meta(HOME, "abstraction"), mapping={"takeovers": 2, "position": "0-0"})  # type: ignore[misc]
    first = await provision(redis)
    await publish(redis, "plug_in", "a")
    careful = worker(redis)
    await turned(careful, lambda: careful.measures.commits == 2)
    assert await redis.hget(streams.wire(HOME), "trying") == f"{first} 1".encode()
    assert await redis.hget(streams.meta(HOME, "abstraction"), "position") == first.encode()
    await turned(careful, lambda: careful.measures.commits == 3)
    assert (await facts(redis))["plugs"] == 1
    await careful.leave()


async def test_a_head_whose_owner_was_ended_while_it_tried_it_alone_is_tried_again(redis: Redis):
    await open_world(redis, PARTITIONS)
    first = await provision(redis)
    await redis.hset(streams.meta(HOME, "abstraction"), mapping={"takeovers": 4, "position": "0-0"})  # type: ignore[misc]
    await redis.hset(streams.wire(HOME), "trying", f"{first} 2")  # type: ignore[misc]
    async with running(worker(redis)):
        await ended(redis, "setup CP001")
    assert await redis.hget(streams.wire(HOME), "trying") == f"{first} 3".encode()
    assert await bodies(redis, streams.dead(HOME)) == []


async def test_a_head_that_was_tried_alone_often_enough_is_buried(redis: Redis):
    await open_world(redis, PARTITIONS)
    await redis.hset(streams.meta(HOME, "abstraction"), mapping={"takeovers": 3, "position": "0-0"})  # type: ignore[misc]
    deadly = await publish(redis, "plug_in", "deadly")
    await redis.hset(streams.wire(HOME), "trying", f"{deadly} 3")  # type: ignore[misc]
    await provision(redis)
    async with running(worker(redis)):
        await ended(redis, "setup CP001")
    assert [letter["entry"] for letter in await bodies(redis, streams.dead(HOME))] == [deadly]
