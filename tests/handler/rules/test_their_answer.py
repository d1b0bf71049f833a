"""Rules on the backend's answers, about to reach their calls: literal frames, one story a deed."""

from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.actions import Authorize
from vcp_contracts.events import FrameReceived, ProtocolViolation
from vcp_contracts.letters import any_event
from vcp_contracts.link import FrameHeld, FrameLetGo, LetGo, RuleHit
from vcp_contracts.outcomes import Answered, AuthorizeAnswer, Misanswered, Refused, Unanswered
from vcp_contracts.values import Token

ACCEPTED = '[3,"a1",{"idTagInfo":{"status":"Accepted"}}]'
BLOCKED = '[3,"a1",{"idTagInfo":{"status":"Blocked"}}]'
ERROR = '[4,"a1","InternalError","no",{}]'


def answered(then: Any, text: str = ACCEPTED, **more: Any) -> Linked:
    """A link with one rule on answers, whose Authorize is answered."""
    it = Linked()
    it.rules({"name": "r", "when": {"direction": "received"}, "then": then, **more})
    it.link.act(Authorize(id="a1", charge_point="CP1", link="h.1", token=Token(value="T")))
    it.link.take(text)
    return it


def kinds(it: Linked) -> list[type]:
    return [type(fact) for fact in it.facts]


def received(it: Linked) -> list[FrameReceived]:
    frames = [any_event.validate_python(frame) for frame in it.frames]
    return [frame for frame in frames if isinstance(frame, FrameReceived)]


def status(it: Linked) -> str:
    outcome = it.facts[-1]
    assert isinstance(outcome, Answered)
    assert isinstance(outcome.answer, AuthorizeAnswer)
    return outcome.answer.info.status


def let_go(it: Linked, **more: object) -> LetGo:
    [held] = [fact for fact in it.facts if isinstance(fact, FrameHeld)]
    return LetGo(id="l1", charge_point="CP1", link="h.1", frame=held.held.frame, **more)  # type: ignore[arg-type]


def test_pass() -> None:
    it = answered({"do": "pass"})
    assert kinds(it) == [RuleHit, Answered]
    hit = it.facts[0]
    assert isinstance(hit, RuleHit)
    assert (hit.direction, hit.kind, hit.action, hit.message_id) == ("received", "result", "Authorize", "a1")
    assert received(it)[0].rule_applied == "r"


def test_a_lost_answer_leaves_the_call_open() -> None:
    it = answered({"do": "drop"})
    assert kinds(it) == [RuleHit]
    [frame] = received(it)
    assert (frame.text, frame.rule_applied, frame.valid) == (ACCEPTED, "r", True)
    it.wait(30)
    assert kinds(it) == [RuleHit, Unanswered]
    assert it.events == [], "the backend has answered"


def test_a_charger_that_follows_the_original_takes_the_answer_all_the_same() -> None:
    it = answered({"do": "drop"}, follow="original")
    assert status(it) == "accepted"


def test_a_delayed_answer_comes_later() -> None:
    it = answered({"do": "delay", "delay_s": 5})
    assert kinds(it) == [RuleHit]
    it.wait(5)
    assert status(it) == "accepted"
    [frame] = received(it)
    assert frame.latency_ms == 0, "the backend was quick"
    assert frame.at.second == 0


def test_a_delayed_answer_can_come_too_late() -> None:
    it = answered({"do": "delay", "delay_s": 40})
    it.wait(30)
    assert kinds(it) == [RuleHit, Unanswered]
    it.wait(10)
    assert kinds(it) == [RuleHit, Unanswered]
    assert it.events == [], "the backend was not late"
    assert len(received(it)) == 1


def test_an_edited_answer_is_what_the_charger_believes() -> None:
    it = answered(
        {"do": "edit", "patch": [{"op": "replace", "path": "/idTagInfo/status", "value": "Blocked"}]}
    )
    assert status(it) == "blocked"
    [frame] = received(it)
    assert (frame.text, frame.original) == (BLOCKED, ACCEPTED)


def test_an_edit_that_breaks_the_schema_is_the_rules_fault_not_the_backends() -> None:
    edit = {"do": "edit", "merge": {"idTagInfo": {"status": "Maybe"}}}
    it = answered(edit)
    assert status(it) == "accepted"
    it = answered(edit, unchecked=True)
    assert isinstance(it.facts[-1], Misanswered)
    assert it.events == []
    assert received(it)[0].past_open_gates == ("handler",)


def test_what_the_backend_did_wrong_stays_wrong_when_it_is_edited() -> None:
    it = answered(
        {"do": "edit", "merge": {"extra": None}}, '[3,"a1",{"idTagInfo":{"status":"Accepted"},"extra":1}]'
    )
    assert status(it) == "accepted"
    [violation] = it.events
    assert isinstance(violation, ProtocolViolation)
    assert violation.field == "extra"


def test_an_edited_error() -> None:
    it = answered({"do": "edit", "merge": {"errorCode": "NotSupported"}}, ERROR)
    refused = it.facts[-1]
    assert isinstance(refused, Refused)
    assert (refused.kind, refused.code, refused.description) == ("unsupported", "NotSupported", "no")
    assert received(it)[0].text == '[4,"a1","NotSupported","no",{}]'


def test_a_held_answer_is_released_with_another_payload() -> None:
    it = answered({"do": "hold"})
    assert kinds(it) == [RuleHit, FrameHeld]
    it.link.let_go(let_go(it, payload={"idTagInfo": {"status": "Blocked"}}))
    assert kinds(it)[2:] == [FrameLetGo, Answered]
    assert status(it) == "blocked"
    assert received(it)[0].original == ACCEPTED


def test_a_held_answer_is_replaced_by_a_text() -> None:
    it = answered({"do": "hold"})
    it.link.let_go(let_go(it, text=ERROR))
    assert isinstance(it.facts[-1], Refused)


def test_a_held_answer_to_a_call_that_is_over_is_only_recorded() -> None:
    it = answered({"do": "hold"})
    it.wait(30)
    it.link.let_go(let_go(it))
    assert kinds(it) == [RuleHit, FrameHeld, Unanswered, FrameLetGo]
    assert len(received(it)) == 1
    assert it.events == []


def test_an_answer_is_replaced() -> None:
    it = answered({"do": "answer", "payload": {"idTagInfo": {"status": "Blocked"}}})
    assert status(it) == "blocked"
    assert received(it)[0].original == ACCEPTED


def test_an_error_is_replaced_by_an_answer_and_an_answer_by_an_error() -> None:
    assert (
        status(answered({"do": "answer", "payload": {"idTagInfo": {"status": "Blocked"}}}, ERROR))
        == "blocked"
    )
    it = answered({"do": "fail", "code": "SecurityError"})
    assert isinstance(it.facts[-1], Refused)
    assert it.facts[-1].kind == "security"


def test_a_second_answer_is_not_the_backends() -> None:
    it = answered({"do": "twice", "gap_s": 1})
    it.wait(1)
    assert kinds(it) == [RuleHit, Answered]
    assert [frame.made_up for frame in received(it)] == [False, True]
    assert it.events == []


def test_an_answer_under_another_id_finds_nobody() -> None:
    it = answered({"do": "wrong_id", "id": "zz"})
    it.wait(30)
    assert kinds(it) == [RuleHit, Unanswered]
    assert it.events == []
    [frame] = received(it)
    assert (frame.message_id, frame.original) == ("zz", ACCEPTED)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("[3,", Unanswered),
        ('[3,"a1",7]', Misanswered),
        ('[3,"a1",{"idTagInfo":{"status":"Blocked"}}]', Answered),
    ],
)
def test_a_garbled_answer(text: str, outcome: type) -> None:
    it = answered({"do": "garble", "text": text})
    it.wait(30)
    assert kinds(it) == [RuleHit, outcome]
    assert it.events == []
    assert received(it)[0].original == ACCEPTED


@pytest.mark.parametrize(("when", "outcomes"), [("instead", []), ("after", [Answered])])
def test_an_answer_cuts_the_connection(when: str, outcomes: list[type]) -> None:
    it = answered({"do": "cut", "how": "silent", "when": when})
    assert kinds(it) == [RuleHit, *outcomes]
    assert [cut.how for cut in it.cuts] == ["silent"]
    assert len(received(it)) == 1
