"""A partition's second life gives the same chargers, byte for byte, whoever owned it and however it was read."""

import asyncio
import random
from dataclasses import replace

from abstraction.fake_core import FAKE
from abstraction.shop import (
    PARTITIONS,
    ended,
    names,
    owning,
    provision,
    publish,
    running,
    turned,
    worker,
)
from redis.asyncio import Redis
from vcp_abstraction.shell.merge import time_of
from vcp_abstraction.shell.replay import Recording, differences, record, replay
from vcp_abstraction.shell.store import Kept
from vcp_contracts import streams
from vcp_plumbing.world import open_world

HOME = streams.partition_of("CP001", PARTITIONS)
KEEP = {"VCP_KEEP_INPUT": "true"}


async def recorded(redis: Redis) -> Recording:
    return await record(redis, HOME, PARTITIONS)


def same(recording: Recording) -> bool:
    return differences(recording.chargers, replay(recording, FAKE)) == []


async def test_commands_and_timers_of_one_owner(redis: Redis):
    async with running(worker(redis, **KEEP)):
        await provision(redis)
        await provision(redis, "CP003")
        await publish(redis, "set_ev", "every 7 ms", power_w=0.007)
        await publish(redis, "set_ev", "every 5 ms", "CP003", power_w=0.005)
        for name in names("plug ", 40):
            await publish(redis, "plug_in", name)
            await asyncio.sleep(0.002)
        await publish(redis, "power_off", "trip")
        await publish(redis, "plug_in", "plug 1")
        await publish(redis, "plug_in", "last", "CP003")
        await ended(redis, "last", "CP003")
    recording = await recorded(redis)
    assert len(recording.entries) == 47
    assert recording.chargers.keys() == {"CP001", "CP003"}
    assert same(recording)


async def test_several_owners_each_with_its_own_nonce(redis: Redis):
    async with running(worker(redis, "a", **KEEP)):
        await provision(redis)
        await publish(redis, "set_ev", "every 30 ms", power_w=0.03)
        await ended(redis, "every 30 ms")
    for owner in ("b", "c"):
        async with running(worker(redis, owner, **KEEP)) as next_owner:
            await owning(next_owner)
            await publish(redis, "plug_in", f"by {owner}")
            await ended(redis, f"by {owner}")
    recording = await recorded(redis)
    assert len({epoch.nonce for epoch in recording.epochs}) == 3
    assert same(recording)


async def test_a_command_repeated_to_a_later_owner_gets_its_first_result(redis: Redis):
    async with running(worker(redis, "a", **KEEP)):
        await provision(redis)
        await publish(redis, "plug_in", "plug")
        await ended(redis, "plug")
    async with running(worker(redis, "b", **KEEP)) as next_owner:
        await owning(next_owner)
        await publish(redis, "plug_in", "plug")
        await publish(redis, "plug_in", "another")
        await ended(redis, "another")
    assert same(await recorded(redis))


async def test_cut_connections_make_epochs_too(redis: Redis):
    luck = random.Random(7)
    async with running(worker(redis, **KEEP)) as cut:
        await owning(cut)
        await provision(redis)
        await publish(redis, "set_ev", "every 10 ms", power_w=0.01)
        for name in names("plug ", 60):
            await publish(redis, "plug_in", name)
            if luck.random() < 0.1:
                await redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await ended(redis, "plug 60")
    assert same(await recorded(redis))


async def test_retired_and_set_up_again(redis: Redis):
    async with running(worker(redis, **KEEP)):
        for round in ("1", "2"):
            await publish(redis, "provision", f"setup {round}", configuration={"url": "ws://backend/ocpp"})
            await publish(redis, "plug_in", f"plug {round}")
            if round == "1":
                await publish(redis, "retire", "bye")
        await ended(redis, "plug 2")
    assert same(await recorded(redis))


async def test_an_entry_that_was_buried_unread_stays_so(redis: Redis):
    await open_world(redis, PARTITIONS)
    await provision(redis)
    async with running(worker(redis, "a", **KEEP)):
        await ended(redis, "setup CP001")
    deadly = await publish(redis, "plug_in", "deadly")
    await redis.hset(streams.meta(HOME, "abstraction"), "takeovers", 3)  # type: ignore[misc]
    await redis.hset(streams.wire(HOME), "trying", f"{deadly} 3")  # type: ignore[misc]
    await publish(redis, "plug_in", "b")
    async with running(worker(redis, "b", **KEEP)):
        await ended(redis, "b")
    recording = await recorded(redis)
    assert recording.buried == {deadly}
    assert same(recording)
    assert not same(replace(recording, buried=frozenset()))


async def test_a_partition_that_never_lived(redis: Redis):
    recording = await recorded(redis)
    assert recording.position == "0-0"
    assert replay(recording, FAKE) == {}


async def test_a_difference_is_named_by_charger_and_part(redis: Redis):
    lone = worker(redis, **KEEP)
    await provision(redis)
    await turned(lone, lambda: lone.measures.entries == 1)
    await lone.leave()
    recording = await recorded(redis)
    assert recording.horizon >= time_of(recording.position)
    second = replay(recording, FAKE)
    touched = {**second, "CP001": Kept("CP001", {"facts": b"{}"}, {"plug 9": b"9"})}
    assert [(it.charge_point, it.part) for it in differences(touched, second)] == [
        ("CP001", "queue plug 9"),
        ("CP001", "section facts"),
    ]
