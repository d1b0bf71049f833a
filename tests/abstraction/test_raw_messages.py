"""Messages written by hand: in their turn, or past the gates; and the one result that each command has."""

from typing import Any

import pytest
from abstraction.story import Story
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts.link import HandlerUp, LinkDown
from vcp_contracts.outcomes import Answered, Misanswered, RawAnswer, Refused, Sent, Unanswered, Unwritable

NOTIFY: dict[str, Any] = {"action": "StatusNotification", "payload": {"connectorId": 7}}
PAST = [{"unchecked": True}, {"gate": "open"}]


def raw(story: Story, **more: Any) -> Any:
    return story.do(c.SendRaw, **NOTIFY | more)


def ends(story: Story, outcome: Any, /, **fields: Any) -> Any:
    """The last raw message ends; returns the command's result."""
    action = next(word for word in reversed(story.ever_said) if word.type in ("raw_call", "raw_text"))
    story.hear(outcome(**story.fact(), action=action.id, **fields))
    return story.results[-1]


def test_it_leaves_in_its_turn_and_brings_the_answer_back():
    story = Story().online()
    story.do(c.Ask, word="beat")
    story.said.clear()
    assert raw(story) is None
    assert story.said == []
    story.answer()
    [call] = story.said
    assert (call.type, call.name, call.payload) == ("raw_call", "StatusNotification", {"connectorId": 7})
    assert (call.checked, call.at_once, call.link, call.timeout_s) == (True, False, "h/1", 30.0)
    result = ends(story, Answered, answer=RawAnswer(payload={"note": None}), latency_ms=4.5)
    assert result.status == "done"
    assert result.detail == {
        "outcome": "answered",
        "action": call.id,
        "payload": {"note": None},
        "valid": True,
        "latency_ms": 4.5,
    }
    assert story.cp.rules is None


@pytest.mark.parametrize("past", ["unchecked", "gate"])
def test_past_the_gates_it_leaves_at_once(past: str):
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    if past == "gate":
        story.do(c.SetGates, abstraction="open")
    story.said.clear()
    raw(story, unchecked=past == "unchecked", timeout_s=5.0)
    [call] = story.said
    assert (call.at_once, call.checked, call.timeout_s) == (True, past != "unchecked", 5.0)
    # the boot is still in flight
    assert story.cp.facts.lanes.in_flight.word == "boot"
    result = ends(story, Answered, answer=RawAnswer(payload={}))
    assert result.detail["outcome"] == "answered"
    assert story.answer().type == "boot"


def test_kept_by_the_gate_until_the_charger_may_speak():
    story = Story()
    no = raw(story)
    assert (no.status, no.remedy) == ("rejected", "go_online first")
    assert raw(story, unchecked=True).remedy == "go_online first"
    story.do(c.GoOnline)
    story.link_up()
    no = raw(story)
    assert "has not accepted" in no.reason
    assert "set_gates" in no.remedy


ENDS: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
    (
        Refused,
        {"kind": "failed", "code": "NotImplemented", "description": "no", "details": {"a": 1}},
        {"outcome": "refused", "code": "NotImplemented", "description": "no", "details": {"a": 1}},
    ),
    (
        Misanswered,
        {"rule": "a payload is an object", "readable": None},
        {"outcome": "misanswered", "rule": "a payload is an object", "field": None},
    ),
    (Unanswered, {"timeout_s": 30.0}, {"outcome": "unanswered", "timeout_s": 30.0}),
    (Sent, {}, {"outcome": "sent"}),
]


@pytest.mark.parametrize(("kind", "fields", "detail"), ENDS)
@pytest.mark.parametrize("unchecked", [False, True])
def test_each_way_to_end_is_told(kind: Any, fields: dict[str, Any], detail: dict[str, Any], unchecked: bool):
    story = Story().online()
    raw(story, unchecked=unchecked)
    result = ends(story, kind, **fields)
    assert result.status == "done"
    assert {name: value for name, value in result.detail.items() if name != "action"} == detail
    assert story.cp.facts.lanes.in_flight is None
    assert not (story.cp.rules and story.cp.rules.raw)


@pytest.mark.parametrize("unchecked", [False, True])
def test_what_cannot_be_written_is_rejected_and_says_why(unchecked: bool):
    story = Story().online()
    raw(story, unchecked=unchecked)
    no = ends(story, Unwritable, field="connectorId", rule="7 is not a string")
    assert (no.status, no.kind, no.field, no.reason) == (
        "rejected",
        "bad_field",
        "connectorId",
        "7 is not a string",
    )


def test_the_charger_takes_no_notice_of_what_is_answered():
    story = Story().online()
    raw(story)
    ends(story, Refused, kind="security", code="SecurityError")
    assert story.cp.registered
    raw(story)
    ends(story, Refused, kind="unsupported", code="NotSupported")
    assert story.cp.facts.link.unsupported == set()


def test_a_text_goes_as_it_is():
    story = Story().online()
    story.said.clear()
    story.do(c.SendRaw, text="[3,")
    [word] = story.said
    assert (word.type, word.text, word.at_once) == ("raw_text", "[3,", False)
    assert ends(story, Sent).detail["outcome"] == "sent"


@pytest.mark.parametrize("unchecked", [False, True])
def test_it_ends_unanswered_when_the_link_goes(unchecked: bool):
    story = Story().online()
    raw(story, unchecked=unchecked)
    story.hear(LinkDown(**story.fact(), why="lost"))
    assert story.results[-1].detail["outcome"] == "unanswered"
    assert story.results[-1].detail["detail"] == "the link was lost"
    story.said.clear()
    story.link_up()
    assert "raw_call" not in story.words()


@pytest.mark.parametrize("unchecked", [False, True])
def test_it_ends_unanswered_when_the_handler_dies(unchecked: bool):
    story = Story().online()
    raw(story, unchecked=unchecked)
    story.hear(HandlerUp(id="up2", owner="h2", manners=story.around.manners))
    assert [r.detail["outcome"] for r in story.results if "outcome" in r.detail] == ["unanswered"]


def test_its_own_patience_is_guarded():
    story = Story().online()
    raw(story, unchecked=True, timeout_s=100.0)
    story.wait(109)
    assert story.cp.facts.link.state == "up"
    story.wait(2)
    assert story.results[-1].detail["outcome"] == "unanswered"
    assert story.cp.facts.link.state == "connecting"
    story.link_up()
    raw(story, timeout_s=100.0)
    story.wait(109)
    assert story.cp.facts.link.state == "up"


def test_its_payload_keeps_its_nulls_while_it_waits():
    story = Story().online()
    story.do(c.Ask, word="beat")
    raw(story, payload={"a": None, "b": {"c": None}})
    story.answer()
    assert story.said[-1].payload == {"a": None, "b": {"c": None}}
    assert b'"in_flight":"raw_call"' in view_of(story.cp)
