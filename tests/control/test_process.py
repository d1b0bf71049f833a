"""The process itself: it serves, tells its port, follows events over HTTP, and ends when told."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
import pytest
from control.played_abstraction import PlayedAbstraction
from control.until import until
from vcp_contracts.events import LinkChanged
from vcp_control.app import serve
from vcp_control.chargers_file import WrongChargersFile
from vcp_control.settings import ApiSettings, WrongApiSetting
from vcp_plumbing.environment import Environment


@pytest.fixture
def environment(server_url: str, tmp_path: Path) -> Environment:
    return Environment.read(
        "control",
        {"REDIS_URL": server_url, "VCP_PARTITIONS": "4", "VCP_KEYS": str(tmp_path / "keys")},
    )


@asynccontextmanager
async def served(
    environment: Environment, tmp_path: Path, **environ: str
) -> AsyncIterator[httpx.AsyncClient]:
    """The API on a free port, in this process."""
    port_file = tmp_path / "port"
    settings = ApiSettings.read({"VCP_API_PORT": "0", "VCP_API_PORT_FILE": str(port_file), **environ})
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(environment, stop, settings))
    await until(lambda: port_file.exists() or serving.done(), 10)
    if serving.done():
        await serving
    base = f"http://127.0.0.1:{port_file.read_text().strip()}"
    async with httpx.AsyncClient(base_url=base, trust_env=False) as api:
        yield api
        stop.set()
        async with asyncio.timeout(3):
            await serving


async def test_a_charge_point_is_set_up_and_touched_over_http(
    environment: Environment, tmp_path: Path, abstraction: PlayedAbstraction
) -> None:
    async with served(environment, tmp_path) as api:
        assert (await api.post("/charge-points", json={"id": "CP 1"})).status_code == 201
        assert (await api.post("/charge-points/CP%201/plug-in")).status_code == 200
        assert [command.charge_point for command in abstraction.taken] == ["CP 1", "CP 1"]


async def test_events_come_over_http_and_resume_and_the_stream_ends_with_the_process(
    environment: Environment, tmp_path: Path, abstraction: PlayedAbstraction
) -> None:
    def happens(n: int) -> LinkChanged:
        return LinkChanged.model_validate(
            {"id": f"e{n}", "charge_point": "CP001", "at": "2024-05-01T12:00:00Z", "state": "up"}
        )

    async with served(environment, tmp_path) as api:
        async with api.stream("GET", "/events", params={"charge_point": "CP001"}) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.aiter_lines()
            assert await anext(lines) == ": open"
            await abstraction.tell(happens(1))
            cursor, event = await next_event(lines)
            assert event["id"] == "e1"
        await abstraction.tell(happens(2))
        async with api.stream("GET", "/events", headers={"Last-Event-ID": cursor}) as stream:
            lines = stream.aiter_lines()
            assert (await next_event(lines))[1]["id"] == "e2"
            async with asyncio.timeout(3):
                answer = await api.get("/health/live")
                assert answer.status_code == 200


async def next_event(lines: AsyncIterator[str]) -> tuple[str, dict[str, object]]:
    fields: dict[str, str] = {}
    async with asyncio.timeout(5):
        async for line in lines:
            name, _, value = line.partition(": ")
            fields[name] = value
            if not line and "data" in fields:
                return fields["id"], orjson.loads(fields["data"])
            if not line:
                fields.clear()
    raise AssertionError("the stream ended")


async def test_an_open_stream_of_events_does_not_hold_up_the_end(
    environment: Environment, tmp_path: Path, abstraction: PlayedAbstraction
) -> None:
    async def follow(api: httpx.AsyncClient, open: asyncio.Event) -> None:
        async with api.stream("GET", "/events") as stream:
            async for _ in stream.aiter_lines():
                open.set()

    opened = asyncio.Event()
    async with served(environment, tmp_path) as api:
        following = asyncio.create_task(follow(api, opened))
        async with asyncio.timeout(5):
            await opened.wait()
    async with asyncio.timeout(3):
        await following


async def test_a_chargers_file_is_applied_before_it_is_ready(
    environment: Environment, tmp_path: Path, abstraction: PlayedAbstraction
) -> None:
    file = tmp_path / "chargers.yaml"
    file.write_text("charge_points:\n  - {id: 'CP{n}', count: 3}\n")
    await abstraction.show_life("handler")
    async with served(environment, tmp_path, VCP_CHARGERS=str(file)) as api:
        async with asyncio.timeout(5):
            while (await api.get("/health/ready")).status_code != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert sorted(command.charge_point for command in abstraction.taken) == ["CP1", "CP2", "CP3"]


async def test_a_refused_chargers_file_ends_the_process(
    environment: Environment, tmp_path: Path, abstraction: PlayedAbstraction
) -> None:
    abstraction.answer = lambda command: {"status": "rejected", "kind": "impossible", "reason": "no"}
    file = tmp_path / "chargers.yaml"
    file.write_text("charge_points:\n  - id: CP1\n")
    settings = ApiSettings.read({"VCP_API_PORT": "0", "VCP_CHARGERS": str(file)})
    with pytest.raises(WrongChargersFile, match="line 2"):
        await serve(environment, asyncio.Event(), settings)


def start(server_url: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "vcp_control"],
        env={
            **os.environ,
            "REDIS_URL": server_url,
            "VCP_PARTITIONS": "4",
            "VCP_API_PORT": "0",
            **environ,
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_process_tells_its_port_and_ends_when_told(server_url: str, tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    with start(server_url, VCP_API_PORT_FILE=str(port_file)) as process:
        assert process.stderr is not None
        try:
            told = next(line for line in process.stderr if "control API on" in line)
            port = orjson.loads(told)["port"]
            assert f"control API on http://127.0.0.1:{port}" in told
            assert httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False).status_code == 200
            assert port_file.read_text() == f"{port}\n"
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert time.monotonic() - began < 3
        finally:
            process.kill()


async def test_a_port_that_is_taken_is_told_with_the_remedy(environment: Environment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WrongApiSetting, match=r"VCP_API_PORT: .* Remedy: use a free port"):
            await serve(environment, asyncio.Event(), ApiSettings.read({"VCP_API_PORT": str(port)}))


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"VCP_API_HOST": "0.0.0.0"}, "Remedy: set VCP_API_TOKEN"),
        ({"VCP_CHARGERS": "/nowhere/chargers.yaml"}, "/nowhere/chargers.yaml: can not be read"),
        ({"VCP_PARTITIONS": "none"}, "VCP_PARTITIONS"),
    ],
)
def test_what_can_not_be_set_up_is_told_and_ends_with_4(
    server_url: str, environ: dict[str, str], said: str
) -> None:
    with start(server_url, **environ) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 4
    assert said in errors
    assert "Traceback" not in errors
