"""The service as a whole: it serves, tells its health, ends at once, and documents its channels."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process

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


async def start(url: str, port: int = 0, **variables: str) -> Process:
    given = {"REDIS_URL": url, "VCP_OWNER": "h", "VCP_HEALTH_PORT": str(port), **variables}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vcp_handler", env={**os.environ, **given}, stderr=PIPE
    )


async def ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                if (await http.get("/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


async def test_a_broker_that_comes_late_is_waited_for() -> None:
    stop = asyncio.Event()
    service = asyncio.create_task(serve(environment(REDIS_URL="redis://127.0.0.1:1/0"), stop))
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(2):
        await service


async def test_the_process_connects_tells_its_health_and_ends_with_a_signal(
    redis: Redis, server_url: str, unused_tcp_port: int
) -> None:
    process = await start(server_url, unused_tcp_port)
    async with (
        a_backend() as backend,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as http,
    ):
        await ready(http)
        assert (await http.get("/health/live")).text == "ok"
        order = OpenLink(id="o", charge_point="CP1", order=1, url=backend.url, protocols=("ocpp1.6",))
        await redis.xadd(streams.outbox(HOME), {streams.FIELD: order.model_dump_json()})
        await backend.connections.get()
        assert "vcp_handler_links 1.0" in (await http.get("/metrics")).text
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(3):
            assert await process.wait() == 0
        assert await backend.ended.get() == 1001
    assert await redis.hget(streams.meta(HOME, "handler"), "owner") == b""


async def test_a_killed_process_leaves_nothing_that_a_new_one_could_not_take_over(
    redis: Redis, server_url: str
) -> None:
    first = await start(server_url, VCP_OWNER="first")
    async with a_backend() as backend:
        await until_owned(redis, b"first")
        order = OpenLink(id="o", charge_point="CP1", order=1, url=backend.url, protocols=("ocpp1.6",))
        await redis.xadd(streams.outbox(HOME), {streams.FIELD: order.model_dump_json()})
        connection = await backend.connections.get()
        first.kill()
        await connection.wait_closed()
        second = await start(server_url, VCP_OWNER="second")
        await until_owned(redis, b"second")
        second.terminate()
        await asyncio.gather(first.wait(), second.wait())


async def until_owned(redis: Redis, owner: bytes) -> None:
    async with asyncio.timeout(15):
        while await redis.hget(streams.meta(HOME, "handler"), "owner") != owner:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_settings_that_can_not_work_end_the_process_with_their_remedy() -> None:
    process = await start("http://nowhere")
    _, said = await process.communicate()
    assert process.returncode == 4
    assert b"REDIS_URL is wrong" in said


async def test_a_world_of_another_size_ends_the_process(redis: Redis, server_url: str) -> None:
    await redis.hset(streams.WORLD, mapping={"id": "w", "partitions": 7})
    process = await start(server_url)
    _, said = await process.communicate()
    assert process.returncode == 4
    assert b"VCP_PARTITIONS=7" in said


def test_every_channel_stands_in_the_document() -> None:
    document = orjson.loads(application(environment()).schema.to_specification().to_json())
    assert {channel["address"].split(":")[-1] for channel in document["channels"].values()} == {
        "in",
        "out",
        "events",
        "{charge_point}",
    }
    assert "FrameSent" in document["components"]["schemas"]
