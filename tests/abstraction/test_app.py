"""The service as a whole, with the real charger: it serves, tells its health, ends at once, and documents its channels."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import orjson
from abstraction.shop import PARTITIONS, ended, environment, publish, until
from redis.asyncio import Redis
from vcp_abstraction.app import application, serve
from vcp_abstraction.charging import CORE
from vcp_abstraction.shell.replay import differences, record, replay
from vcp_contracts import streams

CONFIGURATION = {"url": "ws://backend/ocpp", "protocols": ["ocpp1.6"]}


@asynccontextmanager
async def serving(url: str, **variables: str) -> AsyncIterator[None]:
    stop = asyncio.Event()
    service = asyncio.create_task(serve(environment("a", REDIS_URL=url, **variables), stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(2):
            await service


async def test_a_command_through_the_front_door_reaches_the_charger(redis: Redis, server_url: str):
    async with serving(server_url):
        word = {"type": "provision", "id": "setup", "charge_point": "CP001", "configuration": CONFIGURATION}
        await redis.xadd(streams.DOOR, {"__data__": orjson.dumps(word)})
        assert (await ended(redis, "setup"))["status"] == "done"


async def test_a_story_of_the_real_charger_is_replayed_byte_for_byte(redis: Redis, server_url: str):
    async with serving(server_url, VCP_KEEP_INPUT="true"):
        await publish(redis, "provision", "setup", configuration=CONFIGURATION | {"online": True})
        await publish(redis, "set_ev", "ev", power_w=7_000)
        await publish(redis, "plug_in", "plug")
        await publish(redis, "present_token", "card", token="CARD1")
        await publish(redis, "raise_fault", "fault", evse=1)
        await publish(redis, "unplug", "unplug", force=True)
        await ended(redis, "unplug")
    home = streams.partition_of("CP001", PARTITIONS)
    recording = await record(redis, home, PARTITIONS)
    assert recording.chargers.keys() == {"CP001"}
    assert differences(recording.chargers, replay(recording, CORE)) == []


async def test_a_broker_that_comes_late_is_waited_for(nobody: str):
    stop = asyncio.Event()
    service = asyncio.create_task(serve(environment("a", REDIS_URL=f"redis://{nobody}/0"), stop))
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(2):
        await service


async def start(url: str, port: int = 0, **variables: str) -> Process:
    given = {"REDIS_URL": url, "VCP_OWNER": "p", "VCP_HEALTH_PORT": str(port), **variables}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vcp_abstraction", env={**os.environ, **given}, stderr=PIPE
    )


async def test_the_process_tells_its_health_and_ends_with_a_signal(
    redis: Redis, server_url: str, unused_tcp_port: int
):
    process = await start(server_url, unused_tcp_port)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as http:

        async def ready() -> bool:
            try:
                return (await http.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await until(ready, 20)
        assert (await http.get("/health/live")).text == "ok"
        assert "vcp_abstraction_partitions 16.0" in (await http.get("/metrics")).text
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(5):
        assert await process.wait() == 0
    assert await redis.hget(streams.meta(0, "abstraction"), "owner") == b""


async def test_a_wrong_setting_ends_the_process_with_the_remedy(server_url: str):
    process = await start(server_url, VCP_PARTITIONS="none")
    _, said = await process.communicate()
    assert process.returncode == 4
    assert said.startswith(b"VCP_PARTITIONS is wrong")


async def test_another_world_ends_the_process_with_the_remedy(redis: Redis, server_url: str):
    async with serving(server_url):
        await until(lambda: redis.exists(streams.WORLD))
    process = await start(server_url)
    _, said = await process.communicate()
    assert process.returncode == 4
    assert b"VCP_PARTITIONS=4" in said


def test_all_channels_are_in_the_document_and_no_password_is():
    app = application(environment("a", REDIS_URL="redis://user:hunter2@broker:6379/0"))
    document = app.schema.to_specification().to_jsonable()
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {
        "vcp:door",
        "vcp:door:dead",
        *(f"vcp:{{partition}}:{name}" for name in ("in", "out", "chores", "events", "dead")),
    }
    text = orjson.dumps(document)
    assert b"hunter2" not in text
    assert b"PlugIn" in text
    assert b"StatusChanged" in text
