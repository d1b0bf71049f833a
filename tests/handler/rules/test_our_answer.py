"""Rules on answers of ours, about to be written: literal frames, one story a deed."""

from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.actions import Beat
from vcp_contracts.events import FrameReceived, FrameSent
from vcp_contracts.letters import any_event
from vcp_contracts.link import FrameHeld, FrameLetGo, LetGo, RuleHit
from vcp_contracts.requests import Reset, Resetting, TokensForgotten

RESET = '[2,"7","Reset",{"type":"Hard"}]'
ACCEPTED = '[3,"7",{"status":"Accepted"}]'
REJECTED = '[3,"7",{"status":"Rejected"}]'
BEAT = '[2,"a1","Heartbeat",{}]'


def replied(then: Any, **more: Any) -> Linked:
    """A link with one rule on our answers, which answers a Reset; a call of ours follows the answer."""
    it = Linked()
    it.rules({"name": "r", "when": {"direction": "sent", "kind": "result"}, "then": then, **more})
    it.link.take(RESET)
    it.link.act(Beat(id="a1", charge_point="CP1", link="h.1", after="h.1/1"))
    it.link.reply(Resetting(id="r1", charge_point="CP1", link="h.1", request="h.1/1", result="accepted"))
    assert isinstance(it.facts.pop(0), Reset)
    return it


def kinds(it: Linked) -> list[type]:
    return [type(fact) for fact in it.facts]


def answers(it: Linked) -> list[FrameSent]:
    frames = [any_event.validate_python(frame) for frame in it.frames]
    assert isinstance(frames[0], FrameReceived)
    return [frame for frame in frames if isinstance(frame, FrameSent) and frame.kind != "call"]


def let_go(it: Linked, **more: object) -> LetGo:
    [held] = [fact for fact in it.facts if isinstance(fact, FrameHeld)]
    return LetGo(id="l1", charge_point="CP1", link="h.1", frame=held.held.frame, **more)  # type: ignore[arg-type]


def test_pass() -> None:
    it = replied({"do": "pass"})
    assert it.sent == [ACCEPTED, BEAT]
    [hit] = it.facts
    assert isinstance(hit, RuleHit)
    assert (hit.direction, hit.kind, hit.action, hit.message_id) == ("sent", "result", "Reset", "7")
    assert answers(it)[0].rule_applied == "r"


def test_a_lost_answer_lets_what_follows_go() -> None:
    it = replied({"do": "drop"})
    assert it.sent == [BEAT]
    assert answers(it) == []


def test_a_delayed_answer_is_overtaken_by_later_ones_but_not_by_what_follows_it() -> None:
    it = replied({"do": "delay", "delay_s": 40}, times=1)
    assert it.sent == []
    it.link.take('[2,"8","ClearCache",{}]')
    it.link.reply(
        TokensForgotten(id="r2", charge_point="CP1", link="h.1", request="h.1/2", result="accepted")
    )
    assert it.sent == ['[3,"8",{"status":"Accepted"}]']
    it.wait(40)
    assert it.sent[1:] == [ACCEPTED, BEAT]


def test_an_edited_answer() -> None:
    it = replied({"do": "edit", "merge": {"status": "Rejected"}})
    assert it.sent == [REJECTED, BEAT]
    [frame] = answers(it)
    assert (frame.original, frame.verdict) == (ACCEPTED, "accepted")


def test_an_edit_that_breaks_the_schema() -> None:
    it = replied({"do": "edit", "merge": {"status": 1}})
    assert it.sent == [ACCEPTED, BEAT]
    it = replied({"do": "edit", "merge": {"status": 1}}, unchecked=True)
    assert it.sent == ['[3,"7",{"status":1}]', BEAT]
    assert answers(it)[0].past_open_gates == ("handler",)
    assert answers(it)[0].rule == "status breaks the rule: type string"


@pytest.mark.parametrize(
    ("given", "how", "sent"),
    [
        ({}, "released", [ACCEPTED]),
        ({"payload": {"status": "Rejected"}}, "edited", [REJECTED]),
        ({"text": "x"}, "replaced", ["x"]),
        ({"drop": True}, "dropped", []),
    ],
)
def test_a_held_answer(given: dict[str, Any], how: str, sent: list[str]) -> None:
    it = replied({"do": "hold"})
    it.wait(60)
    assert it.sent == []
    it.link.let_go(let_go(it, **given))
    assert it.sent == [*sent, BEAT]
    gone = it.facts[-1]
    assert isinstance(gone, FrameLetGo)
    assert gone.how == how


def test_an_answer_is_replaced_by_another_or_an_error() -> None:
    assert replied({"do": "answer", "payload": {"status": "Rejected"}}).sent[0] == REJECTED
    it = replied({"do": "fail", "code": "InternalEror"})
    assert it.sent[0] == '[4,"7","InternalEror","",{}]'
    assert (answers(it)[0].kind, answers(it)[0].original) == ("error", ACCEPTED)


def test_an_answer_goes_out_twice() -> None:
    it = replied({"do": "twice", "gap_s": 1})
    it.wait(1)
    assert it.sent == [ACCEPTED, BEAT, ACCEPTED]


def test_an_answer_under_another_id() -> None:
    it = replied({"do": "wrong_id", "id": "zz"})
    assert it.sent == ['[3,"zz",{"status":"Accepted"}]', BEAT]
    assert (answers(it)[0].message_id, answers(it)[0].original) == ("zz", ACCEPTED)


def test_a_garbled_answer() -> None:
    it = replied({"do": "garble", "text": '[3,"7"'})
    assert it.sent == ['[3,"7"', BEAT]
    assert (answers(it)[0].kind, answers(it)[0].original) == ("broken", ACCEPTED)


@pytest.mark.parametrize(("when", "sent"), [("instead", []), ("after", [ACCEPTED])])
def test_an_answer_cuts_the_connection(when: str, sent: list[str]) -> None:
    it = replied({"do": "cut", "when": when})
    assert it.sent == sent
    assert len(it.cuts) == 1


def test_an_error_of_ours_can_be_touched_too() -> None:
    it = Linked()
    it.rules(
        {
            "name": "r",
            "when": {
                "direction": "sent",
                "kind": "error",
                "fields": [{"path": "errorCode", "equals": "ProtocolError"}],
            },
            "then": {"do": "edit", "merge": {"errorCode": "FormationViolation"}},
        }
    )
    it.link.take('[2,"7","Reset",{}]')
    assert it.sent == ['[4,"7","FormationViolation","type breaks the rule: required",{}]']
