"""Past its own open gate a charger says what is not so, and stays as it is."""

from typing import Any

import pytest
from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts.link import LinkDown
from vcp_contracts.outcomes import Acknowledged, Answered, Refused, TransactionAnswer, Unwritable
from vcp_contracts.values import Place, TokenInfo


def open_story(style: str = "three") -> Story:
    story = Story(style).online()
    story.do(c.SetGates, abstraction="open")
    story.said.clear()
    return story


@pytest.mark.parametrize(
    ("claim", "fields"),
    [(c.ClaimStatus, {"status": "charging"}), (c.ClaimTransaction, {"phase": "started"})],
)
def test_behind_a_closed_gate_nothing_is_claimed(claim: type[c.Command], fields: dict[str, Any]):
    no = Story().online().do(claim, **fields)
    assert no.status == "rejected"
    assert no.remedy == "open it with set_gates, abstraction: open"


def test_a_status_of_a_place_that_is_not_there():
    story = open_story()
    assert story.do(c.ClaimStatus, status="faulted", evse=7, fault="ground_failure") is None
    [report] = story.said
    assert (report.type, report.place, report.fine, report.coarse) == (
        "report_status",
        Place(evse=7, connector=1),
        "faulted",
        "faulted",
    )
    assert report.fault.kind == "ground_failure"
    assert report.past_gate
    story.outcome(Answered, answer=Acknowledged())
    assert story.results[-1].detail["outcome"] == "answered"
    assert story.cp.facts.faults == []


@pytest.mark.parametrize("style", ["three", "stream"])
def test_a_transaction_without_a_session_starts_goes_on_and_ends(style: str):
    story = open_story(style)
    story.do(c.SetMeter, register_wh=1234.5)
    story.do(c.ClaimTransaction, phase="started", token="CARD1")
    [start] = story.said
    assert (start.phase, start.trigger, start.state, start.seq, start.register_wh) == (
        "started",
        "authorized",
        "charging",
        0,
        1234,
    )
    story.outcome(
        Answered,
        answer=TransactionAnswer(info=TokenInfo(status="blocked"), backend_name="17"),
        latency_ms=3.0,
    )
    told = story.results[-1].detail
    assert (told["backend_name"], told["transaction"]) == ("17", start.transaction)
    more = {"transaction": start.transaction, "backend_name": "17"}
    story.do(c.ClaimTransaction, phase="updated", seq=7, **more)
    story.answer()
    story.do(c.ClaimTransaction, phase="ended", stop_reason="power_loss", register_wh=1, **more)
    end = story.said[-1]
    assert (end.stop_reason, end.register_wh, end.backend_name) == ("power_loss", 1, "17")
    story.answer()
    assert story.cp.facts.tellings == {}
    assert all(evse.transaction is None for evse in story.cp.facts.evses)
    assert story.cp.tokens.cache == {}


def test_whatever_comes_back_is_the_commands_alone():
    story = open_story()
    story.do(c.ClaimTransaction, phase="started", token="CARD1")
    story.outcome(Refused, kind="security", code="SecurityError")
    assert story.cp.registered
    assert story.results[-1].detail["code"] == "SecurityError"
    story.do(c.ClaimTransaction, phase="started")
    story.outcome(Unwritable, field="idTag", rule="is missing")
    no = story.results[-1]
    assert (no.status, no.field, no.remedy) == (
        "rejected",
        "idTag",
        "say something else, or open the Handler's gate with set_gates",
    )
    story.do(c.ClaimStatus, status="charging")
    story.hear(LinkDown(**story.fact(), why="lost"))
    assert story.results[-1].detail["outcome"] == "unanswered"


def test_what_is_asked_for_before_the_boot_is_accepted_is_marked():
    story = Story()
    story.do(c.SetGates, abstraction="open")
    story.do(c.GoOnline)
    story.link_up()
    story.answer(verdict="pending")
    story.do(c.Ask, word="beat")
    assert (story.said[-1].type, story.said[-1].past_gate) == ("beat", True)
    story.answer()
    story.do(c.SendRaw, action="Heartbeat")
    assert story.said[-1].past_gate
