"""The service as a whole: it serves, tells its health, ends at once, and documents its channels."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import orjson
from abstraction.shop import until
from chores.file_servers import WebServer
from redis.asyncio import Redis
from vcp_chores.app import application, serve
from vcp_contracts import streams
from vcp_contracts.chores import FetchFile
from vcp_plumbing.environment import Environment

HOME = streams.partition_of("CP001")


def environment(**variables: str) -> Environment:
    return Environment.read("chores", {"VCP_OWNER": "w", **variables})


@asynccontextmanager
async def a_process(url: str, port: int = 0, **variables: str) -> AsyncIterator[Process]:
    """The service as a process, dead at the end of the block whatever happened in it."""
    given = {"REDIS_URL": url, "VCP_OWNER": "w", "VCP_HEALTH_PORT": str(port), **variables}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vcp_chores", env={**os.environ, **given}, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_broker_that_comes_late_is_waited_for(unused_tcp_port: int):
    stop = asyncio.Event()
    service = asyncio.create_task(
        serve(environment(REDIS_URL=f"redis://127.0.0.1:{unused_tcp_port}/0"), stop)
    )
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(2):
        await service


async def test_the_process_works_tells_its_health_and_ends_with_a_signal(
    redis: Redis, server_url: str, unused_tcp_port: int, web: WebServer
):
    web.files["/fw.bin"] = b"firmware"
    base = f"http://127.0.0.1:{unused_tcp_port}"
    async with a_process(server_url, unused_tcp_port) as process, httpx.AsyncClient(base_url=base) as http:
        await until(lambda: says(http, "/health/ready", "ok"), 30)
        assert await says(http, "/health/live", "ok")
        chore = FetchFile(id="c1", charge_point="CP001", location=web.url("/fw.bin"))
        await redis.xadd(streams.chores(HOME), {streams.FIELD: chore.model_dump_json()})
        await until(lambda: says(http, "/metrics", "vcp_chores_results_total 1.0"), 30)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(3):
            assert await process.wait() == 0
    words = [orjson.loads(fields[b"__data__"]) for _, fields in await redis.xrange(streams.inbox(HOME))]
    assert [word["type"] for word in words] == ["chores_up", "chore_done"]
    assert await redis.hget(streams.meta(HOME, "chores"), "owner") == b""  # type: ignore[misc]


async def says(http: httpx.AsyncClient, path: str, text: str) -> bool:
    try:
        return text in (await http.get(path)).text
    except httpx.TransportError:
        return False


async def test_settings_that_can_not_work_end_the_process_with_their_remedy():
    async with a_process("http://nowhere") as process:
        _, said = await process.communicate()
    assert process.returncode == 4
    assert b"REDIS_URL is wrong" in said


def test_every_channel_stands_in_the_document():
    document = orjson.loads(application(environment()).schema.to_specification().to_json())
    addresses = {channel["address"].split(":")[-1] for channel in document["channels"].values()}
    assert addresses == {"in", "chores", "dead"}
