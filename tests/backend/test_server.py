"""The backend over real sockets: both versions, its own calls, its books."""

import asyncio
from pathlib import Path

import orjson
import pytest
from backend.bare_charger import Dial, Host
from vcp_backend import Behaviour, CallFailed, NotConnected, Token, Verdict, ledger, read_journal

BOOT_16 = {"chargePointVendor": "Acme", "chargePointModel": "One"}
BOOT_201 = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}}
START = {"connectorId": 1, "idTag": "AABB", "meterStart": 100, "timestamp": "2026-03-01T12:00:00Z"}


async def test_a_16_charger_boots_and_charges(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend, "RDAM|123 é")
    boot = await charger.ask("1", "BootNotification", BOOT_16)
    start = await charger.ask("2", "StartTransaction", START)
    stop = {"transactionId": 1, "meterStop": 300, "timestamp": "2026-03-01T13:00:00Z"}
    assert boot[:2] == [3, "1"]
    assert (boot[2]["status"], boot[2]["interval"]) == ("Accepted", 300)
    assert start == [3, "2", {"transactionId": 1, "idTagInfo": {"status": "Accepted"}}]
    assert await charger.ask("3", "StopTransaction", stop) == [3, "3", {}]
    assert backend.identities == {"RDAM|123 é"}
    assert backend.violations == []
    assert ledger.all_violations(backend.frames) == []
    assert [(f.seq, f.direction) for f in backend.frames[:2]] == [(1, "in"), (2, "out")]
    assert orjson.loads(backend.frames[0].text) == [2, "1", "BootNotification", BOOT_16]


async def test_a_201_charger_boots_by_turns_and_its_token_is_judged(host: Host, dial: Dial) -> None:
    behaviour = Behaviour(strict=True, boots=[Verdict("Pending", 5)], tokens={"AABB": Token("Blocked")})
    charger = await dial(await host(behaviour), offers=("ocpp2.1", "ocpp2.0.1", "ocpp1.6"))
    first = await charger.ask("1", "BootNotification", BOOT_201)
    second = await charger.ask("2", "BootNotification", BOOT_201)
    token = {"idToken": "AABB", "type": "ISO14443"}
    assert charger.connection.subprotocol == "ocpp2.0.1"
    assert [first[2]["status"], second[2]["status"]] == ["Pending", "Accepted"]
    assert await charger.ask("3", "Authorize", {"idToken": token}) == [
        3,
        "3",
        {"idTokenInfo": {"status": "Blocked"}},
    ]


async def test_the_chargers_own_preference_decides_the_version(host: Host, dial: Dial) -> None:
    charger = await dial(await host(), offers=("ocpp1.6", "ocpp2.0.1"))
    assert charger.connection.subprotocol == "ocpp1.6"


async def test_a_start_that_is_sent_again_on_a_new_socket_keeps_its_number(host: Host, dial: Dial) -> None:
    backend = await host()
    first = await (await dial(backend)).ask("s1", "StartTransaction", START)
    again = await (await dial(backend)).ask("s1", "StartTransaction", START)
    assert first == again
    assert [call.socket_number for call in backend.calls("CP001", "StartTransaction")] == [1, 2]


async def test_a_start_of_an_earlier_life_keeps_its_number(host: Host, dial: Dial, tmp_path: Path) -> None:
    journal = tmp_path / "wire.jsonl"
    earlier = await (await dial(await host(journal=journal))).ask("s1", "StartTransaction", START)
    later = await host(journal=journal)
    charger = await dial(later)
    assert await charger.ask("s1", "StartTransaction", START) == earlier
    other = await charger.ask("s2", "StartTransaction", {**START, "meterStart": 200})
    assert other[2]["transactionId"] == 2
    assert [frame.socket_number for frame in read_journal(journal)] == [1, 1, 2, 2, 2, 2]


async def test_an_answer_can_be_given_by_the_test(host: Host, dial: Dial) -> None:
    behaviour = Behaviour(
        answers={
            "DataTransfer": lambda call: {"status": "Accepted", "data": call.payload["vendorId"]},
            "SignCertificate": {"status": "Rejected"},
        }
    )
    charger = await dial(await host(behaviour))
    assert (await charger.ask("1", "DataTransfer", {"vendorId": "acme"}))[2] == {
        "status": "Accepted",
        "data": "acme",
    }
    assert (await charger.ask("2", "SignCertificate", {"csr": "x"}))[2] == {"status": "Rejected"}


async def test_who_did_not_boot_is_not_heard_where_a_boot_is_required(host: Host, dial: Dial) -> None:
    behaviour = Behaviour(boot_required=True, boots=[Verdict("Rejected", 1)])
    charger = await dial(await host(behaviour))
    assert (await charger.ask("1", "Heartbeat", {}))[:3] == [4, "1", "SecurityError"]
    assert (await charger.ask("2", "BootNotification", BOOT_16))[2]["status"] == "Rejected"
    assert (await charger.ask("3", "Heartbeat", {}))[:3] == [4, "3", "SecurityError"]
    assert (await charger.ask("4", "BootNotification", BOOT_16))[2]["status"] == "Accepted"
    assert (await charger.ask("5", "Heartbeat", {}))[0] == 3


# calls to a charger


async def test_a_call_returns_the_payload_of_its_answer(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    await backend.wait_connected("CP001")
    calling = asyncio.create_task(backend.call("CP001", "RemoteStartTransaction", {"idTag": "AABB"}))
    kind, message_id, action, payload = await charger.receive()
    await charger.send(3, message_id, {"status": "Accepted"})
    assert (kind, action, payload) == (2, "RemoteStartTransaction", {"idTag": "AABB"})
    assert await calling == {"status": "Accepted"}
    assert backend.violations == []


async def test_a_call_that_is_refused_raises_the_chargers_code(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    await backend.wait_connected("CP001")
    calling = asyncio.create_task(backend.call("CP001", "Reset", {"type": "Soft"}))
    message = await charger.receive()
    await charger.send(4, message[1], "NotSupported", "no", {"why": 1})
    with pytest.raises(CallFailed) as caught:
        await calling
    assert (caught.value.code, caught.value.description, caught.value.details) == (
        "NotSupported",
        "no",
        {"why": 1},
    )


async def test_a_call_waits_for_the_one_before_it_unless_it_may_not(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    await backend.wait_connected("CP001")
    first = asyncio.create_task(backend.call("CP001", "ClearCache", message_id="1"))
    second = asyncio.create_task(backend.call("CP001", "ClearCache", message_id="2"))
    assert (await charger.receive())[1] == "1"
    rude = asyncio.create_task(backend.call("CP001", "ClearCache", message_id="3", at_once=True))
    assert (await charger.receive())[1] == "3"
    await charger.send(3, "1", {"status": "Accepted"})
    assert (await charger.receive())[1] == "2"
    await charger.send(3, "3", {"status": "Accepted"})
    await charger.send(3, "2", {"status": "Accepted"})
    await asyncio.gather(first, second, rude)
    assert len(ledger.open_calls_never_exceed_one(backend.frames, direction="out")) == 2


async def test_a_call_that_is_not_answered_times_out_and_its_late_answer_is_kept(
    host: Host, dial: Dial
) -> None:
    backend = await host()
    charger = await dial(backend)
    await backend.wait_connected("CP001")
    with pytest.raises(TimeoutError):
        await backend.call("CP001", "ClearCache", timeout=0.05, message_id="b1")
    assert (await charger.receive())[1] == "b1"
    await charger.send(3, "b1", {"status": "Accepted"})
    assert (await charger.ask("1", "Heartbeat", {}))[0] == 3
    assert '[3,"b1",{"status":"Accepted"}]' in [frame.text for frame in backend.frames]


async def test_a_call_ends_with_its_link(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    await backend.wait_connected("CP001")
    calling = asyncio.create_task(backend.call("CP001", "ClearCache"))
    await charger.receive()
    await backend.disconnect("CP001", abort=True)
    with pytest.raises(NotConnected):
        await calling
    with pytest.raises(NotConnected):
        await backend.call("CP001", "ClearCache")
    assert not backend.connected("CP001")
    assert await charger.closed() == 1006


async def test_a_charger_is_told_goodbye_with_a_code(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    await backend.wait_connected("CP001")
    await backend.disconnect("CP001", code=1012, reason="restart")
    assert await charger.closed() == 1012
    assert [(s.number, s.close_code) for s in backend.sockets] == [(1, 1012)]


async def test_a_newer_connection_replaces_the_older(host: Host, dial: Dial) -> None:
    backend = await host()
    older = await dial(backend)
    await older.ask("1", "Heartbeat", {})
    newer = await dial(backend)
    assert await older.closed() == 1000
    assert (await newer.ask("2", "Heartbeat", {}))[0] == 3
    assert backend.connected("CP001")


# waiting


async def test_waiting_finds_a_call_of_the_past_and_one_to_come(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    await charger.ask("1", "Heartbeat", {})
    past = await backend.wait_for("CP001", "Heartbeat")
    coming = asyncio.create_task(backend.wait_for("CP001", "Heartbeat", after=past.seq))
    await charger.ask("2", "Heartbeat", {})
    assert (past.message_id, (await coming).message_id) == ("1", "2")


async def test_waiting_can_look_at_the_payload_and_says_what_never_came(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    for n, vendor in enumerate(("acme", "other")):
        await charger.ask(str(n), "DataTransfer", {"vendorId": vendor})
    found = await backend.wait_for("CP001", "DataTransfer", lambda payload: payload["vendorId"] == "other")
    assert found.message_id == "1"
    with pytest.raises(TimeoutError, match="Reset of CP001"):
        await backend.wait_for("CP001", "Reset", timeout=0.01)


async def test_without_a_record_chargers_are_served_and_nobody_can_wait(host: Host, dial: Dial) -> None:
    backend = await host(Behaviour(record=False))
    charger = await dial(backend)
    assert (await charger.ask("1", "Heartbeat", {}))[0] == 3
    assert backend.frames == []
    assert backend.calls("CP001") == []
    with pytest.raises(ValueError, match="record=True"):
        await backend.wait_for("CP001", "Heartbeat")


async def test_waiting_for_a_charger_to_be_gone(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    await backend.wait_connected("CP001")
    await charger.connection.close()
    await backend.wait_disconnected("CP001")
    assert backend.identities == set()


# what is no OCPP


async def test_a_payload_that_breaks_its_schema_is_refused_and_written_down(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    assert (await charger.ask("1", "Authorize", {"idTag": "x" * 21}))[:3] == [
        4,
        "1",
        "PropertyConstraintViolation",
    ]
    assert [(v.rule, v.seq) for v in backend.violations] == [("schema", 1)]


async def test_an_answer_that_breaks_its_schema_is_written_down(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    await backend.wait_connected("CP001")
    calling = asyncio.create_task(backend.call("CP001", "ClearCache"))
    message = await charger.receive()
    await charger.send(3, message[1], {"status": "Perhaps"})
    assert await calling == {"status": "Perhaps"}
    assert [violation.what[:20] for violation in backend.violations] == ["answer to ClearCache"]


async def test_a_payload_that_cannot_be_read_is_refused_even_when_not_strict(host: Host, dial: Dial) -> None:
    backend = await host(Behaviour())
    old, new = await dial(backend), await dial(backend, "CP002", offers=("ocpp2.0.1",))
    assert (await old.ask("1", "Authorize", {}))[:3] == [4, "1", "FormationViolation"]
    assert (await new.ask("1", "Authorize", {"idToken": "AABB"}))[:3] == [4, "1", "FormatViolation"]
    assert [violation.rule for violation in backend.violations] == ["payload", "payload"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '[2.0,"1","Heartbeat",{}]',
        "{}",
        "7",
        '["2","1","Heartbeat",{}]',
        '[true,"1","Heartbeat",{}]',
    ],
)
async def test_what_is_no_message_is_answered_as_the_version_has_it(
    host: Host, dial: Dial, text: str
) -> None:
    backend = await host()
    old, new = await dial(backend), await dial(backend, "CP002", offers=("ocpp2.0.1",))
    await old.connection.send(text)
    await new.connection.send(text)
    assert (await new.receive())[:3] == [4, "-1", "RpcFrameworkError"]
    assert (await old.ask("1", "Heartbeat", {}))[:2] == [3, "1"]
    assert {(v.rule, v.identity) for v in backend.violations} == {("framing", "CP001"), ("framing", "CP002")}


async def test_a_binary_frame_is_no_message(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend, offers=("ocpp2.0.1",))
    await charger.connection.send(b'[2,"1","Heartbeat",{}]')
    assert (await charger.receive())[:3] == [4, "-1", "RpcFrameworkError"]
    assert [violation.what for violation in backend.violations] == ["a binary frame"]


async def test_a_call_of_a_wrong_shape_is_answered_with_its_id(host: Host, dial: Dial) -> None:
    backend = await host()
    old, new = await dial(backend), await dial(backend, "CP002", offers=("ocpp2.0.1",))
    await old.send(2, "1", "Heartbeat")
    await new.send(2, "1", "Heartbeat", [])
    assert (await old.receive())[:3] == [4, "1", "FormationViolation"]
    assert (await new.receive())[:3] == [4, "1", "RpcFrameworkError"]


async def test_an_unknown_message_type_is_an_error_in_201_only(host: Host, dial: Dial) -> None:
    backend = await host()
    old, new = await dial(backend), await dial(backend, "CP002", offers=("ocpp2.0.1",))
    await old.send(9, "1", {})
    await new.send(9, "1", {})
    assert (await new.receive())[:3] == [4, "1", "MessageTypeNotSupported"]
    assert (await old.ask("2", "Heartbeat", {}))[:2] == [3, "2"]


async def test_an_action_that_no_charger_asks_is_not_implemented(host: Host, dial: Dial) -> None:
    charger = await dial(await host())
    assert (await charger.ask("1", "BrewCoffee", {}))[:3] == [4, "1", "NotImplemented"]
