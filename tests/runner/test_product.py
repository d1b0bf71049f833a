"""The whole product by its command line: the demo's story, a charge point at one's own backend, a run until stopped."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psutil
import pytest
from vcp_backend.behaviour import Behaviour, Verdict
from vcp_backend.server import serve_backend
from vcp_runner.ports import free_port
from vcp_testkit.client import AsyncClient
from vcp_testkit.problems import Problem


@asynccontextmanager
async def vcp(*arguments: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    if arguments[0] in ("connect", "demo") and "--api-port" not in arguments:
        # tests beside this one want the usual port, too
        arguments = (*arguments, "--api-port", "0")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vcp_runner",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=2**20,
        env={**os.environ, "REDIS_URL": "", "VCP_KEYS": "", **environment},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended(*arguments: str, **environment: str) -> tuple[int, str, str]:
    async with vcp(*arguments, **environment) as process:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()


STORY = {
    "CP001": [
        "→ BootNotification",
        "→ StatusNotification",
        "→ Authorize",
        "→ StartTransaction",
        "→ MeterValues",
        "← RemoteStopTransaction",
        "→ StopTransaction",
        "→ StatusNotification",
    ],
    "CP002": [
        "→ BootNotification",
        "→ StatusNotification",
        "→ Authorize",
        "→ TransactionEvent",
        "← RequestStopTransaction",
        "→ TransactionEvent",
        "→ StatusNotification",
    ],
}


def of(words: list[dict], charge_point: str) -> list[dict]:
    return [word for word in words if word.get("charge_point") == charge_point]


def calls(words: list[dict]) -> list[str]:
    """The calls of both sides."""
    return [
        f"{'→' if word['type'] == 'frame_sent' else '←'} {word['action']}"
        for word in words
        if word.get("kind") == "call"
    ]


@pytest.mark.parametrize(
    ("options", "told"), [((), ["CP001", "CP002"]), (("--protocol", "2.0.1"), ["CP002"])]
)
async def test_the_demo_tells_a_whole_session_and_every_frame_passes_both_gates(
    options: tuple[str, ...], told: list[str]
):
    code, out, err = await ended("demo", "--once", "--json", *options)
    assert code == 0, err
    words = [json.loads(line) for line in out.splitlines()]
    assert sorted({it["charge_point"] for it in words if "charge_point" in it}) == told
    for charge_point in told:
        its_own = of(words, charge_point)
        rest = iter(calls(its_own))
        assert all(step in rest for step in STORY[charge_point]), calls(its_own)
        links = [word["state"] for word in its_own if word["type"] == "link_changed"]
        assert links == ["connecting", "up", "down", "connecting", "up"]
    assert words[-1]["invalid"] == 0


async def test_the_demo_stays_up_for_whoever_wants_to_try_more():
    async with vcp("demo", "--json", "--protocol", "1.6") as process:
        async with asyncio.timeout(40):
            while "backend" not in (up := json.loads(await process.stdout.readline())):
                continue
        born = [len(it.children()) for it in psutil.Process(process.pid).children()]
        assert max(born) == 5, "four services and the backend, each a process of its own"
        order = ("call", "CP001", "TriggerMessage", '{"requestedMessage": "Heartbeat"}')
        code, out, err = await ended(*order, "--backend", up["backend"])
        assert (code, json.loads(out)) == (0, {"status": "Accepted"}), err
        async with asyncio.timeout(10):
            while json.loads(await process.stdout.readline()).get("action") != "Heartbeat":
                continue


async def test_a_call_that_the_charge_point_refuses_is_told_with_its_reason():
    async with serve_backend() as backend:
        desk = backend.url.removesuffix("/ocpp")
        assert await ended("call", "CP404", "Reset", '{"type": "Soft"}', "--backend", desk) == (
            1,
            "",
            "NotConnected: CP404 has no link to this backend\n",
        )


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("Reset", "{type: Soft}"), 2, "the payload is no JSON"),
        (("Reset", "[1]"), 2, "the payload is a JSON object"),
    ],
)
async def test_a_call_that_can_not_be_made_says_why(arguments: tuple[str, ...], code: int, reason: str):
    ending, out, err = await ended("call", "CP001", *arguments)
    assert (ending, out) == (code, "")
    assert reason in err


async def test_a_call_without_a_backend_to_make_it_says_so(nobody: str):
    ending, out, err = await ended("call", "CP001", "Reset", "--backend", f"ws://{nobody}")
    assert (ending, out) == (3, "")
    assert f"no example backend takes orders at ws://{nobody}" in err


async def test_a_charge_point_boots_at_ones_own_backend():
    async with serve_backend(Behaviour(passwords={"DE*1": "s3cret-pa55word!"})) as backend:
        code, out, err = await ended(
            "connect",
            f"{backend.url}/DE%2A1",
            "--until-boot",
            "--vendor",
            "ACME",
            VCP_PASSWORD="s3cret-pa55word!",
        )
        [boot] = backend.calls("DE*1", "BootNotification")
    assert code == 0, err
    assert boot.payload["chargePointVendor"] == "ACME"
    assert "BootNotification" in out
    assert "boot accepted" in err
    assert "s3cret" not in out + err


async def test_a_charge_point_boots_on_the_newer_version_where_the_backend_prefers_it():
    async with serve_backend() as backend:
        offers = ("--protocol", "2.0.1", "--protocol", "1.6")
        code, _, err = await ended("connect", f"{backend.url}/CP001", "--until-boot", *offers)
        [boot] = backend.calls("CP001", "BootNotification")
    assert code == 0, err
    assert boot.payload["reason"] == "PowerUp"


async def test_a_rejected_boot_is_a_failure():
    async with serve_backend(Behaviour(boot=Verdict("Rejected"))) as backend:
        code, _, err = await ended("connect", f"{backend.url}/CP001", "--until-boot")
    assert (code, "boot rejected" in err) == (1, True), err


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ws://127.0.0.1:{closed}/ocpp/CP001", "refused"),
        ("ws://127.0.0.1:{backend}/ocpp/STRANGER", "not_found"),
    ],
)
async def test_a_backend_that_lets_nobody_in_ends_with_the_reason(url: str, why: str):
    async with serve_backend(Behaviour(identities={"CP001"})) as backend:
        code, _, err = await ended("connect", url.format(closed=free_port(), backend=backend.port))
    assert code == 3, err
    assert why in err


@pytest.mark.parametrize("password", ["", "not the one that it knows"])
async def test_a_password_that_is_missing_or_wrong_is_told_with_the_way_out(password: str):
    async with serve_backend(Behaviour(passwords={"CP001": "open sesame"})) as backend:
        code, out, err = await ended("connect", f"{backend.url}/CP001", VCP_PASSWORD=password)
    assert code == 3, err
    assert "(unauthorized)" in err
    assert "set VCP_PASSWORD, or use --password-file" in err
    assert "HTTP 401" in out
    assert "not the one" not in out + err


@pytest.mark.parametrize("option", ["--api-port", "--broker-port"])
async def test_a_port_that_is_somebody_else_s_is_told_in_one_line(option: str):
    taken = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    async with taken:
        port = str(taken.sockets[0].getsockname()[1])
        code, out, err = await ended("up", option, port)
    assert (code, out) == (4, "")
    assert err.startswith(f"vcp: port {port} can't be had on 127.0.0.1")
    assert option in err
    assert err.count("\n") == 1


def left_of(family: list[psutil.Process], *, timeout: float) -> list[psutil.Process]:
    """Who is alive after that time; in a container nobody may collect an orphan's remains."""
    _, left = psutil.wait_procs(family, timeout=timeout)
    return [it for it in left if it.is_running() and it.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_all_comes_up_and_goes_down_together(how: signal.Signals):
    async with vcp("up", "--json", "--quiet", "--api-port", "0") as process:
        async with asyncio.timeout(30):
            up = json.loads(await process.stdout.readline())
        async with AsyncClient(up["api"]) as client:
            await client.configure("CP001", {})
            assert (await client.view("CP001"))["id"] == "CP001"
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) == 7, "four services, a broker, and the nursery with its tracker of resources"
        process.send_signal(how)
        async with asyncio.timeout(8):
            await process.wait()
        assert process.returncode == 0
        assert left_of(family, timeout=1) == []


@pytest.mark.chaos
async def test_a_killed_run_leaves_nothing_behind():
    async with vcp("up", "--json", "--quiet", "--api-port", "0") as process:
        async with asyncio.timeout(30):
            await process.stdout.readline()
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        await process.wait()
        assert await asyncio.to_thread(left_of, family, timeout=8) == []


@pytest.mark.chaos
async def test_a_broker_that_dies_comes_back_and_the_run_goes_on():
    async with vcp("up", "--json", "--quiet", "--api-port", "0") as process:
        async with asyncio.timeout(30):
            up = json.loads(await process.stdout.readline())
        [broker] = [it for it in psutil.Process(process.pid).children() if "valkey" in it.name()]
        broker.kill()
        async with AsyncClient(up["api"]) as client:
            # its memory is gone with it: the charge point is set up anew, in a new world
            await until_accepted(lambda: client.configure("CP001", {}))
            assert (await client.view("CP001"))["id"] == "CP001"


async def until_accepted(ask: Callable[[], Awaitable[dict]]) -> dict:
    """Asks as a user would: again while the API says that nobody is there to apply it."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await ask()
            except Problem as problem:
                if problem.status != 503:
                    raise
                await asyncio.sleep(0.1)


@pytest.mark.chaos
async def test_a_killed_service_comes_back_and_the_charge_point_with_it():
    async with vcp("up", "--json", "--quiet", "--api-port", "0") as process, serve_backend() as backend:
        async with asyncio.timeout(30):
            up = json.loads(await process.stdout.readline())
        async with AsyncClient(up["api"]) as client:
            await client.configure("CP001", {"url": backend.url})
            await client.command("CP001", "go-online")
            await backend.wait_for("CP001", "StatusNotification", timeout=10)
            os.kill(up["pids"]["handler-1"], signal.SIGKILL)
            await backend.wait_disconnected("CP001")
            await backend.wait_connected("CP001", timeout=15)
            os.kill(up["pids"]["abstraction-1"], signal.SIGKILL)
            plugged = await until_accepted(lambda: client.command("CP001", "plug-in"))
            assert plugged["status"] == "done"
            await backend.wait_for(
                "CP001", "StatusNotification", lambda payload: payload["status"] == "Preparing", timeout=15
            )
