"""README's commands, run as they stand there, but for their ports. A command that nobody here runs is a failure."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from docs.commands import TOP, commands
from vcp_backend import Backend, serve_backend
from vcp_runner.ports import free_port

README = commands(TOP / "README.md")

RUN_HERE = (
    "./vcp demo",
    "./vcp connect ",
    "./vcp backend",
    "./vcp check ",
    "./vcp up",
    "./vcp scenario ",
    "curl ",
    "redis-cli ",
    "./vcp test",
)
RUN_BY_OTHER_TESTS = {
    # held against what the containers' tests say that they run
    "docker compose up --wait": TOP / "tests" / "containers" / "compose_project.py",
}


def the(beginning: str) -> list[str]:
    """README's commands that begin so."""
    return [command for command in README if command.startswith(beginning)]


def test_every_command_is_run_by_a_test():
    strangers = [
        command
        for command in README
        if not command.startswith(RUN_HERE) and command not in RUN_BY_OTHER_TESTS
    ]
    assert strangers == []
    assert [beginning for beginning in RUN_HERE if not the(beginning)] == [], "no longer in README"
    for command, where in RUN_BY_OTHER_TESTS.items():
        assert command in README
        assert f"`{command}`" in where.read_text()


@pytest.fixture
def ports() -> Mapping[str, str]:
    """Free ports in place of those that README names."""
    return {name: str(free_port()) for name in ("8080", "9000", "6379")}


def there(command: str, ports: Mapping[str, str]) -> str:
    """The command with other ports."""
    return re.sub(r"(?<=localhost:)\d{4}", lambda port: ports[port[0]], command)


@asynccontextmanager
async def typed(command: str, **environment: str) -> AsyncIterator[Process]:
    """The command as a shell runs it in the checkout; at the end it is interrupted as by Ctrl-C."""
    # the environment that runs the tests is the one that `./vcp` would make
    surroundings = {**os.environ, "VCP_VENV": sys.prefix, "REDIS_URL": "", "VCP_KEYS": "", **environment}
    process = await asyncio.create_subprocess_shell(
        f"exec {command}", cwd=TOP, env=surroundings, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(15):
            await process.communicate()


async def output(command: str) -> str:
    """What a command prints that ends by itself, and well."""
    async with typed(command) as process:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    assert process.returncode == 0, f"{command}\n{out.decode()}\n{err.decode()}"
    return out.decode()


async def test_the_demo():
    [command] = the("./vcp demo")
    told = await output(f"{command} --once")
    assert "StartTransaction" in told
    assert "TransactionEvent" in told
    assert "0 invalid" in told


async def test_connect(ports: Mapping[str, str]):
    [command] = the("./vcp connect ")
    async with serve_backend(port=int(ports["9000"])) as backend:
        async with typed(there(command, ports)) as process:
            await backend.wait_for("CP001", "BootNotification", timeout=30)
        assert process.returncode == 0


async def test_check(ports: Mapping[str, str]):
    [command] = the("./vcp check ")
    async with serve_backend(port=int(ports["9000"])):
        assert "fine: 0 of 7 steps failed" in await output(there(command, ports))


async def test_the_backend(ports: Mapping[str, str]):
    [command] = the("./vcp backend")
    async with typed(f"{command} --port {ports['9000']}") as process:
        async with asyncio.timeout(30):
            assert b"backend listens on ws://127.0.0.1:" in await process.stdout.readline()


@asynccontextmanager
async def product(ports: Mapping[str, str]) -> AsyncIterator[Backend]:
    """What README's curl and redis-cli lines speak to: `./vcp up`, and a backend."""
    [command] = the("./vcp up")
    options = f"--json --quiet --api-port {ports['8080']} --broker-port {ports['6379']}"
    async with serve_backend(port=int(ports["9000"])) as backend, typed(f"{command} {options}") as up:
        async with asyncio.timeout(30):
            assert json.loads(await up.stdout.readline())["api"].endswith(ports["8080"])
        yield backend


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
async def test_the_http_api_and_the_front_door(ports: Mapping[str, str]):
    created, plugged, presented, messages, ruled, by_hand = the("curl ")
    async with product(ports) as backend, asyncio.timeout(60):
        answer = await answered(created, ports)
        assert (answer["id"], answer["configuration"]["protocols"]) == ("CP001", ["ocpp2.0.1", "ocpp1.6"])
        await backend.wait_for("CP001", "StatusNotification")
        assert (await answered(plugged, ports))["status"] == "done"
        assert (await answered(presented, ports))["status"] == "done"
        charging = await backend.wait_for("CP001", "TransactionEvent")
        sent = {frame["action"] for frame in (await answered(messages, ports))["items"]}
        assert {"BootNotification", "Authorize", "TransactionEvent"} <= sent
        assert (await answered(ruled, ports))["rule"]["name"] == "no"
        wanted = {"idToken": {"idToken": "04D4C5B6", "type": "ISO14443"}, "remoteStartId": 1}
        assert await backend.call("CP001", "RequestStartTransaction", wanted) == {"status": "Rejected"}
        assert "currentTime" in (await answered(by_hand, ports))["detail"]["payload"]
        if not shutil.which("redis-cli"):
            pytest.skip("the last line of README's session needs redis-cli (Debian: apt install redis-tools)")
        [unplugged] = the("redis-cli ")
        await output(unplugged.replace("redis-cli ", f"redis-cli -p {ports['6379']} "))
        freed = await backend.wait_for("CP001", "StatusNotification", after=charging.seq)
        assert freed.payload["connectorStatus"] == "Available"


async def answered(command: str, ports: Mapping[str, str]) -> dict[str, Any]:
    """The document that a line with curl gets."""
    document: dict[str, Any] = json.loads(
        await output(there(command, ports).replace("curl ", "curl -sS --noproxy '*' "))
    )
    return document


async def test_the_scenarios(ports: Mapping[str, str], tmp_path: Path):
    [command] = the("./vcp scenario ")
    report = tmp_path / "report.xml"
    async with serve_backend(port=int(ports["9000"])):
        told = await output(there(command, ports).replace("report.xml", str(report)))
    assert "✓ Boot, accepted" in told
    assert "passed" in told.splitlines()[-1]
    assert report.read_text().count("<testcase ") > 20


async def test_the_tests():
    [command] = the("./vcp test")
    assert "test_readme.py" in await output(f"{command} --collect-only -q -n 0 tests/docs")
