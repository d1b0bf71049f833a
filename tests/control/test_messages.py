"""The wire of a charge point: its last frames, and the next one that matches."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from control.played_abstraction import PlayedAbstraction
from control.until import until
from pydantic import TypeAdapter
from redis.asyncio import Redis
from vcp_contracts.events import FrameReceived, FrameSent
from vcp_contracts.recorded_session import RecordHeader, RecordLine
from vcp_control.asking import Means
from vcp_control.session_export import line_of
from vcp_control.wire_record import WireRecord

AT = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
PARTITIONS = 4


def sent(n: int, action: str, kind: str = "call") -> FrameSent:
    return FrameSent.model_validate(
        {
            "id": f"f{n}", "charge_point": "CP001", "at": AT, "link": "h1-1", "message_id": str(n), "kind": kind,
            "action": action, "text": f'[2,"{n}","{action}",{{}}]', "valid": True,
        }
    )  # fmt: skip


def received(n: int, action: str, kind: str = "result") -> FrameReceived:
    return FrameReceived.model_validate({**sent(n, action, kind).model_dump(), "type": "frame_received"})


@pytest.fixture
async def wire(abstraction: PlayedAbstraction) -> list[str]:
    """The cursors of: boot call, boot answer, heartbeat call, heartbeat answer."""
    await abstraction.knows("CP001")
    frames = [
        sent(1, "BootNotification"), received(1, "BootNotification"), sent(2, "Heartbeat"), received(2, "Heartbeat"),
    ]  # fmt: skip
    return [await abstraction.record(frame) for frame in frames]


async def test_the_wire_is_shown_oldest_first(api: httpx.AsyncClient, wire: list[str]) -> None:
    shown = (await api.get("/charge-points/CP001/messages")).json()
    assert [frame["cursor"] for frame in shown["items"]] == wire
    assert shown["next"] == wire[-1]
    first = shown["items"][0]
    assert (first["type"], first["action"], first["kind"], first["valid"]) == (
        "frame_sent",
        "BootNotification",
        "call",
        True,
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"action": "Heartbeat"}, [2, 3]),
        ({"direction": "received"}, [1, 3]),
        ({"kind": "call"}, [0, 2]),
        ({"kind": "result", "action": "BootNotification"}, [1]),
        ({"limit": "2"}, [2, 3]),
        ({"action": "Reset"}, []),
    ],
)
async def test_frames_are_filtered(
    api: httpx.AsyncClient, wire: list[str], query: dict[str, str], found: list[int]
) -> None:
    shown = (await api.get("/charge-points/CP001/messages", params=query)).json()
    assert [frame["cursor"] for frame in shown["items"]] == [wire[n] for n in found]


async def test_later_frames_follow_a_cursor(api: httpx.AsyncClient, wire: list[str]) -> None:
    shown = (await api.get("/charge-points/CP001/messages", params={"after": wire[1], "limit": 1})).json()
    assert [frame["cursor"] for frame in shown["items"]] == [wire[2]]
    shown = (await api.get("/charge-points/CP001/messages", params={"after": shown["next"]})).json()
    assert [frame["cursor"] for frame in shown["items"]] == [wire[3]]
    shown = (await api.get("/charge-points/CP001/messages", params={"after": shown["next"]})).json()
    assert shown == {"items": [], "next": wire[3]}


async def test_a_long_record_is_read_to_its_end(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await abstraction.knows("CP001")
    boot = await abstraction.record(sent(0, "BootNotification"))
    for n in range(1, 520):
        last = await abstraction.record(sent(n, "Heartbeat"))
    shown = (await api.get("/charge-points/CP001/messages", params={"action": "BootNotification"})).json()
    assert [frame["cursor"] for frame in shown["items"]] == [boot]
    shown = (
        await api.get("/charge-points/CP001/messages", params={"action": "Heartbeat", "after": "0"})
    ).json()
    assert len(shown["items"]) == 519
    assert shown["next"] == last


async def test_a_wait_finds_what_is_there_already(api: httpx.AsyncClient, wire: list[str]) -> None:
    answer = await api.get("/charge-points/CP001/messages/wait", params={"action": "Heartbeat"})
    assert (answer.status_code, answer.json()["cursor"]) == (200, wire[2])


async def test_a_wait_ends_with_the_frame_that_comes(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, wire: list[str], means: Means
) -> None:
    query = {"action": "Heartbeat", "direction": "sent", "after": wire[-1]}
    waiting = asyncio.create_task(api.get("/charge-points/CP001/messages/wait", params=query))
    await until(lambda: means.wire.waiting == 1)
    await abstraction.record(received(9, "Heartbeat"))
    wanted = await abstraction.record(sent(3, "Heartbeat"))
    assert (await waiting).json()["cursor"] == wanted
    assert means.wire.waiting == 0


async def test_a_wait_in_vain_is_504(api: httpx.AsyncClient, wire: list[str]) -> None:
    query = {"action": "Heartbeat", "after": wire[-1], "timeout": 0.05}
    answer = await api.get("/charge-points/CP001/messages/wait", params=query)
    assert answer.status_code == 504
    assert answer.json()["reason"] == "no such message within 0.05 s"
    answer = await api.get("/charge-points/CP001/messages/wait", params={**query, "timeout": 0})
    assert answer.status_code == 504


async def test_too_many_waiters_are_503(
    api: httpx.AsyncClient, redis: Redis, means: Means, wire: list[str]
) -> None:
    object.__setattr__(means, "wire", WireRecord(redis, PARTITIONS, most_waiters=0))
    answer = await api.get("/charge-points/CP001/messages/wait")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:vcp:problem:too_many_waiters")


async def test_the_wire_of_nobody_is_404(api: httpx.AsyncClient, abstraction: PlayedAbstraction) -> None:
    assert (await api.get("/charge-points/CP404/messages")).status_code == 404
    assert (await api.get("/charge-points/CP404/messages/wait")).status_code == 404


async def test_a_cursor_that_is_none_is_422(api: httpx.AsyncClient, wire: list[str]) -> None:
    answer = await api.get("/charge-points/CP001/messages", params={"after": "yesterday"})
    assert (answer.status_code, answer.json()["field"]) == (422, "after")


# --- more ways to ask ------------------------------------------------------------------------------------------------


async def test_a_call_and_its_answer_are_found_by_their_id(api: httpx.AsyncClient, wire: list[str]) -> None:
    shown = (await api.get("/charge-points/CP001/messages", params={"message_id": "2"})).json()
    assert [(frame["kind"], frame["cursor"]) for frame in shown["items"]] == [
        ("call", wire[2]),
        ("result", wire[3]),
    ]


async def test_a_field_that_says_nothing_is_422(api: httpx.AsyncClient, wire: list[str]) -> None:
    answer = await api.get("/charge-points/CP001/messages", params={"field": "idTag"})
    assert (answer.status_code, answer.json()["field"]) == (422, "field")
    answer = await api.get("/charge-points/CP001/messages", params={"since": "yesterday"})
    assert (answer.status_code, answer.json()["field"]) == (422, "since")


async def test_the_wire_of_many_is_one(api: httpx.AsyncClient, abstraction: PlayedAbstraction) -> None:
    for id, team in (("CP001", "red"), ("CP002", "blue"), ("CP003", "red")):
        await abstraction.knows(id, labels={"team": team})
    first = await abstraction.record(sent(1, "BootNotification"))
    second = await abstraction.record(sent(2, "Heartbeat").model_copy(update={"charge_point": "CP003"}))
    await abstraction.record(sent(3, "Heartbeat").model_copy(update={"charge_point": "CP002"}))
    shown = (await api.get("/messages", params={"label": "team=red"})).json()
    assert [(frame["charge_point"], frame["cursor"]) for frame in shown["items"]] == [
        ("CP001", first),
        ("CP003", second),
    ]
    shown = (await api.get("/messages", params={"action": "Heartbeat", "limit": 1})).json()
    # of one millisecond, perhaps: then either may be the last
    assert [frame["action"] for frame in shown["items"]] == ["Heartbeat"]


# --- the record as a file --------------------------------------------------------------------------------------------


async def test_the_record_is_taken_away_as_a_file(api: httpx.AsyncClient, wire: list[str]) -> None:
    answer = await api.get("/charge-points/CP001/messages/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''CP001.jsonl"
    header, *frames = [TypeAdapter(RecordLine).validate_json(line) for line in answer.text.splitlines()]
    assert isinstance(header, RecordHeader)
    assert (header.version, header.charge_point) == (1, "CP001")
    assert [(frame.direction, frame.action, frame.text) for frame in frames[:2]] == [
        ("sent", "BootNotification", '[2,"1","BootNotification",{}]'),
        ("received", "BootNotification", '[2,"1","BootNotification",{}]'),
    ]
    assert len(frames) == len(wire)


async def test_a_long_record_is_taken_away_whole_or_as_filtered(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await abstraction.knows("CP001")
    for n in range(1100):
        await abstraction.record(sent(n, "Heartbeat" if n % 2 else "StatusNotification"))
    url = "/charge-points/CP001/messages/export"
    assert len((await api.get(url)).text.splitlines()) == 1101
    assert len((await api.get(url, params={"action": "Heartbeat"})).text.splitlines()) == 551
    assert (await api.get("/charge-points/CP404/messages/export")).status_code == 404


def test_a_line_leaves_out_what_is_taken_for_granted_but_no_zero_and_no_verdict() -> None:
    frame = received(1, "Heartbeat").model_copy(update={"valid": False, "latency_ms": 0.0})
    assert line_of(frame.model_dump(mode="json")) == {
        "at": "2024-05-01T12:00:00Z",
        "direction": "received",
        "text": '[2,"1","Heartbeat",{}]',
        "link": "h1-1",
        "kind": "result",
        "action": "Heartbeat",
        "message_id": "1",
        "valid": False,
        "latency_ms": 0.0,
    }
