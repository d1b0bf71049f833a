"""Messages on demand: what fits now is sent after the answer, what does not fit is refused (1.6 §5.17, 2.0.1 F06)."""

import pytest
from abstraction.story import Story
from vcp_abstraction.blocks import remote
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import EvseConfiguration
from vcp_contracts.values import Place

TWO = (EvseConfiguration(), EvseConfiguration())


def trigger(story: Story, what: str, **place) -> str:
    return story.request(r.Trigger, what=what, place=Place(**place) if place else None).result


def told(story: Story) -> list[str]:
    story.answer_all()
    return [word for word in story.words() if word != "triggered"]


def test_a_status_of_every_place_or_of_one():
    story = Story(evses=TWO).online()
    assert trigger(story, "status") == "accepted"
    assert told(story) == [f"status {n}.0 available/available" for n in (0, 1, 2)]
    assert trigger(story, "status", evse=2) == "accepted"
    assert told(story) == ["status 2.0 available/available"]


def test_a_place_that_is_not_there_is_refused_only_where_it_matters():
    story = Story().online()
    assert [trigger(story, what, evse=9) for what in ("status", "meter")] == ["rejected", "rejected"]
    assert trigger(story, "beat", evse=9) == "accepted"
    assert told(story) == ["beat"]


def test_a_boot_is_triggered_while_none_is_accepted():
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    story.answer(verdict="pending", interval_s=600)
    assert trigger(story, "boot") == "accepted"
    assert story.words()[-1] == "boot"
    story.answer()
    assert trigger(story, "boot") == "rejected"


def test_while_pending_what_was_triggered_is_sent():
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    story.answer(verdict="pending", interval_s=600)
    story.words()
    for what in ("beat", "status", "meter"):
        assert trigger(story, what) == "accepted"
    assert told(story) == [
        "beat",
        "status 0.0 available/available",
        "status 1.0 available/available",
        "report_meter",
    ]


def test_a_reading_in_a_transaction_is_told_with_it():
    story = Story().online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.words()
    assert trigger(story, "meter", evse=1) == "accepted"
    assert told(story) == ["transaction updated trigger charging trigger"]


def test_without_anything_to_measure_no_reading_is_promised():
    story = Story(settings={"MeterValuesSampledData": ""}, evses=TWO).online()
    assert trigger(story, "meter") == "rejected"
    assert told(story) == []


@pytest.mark.parametrize("what", ["other"])
def test_what_the_charger_does_not_have_is_not_implemented(what: str):
    assert trigger(Story().online(), what) == "not_implemented"


def test_a_backend_that_never_answers_can_not_fill_the_charger(monkeypatch):
    monkeypatch.setattr(remote, "MOST_WAITING", 5)
    story = Story().online()
    assert [trigger(story, "beat") for _ in range(7)] == ["accepted"] * 5 + ["rejected"] * 2
    assert len(story.cp.facts.lanes.express) == 5
