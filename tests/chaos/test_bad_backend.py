"""A backend that breaks OCPP in every way it can: the charger lives on and says what was wrong; nobody else notices."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import orjson
import pytest
import pytest_asyncio
from chaos.bed import Bed, running_bed
from chaos.load import SETTINGS
from vcp_backend import Fault
from vcp_backend.faults import Do
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

pytestmark = [pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]

V16, V201 = "ocpp1.6", "ocpp2.0.1"
BOTH = pytest.mark.parametrize("protocol", [V16, V201])
NEIGHBOURS = {"CALM16": V16, "CALM201": V201}

_numbers = count(1)


async def charger(bed: Bed, protocol: str, id: str | None = None) -> str:
    """A charger that is linked, booted and idle; its id."""
    id = id or f"BAD{next(_numbers):03d}"
    settings = {**SETTINGS, "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1"}
    configuration = {
        "url": bed.wire.url,
        "protocols": [protocol],
        "settings": settings,
        "online": True,
        "call_timeout_s": 1.0,
    }
    await bed.driver.do(id, "provision", configuration=configuration)
    await bed.driver.count(id, "registered", 1)
    await still_works(bed, id)
    return id


async def still_works(bed: Bed, id: str) -> None:
    """It has a link, and talks with its backend."""
    await bed.backend.wait_connected(id)
    async with asyncio.timeout(15):
        while True:
            result = await bed.driver.result_of(await bed.driver.give(id, "ask", word="beat"))
            if result["detail"].get("outcome") == "answered":
                return
            await asyncio.sleep(0.1)


async def violations(bed: Bed, id: str, number: int = 1) -> list[dict[str, Any]]:
    """The violations that were reported of a charger's backend, once there are so many."""
    await bed.driver.count(id, "protocol_violation", number)
    return [e for e in bed.driver.events if e["charge_point"] == id and e["type"] == "protocol_violation"]


def errors(bed: Bed, id: str) -> list[list[Any]]:
    """The errors that a charger has answered, without their texts."""
    said = [orjson.loads(f.text) for f in bed.backend.frames if f.identity == id and f.direction == "in"]
    return [parts[:3] for parts in said if parts[0] == 4]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bed]:
    async with running_bed(tmp_path_factory.mktemp("bad")) as bed:
        for id, protocol in NEIGHBOURS.items():
            await charger(bed, protocol, id)
        yield bed
        assert bed.deaths == []
        for id in NEIGHBOURS:
            await still_works(bed, id)
            assert bed.driver.counts[id]["protocol_violation"] == 0
        assert [s.identity for s in bed.sockets if s.identity in NEIGHBOURS] == list(NEIGHBOURS)


# --- out of the blue -------------------------------------------------------------------------------------------------

SAID = {
    "no JSON": ("Hello?", "OCPP-J 4.2: not JSON", None, ["-1", "RpcFrameworkError"]),
    "no array": ('{"a":1}', "OCPP-J 4.2: not a JSON array", None, ["-1", "RpcFrameworkError"]),
    "an empty array": ("[]", "OCPP-J 4.2: not a JSON array", None, ["-1", "RpcFrameworkError"]),
    "an unknown type": (
        '[9,"x1",{}]',
        "OCPP-J 4.2: message type 9 is not known",
        None,
        ["x1", "MessageTypeNotSupported"],
    ),
    "a call that is too short": (
        '[2,"x2","ClearCache"]',
        "OCPP-J 4.2: a CALL has 4 elements, this has 3",
        ["x2", "FormationViolation"],
        ["x2", "RpcFrameworkError"],
    ),
    "a payload that is a list": (
        '[2,"x3","ClearCache",[]]',
        "OCPP-J 4.2: the payload is not an object",
        ["x3", "FormationViolation"],
        ["x3", "RpcFrameworkError"],
    ),
    "an unknown action": (
        '[2,"x4","BrewCoffee",{}]',
        "has no action BrewCoffee",
        ["x4", "NotImplemented"],
        ["x4", "NotImplemented"],
    ),
    "a wrong type": (
        '[2,"x5","DataTransfer",{"vendorId":5}]',
        "vendorId",
        ["x5", "TypeConstraintViolation"],
        ["x5", "TypeConstraintViolation"],
    ),
    "an action of the charger's": (
        '[2,"x6","BootNotification",{}]',
        "BootNotification is for the charge point to send",
        ["x6", "NotSupported"],
        ["x6", "NotSupported"],
    ),
    "a stray result": ('[3,"x7",{}]', "OCPP-J 4.1.1: an answer to no call", None, None),
    "a stray error": ('[4,"x8","GenericError","",{}]', "OCPP-J 4.1.1: an answer to no call", None, None),
}


@BOTH
@pytest.mark.parametrize("what", SAID)
async def test_something_is_said_out_of_the_blue(bed: Bed, protocol: str, what: str):
    text, rule, answer_16, answer_201 = SAID[what]
    id = await charger(bed, protocol)
    await bed.backend.send_text(id, text)
    [violation] = await violations(bed, id)
    assert rule in violation["rule"]
    assert violation["text"] == text
    await still_works(bed, id)
    answer = answer_16 if protocol == V16 else answer_201
    assert errors(bed, id) == ([[4, *answer]] if answer else [])
    assert len([s for s in bed.sockets if s.identity == id]) == 1


@BOTH
async def test_a_message_that_is_too_long_costs_the_link_and_is_told(bed: Bed, protocol: str):
    id = await charger(bed, protocol)
    await bed.backend.send_text(id, '[2,"big","DataTransfer",{"vendorId":"' + "x" * 2_000_000 + '"}]')
    [violation] = await violations(bed, id)
    assert "1048576" in violation["rule"]
    await still_works(bed, id)
    assert [s.close_code for s in bed.sockets if s.identity == id] == [1009, None]


# --- answers ---------------------------------------------------------------------------------------------------------

ANSWERS: dict[Do, tuple[str, list[str]]] = {
    # a second is less than anyone may be given to answer in, so what comes later, or never, is held against nobody
    "never_answer": ("unanswered", []),
    "answer_late": ("unanswered", []),
    "answer_twice": ("answered", ["a second answer to one call"]),
    "answer_garbage": ("misanswered", ["not a field of this message"]),
    "call_error": ("refused", []),
    "wrong_id": ("unanswered", ["an answer to no call"]),
    "malformed_json": ("unanswered", ["not JSON"]),
    "stray_result": ("answered", ["an answer to no call"]),
    "unknown_action": ("answered", ["BrewCoffee"]),
    "unknown_message_type": ("answered", ["message type 9"]),
    "oversized": ("unanswered", ["1048576"]),
    "close_before_answer": ("unanswered", []),
    "close_after_answer": ("answered", []),
}


@BOTH
@pytest.mark.parametrize("do", ANSWERS)
async def test_an_answer_goes_wrong(bed: Bed, protocol: str, do: Do):
    outcome, rules = ANSWERS[do]
    id = await charger(bed, protocol)
    armed = bed.backend.misbehave(
        Fault(
            do=do,
            identity=id,
            action="Heartbeat",
            after_s=1.3,
            code="InternalError" if do == "call_error" else None,
        )
    )
    result = await bed.driver.result_of(await bed.driver.give(id, "ask", word="beat"))
    assert result["detail"]["outcome"] == outcome
    assert armed.hits == 1
    for rule, violation in zip(rules, await violations(bed, id, len(rules)), strict=True):
        assert rule in violation["rule"]
    await still_works(bed, id)
    assert bed.driver.counts[id]["protocol_violation"] == len(rules)


STARTS: tuple[Do, ...] = (
    "never_answer",
    "answer_garbage",
    "call_error",
    "malformed_json",
    "close_before_answer",
)


async def test_the_answer_to_a_start_goes_wrong_and_the_session_is_told_all_the_same(bed: Bed):
    async with asyncio.TaskGroup() as sessions:
        for do in STARTS:
            for protocol in (V16, V201):
                sessions.create_task(session_with_a_bad_start(bed, protocol, do))


async def session_with_a_bad_start(bed: Bed, protocol: str, do: Do) -> None:
    id = await charger(bed, protocol)
    action = "StartTransaction" if protocol == V16 else "TransactionEvent"
    bed.backend.misbehave(Fault(do=do, identity=id, action=action))
    await bed.driver.do(id, "plug_in")
    await bed.driver.do(id, "present_token", token="TAG1")
    await bed.driver.count(id, "transaction_started", 1)
    await bed.driver.do(id, "press_stop")
    await bed.driver.do(id, "unplug")
    if protocol == V16:
        await bed.backend.wait_for(id, "StopTransaction")
    else:
        await bed.backend.wait_for(id, "TransactionEvent", lambda payload: payload["eventType"] == "Ended")
    await still_works(bed, id)


# --- connections -----------------------------------------------------------------------------------------------------

DOORS: tuple[Do, ...] = ("http_status", "accept_then_close", "no_subprotocol", "wrong_subprotocol")


@BOTH
@pytest.mark.parametrize("do", DOORS)
async def test_a_handshake_goes_wrong_twice(bed: Bed, protocol: str, do: Do):
    id = await charger(bed, protocol)
    armed = bed.backend.misbehave(Fault(do=do, identity=id, times=2))
    await bed.backend.disconnect(id, abort=True)
    await still_works(bed, id)
    assert armed.hits == 2


@BOTH
async def test_another_charger_comes_under_the_same_identity(bed: Bed, protocol: str):
    id = await charger(bed, protocol)
    async with connect(f"{bed.backend.url}/{id}", subprotocols=[protocol]) as other:  # type: ignore[list-item]
        with pytest.raises(ConnectionClosed):
            await other.recv()
    await still_works(bed, id)
    assert len([s for s in bed.sockets if s.identity == id]) == 3
