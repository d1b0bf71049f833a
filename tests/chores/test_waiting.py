"""The worker that waits: for the first chore, without the service's weight; on a real broker."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE

import orjson
from abstraction.shop import until
from chores.file_servers import WebServer
from redis.asyncio import Redis
from vcp_chores.waiting import wanted
from vcp_contracts import streams
from vcp_contracts.chores import FetchFile


async def waits(url: str) -> asyncio.Future[bool]:
    return asyncio.ensure_future(asyncio.to_thread(wanted, url, 16, block_ms=20))


async def test_the_first_chore_ends_the_wait(redis: Redis, server_url: str):
    waiting = await waits(server_url)
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done
    await redis.xadd(streams.chores(7), {streams.FIELD: b"{}"})
    async with asyncio.timeout(5):
        assert await waiting is True


async def test_a_world_that_had_a_worker_before_gets_one_at_once(redis: Redis, server_url: str):
    await redis.hset(streams.meta(3, "chores"), "owner", "")  # type: ignore[misc]
    async with asyncio.timeout(5):
        assert await (await waits(server_url)) is True


def test_a_broker_that_is_away_is_asked_again(unused_tcp_port: int):
    assert wanted(f"redis://127.0.0.1:{unused_tcp_port}/0", 16) is False


def test_what_it_can_not_read_it_leaves_to_the_service(server_url: str):
    assert wanted("rediss://:secret@broker.example:6379/0", 16) is True
    assert wanted(f"{server_url}?db=1", 16) is True
    assert wanted("", 16) is True


async def test_the_process_becomes_the_service_and_does_the_chore(
    redis: Redis, server_url: str, web: WebServer
):
    """The order that woke it is ordered again by its charger, as after every change of workers."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vcp_chores.waiting"),
        env={**os.environ, "REDIS_URL": server_url, "VCP_OWNER": "w"},
        stderr=PIPE,
        stdout=PIPE,
    )
    home = streams.partition_of("CP001")
    order = FetchFile(id="c1", charge_point="CP001", location=web.url("/none")).model_dump_json()

    async def told(kind: str) -> bool:
        entries = await redis.xrange(streams.inbox(home))
        return any(orjson.loads(fields[b"__data__"])["type"] == kind for _, fields in entries)

    try:
        await redis.xadd(streams.chores(home), {streams.FIELD: order})
        await until(lambda: told("chores_up"), 30)
        await redis.xadd(streams.chores(home), {streams.FIELD: order})
        await until(lambda: told("chore_done"), 30)
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode == 0
