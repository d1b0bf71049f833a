"""The charger's own messages on a link: literal frames out, literal answers in, outcomes out."""

from datetime import UTC, datetime

import orjson
import pytest
from handler.linked import Linked
from vcp_contracts.actions import Action, Authorize, Beat, Boot, ReportEvents, ReportStatus
from vcp_contracts.events import FrameReceived, FrameSent, ProtocolViolation, SelfViolation
from vcp_contracts.letters import any_event
from vcp_contracts.outcomes import (
    Acknowledged,
    Answered,
    AuthorizeAnswer,
    BeatAnswer,
    BootAnswer,
    Misanswered,
    Refused,
    Unanswered,
    Unspoken,
    Unwritable,
)
from vcp_contracts.values import Fault, Place, Token, TokenInfo

BEAT_ANSWERED = '[3,"a1",{"currentTime":"2026-01-01T12:00:00Z"}]'


def beat(id: str = "a1", **more: object) -> Beat:
    return Beat(id=id, charge_point="CP1", link="h.1", **more)  # type: ignore[arg-type]


def test_a_beat_and_its_answer() -> None:
    it = Linked()
    it.link.act(beat())
    assert it.sent == ['[2,"a1","Heartbeat",{}]']
    it.now += 0.25
    it.link.take(BEAT_ANSWERED)
    [outcome] = it.facts
    assert isinstance(outcome, Answered)
    assert outcome.answer == BeatAnswer(now=datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert (outcome.action, outcome.link, outcome.n, outcome.latency_ms) == ("a1", "h.1", 1, 250.0)


def test_a_boot_in_both_versions() -> None:
    boot = Boot(id="a1", charge_point="CP1", link="h.1", reason="power_up", vendor="V", model="M")
    answer = '[3,"a1",{"status":"Pending","currentTime":"2026-01-01T12:00:00Z","interval":300}]'
    old, new = Linked("ocpp1.6"), Linked("ocpp2.0.1")
    for it in (old, new):
        it.link.act(boot)
        it.link.take(answer)
    assert orjson.loads(old.sent[0])[3] == {"chargePointVendor": "V", "chargePointModel": "M"}
    assert orjson.loads(new.sent[0])[3] == {
        "reason": "PowerUp",
        "chargingStation": {"vendorName": "V", "model": "M"},
    }
    expected = BootAnswer(verdict="pending", now=datetime(2026, 1, 1, 12, tzinfo=UTC), interval_s=300)
    assert [fact.answer for it in (old, new) for fact in it.facts if isinstance(fact, Answered)] == [
        expected
    ] * 2


def test_one_call_is_open_at_a_time() -> None:
    """OCPP-J 4.1.1"""
    it = Linked()
    it.link.act(beat("a1"))
    it.link.act(beat("a2"))
    assert it.sent == ['[2,"a1","Heartbeat",{}]']
    it.link.take(BEAT_ANSWERED)
    assert it.sent[1:] == ['[2,"a2","Heartbeat",{}]']


def test_an_error_answer_is_sorted() -> None:
    it = Linked()
    it.link.act(beat())
    it.link.take('[4,"a1","NotSupported","we do not",{}]')
    [outcome] = it.facts
    assert isinstance(outcome, Refused)
    assert (outcome.kind, outcome.code, outcome.description) == ("unsupported", "NotSupported", "we do not")


def test_a_bad_answer_is_never_accepted_silently() -> None:
    it = Linked()
    it.link.act(Authorize(id="a1", charge_point="CP1", link="h.1", token=Token(value="T")))
    it.link.take('[3,"a1",{"idTagInfo":{"status":"Accepted"},"extra":1}]')
    [outcome] = it.facts
    assert isinstance(outcome, Misanswered)
    assert (outcome.field, outcome.rule) == ("extra", "not a field of this message")
    assert outcome.readable == AuthorizeAnswer(info=TokenInfo(status="accepted"))
    [violation] = it.events
    assert isinstance(violation, ProtocolViolation)
    assert (violation.action, violation.field, violation.message_id) == ("Authorize", "extra", "a1")


def test_a_date_that_is_none_is_a_bad_answer_too() -> None:
    it = Linked()
    it.link.act(beat())
    it.link.take('[3,"a1",{"currentTime":"yesterday"}]')
    [outcome] = it.facts
    assert isinstance(outcome, Misanswered)
    assert outcome.field == "currentTime"


def test_an_answer_that_is_no_frame_ends_its_call() -> None:
    it = Linked()
    it.link.act(beat())
    it.link.take('[3,"a1",{},"Heartbeat"]')
    [outcome] = it.facts
    assert isinstance(outcome, Misanswered)
    assert outcome.rule == "a CALLRESULT has 3 elements, this has 4"
    assert len(it.events) == 1
    assert it.sent == ['[2,"a1","Heartbeat",{}]']


def test_no_answer_in_time() -> None:
    it = Linked()
    it.link.act(beat(timeout_s=30))
    assert it.wakes[-1] == 30.0
    it.wait(29.9)
    assert it.facts == []
    it.wait(0.1)
    [outcome] = it.taken(it.facts)
    assert isinstance(outcome, Unanswered)
    assert outcome.timeout_s == 30
    it.link.take(BEAT_ANSWERED)
    assert it.facts == []
    assert [(event.code, event.rule) for event in it.events] == [
        ("answer_missing", "OCPP-J 4.1.1: no answer within 30 s"),
        ("answer_late", "OCPP-J 4.1.1: an answer after its call had timed out"),
    ]


def test_an_answer_to_nothing_is_a_violation() -> None:
    it = Linked()
    it.link.take('[3,"x",{}]')
    assert it.facts == []
    [violation] = it.events
    assert isinstance(violation, ProtocolViolation)
    assert violation.rule == "OCPP-J 4.1.1: an answer to no call"


def test_a_second_answer_is_a_violation() -> None:
    it = Linked()
    it.link.act(beat())
    it.link.take(BEAT_ANSWERED)
    it.link.take(BEAT_ANSWERED)
    assert len(it.facts) == 1
    assert len(it.events) == 1


def test_an_action_repeated_on_the_link_is_answered_and_not_sent_again() -> None:
    it = Linked()
    it.link.act(beat())
    it.link.act(beat())
    it.link.take(BEAT_ANSWERED)
    it.link.act(beat())
    assert it.sent == ['[2,"a1","Heartbeat",{}]']
    first, again = it.facts
    assert isinstance(first, Answered)
    assert isinstance(again, Answered)
    assert (first.n, again.n) == (1, 2)
    assert first.id != again.id
    assert first.answer == again.answer


def test_another_attempt_of_a_failed_action_is_sent_again_under_its_id() -> None:
    """1.6 §3.7.2"""
    it = Linked()
    it.link.act(beat())
    it.link.take('[4,"a1","InternalError","",{}]')
    it.link.act(beat().model_copy(update={"attempt": 2}))
    assert it.sent == ['[2,"a1","Heartbeat",{}]'] * 2
    it.link.take(BEAT_ANSWERED)
    assert [type(fact) for fact in it.facts] == [Refused, Answered]


def test_what_a_version_has_no_message_for_is_unspoken() -> None:
    it = Linked("ocpp1.6")
    it.link.act(
        ReportEvents(
            id="a1",
            charge_point="CP1",
            link="h.1",
            event_number=1,
            place=Place(evse=1),
            fault=Fault(kind="other_error"),
            active=True,
        )
    )
    assert [type(fact) for fact in it.facts] == [Unspoken]
    assert it.sent == []


def test_what_does_not_fit_is_unwritable_and_the_field_is_named() -> None:
    it = Linked()
    it.link.act(Authorize(id="a1", charge_point="CP1", link="h.1", token=Token(value="x" * 21)))
    [outcome] = it.facts
    assert isinstance(outcome, Unwritable)
    assert (outcome.field, outcome.rule) == ("idTag", "maxLength 20")
    [confession] = it.events
    assert isinstance(confession, SelfViolation)
    assert (confession.action, confession.field) == ("Authorize", "idTag")
    assert it.sent == []


def test_the_next_action_leaves_after_one_that_could_not() -> None:
    it = Linked()
    it.link.act(beat("a1"))
    it.link.act(Authorize(id="a2", charge_point="CP1", link="h.1", token=Token(value="x" * 21)))
    it.link.act(beat("a3"))
    it.link.take(BEAT_ANSWERED)
    assert it.sent[1:] == ['[2,"a3","Heartbeat",{}]']


def test_facts_are_numbered_without_gaps() -> None:
    it = Linked()
    actions: list[Action] = [
        beat("a1"),
        Authorize(id="a2", charge_point="CP1", link="h.1", token=Token(value="x" * 21)),
        ReportStatus(
            id="a3",
            charge_point="CP1",
            link="h.1",
            place=Place(evse=1),
            fine="available",
            coarse="available",
        ),
    ]
    for action in actions:
        it.link.act(action)
    it.link.take(BEAT_ANSWERED)
    it.link.take('[2,"7","ClearCache",{}]')
    it.link.take('[3,"a3",{}]')
    it.link.down("lost", "")
    assert [fact.n for fact in it.facts] == [1, 2, 3, 4, 5]  # type: ignore[attr-defined]
    answered = [fact for fact in it.facts if isinstance(fact, Answered)]
    assert answered[-1].answer == Acknowledged()


def test_nothing_is_said_after_the_end() -> None:
    it = Linked()
    it.link.act(beat())
    it.link.down("lost", "")
    it.taken(it.facts)
    it.link.take(BEAT_ANSWERED)
    it.link.act(beat("a2"))
    it.link.down("lost", "again")
    it.wait(100)
    assert it.facts == []
    assert len(it.sent) == 1


def test_a_link_that_takes_no_text_any_more_leaves_the_rest_to_its_end() -> None:
    it = Linked()
    it.connected = False
    it.link.act(beat())
    assert (it.sent, it.facts, it.frames) == ([], [], [])


def test_both_directions_are_recorded() -> None:
    it = Linked()
    it.link.act(beat())
    it.now += 0.1
    it.link.take(BEAT_ANSWERED)
    out, back = (any_event.validate_python(frame) for frame in it.frames)
    assert isinstance(out, FrameSent)
    assert isinstance(back, FrameReceived)
    assert (out.kind, out.action, out.message_id, out.text) == ("call", "Heartbeat", "a1", it.sent[0])
    assert (back.kind, back.action, back.text, back.valid) == ("result", "Heartbeat", BEAT_ANSWERED, True)
    assert back.latency_ms == 100.0
    assert out.cause == back.cause == "a1"


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ('[4,"a1","InternalError"]', "a CALLERROR has 5 elements, this has 3"),
        ('[4,"a1","InternalError","",null]', "the error details are not an object"),
    ],
)
def test_a_sloppy_error_answer_counts_and_is_reported(text: str, flaw: str) -> None:
    it = Linked()
    it.link.act(beat())
    it.link.take(text)
    assert [type(fact) for fact in it.facts] == [Refused]
    [violation] = it.events
    assert isinstance(violation, ProtocolViolation)
    assert violation.rule == f"OCPP-J 4.2.3: {flaw}"


def test_more_actions_than_the_abstraction_ever_sends_end_the_link() -> None:
    it = Linked()
    for number in range(66):
        it.link.act(beat(f"a{number}"))
    assert it.aborted == ["more than 64 actions wait on one link"]
