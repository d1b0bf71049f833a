"""Rules on calls of ours, about to be sent: literal frames, one story a deed."""

from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.actions import Action, Authorize, Beat, RawCall
from vcp_contracts.events import FrameReceived, FrameSent
from vcp_contracts.letters import any_event
from vcp_contracts.link import FrameHeld, FrameLetGo, LetGo, RuleHit
from vcp_contracts.outcomes import (
    Answered,
    AuthorizeAnswer,
    BeatAnswer,
    Refused,
    Unanswered,
)
from vcp_contracts.values import Token

BEAT = '[2,"a1","Heartbeat",{}]'
BEAT_ANSWERED = '[3,"a1",{"currentTime":"2026-01-01T12:00:00Z"}]'
OUR_CALLS = {"direction": "sent", "kind": "call"}


def beat(id: str = "a1", **more: object) -> Beat:
    return Beat(id=id, charge_point="CP1", link="h.1", **more)  # type: ignore[arg-type]


def authorize(id: str = "a1") -> Authorize:
    return Authorize(id=id, charge_point="CP1", link="h.1", token=Token(value="T"))


def ruled(then: Any, action: Action | None = None, **more: Any) -> Linked:
    """A link with one rule on our calls, and an action that meets it."""
    it = Linked()
    it.rules({"name": "r", "when": OUR_CALLS, "then": then, **more})
    it.link.act(beat() if action is None else action)
    return it


def kinds(it: Linked) -> list[type]:
    return [type(fact) for fact in it.facts]


def recorded(it: Linked) -> list[FrameSent | FrameReceived]:
    frames = [any_event.validate_python(frame) for frame in it.frames]
    return [frame for frame in frames if isinstance(frame, FrameSent | FrameReceived)]


def let_go(it: Linked, **more: object) -> LetGo:
    [held] = [fact for fact in it.facts if isinstance(fact, FrameHeld)]
    return LetGo(id="l1", charge_point="CP1", link="h.1", frame=held.held.frame, **more)  # type: ignore[arg-type]


def test_pass_counts_and_changes_nothing() -> None:
    it = ruled({"do": "pass"})
    assert it.sent == [BEAT]
    [hit] = it.facts
    assert isinstance(hit, RuleHit)
    assert (hit.standing, hit.hits, hit.seen, hit.deed, hit.n) == ("r", 1, 1, "pass", 1)
    assert (hit.direction, hit.kind, hit.action, hit.message_id) == ("sent", "call", "Heartbeat", "a1")
    [frame] = recorded(it)
    assert (frame.rule_applied, frame.original, frame.made_up) == ("r", None, False)


def test_a_dropped_call_waits_for_an_answer_that_can_not_come() -> None:
    it = ruled({"do": "drop"})
    assert (it.sent, it.frames) == ([], [])
    it.link.act(beat("a2"))
    assert it.sent == []
    it.wait(30)
    assert kinds(it) == [RuleHit, Unanswered, RuleHit]
    assert it.events == [], "the backend did no wrong"


def test_a_dropped_call_counts_as_unanswered_at_once_where_the_rule_says_so() -> None:
    it = ruled({"do": "drop"}, follow="altered")
    assert it.sent == []
    assert kinds(it) == [RuleHit, Unanswered]
    assert [fact.n for fact in it.facts] == [1, 2]  # type: ignore[attr-defined]


def test_a_delayed_call_leaves_later_and_its_time_runs_from_then() -> None:
    it = ruled({"do": "delay", "delay_s": 40})
    [hit] = it.facts
    assert isinstance(hit, RuleHit)
    assert hit.delay_s == 40
    it.link.act(beat("a2"))
    it.wait(39)
    assert it.sent == []
    it.wait(1)
    assert it.sent == [BEAT]
    it.wait(29)
    assert kinds(it) == [RuleHit]
    it.link.take(BEAT_ANSWERED)
    assert isinstance(it.facts[1], Answered)
    assert it.facts[1].latency_ms == 29_000


def test_a_random_delay_is_the_same_under_the_same_seed() -> None:
    waits = []
    for seed in (1, 1, 2):
        it = ruled({"do": "delay", "delay_s": 1, "random_s": 10}, seed=seed)
        assert isinstance(it.facts[0], RuleHit)
        waits.append(it.facts[0].delay_s)
    assert waits[0] == waits[1] != waits[2]
    assert all(1 <= wait <= 11 for wait in waits)


def test_an_edited_call_leaves_as_the_rule_makes_it() -> None:
    it = ruled({"do": "edit", "merge": {"idTag": "OTHER"}}, authorize())
    assert it.sent == ['[2,"a1","Authorize",{"idTag":"OTHER"}]']
    [frame] = recorded(it)
    assert (frame.text, frame.original) == (it.sent[0], '[2,"a1","Authorize",{"idTag":"T"}]')
    it.link.take('[3,"a1",{"idTagInfo":{"status":"Accepted"}}]')
    assert kinds(it) == [RuleHit, Answered]


def test_an_edit_that_breaks_the_schema_is_not_made_and_says_why() -> None:
    it = ruled({"do": "edit", "merge": {"idTag": None}}, authorize())
    assert it.sent == ['[2,"a1","Authorize",{"idTag":"T"}]']
    [hit] = it.facts
    assert isinstance(hit, RuleHit)
    assert hit.failed == "idTag breaks the rule: required"


@pytest.mark.parametrize("how", ["unchecked", "open_gate"])
def test_an_edit_may_break_the_schema_where_that_is_wanted_and_is_marked(how: str) -> None:
    it = Linked()
    rule = {"name": "r", "then": {"do": "edit", "merge": {"idTag": None}}, "unchecked": how == "unchecked"}
    it.rules(rule, lets_invalid_out=how == "open_gate")
    it.link.act(authorize())
    assert it.sent == ['[2,"a1","Authorize",{}]']
    [frame] = recorded(it)
    assert (frame.past_open_gates, frame.rule_applied) == (("handler",), "r")
    assert (frame.valid, frame.rule) == (False, "idTag breaks the rule: required")


def test_a_patch_that_can_not_be_applied_is_told() -> None:
    it = ruled({"do": "edit", "patch": [{"op": "remove", "path": "/nothing"}]}, authorize())
    [hit] = it.facts
    assert isinstance(hit, RuleHit)
    assert hit.failed is not None
    assert hit.failed.startswith("patch[0]: ")
    assert len(it.sent) == 1


def test_a_held_call_is_released_as_it_is() -> None:
    it = ruled({"do": "hold"}, authorize())
    held = it.facts[1]
    assert isinstance(held, FrameHeld)
    assert (held.held.rule, held.held.direction, held.held.kind) == ("r", "sent", "call")
    assert (held.held.action, held.held.message_id) == ("Authorize", "a1")
    assert held.held.text == '[2,"a1","Authorize",{"idTag":"T"}]'
    it.wait(100)
    assert it.sent == []
    it.link.let_go(let_go(it))
    assert it.sent == ['[2,"a1","Authorize",{"idTag":"T"}]']
    assert kinds(it) == [RuleHit, FrameHeld, FrameLetGo]
    it.link.let_go(let_go(it))
    assert len(it.sent) == 1


@pytest.mark.parametrize(
    ("given", "how", "sent"),
    [
        ({"payload": {"idTag": "X"}}, "edited", ['[2,"a1","Authorize",{"idTag":"X"}]']),
        ({"text": "[2,"}, "replaced", ["[2,"]),
        ({"drop": True}, "dropped", []),
        ({"payload": {"idTag": 1}}, "released", ['[2,"a1","Authorize",{"idTag":"T"}]']),
    ],
)
def test_a_held_call_is_released_otherwise(given: dict[str, Any], how: str, sent: list[str]) -> None:
    it = ruled({"do": "hold"}, authorize())
    it.link.let_go(let_go(it, **given))
    assert it.sent == sent
    gone = it.facts[-1]
    assert isinstance(gone, FrameLetGo)
    assert (gone.how, gone.cause) == (how, "l1")
    assert gone.failed == ("idTag breaks the rule: type string" if how == "released" else None)
    it.wait(30)
    assert isinstance(it.facts[-1], Unanswered)


def test_a_held_call_goes_its_way_when_its_time_is_over() -> None:
    it = ruled({"do": "hold", "at_most_s": 60})
    it.wait(60)
    assert it.sent == [BEAT]
    assert isinstance(it.facts[-1], FrameLetGo)
    assert it.facts[-1].how == "expired"


def test_a_call_is_answered_in_the_backends_place() -> None:
    it = ruled({"do": "answer", "payload": {"idTagInfo": {"status": "Blocked"}}}, authorize())
    assert it.sent == []
    assert kinds(it) == [RuleHit, Answered]
    assert isinstance(it.facts[1], Answered)
    answer = it.facts[1].answer
    assert isinstance(answer, AuthorizeAnswer)
    assert answer.info.status == "blocked"
    [frame] = recorded(it)
    assert isinstance(frame, FrameReceived)
    assert (frame.made_up, frame.rule_applied, frame.original) == (True, "r", None)
    assert frame.text == '[3,"a1",{"idTagInfo":{"status":"Blocked"}}]'


def test_an_answer_in_the_backends_place_can_come_too_late() -> None:
    it = ruled({"do": "answer", "payload": {"currentTime": "2026-01-01T12:00:00Z"}, "delay_s": 31})
    it.wait(30)
    assert kinds(it) == [RuleHit, Unanswered]
    it.wait(1)
    assert kinds(it) == [RuleHit, Unanswered]


def test_an_answer_in_the_backends_place_is_checked() -> None:
    it = ruled({"do": "answer", "payload": {"currentTime": 1}})
    assert it.sent == [BEAT]
    [hit] = it.facts
    assert isinstance(hit, RuleHit)
    assert hit.failed == "currentTime breaks the rule: type string"


def test_a_call_fails_in_the_backends_place() -> None:
    it = ruled({"do": "fail", "code": "InternalError", "description": "no", "delay_s": 2})
    it.wait(2)
    assert it.sent == []
    refused = it.facts[1]
    assert isinstance(refused, Refused)
    assert (refused.code, refused.description, refused.latency_ms) == ("InternalError", "no", 2000)
    assert recorded(it)[0].text == '[4,"a1","InternalError","no",{}]'


def test_a_call_goes_out_twice_and_both_may_be_answered() -> None:
    it = ruled({"do": "twice", "gap_s": 1})
    assert it.sent == [BEAT]
    it.wait(1)
    assert it.sent == [BEAT, BEAT]
    it.link.take(BEAT_ANSWERED)
    it.link.take(BEAT_ANSWERED)
    assert kinds(it) == [RuleHit, Answered]
    assert it.events == []
    assert [frame.made_up for frame in recorded(it)] == [False, True, False, False]


def test_a_call_goes_out_under_another_id_and_its_answer_finds_nobody() -> None:
    it = ruled({"do": "wrong_id", "id": "zz"})
    assert it.sent == ['[2,"zz","Heartbeat",{}]']
    it.link.take('[3,"zz",{"currentTime":"2026-01-01T12:00:00Z"}]')
    it.wait(30)
    assert kinds(it) == [RuleHit, Unanswered]
    assert it.events == []
    assert recorded(it)[0].original == BEAT


def test_a_wrong_id_was_never_used() -> None:
    ids = {tuple(ruled({"do": "wrong_id"}).sent) for _ in range(3)}
    assert len(ids) == 3


def test_a_garbled_call_is_never_answered() -> None:
    it = ruled({"do": "garble", "text": '[2,"a1"'})
    assert it.sent == ['[2,"a1"']
    it.link.take('[4,"-1","RpcFrameworkError","",{}]')
    it.wait(30)
    assert kinds(it) == [RuleHit, Unanswered]
    assert it.events == []
    assert (recorded(it)[0].kind, recorded(it)[0].original, recorded(it)[0].valid) == ("broken", BEAT, False)


@pytest.mark.parametrize(("when", "sent"), [("instead", []), ("after", [BEAT])])
def test_a_call_cuts_the_connection(when: str, sent: list[str]) -> None:
    it = ruled({"do": "cut", "how": "reset", "when": when})
    assert it.sent == sent
    assert [cut.how for cut in it.cuts] == ["reset"]
    it.link.take(BEAT_ANSWERED)
    it.link.act(beat("a2"))
    it.wait(100)
    assert kinds(it) == [RuleHit]
    it.link.down("closed_by_us", "")
    assert it.facts[-1].n == 2  # type: ignore[attr-defined]


def test_while_a_call_is_kept_back_the_next_one_waits() -> None:
    it = Linked()
    it.rules({"name": "r", "when": {"action": "Authorize"}, "then": {"do": "delay", "delay_s": 5}})
    it.link.act(authorize())
    it.link.act(beat("a2"))
    assert it.sent == []
    it.wait(5)
    it.link.take('[3,"a1",{"idTagInfo":{"status":"Accepted"}}]')
    assert it.sent == ['[2,"a1","Authorize",{"idTag":"T"}]']
    it.wait(5)
    assert it.sent[1:] == ['[2,"a2","Heartbeat",{}]']


def test_an_answer_that_is_made_up_lets_the_next_call_go() -> None:
    it = Linked()
    rule = {
        "name": "r",
        "then": {"do": "answer", "payload": {"currentTime": "2026-01-01T12:00:00Z"}},
        "times": 1,
    }
    it.rules(rule)
    it.link.act(beat("a1"))
    it.link.act(beat("a2"))
    assert it.sent == ['[2,"a2","Heartbeat",{}]']
    assert isinstance(it.facts[1], Answered)
    assert isinstance(it.facts[1].answer, BeatAnswer)


@pytest.mark.parametrize(("by_hand", "sent"), [(True, [BEAT]), (False, ['[2,"a2","Heartbeat",{}]'])])
def test_a_call_by_hand_is_told_from_the_charger_s_own(by_hand: bool, sent: list[str]) -> None:
    it = Linked()
    when = {**OUR_CALLS, "word": "beat", "by_hand": by_hand}
    it.rules({"name": "r", "when": when, "then": {"do": "drop"}, "follow": "altered"})
    it.link.act(beat("a1"))
    it.link.take(BEAT_ANSWERED)
    it.link.act(RawCall(id="a2", charge_point="CP1", link="h.1", name="Heartbeat", payload={}))
    assert it.sent == sent
