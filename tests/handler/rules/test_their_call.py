"""Rules on the backend's calls, about to reach the charger: literal frames, one story a deed."""

from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.actions import Beat
from vcp_contracts.events import FrameReceived, FrameSent, ProtocolViolation
from vcp_contracts.letters import any_event
from vcp_contracts.link import FrameHeld, FrameLetGo, LetGo, RuleHit
from vcp_contracts.requests import ForgetTokens, Reset, Resetting, StartCharging, TokensForgotten

RESET = '[2,"7","Reset",{"type":"Hard"}]'
START = '[2,"7","RemoteStartTransaction",{"idTag":"T","connectorId":1}]'
ACCEPTED = '[3,"7",{"status":"Accepted"}]'
REJECTED = '[3,"7",{"status":"Rejected"}]'


def called(then: Any, text: str = RESET, **more: Any) -> Linked:
    """A link with one rule on the backend's calls, which calls."""
    it = Linked()
    it.rules({"name": "r", "when": {"direction": "received", "kind": "call"}, "then": then, **more})
    it.link.take(text)
    return it


def resetting(request: str = "h.1/1") -> Resetting:
    return Resetting(id="r1", charge_point="CP1", link="h.1", request=request, result="accepted")


def kinds(it: Linked) -> list[type]:
    return [type(fact) for fact in it.facts]


def recorded(it: Linked) -> list[FrameSent | FrameReceived]:
    frames = [any_event.validate_python(frame) for frame in it.frames]
    return [frame for frame in frames if isinstance(frame, FrameSent | FrameReceived)]


def let_go(it: Linked, **more: object) -> LetGo:
    [held] = [fact for fact in it.facts if isinstance(fact, FrameHeld)]
    return LetGo(id="l1", charge_point="CP1", link="h.1", frame=held.held.frame, **more)  # type: ignore[arg-type]


def test_pass() -> None:
    it = called({"do": "pass"})
    assert kinds(it) == [RuleHit, Reset]
    it.link.reply(resetting())
    assert it.sent == [ACCEPTED]
    assert [frame.rule_applied for frame in recorded(it)] == ["r", None]


def test_a_lost_call_reaches_nobody() -> None:
    it = called({"do": "drop"})
    it.wait(60)
    assert (kinds(it), it.sent) == ([RuleHit], [])
    [frame] = recorded(it)
    assert (frame.text, frame.rule_applied) == (RESET, "r")


def test_a_charger_that_follows_the_original_acts_on_a_lost_call_without_a_word() -> None:
    it = called({"do": "drop"}, follow="original")
    it.link.act(Beat(id="a1", charge_point="CP1", link="h.1", after="h.1/1"))
    assert kinds(it) == [RuleHit, Reset]
    it.link.reply(resetting())
    assert it.sent == ['[2,"a1","Heartbeat",{}]']


def test_a_delayed_call_comes_later_and_others_overtake_it() -> None:
    it = Linked()
    it.rules(
        {"name": "r", "when": {"action": "Reset", "kind": "call"}, "then": {"do": "delay", "delay_s": 30}}
    )
    it.link.take(RESET)
    it.link.take('[2,"8","ClearCache",{}]')
    assert kinds(it) == [RuleHit, ForgetTokens]
    it.link.reply(
        TokensForgotten(id="r2", charge_point="CP1", link="h.1", request="h.1/1", result="accepted")
    )
    assert it.sent == ['[3,"8",{"status":"Accepted"}]']
    it.wait(30)
    it.wait(19)
    it.link.reply(resetting("h.1/2"))
    assert it.sent[1:] == [ACCEPTED]
    assert [event.code for event in it.events if isinstance(event, ProtocolViolation)] == ["call_too_early"]


def test_an_edited_call_is_what_the_charger_is_asked() -> None:
    it = called({"do": "edit", "merge": {"idTag": "X", "connectorId": None}}, START)
    request = it.facts[1]
    assert isinstance(request, StartCharging)
    assert (request.token.value, request.place) == ("X", None)
    [frame] = recorded(it)
    assert (frame.text, frame.original) == ('[2,"7","RemoteStartTransaction",{"idTag":"X"}]', START)


def test_an_edit_can_mend_a_bad_call_which_stays_the_backends_fault() -> None:
    it = called({"do": "edit", "merge": {"type": "Soft"}}, '[2,"7","Reset",{"type":"Medium"}]')
    assert kinds(it) == [RuleHit, Reset]
    assert [event.code for event in it.events if isinstance(event, ProtocolViolation)] == ["call_field_value"]


def test_an_unchecked_edit_makes_a_call_that_is_refused_without_blame() -> None:
    edit = {"do": "edit", "merge": {"type": "Medium"}}
    assert kinds(called(edit)) == [RuleHit, Reset]
    it = called(edit, unchecked=True)
    assert it.sent == ['[4,"7","PropertyConstraintViolation","type breaks the rule: enum Hard, Soft",{}]']
    assert it.events == []


def test_a_held_call_is_let_in() -> None:
    it = called({"do": "hold"})
    assert kinds(it) == [RuleHit, FrameHeld]
    it.wait(60)
    assert it.sent == [], "the charger's patience runs when it has been asked"
    it.link.let_go(let_go(it))
    assert kinds(it)[2:] == [FrameLetGo, Reset]


@pytest.mark.parametrize(
    ("given", "asked", "sent"),
    [
        ({"payload": {"type": "Soft"}}, [Reset], []),
        ({"text": '[2,"9","ClearCache",{}]'}, [ForgetTokens], []),
        ({"text": '[2,"9"]'}, [], ['[4,"9","FormationViolation","a CALL has 4 elements, this has 2",{}]']),
        ({"drop": True}, [], []),
    ],
)
def test_a_held_call_is_let_in_otherwise(given: dict[str, Any], asked: list[type], sent: list[str]) -> None:
    it = called({"do": "hold"})
    it.link.let_go(let_go(it, **given))
    assert kinds(it)[3:] == asked
    assert it.sent == sent


@pytest.mark.parametrize(
    ("payload", "follow", "acts"),
    [
        ({"status": "Accepted"}, None, True),
        ({"status": "Rejected"}, None, False),
        ({"status": "Rejected"}, "original", True),
        ({"status": "Accepted"}, "altered", True),
    ],
)
def test_a_call_is_answered_in_the_chargers_place(
    payload: dict[str, str], follow: str | None, acts: bool
) -> None:
    it = called({"do": "answer", "payload": payload}, follow=follow)
    assert it.sent == [f'[3,"7",{{"status":"{payload["status"]}"}}]']
    assert kinds(it) == [RuleHit, *([Reset] if acts else [])]
    it.link.reply(resetting())
    assert len(it.sent) == 1, "the charger's own answer is not written"
    back, out = recorded(it)
    assert (back.made_up, back.original) == (False, None)
    assert (out.rule_applied, out.original, out.made_up) == ("r", None, True)


def test_what_a_made_up_answer_leads_to_leaves_after_it() -> None:
    it = called({"do": "answer", "payload": {"status": "Accepted"}, "delay_s": 3})
    it.link.act(Beat(id="a1", charge_point="CP1", link="h.1", after="h.1/1"))
    assert it.sent == ['[2,"a1","Heartbeat",{}]'], "no such request yet"
    it.wait(3)
    assert it.sent[1:] == [ACCEPTED]


def test_an_answer_in_the_chargers_place_is_checked() -> None:
    it = called({"do": "answer", "payload": {"status": "Perhaps"}})
    hit = it.facts[0]
    assert isinstance(hit, RuleHit)
    assert hit.failed == "status breaks the rule: enum Accepted, Rejected"
    assert kinds(it) == [RuleHit, Reset]
    it = called({"do": "answer", "payload": {"status": "Perhaps"}}, unchecked=True)
    assert it.sent == ['[3,"7",{"status":"Perhaps"}]']
    assert recorded(it)[1].past_open_gates == ("handler",)


def test_a_sequence_of_answers() -> None:
    it = called([{"do": "answer", "payload": {"status": status}} for status in ("Rejected", "Accepted")])
    it.link.take(RESET)
    it.link.take(RESET)
    assert it.sent == [REJECTED, ACCEPTED, ACCEPTED]


@pytest.mark.parametrize(("follow", "acts"), [(None, False), ("original", True)])
def test_a_call_fails_in_the_chargers_place(follow: str | None, acts: bool) -> None:
    it = called({"do": "fail", "code": "GenericError", "details": {"why": 1}}, follow=follow)
    assert it.sent == ['[4,"7","GenericError","",{"why":1}]']
    assert kinds(it) == [RuleHit, *([Reset] if acts else [])]


def test_a_call_is_answered_twice() -> None:
    it = called({"do": "twice", "gap_s": 2})
    it.link.reply(resetting())
    assert it.sent == [ACCEPTED]
    it.wait(2)
    assert it.sent == [ACCEPTED, ACCEPTED]
    assert [frame.made_up for frame in recorded(it)] == [False, False, True]


def test_a_call_is_answered_under_another_id() -> None:
    it = called({"do": "wrong_id", "id": "zz"})
    it.link.reply(resetting())
    assert it.sent == ['[3,"zz",{"status":"Accepted"}]']
    assert recorded(it)[1].original == ACCEPTED


def test_a_call_is_answered_by_nonsense() -> None:
    it = called({"do": "garble"})
    assert it.sent == ["[3,"]
    assert kinds(it) == [RuleHit]
    assert (recorded(it)[1].kind, recorded(it)[1].made_up) == ("broken", True)


@pytest.mark.parametrize(("when", "asked"), [("instead", []), ("after", [Reset])])
def test_a_call_cuts_the_connection(when: str, asked: list[type]) -> None:
    it = called({"do": "cut", "how": "close", "when": when, "code": 4000, "reason": "bye"})
    assert kinds(it) == [RuleHit, *asked]
    assert [(cut.how, cut.code, cut.reason) for cut in it.cuts] == [("close", 4000, "bye")]
    it.link.reply(resetting())
    assert it.sent == []


def test_a_rule_answers_also_for_a_charger_that_is_shut_in() -> None:
    it = Linked(gate="silent")
    it.rules({"name": "r", "when": {"action": "Reset"}, "then": {"do": "fail", "code": "SecurityError"}})
    it.link.take(RESET)
    assert it.sent == ['[4,"7","SecurityError","",{}]']
    assert kinds(it) == [RuleHit]


def test_secrets_are_masked_in_what_is_held_and_in_what_was_before() -> None:
    it = Linked()
    change = '[2,"7","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2"}]'
    it.rules({"name": "r", "then": [{"do": "hold"}, {"do": "edit", "merge": {"value": "hunter3"}}]})
    it.link.take(change)
    it.link.take(change)
    it.link.let_go(let_go(it, payload={"key": "AuthorizationKey", "value": "hunter4"}))
    everything = repr((it.facts, it.events, it.frames))
    assert "hunter" not in everything
    assert all(frame.original is not None and "***" in frame.original for frame in recorded(it))
