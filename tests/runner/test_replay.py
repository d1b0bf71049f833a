"""A recorded session plays again: as it was at the same backend, and told where another one answers otherwise."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from runner.test_product import ended
from vcp_backend import serve_backend
from vcp_backend.behaviour import Behaviour, Token
from vcp_backend.faults import Fault
from vcp_backend.server import Backend
from vcp_backend.session import CallFailed
from vcp_runner.connect import Connection
from vcp_runner.replay import Outcome, played
from vcp_runner.replaying.playing import Manner
from vcp_runner.replaying.recording import read_lines
from vcp_runner.screen import Screen
from vcp_runner.stack import Plan, Stack, running_stack
from vcp_runner.target import Target
from vcp_testkit.client import AsyncClient

FAST = Manner(speed=None)


@asynccontextmanager
async def product() -> AsyncIterator[tuple[Stack, AsyncClient]]:
    async with running_stack(Plan(api_port=0)) as stack, stack.client() as client:
        yield stack, client


async def recorded(client: AsyncClient, backend: Backend, protocol: str) -> bytes:
    """A session with what the backend wants in between, as a file."""
    cp = client.charge_point("CP001")
    await cp.configure({"url": f"ws://127.0.0.1:{backend.port}/ocpp", "protocols": [protocol]})
    await cp.go_online()
    await cp.plug_in()
    await cp.present_token("CARD1")
    await cp.wait_for(lambda view: view["evses"][0].get("transaction") is not None)
    assert await backend.call("CP001", "ClearCache")
    await cp.present_token("CARD1")
    await cp.unplug()
    await cp.wait_for(queue__transactions=0, queue__express=0)
    text: str = await cp.export()
    await cp.retire()
    return text.encode()


async def again(
    stack: Stack, client: AsyncClient, backend: Backend, text: bytes, manner: Manner = FAST
) -> Outcome:
    recording = read_lines(text.splitlines(), "session.jsonl")
    connection = Connection(
        target=Target(f"ws://127.0.0.1:{backend.port}/ocpp", "CP002"),
        protocols=(recording.subprotocol or "ocpp1.6",),
    )
    return await played(recording, connection, manner, client, stack.keys, Screen())


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_session_plays_again(protocol: str) -> None:
    async with product() as (stack, client), serve_backend(Behaviour(strict=True)) as backend:
        text = await recorded(client, backend, protocol)
        then = [call.action for call in backend.calls("CP001")]
        outcome = await again(stack, client, backend, text)
        assert [call.action for call in backend.calls("CP002")] == then
        assert (outcome.otherwise, len(outcome.compared)) == ([], len(then))
        assert outcome.called == ["ClearCache: called 1 times in the record, 0 times now"]
        assert backend.violations == []
        # in 1.6 the backend names a transaction anew, in 2.0.1 the charge point does
        first, second = (transactions(backend, id) for id in ("CP001", "CP002"))
        assert (len(first), len(second), first & second) == (1, 1, set())


async def test_another_backend_is_compared_field_by_field() -> None:
    async with product() as (stack, client), serve_backend() as backend:
        text = await recorded(client, backend, "ocpp1.6")
        backend.behaviour.tokens = {"CARD1": Token("Blocked")}
        backend.misbehave(Fault(do="call_error", action="StopTransaction"))
        outcome = await again(stack, client, backend, text)
        told = {one.action: [difference.line for difference in one.differences] for one in outcome.otherwise}
        blocked = 'idTagInfo.status: recorded "Accepted", now "Blocked"'
        assert told == {
            "Authorize": [blocked],
            "StartTransaction": [blocked],
            "StopTransaction": ['answer: recorded "a result", now "error InternalError"'],
        }


def line(second: float, direction: str, text: str, **more: str) -> str:
    at = f"2026-06-01T12:00:{second:06.3f}Z"
    return json.dumps({"at": at, "direction": direction, "text": text, **more})


BEATS = [
    line(0, "sent", '[2,"1","Heartbeat",{}]', link="a"),
    line(0.1, "received", '[3,"1",{"currentTime":"2026-06-01T12:00:00Z"}]', link="a"),
    line(0.2, "received", '[2,"b1","ClearCache",{}]', link="a"),
    line(0.3, "sent", '[3,"b1",{"status":"Rejected"}]', link="a"),
    line(0.4, "received", '[2,"b2","ClearCache",{}]', link="a"),
    line(0.5, "sent", '[4,"b2","NotSupported","no cache",{}]', link="a"),
    line(4, "sent", '[2,"2","Heartbeat",{}]', link="b"),
    line(4.1, "received", '[3,"2",{"currentTime":"2026-06-01T12:00:04Z"}]', link="b"),
    line(4.2, "sent", "[2,"),
]


async def test_the_backend_s_calls_are_answered_as_they_were_and_links_follow_one_another() -> None:
    async with product() as (stack, client), serve_backend() as backend:
        text = "\n".join(BEATS).encode()
        playing = asyncio.create_task(again(stack, client, backend, text, Manner(speed=1.0)))
        beat = await backend.wait_for("CP002", "Heartbeat", timeout=20)
        assert await backend.call("CP002", "ClearCache") == {"status": "Rejected"}
        with pytest.raises(CallFailed, match="NotSupported"):
            await backend.call("CP002", "ClearCache")
        assert await backend.call("CP002", "ClearCache") == {"status": "Accepted"}
        later = await backend.wait_for("CP002", "Heartbeat", after=beat.seq, timeout=20)
        assert later.socket_number > beat.socket_number
        outcome = await playing
        assert (outcome.otherwise, outcome.called) == (
            [],
            ["ClearCache: called 2 times in the record, 3 times now"],
        )
        assert {call.action for call in backend.calls("CP002")} == {"Heartbeat"}
        assert [frame.text for frame in backend.frames if frame.identity == "CP002"][-1] == "[2,"


async def test_the_commands_write_a_record_and_play_it(tmp_path: Path) -> None:
    file = tmp_path / "out" / "session.jsonl"
    async with serve_backend() as backend:
        async with product() as (stack, client):
            cp = client.charge_point("CP001")
            await cp.configure({"url": f"ws://127.0.0.1:{backend.port}/ocpp", "protocols": ["ocpp1.6"]})
            await cp.go_online()
            await cp.wait_for(queue__express=0, boot__verdict="accepted")
            backend.misbehave(Fault(do="answer_twice", action="Heartbeat"))
            await cp.ask("beat")
            code, _, err = await ended(
                "record", "export", "CP001", "--control", stack.api_url, "-o", str(file)
            )
            assert (code, err) == (0, "")
            code, out, _ = await ended("violations", "CP001", "--control", stack.api_url)
            assert code == 1
            assert out.startswith("must   answer_twice, once")
        url = f"ws://127.0.0.1:{backend.port}/ocpp"
        code, out, _ = await ended("replay", str(file), "--url", url, "--id", "CP002", "--speed", "max")
        assert code == 0
        assert out.rstrip().endswith("0 otherwise than recorded")
        backend.misbehave(Fault(do="call_error", action="BootNotification"))
        code, out, _ = await ended("replay", str(file), "--url", f"{url}/CP003", "--speed", "50", "--json")
        [told] = map(json.loads, out.splitlines())
        assert (code, [one["action"] for one in told["otherwise"]]) == (1, ["BootNotification"])


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("--speed", "slow"), 2, "--speed: slow is no speed: use a number above 0, or max"),
        (("--speed", "0"), 2, "--speed: 0 is no speed"),
        (("--speed", "1_0"), 2, "--speed: 1_0 is no speed"),
        (("--speed", "max"), 3, "could not connect"),
    ],
)
async def test_what_can_not_be_played_says_why(
    tmp_path: Path, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    file = tmp_path / "session.jsonl"
    file.write_text("\n".join(BEATS))
    left, _, err = await ended("replay", str(file), "--url", "ws://127.0.0.1:1/ocpp/CP001", *arguments)
    assert left == code
    assert reason in err


async def test_a_file_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    code, _, err = await ended("replay", str(tmp_path / "none"), "--url", "ws://127.0.0.1:1/ocpp/CP001")
    assert (code, "No such file" in err) == (2, True)


def transactions(backend: Backend, identity: str) -> set[Any]:
    """The names of all transactions that a charger's calls speak of."""
    payloads = [call.payload for call in backend.calls(identity)]
    return {
        one["transactionId"]
        for payload in payloads
        for one in (payload, payload.get("transactionInfo"))
        if isinstance(one, dict) and "transactionId" in one
    }
