"""The backend's messages on a link: literal frames in, requests out, replies in, literal answers out."""

import pytest
from handler.linked import Linked
from vcp_contracts.actions import Beat
from vcp_contracts.events import FrameReceived, FrameSent, ProtocolViolation, SelfViolation
from vcp_contracts.letters import any_event
from vcp_contracts.requests import (
    ChargingStart,
    Declined,
    ForgetTokens,
    Reset,
    Resetting,
    Silence,
    StartCharging,
    TokensForgotten,
    WriteSettings,
)

RESET = '[2,"7","Reset",{"type":"Hard"}]'


def reset_accepted(request: str = "h.1/1") -> Resetting:
    return Resetting(id="r1", charge_point="CP1", link="h.1", request=request, result="accepted")


def violations(it: Linked) -> list[str]:
    return [event.rule for event in it.events if isinstance(event, ProtocolViolation)]


def test_a_request_and_its_reply() -> None:
    it = Linked()
    it.link.take(RESET)
    [request] = it.facts
    assert isinstance(request, Reset)
    assert (request.id, request.message_id, request.restart, request.n) == ("h.1/1", "7", "hardware", 1)
    it.now += 0.05
    it.link.reply(reset_accepted())
    assert it.sent == ['[3,"7",{"status":"Accepted"}]']


def test_a_reply_is_written_once() -> None:
    it = Linked()
    it.link.take(RESET)
    it.link.reply(reset_accepted())
    it.link.reply(reset_accepted())
    it.link.reply(reset_accepted("h.1/99"))
    it.link.reply(reset_accepted("h.0/1"))
    assert len(it.sent) == 1


@pytest.mark.parametrize(
    ("subprotocol", "text", "answer"),
    [
        (
            "ocpp1.6",
            '[2,"7","Reset",{}]',
            '[4,"7","ProtocolError","type breaks the rule: required",{}]',
        ),
        (
            "ocpp2.0.1",
            '[2,"7","Reset",{}]',
            '[4,"7","OccurrenceConstraintViolation","type breaks the rule: required",{}]',
        ),
        (
            "ocpp1.6",
            '[2,"7","Reset",{"type":"Hard","x":1}]',
            '[4,"7","FormationViolation","x breaks the rule: not a field of this message",{}]',
        ),
        (
            "ocpp2.0.1",
            '[2,"7","Reset",{"type":"Immediate","x":1}]',
            '[4,"7","FormatViolation","x breaks the rule: not a field of this message",{}]',
        ),
        (
            "ocpp1.6",
            '[2,"7","Reset",{"type":"Medium"}]',
            '[4,"7","PropertyConstraintViolation","type breaks the rule: enum Hard, Soft",{}]',
        ),
        (
            "ocpp1.6",
            '[2,"7","Reset",{"type":1}]',
            '[4,"7","TypeConstraintViolation","type breaks the rule: type string",{}]',
        ),
        (
            "ocpp1.6",
            '[2,"7","Restart",{}]',
            '[4,"7","NotImplemented","ocpp1.6 has no action Restart",{}]',
        ),
        (
            "ocpp1.6",
            '[2,"7","BootNotification",{"chargePointVendor":"a","chargePointModel":"b"}]',
            '[4,"7","NotSupported","BootNotification is for the charge point to send",{}]',
        ),
        (
            "ocpp1.6",
            '[2,"7","Reset"]',
            '[4,"7","FormationViolation","a CALL has 4 elements, this has 3",{}]',
        ),
        (
            "ocpp2.0.1",
            '[2,"7","Reset"]',
            '[4,"7","RpcFrameworkError","a CALL has 4 elements, this has 3",{}]',
        ),
        (
            "ocpp1.6",
            '[2,"7","Reset",{"type":1e400}]',
            '[4,"7","FormationViolation","JSON that can\'t be read: number is infinity when parsed as double: '
            'line 1 column 24 (char 23)",{}]',
        ),
        (
            "ocpp2.0.1",
            r'[2,"7","Reset",{"type":"\ud800"}]',
            '[4,"7","RpcFrameworkError","JSON that can\'t be read: no low surrogate in string: '
            'line 1 column 25 (char 24)",{}]',
        ),
        (
            "ocpp2.0.1",
            '{"hello":1}',
            '[4,"-1","RpcFrameworkError","not a JSON array with a message type in front",{}]',
        ),
        (
            "ocpp2.0.1",
            '[9,"7","Reset",{}]',
            '[4,"7","MessageTypeNotSupported","message type 9 is not known",{}]',
        ),
    ],
)
def test_a_bad_call_is_answered_at_once_in_the_words_of_its_version(
    subprotocol: str, text: str, answer: str
) -> None:
    it = Linked(subprotocol)
    it.link.take(text)
    assert it.sent == [answer]
    assert it.facts == []
    assert len(violations(it)) == 1


@pytest.mark.parametrize("text", ['{"hello":1}', '[9,"7","Reset",{}]', '[2,7,"Reset",{}]'])
def test_1_6_ignores_what_it_can_not_address(text: str) -> None:
    """OCPP-J 1.6 4.1.3, and no code for an unreadable id."""
    it = Linked("ocpp1.6")
    it.link.take(text)
    assert it.sent == []
    assert len(violations(it)) == 1


def test_binary_messages_are_no_ocpp() -> None:
    it = Linked("ocpp1.6")
    it.link.take(b'[2,"7","Reset",{"type":"Hard"}]')
    assert (it.sent, it.facts) == ([], [])
    assert violations(it) == ["OCPP-J 4.2: a binary message; OCPP-J 4.1 wants text"]


def test_what_the_charger_does_not_take_is_refused_without_blame() -> None:
    it = Linked("ocpp2.0.1")
    it.link.take('[2,"7","UnpublishFirmware",{"checksum":"0"}]')
    assert it.sent == ['[4,"7","NotSupported","publishing firmware is for local controllers",{}]']
    assert violations(it) == []


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("not_supported", "NotSupported"),
        ("not_registered", "SecurityError"),
        ("bad_value", "PropertyConstraintViolation"),
        ("too_many", "OccurenceConstraintViolation"),
        ("internal", "InternalError"),
    ],
)
def test_a_declined_request_becomes_an_error(reason: str, code: str) -> None:
    it = Linked("ocpp1.6")
    it.link.take(RESET)
    it.link.reply(
        Declined(id="r", charge_point="CP1", link="h.1", request="h.1/1", reason=reason, detail="because")  # type: ignore[arg-type]
    )
    assert it.sent == [f'[4,"7","{code}","because",{{}}]']


def test_a_message_with_a_word_of_its_own_for_no_uses_it() -> None:
    it = Linked("ocpp1.6")
    it.link.take('[2,"7","TriggerMessage",{"requestedMessage":"Heartbeat"}]')
    it.link.reply(Declined(id="r", charge_point="CP1", link="h.1", request="h.1/1", reason="not_supported"))
    assert it.sent == ['[3,"7",{"status":"NotImplemented"}]']


def test_calls_cross() -> None:
    """OCPP-J 4.1.1: calls of both sides may cross; the backend is answered while our call is open."""
    it = Linked()
    it.link.act(Beat(id="a1", charge_point="CP1", link="h.1"))
    it.link.take(RESET)
    it.link.reply(reset_accepted())
    assert it.sent[1:] == ['[3,"7",{"status":"Accepted"}]']
    assert violations(it) == []


def test_a_second_call_before_our_answer_is_answered_in_order_and_reported() -> None:
    it = Linked()
    it.link.take(RESET)
    it.link.take('[2,"8","ClearCache",{}]')
    assert [type(fact) for fact in it.facts] == [Reset, ForgetTokens]
    assert violations(it) == ["OCPP-J 4.1.1: a call while an earlier one was unanswered"]
    forgotten = TokensForgotten(id="r2", charge_point="CP1", link="h.1", request="h.1/2", result="accepted")
    it.link.reply(forgotten)
    assert it.sent == []
    it.link.reply(reset_accepted())
    assert it.sent == ['[3,"7",{"status":"Accepted"}]', '[3,"8",{"status":"Accepted"}]']


def test_a_bad_call_behind_an_open_one_waits_for_its_turn() -> None:
    it = Linked()
    it.link.take(RESET)
    it.link.take('[2,"8","Reset",{}]')
    assert it.sent == []
    it.link.reply(reset_accepted())
    assert it.sent[1] == '[4,"8","ProtocolError","type breaks the rule: required",{}]'


def test_backends_that_number_1_1_1_get_each_answer_once() -> None:
    it = Linked()
    for _ in range(3):
        it.link.take('[2,"1","ClearCache",{}]')
    ids = [fact.id for fact in it.facts]
    assert ids == ["h.1/1", "h.1/2", "h.1/3"]
    for request in ids:
        it.link.reply(
            TokensForgotten(id="r", charge_point="CP1", link="h.1", request=request, result="accepted")
        )
    assert it.sent == ['[3,"1",{"status":"Accepted"}]'] * 3


def test_what_a_request_causes_leaves_after_its_answer() -> None:
    it = Linked()
    it.link.take('[2,"7","RemoteStartTransaction",{"idTag":"T","connectorId":1}]')
    assert isinstance(it.facts[0], StartCharging)
    it.link.act(Beat(id="a1", charge_point="CP1", link="h.1", after="h.1/1"))
    assert it.sent == []
    it.link.reply(ChargingStart(id="r", charge_point="CP1", link="h.1", request="h.1/1", result="accepted"))
    assert it.sent == ['[3,"7",{"status":"Accepted"}]', '[2,"a1","Heartbeat",{}]']


def test_a_dropped_answer_lets_what_follows_go() -> None:
    it = Linked()
    it.link.take(RESET)
    it.link.act(Beat(id="a1", charge_point="CP1", link="h.1", after="h.1/1"))
    it.link.reply(Silence(id="r", charge_point="CP1", link="h.1", request="h.1/1"))
    assert it.sent == ['[2,"a1","Heartbeat",{}]']


def test_a_request_without_a_reply_gets_an_internal_error() -> None:
    it = Linked()
    it.link.take(RESET)
    it.link.act(Beat(id="a1", charge_point="CP1", link="h.1", after="h.1/1"))
    assert it.wakes[-1] == 20.0
    it.wait(20)
    assert it.sent == [
        '[4,"7","InternalError","the charge point did not reply within 20 s",{}]',
        '[2,"a1","Heartbeat",{}]',
    ]
    it.link.reply(reset_accepted())
    assert len(it.sent) == 2


def test_a_reply_that_can_not_be_written_is_our_fault() -> None:
    it = Linked()
    it.link.take('[2,"7","UnlockConnector",{"connectorId":1}]')
    it.link.reply(reset_accepted())
    assert it.sent == ['[4,"7","InternalError","the charge point\'s answer can\'t be written",{}]']
    assert [type(event) for event in it.events] == [SelfViolation]


def test_a_rejected_charger_is_silent() -> None:
    it = Linked("ocpp1.6", gate="silent")
    it.link.take(RESET)
    it.link.take('[2,"8","Reset",{}]')
    assert (it.sent, it.facts) == ([], [])
    assert violations(it) == ["a call to a charge point whose boot was rejected"] * 2
    seen = [any_event.validate_python(frame) for frame in it.frames]
    assert [(frame.valid, frame.verdict) for frame in seen if isinstance(frame, FrameReceived)] == [
        (True, "silent"),
        (False, "silent"),
    ]


def test_a_rejected_charger_of_2_0_1_says_security_error_also_to_bad_payloads() -> None:
    """B03.FR.08"""
    it = Linked("ocpp2.0.1", gate="security_error")
    it.link.take('[2,"8","Reset",{}]')
    assert it.sent == ['[4,"8","SecurityError","the charge point is not registered",{}]']
    it.link.gate("open")
    it.link.take('[2,"9","Reset",{"type":"Immediate"}]')
    assert [type(fact) for fact in it.facts] == [Reset]


def test_both_verdicts_stand_in_the_record() -> None:
    it = Linked()
    it.link.take(RESET)
    it.now += 0.02
    it.link.reply(reset_accepted())
    back, out = (any_event.validate_python(frame) for frame in it.frames)
    assert isinstance(back, FrameReceived)
    assert isinstance(out, FrameSent)
    assert (back.kind, back.action, back.valid, back.rule) == ("call", "Reset", True, None)
    assert (out.kind, out.action, out.verdict, out.latency_ms) == ("result", "Reset", "accepted", 20.0)
    assert back.cause == out.cause == "h.1/1"


def test_a_secret_is_masked_in_record_violation_and_request() -> None:
    it = Linked()
    it.link.take('[2,"7","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2"}]')
    it.link.take('[2,"8","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2","x":1}]')
    it.link.take('[2,"9","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2"')
    assert isinstance(it.facts[0], WriteSettings)
    everything = repr((it.facts, it.events, it.frames))
    assert "hunter2" not in everything
    assert len(it.frames) == 3


def test_a_backend_that_never_waits_loses_the_connection() -> None:
    it = Linked()
    for number in range(501):
        it.link.take(f'[2,"{number}","ClearCache",{{}}]')
    assert it.aborted == ["500 calls are unanswered"]
    assert violations(it)[-1] == "OCPP-J 4.1.1: 500 calls are unanswered"
