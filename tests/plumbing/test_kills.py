import asyncio
import json
import random
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_plumbing.ownership import release_owner
from vcp_plumbing.publish import publish

PARTITIONS = 4
CHARGE_POINTS = [f"CP{n}" for n in range(20)]
WORKER = Path(__file__).with_name("echo_worker.py")


async def start(url: str, name: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, str(WORKER), url, name)


async def publish_all(redis: Redis, stop: asyncio.Event) -> int:
    """Number the messages of each charge point without a gap, until told to stop; how many each got."""
    number = 0
    while not stop.is_set():
        for charge_point in CHARGE_POINTS:
            body = json.dumps({"charge_point": charge_point, "number": number}).encode()
            await publish(redis, streams.partition_of(charge_point, PARTITIONS), body)
        number += 1
    return number


async def answered(redis: Redis, wanted: int) -> dict[str, list[int]]:
    """The numbers that came out for each charge point, in order, once `wanted` are there."""
    positions = {streams.outbox(p): "0-0" for p in range(PARTITIONS)}
    seen: dict[str, list[int]] = defaultdict(list)
    async with asyncio.timeout(60):
        while sum(map(len, seen.values())) < wanted:
            for key, entries in await redis.xread(positions, block=1_000):
                positions[key.decode()] = entries[-1][0].decode()
                for _, fields in entries:
                    message = json.loads(fields[b"__data__"])
                    seen[message["charge_point"]].append(message["number"])
    return seen


@pytest.mark.chaos
async def test_workers_killed_at_any_moment_lose_repeat_and_reorder_nothing(redis, server_url):
    url, chance = server_url, random.Random(7)
    stop = asyncio.Event()
    publishing = asyncio.create_task(publish_all(redis, stop))
    workers = {name: await start(url, name) for name in ("w0", "w1")}
    try:
        for turn in range(8):
            # Killed in the midst of work, at a moment drawn by lot: that is the point of this pause.
            assert await redis.xread({streams.outbox(p): "$" for p in range(PARTITIONS)}, block=10_000)
            await asyncio.sleep(chance.uniform(0.0, 0.4))
            name = chance.choice(sorted(workers))
            victim = workers.pop(name)
            victim.kill()
            await victim.wait()
            if turn % 2:
                await release_owner(redis, "abstraction", name, PARTITIONS)
            workers[f"w{turn + 2}"] = await start(url, f"w{turn + 2}")
        stop.set()
        number = await publishing
        seen = await answered(redis, number * len(CHARGE_POINTS))
        assert number > 20
        for charge_point in CHARGE_POINTS:
            assert seen[charge_point] == list(range(number))
            state = streams.state(streams.partition_of(charge_point, PARTITIONS), charge_point)
            assert await redis.hget(state, "count") == str(number).encode()
    finally:
        stop.set()
        await publishing
        for worker in workers.values():
            worker.kill()
            await worker.wait()
