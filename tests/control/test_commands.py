"""Touching a charge point: every way a command can end, and how it is told."""

import asyncio

import httpx
import pytest
from control.played_abstraction import PlayedAbstraction
from control.until import until
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.commands import GoOffline, PlugIn, PowerOn, PresentToken, SendData
from vcp_control.asking import Means
from vcp_control.command_bodies import COMMANDS, TOUCHES, verb_of
from vcp_control.desk import Desk
from vcp_control.follower import Follower

PARTITIONS = 4


async def test_a_done_command_is_200_with_its_result(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    answer = await api.post("/charge-points/CP001/plug-in", json={"evse": 2})
    assert answer.status_code == 200
    assert answer.json()["status"] == "done"
    [command] = abstraction.taken
    assert isinstance(command, PlugIn)
    assert (command.charge_point, command.evse, command.connector) == ("CP001", 2, 1)
    assert command.id == answer.json()["command"]


async def test_a_command_without_needed_fields_needs_no_body(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    assert (await api.post("/charge-points/CP001/power-on")).status_code == 200
    assert (await api.post("/charge-points/CP001/go-offline")).status_code == 200
    assert [type(command) for command in abstraction.taken] == [PowerOn, GoOffline]


async def test_a_command_may_be_named_in_the_body(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    body = {"type": "present_token", "id": "swipe-1", "token": "CARD1"}
    answer = await api.post("/charge-points/CP001/commands", json=body)
    assert answer.status_code == 200
    [command] = abstraction.taken
    assert isinstance(command, PresentToken)
    assert (command.id, command.token) == ("swipe-1", "CARD1")


async def test_any_content_passes_unchanged(api: httpx.AsyncClient, abstraction: PlayedAbstraction) -> None:
    content = {"data": None, "list": [1, {"ü": 2.5}]}
    await api.post("/charge-points/CP001/send-data", json={"vendor": "acme", "content": content})
    [command] = abstraction.taken
    assert isinstance(command, SendData)
    assert command.content == content


async def test_the_same_key_twice_is_one_command(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    headers = {"Idempotency-Key": "plug-1"}
    first = await api.post("/charge-points/CP001/plug-in", headers=headers)
    again = await api.post("/charge-points/CP001/plug-in", headers=headers)
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert again.status_code == 200
    assert [command.id for command in abstraction.taken] == ["plug-1"]


async def test_two_that_wait_for_one_command_are_both_told(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    abstraction.answer = lambda command: None
    headers = {"Idempotency-Key": "plug-1"}
    async with asyncio.TaskGroup() as group:
        both = [
            group.create_task(api.post("/charge-points/CP001/plug-in", headers=headers)) for _ in range(2)
        ]
        await until(lambda: len(abstraction.taken) == 2)
        await abstraction.end(abstraction.taken[0], status="done")
    assert [task.result().status_code for task in both] == [200, 200]


async def test_an_impossible_command_is_409_with_reason_and_remedy(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    abstraction.answer = lambda command: {
        "status": "rejected",
        "kind": "impossible",
        "field": "connector",
        "reason": "the cable is locked",
        "remedy": "stop the session, or use force",
    }
    answer = await api.post("/charge-points/CP001/unplug", headers={"Idempotency-Key": "u1"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:vcp:problem:impossible",
        "title": "Impossible now",
        "status": 409,
        "detail": "connector: the cable is locked. Stop the session, or use force.",
        "field": "connector",
        "reason": "the cable is locked",
        "remedy": "stop the session, or use force",
        "command": "u1",
    }


async def test_a_command_to_nobody_is_404(api: httpx.AsyncClient, abstraction: PlayedAbstraction) -> None:
    abstraction.answer = lambda command: {"status": "rejected", "kind": "unknown_charge_point"}
    answer = await api.post("/charge-points/CP404/plug-in")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:vcp:problem:unknown_charge_point"


@pytest.mark.parametrize("kind", ["bad_field", "unreadable"])
async def test_a_field_that_the_charger_refuses_is_422(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, kind: str
) -> None:
    abstraction.answer = lambda command: {"status": "rejected", "kind": kind, "field": "evse", "reason": "no"}
    answer = await api.post("/charge-points/CP001/plug-in", json={"evse": 9})
    assert (answer.status_code, answer.json()["field"]) == (422, "evse")


@pytest.mark.parametrize(
    ("path", "body", "field", "reason", "remedy"),
    [
        ("plug-in", {"evse": 0}, "evse", "must be greater than or equal to 1", "correct evse"),
        ("plug-in", {"evze": 1}, "evze", "there is no such field", "did you mean evse?"),
        ("present-token", {}, "token", "is missing", "give token"),
        (
            "present-token",
            None,
            None,
            "the request has no body",
            "send a JSON object, with content-type: application/json",
        ),
        (
            "go-offline",
            {"how": "quietly"},
            "how",
            "must be 'close', 'reset', 'silent' or 'refuse'",
            "use 'close', 'reset', 'silent' or 'refuse'",
        ),
        ("commands", {"evse": 1}, None, "`type` is missing", "name the command in `type`, such as plug_in"),
        ("commands", {"type": "present_token"}, "token", "is missing", "give token"),
        ("plug-in?wait=-1", {}, "wait", "must be greater than or equal to 0", "correct wait"),
        *(
            (f"plug-in?wait={wait}", {}, "wait", "must be a number, written in plain digits", "correct wait")
            for wait in ("1_0", "1e1", "nan", "%201", "1%C2%A0", "%2B1", "١", "0x1", "")
        ),
    ],
)
async def test_a_wrong_field_is_422_in_the_users_words(
    api: httpx.AsyncClient, path: str, body: object, field: str | None, reason: str, remedy: str
) -> None:
    answer = await api.post(f"/charge-points/CP001/{path}", json=body)
    assert answer.status_code == 422
    told = answer.json()
    assert (told["field"], told["reason"], told["remedy"]) == (field, reason, remedy)


async def test_an_unknown_command_is_told_what_there_is(api: httpx.AsyncClient) -> None:
    answer = await api.post("/charge-points/CP001/commands", json={"type": "fly"})
    assert answer.status_code == 422
    assert answer.json()["reason"] == "there is no command fly"
    assert "'plug_in'" in answer.json()["remedy"]


@pytest.mark.parametrize("content", [b"{", b"[1]", b'"text"'])
async def test_what_is_not_a_json_object_is_422(api: httpx.AsyncClient, content: bytes) -> None:
    answer = await api.post(
        "/charge-points/CP001/plug-in", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["remedy"] == "send a JSON object, with content-type: application/json"


async def test_a_charge_point_id_that_can_not_be_is_422(api: httpx.AsyncClient) -> None:
    answer = await api.post("/charge-points/CP:1/plug-in")
    assert (answer.status_code, answer.json()["field"]) == (422, "id")


async def test_without_waiting_a_command_is_202_and_its_result_is_found_later(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    answer = await api.post(
        "/charge-points/CP001/plug-in", params={"wait": 0}, headers={"Idempotency-Key": "plug-1"}
    )
    assert answer.status_code == 202
    assert answer.headers["location"] == "/charge-points/CP001/commands/plug-1"
    assert answer.json() == {"command": "plug-1", "charge_point": "CP001", "status": "pending"}
    result = await api.get(answer.headers["location"], params={"wait": 5})
    assert (result.status_code, result.json()["status"]) == (200, "done")


async def test_a_command_that_does_not_end_in_time_is_202(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    abstraction.answer = lambda command: None
    answer = await api.post("/charge-points/CP001/plug-in", params={"wait": 0.05})
    assert answer.status_code == 202


async def test_a_command_without_a_result_is_404(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    for wait in (0, 0.05):
        answer = await api.get("/charge-points/CP001/commands/never", params={"wait": wait})
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:vcp:problem:no_result"


async def test_another_charge_points_result_is_not_told(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    partition = streams.partition_of("CP001", PARTITIONS)
    other = next(f"CP{n}" for n in range(2, 99) if streams.partition_of(f"CP{n}", PARTITIONS) == partition)
    await api.post("/charge-points/CP001/plug-in", headers={"Idempotency-Key": "plug-1"})
    assert (await api.get(f"/charge-points/{other}/commands/plug-1")).status_code == 404
    answer = await api.post(f"/charge-points/{other}/plug-in", headers={"Idempotency-Key": "plug-1"})
    assert (answer.status_code, answer.json()["field"]) == (409, "id")


async def test_without_an_abstraction_a_command_is_503_and_not_taken_in(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, redis: Redis
) -> None:
    await abstraction.die()
    answer = await api.post("/charge-points/CP001/plug-in")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:vcp:problem:no_abstraction"
    assert answer.headers["retry-after"] == "1"
    assert not await redis.exists(*(streams.inbox(p) for p in range(PARTITIONS)))


async def test_an_abstraction_that_died_long_ago_counts_as_none(
    api: httpx.AsyncClient, redis: Redis, abstraction: PlayedAbstraction
) -> None:
    await abstraction.die()
    seconds, _ = await redis.time()
    await redis.zadd(streams.members("abstraction"), {"old": (seconds - 60) * 1000})
    assert (await api.post("/charge-points/CP001/plug-in")).status_code == 503


async def test_a_full_input_is_503(
    redis: Redis, follower: Follower, means: Means, api: httpx.AsyncClient
) -> None:
    seconds, _ = await redis.time()
    await redis.zadd(streams.members("abstraction"), {"stuck": (seconds + 60) * 1000})
    narrow = Desk(redis, PARTITIONS, follower, input_limit=1)
    object.__setattr__(means, "desk", narrow)
    assert (await api.post("/charge-points/CP001/plug-in?wait=0")).status_code == 202
    answer = await api.post("/charge-points/CP001/plug-in?wait=0")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:vcp:problem:full")


async def test_every_command_has_a_documented_route(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    for command in TOUCHES:
        route = document["paths"][f"/charge-points/{{id}}/{verb_of(command)}"]["post"]
        assert route["summary"]
        assert {"200", "202", "404", "409", "422", "503"} <= route["responses"].keys()
    any_command = document["paths"]["/charge-points/{id}/commands"]["post"]["requestBody"]
    mapping = any_command["content"]["application/json"]["schema"]["discriminator"]["mapping"]
    assert mapping.keys() == COMMANDS.keys()
    body = document["components"]["schemas"]["PlugInBody"]["properties"]
    assert body.keys() == {"evse", "connector", "end"}
