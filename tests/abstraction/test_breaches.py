"""What no charger can take as said is told as a violation, and the charger goes on."""

from datetime import timedelta

import pytest
from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.outcomes import Answered, BeatAnswer, BootAnswer, TransactionAnswer
from vcp_contracts.values import Token, TokenInfo

TWO = ({"connectors": [{}]}, {"connectors": [{}]})
"""Two EVSEs."""


def codes(story: Story) -> list[str]:
    return [event.code for event in story.seen("protocol_violation")]


def test_an_interval_below_zero() -> None:
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    story.outcome(Answered, answer=BootAnswer(verdict="accepted", now=story.now, interval_s=-1))
    assert codes(story) == ["boot_interval_negative"]
    assert story.cp.registered


@pytest.mark.parametrize(("off_s", "told"), [(299, []), (301, ["time_far_off"]), (-301, ["time_far_off"])])
def test_a_time_that_is_far_off(off_s: int, told: list[str]) -> None:
    story = Story().online()
    story.do(c.Ask, word="beat")
    story.outcome(Answered, answer=BeatAnswer(now=story.now + timedelta(seconds=off_s)))
    assert codes(story) == told


@pytest.mark.parametrize(("status", "told"), [("accepted", ["transaction_id_used"]), ("invalid", [])])
def test_an_id_of_a_transaction_that_another_one_has(status: str, told: list[str]) -> None:
    story = Story(evses=TWO).online()
    for evse in (1, 2):
        story.do(c.PlugIn, evse=evse)
        story.answer_all()
        story.said.clear()
        story.do(c.PresentToken, evse=evse, token="CARD1")
        while not story.words()[0].startswith("transaction"):
            story.answer()
        info = TokenInfo(status=status)  # type: ignore[arg-type]
        story.outcome(Answered, answer=TransactionAnswer(backend_name="17", info=info))
        story.answer_all()
    assert codes(story) == told
    if told:
        [violation] = story.seen("protocol_violation")
        assert violation.rule == "17 is the id of another transaction"
        assert violation.message_id is not None


@pytest.mark.parametrize(("verdict", "told"), [("pending", 2), ("accepted", 0)])
def test_sessions_are_not_for_a_charger_that_is_kept_pending(verdict: str, told: int) -> None:
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    story.answer(verdict=verdict)
    story.request(r.StartCharging, token=Token(value="CARD1"))
    story.request(r.StopCharging, transaction="17")
    assert codes(story) == ["session_while_pending"] * told
    assert {event.message_id for event in story.seen("protocol_violation")} == ({"b1"} if told else set())
