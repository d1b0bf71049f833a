"""Messages that somebody wrote by hand, on a link: literal frames out, literal answers in, outcomes out."""

from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.actions import Authorize, Beat, RawCall, RawText, ReportStatus
from vcp_contracts.events import FrameSent, ProtocolViolation
from vcp_contracts.letters import any_event
from vcp_contracts.link import RuleHit
from vcp_contracts.outcomes import Answered, Misanswered, RawAnswer, Refused, Sent, Unanswered, Unwritable
from vcp_contracts.values import Place, Token

BEAT = '[2,"b1","Heartbeat",{}]'
BEAT_ANSWERED = '[3,"b1",{"currentTime":"2026-01-01T12:00:00Z"}]'


def raw(name: str, payload: dict[str, Any], id: str = "a1", **more: Any) -> RawCall:
    return RawCall(id=id, charge_point="CP1", link="h.1", name=name, payload=payload, **more)


def raw_text(text: str, id: str = "a1", **more: Any) -> RawText:
    return RawText(id=id, charge_point="CP1", link="h.1", text=text, **more)


def beat() -> Beat:
    return Beat(id="b1", charge_point="CP1", link="h.1")


def sent(it: Linked) -> list[FrameSent]:
    frames = [any_event.validate_python(frame) for frame in it.frames]
    return [frame for frame in frames if isinstance(frame, FrameSent)]


def violations(it: Linked) -> list[str]:
    return [event.code for event in it.events if isinstance(event, ProtocolViolation)]


def test_a_call_by_hand_and_its_answer() -> None:
    it = Linked()
    it.link.act(raw("DataTransfer", {"vendorId": "V"}))
    assert it.sent == ['[2,"a1","DataTransfer",{"vendorId":"V"}]']
    it.now += 0.5
    it.link.take('[3,"a1",{"status":"Accepted","data":"x"}]')
    [outcome] = it.facts
    assert isinstance(outcome, Answered)
    assert outcome.answer == RawAnswer(payload={"status": "Accepted", "data": "x"})
    assert outcome.latency_ms == 500


def test_a_bad_answer_is_handed_back_and_is_a_violation() -> None:
    it = Linked()
    it.link.act(raw("DataTransfer", {"vendorId": "V"}))
    it.link.take('[3,"a1",{"status":"Sure"}]')
    [outcome] = it.facts
    assert isinstance(outcome, Answered)
    assert outcome.answer == RawAnswer(payload={"status": "Sure"}, valid=False)
    assert violations(it) == ["answer_field_value"]


@pytest.mark.parametrize(
    ("name", "payload", "field", "rule"),
    [
        ("DataTransfer", {}, "vendorId", "required"),
        ("MakeCoffee", {}, "name", "ocpp1.6 has no action MakeCoffee"),
    ],
)
def test_what_is_checked_must_be_valid(name: str, payload: dict[str, Any], field: str, rule: str) -> None:
    it = Linked()
    it.link.act(raw(name, payload))
    [outcome] = it.facts
    assert isinstance(outcome, Unwritable)
    assert (outcome.field, outcome.rule) == (field, rule)
    assert (it.sent, it.events) == ([], [])


@pytest.mark.parametrize("how", ["unchecked", "open_gate"])
def test_what_is_not_checked_goes_out_and_is_marked(how: str) -> None:
    it = Linked()
    it.rules(lets_invalid_out=how == "open_gate")
    it.link.act(raw("MakeCoffee", {"sugar": 2}, checked=how != "unchecked"))
    assert it.sent == ['[2,"a1","MakeCoffee",{"sugar":2}]']
    [frame] = sent(it)
    assert (frame.past_open_gates, frame.valid, frame.rule) == (
        ("handler",),
        False,
        "name breaks the rule: ocpp1.6 has no action MakeCoffee",
    )
    it.link.take('[3,"a1",{"cup":1}]')
    assert isinstance(it.facts[0], Answered)
    assert it.facts[0].answer == RawAnswer(payload={"cup": 1})


def test_an_error_and_no_answer_at_all() -> None:
    it = Linked()
    it.link.act(raw("Heartbeat", {}))
    it.link.take('[4,"a1","NotImplemented","",{}]')
    it.link.act(raw("Heartbeat", {}, "a2", timeout_s=5))
    it.wait(5)
    assert [type(fact) for fact in it.facts] == [Refused, Unanswered]


def test_an_answer_that_can_not_be_read() -> None:
    it = Linked()
    it.link.act(raw("Heartbeat", {}))
    it.link.take('[3,"a1"]')
    assert isinstance(it.facts[0], Misanswered)


def test_an_id_by_hand_is_used_once() -> None:
    it = Linked()
    it.link.act(raw("Heartbeat", {}, message_id="mine"))
    it.link.take('[3,"mine",{"currentTime":"2026-01-01T12:00:00Z"}]')
    it.link.act(raw("Heartbeat", {}, "a2", message_id="mine"))
    it.link.act(beat())
    it.link.act(raw("Heartbeat", {}, "a3", message_id="b1", at_once=True))
    assert it.sent == ['[2,"mine","Heartbeat",{}]', BEAT]
    assert [type(fact) for fact in it.facts] == [Answered, Unwritable, Unwritable]
    assert isinstance(it.facts[1], Unwritable)
    assert it.facts[1].field == "message_id"


def test_by_hand_a_call_waits_like_any_other() -> None:
    it = Linked()
    it.link.act(beat())
    it.link.act(raw("Heartbeat", {}))
    assert it.sent == [BEAT]
    it.link.take(BEAT_ANSWERED)
    assert it.sent[1:] == ['[2,"a1","Heartbeat",{}]']
    assert sent(it)[1].past_open_gates == ()


def test_at_once_it_leaves_beside_another_and_each_gets_its_own_answer() -> None:
    """Past OCPP-J 4.1.1, on purpose."""
    it = Linked()
    it.link.act(beat())
    it.link.act(raw("DataTransfer", {"vendorId": "V"}, at_once=True))
    it.link.act(raw("Authorize", {"idTag": "T"}, "a2", at_once=True))
    it.link.act(
        ReportStatus(
            id="b2", charge_point="CP1", link="h.1", place=Place(evse=1), fine="available", coarse="available"
        )
    )
    assert [text[:9] for text in it.sent] == ['[2,"b1","', '[2,"a1","', '[2,"a2","']
    assert [frame.past_open_gates for frame in sent(it)] == [(), ("abstraction",), ("abstraction",)]
    it.link.take('[3,"a2",{"idTagInfo":{"status":"Accepted"}}]')
    it.link.take(BEAT_ANSWERED)
    assert len(it.sent) == 3, "one by hand is open still"
    it.link.take('[3,"a1",{"status":"Accepted"}]')
    assert len(it.sent) == 4
    assert [(type(fact), fact.action) for fact in it.facts] == [  # type: ignore[attr-defined]
        (Answered, "a2"),
        (Answered, "b1"),
        (Answered, "a1"),
    ]
    assert violations(it) == []


def test_at_once_with_nothing_open_passes_no_gate() -> None:
    it = Linked()
    it.link.act(raw("Heartbeat", {}, at_once=True))
    it.link.act(beat())
    assert it.sent == ['[2,"a1","Heartbeat",{}]']
    assert sent(it)[0].past_open_gates == ()


def test_each_of_several_open_calls_has_its_own_time() -> None:
    it = Linked()
    it.link.act(beat())
    it.now = 10
    it.link.act(raw("Heartbeat", {}, at_once=True, timeout_s=5))
    assert it.wakes[-1] == 15.0
    it.wait(5)
    it.wait(15)
    assert [fact.action for fact in it.facts] == ["a1", "b1"]  # type: ignore[attr-defined]


def test_secrets_are_masked_in_a_call_by_hand_and_in_its_answer() -> None:
    it = Linked()
    it.link.act(raw("ChangeConfiguration", {"key": "AuthorizationKey", "value": "hunter2"}))
    assert "hunter2" in it.sent[0]
    it.link.act(raw("Login", {"AuthorizationKey": "hunter2"}, "a2", checked=False, at_once=True))
    it.link.take('[3,"a1",{"status":"Accepted"}]')
    it.link.take('[3,"a2",{"AuthorizationKey":"hunter2"}]')
    assert "hunter2" not in repr((it.frames, it.events, it.facts))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hello", "broken"),
        ('[2,"a1"', "broken"),
        ('[3,"zz",{}]', "result"),
        ('[4,"zz","InternalError","",{}]', "error"),
    ],
)
def test_a_text_by_hand_that_is_no_call_is_just_sent(text: str, kind: str) -> None:
    it = Linked()
    it.link.act(raw_text(text))
    assert it.sent == [text]
    assert [type(fact) for fact in it.facts] == [Sent]
    assert [frame.kind for frame in sent(it)] == [kind]
    it.link.act(beat())
    assert it.sent[1:] == [BEAT]


def test_a_text_by_hand_that_reads_as_a_call_is_awaited() -> None:
    it = Linked()
    it.link.act(raw_text('[2, "mine", "Heartbeat", {}]'))
    assert it.sent == ['[2, "mine", "Heartbeat", {}]']
    it.link.take('[3,"mine",{"currentTime":"2026-01-01T12:00:00Z"}]')
    [outcome] = it.facts
    assert isinstance(outcome, Answered)
    assert outcome.action == "a1"
    assert outcome.answer == RawAnswer(payload={"currentTime": "2026-01-01T12:00:00Z"})


def test_a_text_with_the_id_of_an_open_call_awaits_nothing_of_its_own() -> None:
    it = Linked()
    it.link.act(beat())
    it.link.act(raw_text(BEAT, at_once=True))
    assert it.sent == [BEAT, BEAT]
    assert [type(fact) for fact in it.facts] == [Sent]
    assert sent(it)[1].past_open_gates == ("abstraction",)


def test_rules_touch_what_was_written_by_hand() -> None:
    it = Linked()
    it.rules({"name": "r", "when": {"word": "pass_data"}, "then": {"do": "edit", "merge": {"vendorId": "W"}}})
    it.link.act(raw("DataTransfer", {"vendorId": "V"}))
    it.link.take('[3,"a1",{"status":"Accepted"}]')
    assert it.sent == ['[2,"a1","DataTransfer",{"vendorId":"W"}]']
    assert [type(fact) for fact in it.facts] == [RuleHit, RuleHit, Answered]
    assert isinstance(it.facts[1], RuleHit)
    assert it.facts[1].failed == "vendorId breaks the rule: not a field of this message"


def test_through_the_open_gate_the_charger_says_what_it_otherwise_could_not() -> None:
    it = Linked()
    it.rules(lets_invalid_out=True)
    it.link.act(Authorize(id="a1", charge_point="CP1", link="h.1", token=Token(value="x" * 21)))
    assert it.sent == [f'[2,"a1","Authorize",{{"idTag":"{"x" * 21}"}}]']
    [frame] = sent(it)
    assert (frame.past_open_gates, frame.valid) == (("handler",), False)
    assert frame.rule == "idTag breaks the rule: maxLength 20"
    it.link.take('[3,"a1",{"idTagInfo":{"status":"Invalid"}}]')
    assert [type(fact) for fact in it.facts] == [Answered]
    assert it.events == []


def test_a_text_by_hand_that_breaks_the_schema_is_marked() -> None:
    it = Linked()
    it.link.act(raw_text('[2,"mine","Authorize",{}]'))
    [frame] = sent(it)
    assert (frame.valid, frame.past_open_gates) == (False, ("handler",))
    assert frame.rule == "idTag breaks the rule: required"


def test_an_id_by_hand_that_never_left_may_be_used() -> None:
    it = Linked()
    it.link.act(raw("DataTransfer", {}, message_id="mine"))
    it.connected = False
    it.link.act(raw("DataTransfer", {"vendorId": "V"}, "a2", message_id="yours", at_once=True))
    it.connected = True
    it.link.act(raw("DataTransfer", {"vendorId": "V"}, "a3", message_id="mine", at_once=True))
    assert it.sent == ['[2,"mine","DataTransfer",{"vendorId":"V"}]']


def test_an_id_by_hand_whose_message_a_rule_lost_may_be_used() -> None:
    it = Linked()
    it.rules(
        {
            "name": "lost",
            "when": {"action": "DataTransfer", "kind": "call"},
            "then": {"do": "drop"},
            "follow": "altered",
            "times": 1,
        }
    )
    for action in ("a1", "a2"):
        it.link.act(raw("DataTransfer", {"vendorId": "V"}, action, message_id="mine"))
    assert it.sent == ['[2,"mine","DataTransfer",{"vendorId":"V"}]']
