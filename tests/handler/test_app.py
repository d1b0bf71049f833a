"""The service as a whole: it serves, tells its health, ends at once, and documents its channels."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import orjson
from handler.fakes import a_backend
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.link import OpenLink
from vcp_handler.app import application, serve
from vcp_plumbing.environment import Environment

HOME = streams.partition_of("CP1")


def environment(**variables: str) -> Environment:
    return Environment.read("handler", {"VCP_OWNER": "h", **variables})


@asynccontextmanager
async def a_process(url: str, port: int = 0, **variables: str) -> AsyncIterator[Process]:
    """The service as a process, dead at the end of the block whatever happened in it."""
    given = {"REDIS_URL": url, "VCP_OWNER": "h", "VCP_HEALTH_PORT": str(port), **variables}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vcp_handler", env={**os.environ, **given}, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits for what only a look at another process can tell."""
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def says(http: httpx.AsyncClient, path: str, text: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        try:
            return text in (await http.get(path)).text
        except httpx.TransportError:
            return False

    return look


def owned_by(redis: Redis, owner: bytes) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return bool(await redis.hget(streams.meta(HOME, "handler"), "owner") == owner)

    return look


async def test_a_broker_that_comes_late_is_waited_for(nobody: str) -> None:
    stop = asyncio.Event()
    service = asyncio.create_task(serve(environment(REDIS_URL=f"redis://{nobody}/0"), stop))
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(2):
        await service


async def test_the_process_connects_tells_its_health_and_ends_with_a_signal(
    redis: Redis, server_url: str, unused_tcp_port: int
) -> None:
    async with (
        a_backend() as backend,
        a_process(server_url, unused_tcp_port) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as http,
    ):
        await until(says(http, "/health/ready", "ok"))
        assert (await http.get("/health/live")).text == "ok"
        order = OpenLink(id="o", charge_point="CP1", order=1, url=backend.url, protocols=("ocpp1.6",))
        await redis.xadd(streams.outbox(HOME), {streams.FIELD: order.model_dump_json()})
        await until(says(http, "/metrics", "vcp_handler_links 1.0"))
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(3):
            assert await process.wait() == 0
        assert await backend.ended.get() == 1001
    assert await redis.hget(streams.meta(HOME, "handler"), "owner") == b""


async def test_a_killed_process_leaves_nothing_that_a_new_one_could_not_take_over(
    redis: Redis, server_url: str
) -> None:
    async with a_backend() as backend, a_process(server_url, VCP_OWNER="first") as first:
        await until(owned_by(redis, b"first"))
        order = OpenLink(id="o", charge_point="CP1", order=1, url=backend.url, protocols=("ocpp1.6",))
        await redis.xadd(streams.outbox(HOME), {streams.FIELD: order.model_dump_json()})
        connection = await backend.connections.get()
        first.kill()
        await connection.wait_closed()
        async with a_process(server_url, VCP_OWNER="second"):
            await until(owned_by(redis, b"second"))


async def test_settings_that_can_not_work_end_the_process_with_their_remedy() -> None:
    async with a_process("http://nowhere") as process:
        _, said = await process.communicate()
    assert process.returncode == 4
    assert b"REDIS_URL is wrong" in said


async def test_a_world_of_another_size_ends_the_process(redis: Redis, server_url: str) -> None:
    await redis.hset(streams.WORLD, mapping={"id": "w", "partitions": 7})
    async with a_process(server_url) as process:
        _, said = await process.communicate()
    assert process.returncode == 4
    assert b"VCP_PARTITIONS=7" in said


def test_every_channel_stands_in_the_document() -> None:
    document = orjson.loads(application(environment()).schema.to_specification().to_json())
    assert {channel["address"].split(":")[-1] for channel in document["channels"].values()} == {
        "in",
        "out",
        "events",
        "dead",
        "{charge_point}",
    }
    assert "FrameSent" in document["components"]["schemas"]
