"""Processes that are killed while they work: nothing lost, nothing twice, order kept, and a replay agrees."""

import asyncio
import os
import random
import sys
from asyncio.subprocess import Process
from pathlib import Path

import pytest
from abstraction.fake_core import FAKE
from abstraction.shop import PARTITIONS, bodies, ended, events, facts, names, provision, publish
from redis.asyncio import Redis
from vcp_abstraction.shell.partition import DEADLY
from vcp_abstraction.shell.replay import differences, record, replay
from vcp_contracts import streams
from vcp_plumbing.ownership import release_owner

TESTS = Path(__file__).parents[2]
CHARGE_POINTS = ("CP001", "CP002", "CP003", "CP004")
EACH = 300

pytestmark = pytest.mark.chaos


async def start(url: str, owner: str) -> Process:
    paths = os.pathsep.join([str(TESTS), *sys.path])
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "abstraction.fake_service",
        url,
        owner,
        env={**os.environ, "PYTHONPATH": paths},
        stdout=asyncio.subprocess.DEVNULL,
    )


async def bury(redis: Redis, process: Process, owner: str) -> None:
    """Kills it, and does what its supervisor would."""
    if process.returncode is None:
        process.kill()
    await process.wait()
    await release_owner(redis, "abstraction", owner, PARTITIONS)


async def publish_all(redis: Redis) -> None:
    for name in names("plug ", EACH):
        for charge_point in CHARGE_POINTS:
            await publish(redis, "plug_in", f"{charge_point} {name}", charge_point)
        await asyncio.sleep(0.01)


async def test_kill_minus_nine_while_working(redis: Redis, server_url: str):
    luck = random.Random(11)
    for charge_point in CHARGE_POINTS:
        await provision(redis, charge_point)
        await publish(redis, "set_ev", f"beat {charge_point}", charge_point, power_w=0.02)
    publishing = asyncio.create_task(publish_all(redis))
    kills = 0
    while not publishing.done() or kills < 4:
        owner = f"victim-{kills}"
        process = await start(server_url, owner)
        await asyncio.sleep(luck.uniform(0.9, 1.6))
        await bury(redis, process, owner)
        kills += 1
    await publishing
    last = await start(server_url, "last")
    for charge_point in CHARGE_POINTS:
        await ended(redis, f"{charge_point} plug {EACH}", charge_point)
    await bury(redis, last, "last")

    for charge_point in CHARGE_POINTS:
        told = [
            event["cause"]
            for event in await events(redis, charge_point, "command_done")
            if event["charge_point"] == charge_point
        ]
        plugs = [f"{charge_point} {name}" for name in names("plug ", EACH)]
        assert told == [f"setup {charge_point}", f"beat {charge_point}", *plugs]
        assert (await facts(redis, charge_point))["plugs"] == EACH
    for partition in range(PARTITIONS):
        recording = await record(redis, partition, PARTITIONS)
        assert differences(recording.chargers, replay(recording, FAKE)) == []


async def test_an_entry_that_ends_every_process_is_put_aside(redis: Redis, server_url: str):
    home = streams.partition_of("CP001", PARTITIONS)
    await provision(redis)
    deadly = await publish(redis, "press_emergency", "deadly")
    await publish(redis, "plug_in", "after")
    deaths = 0
    while not await bodies(redis, streams.dead(home)):
        owner = f"victim-{deaths}"
        process = await start(server_url, owner)
        waiting = asyncio.create_task(ended(redis, "after"))
        dying = asyncio.create_task(process.wait())
        await asyncio.wait({waiting, dying}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        deaths += process.returncode == 9
        await bury(redis, process, owner)
        assert deaths < 12
    [letter] = await bodies(redis, streams.dead(home))
    assert (letter["entry"], letter["reason"]) == (deadly, DEADLY)
    assert (await facts(redis))["plugs"] == 1
    # Three until the set-up before it is taken alone, three more until it is tried alone itself, two more that did so.
    assert deaths == 8
