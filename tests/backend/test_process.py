"""The backend as a process of its own."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from backend.bare_charger import Charger
from vcp_backend import read_journal
from websockets.asyncio.client import connect


async def start(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vcp_backend",
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_is_serves_and_stops_on_a_signal(tmp_path: Path, how: signal.Signals) -> None:
    journal = tmp_path / "wire.jsonl"
    process = await start("--port", "0", "--journal", str(journal), "--interval", "17")
    line = (await process.stdout.readline()).decode().split()
    assert line[:3] == ["backend", "listens", "on"]
    async with connect(f"{line[3]}/CP001", subprotocols=["ocpp1.6"], proxy=None) as connection:
        boot = {"chargePointVendor": "Acme", "chargePointModel": "One"}
        answer = await Charger(connection).ask("1", "BootNotification", boot)
        assert answer[2]["interval"] == 17
        process.send_signal(how)
        out, err = await process.communicate()
        assert (process.returncode, out, err) == (0, b"", b"")
        assert await Charger(connection).closed() == 1001
    assert [frame.direction for frame in read_journal(journal)] == ["in", "out"]


async def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    taken = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    async with taken:
        port = taken.sockets[0].getsockname()[1]
        process = await start("--port", str(port))
        _, err = await process.communicate()
    assert process.returncode == 1
    assert err.decode().startswith("vcp_backend: ")
    assert err.count(b"\n") == 1


async def test_it_misbehaves_as_told() -> None:
    process = await start("--port", "0", "--fault", "Heartbeat=call_error", "--token", "CARD1=Blocked")
    line = (await process.stdout.readline()).decode().split()
    async with connect(f"{line[3]}/CP001", subprotocols=["ocpp1.6"], proxy=None) as connection:
        charger = Charger(connection)
        for number in ("1", "2"):
            assert (await charger.ask(number, "Heartbeat", {}))[:3] == [4, number, "InternalError"]
        assert (await charger.ask("3", "Authorize", {"idTag": "CARD1"}))[2] == {
            "idTagInfo": {"status": "Blocked"}
        }
    process.terminate()
    await process.communicate()


@pytest.mark.parametrize("option", ["Heartbeat=explode", "never_answer", "Heartbeat"])
async def test_a_fault_that_there_is_not_is_a_usage_error(option: str) -> None:
    process = await start("--fault", option)
    _, err = await process.communicate()
    assert process.returncode == 2
    assert b"write ACTION=DEED" in err
