"""What a place is after a session is told after the session's end, unless that can't be told now
(1.6 §4.9, §4.10; 2.0.1 E09)."""

from collections.abc import Callable

import pytest
from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import EvseConfiguration
from vcp_contracts.link import LinkDown
from vcp_contracts.outcomes import Refused

TWO = (EvseConfiguration(), EvseConfiguration())


def session(style: str = "three", **more: object) -> Story:
    story = Story(style, **more).online()
    begin(story)
    return story


def begin(story: Story, evse: int = 1, token: str = "04A1B2C3") -> None:
    story.do(c.PlugIn, evse=evse)
    story.do(c.PresentToken, evse=evse, token=token)
    story.answer_all()
    story.words()


def end_of(word: str) -> str:
    return " ".join(word.split()[:2]) if word.startswith("transaction") else word


ENDS: dict[str, Callable[[Story], object]] = {
    "both ends pulled": lambda s: s.do(c.Unplug),
    "the car's end pulled": lambda s: s.do(c.Unplug, end="ev"),
    "the station's end torn out": lambda s: s.do(c.Unplug, end="station", force=True),
    "the card": lambda s: s.do(c.PresentToken, token="04A1B2C3"),
    "the button": lambda s: s.do(c.PressStop),
    "the emergency button": lambda s: s.do(c.PressEmergency),
    "from afar": lambda s: s.request(r.StopCharging, transaction=_name(s)),
    "a reset": lambda s: s.request(r.Reset, when="now", restart="application"),
}


def _name(story: Story) -> str:
    [told] = story.cp.facts.tellings.items()
    return str(told[1].backend_name or told[0])


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("style", ["three", "stream"])
def test_the_end_is_told_before_what_the_place_is_then(how: str, style: str):
    story = session(style)
    ENDS[how](story)
    story.answer_all()
    words = [end_of(word) for word in story.words()]
    ended = words.index("transaction ended")
    assert not any(word.startswith("status") for word in words[:ended])


def test_both_ends_pulled():
    story = session()
    story.do(c.Unplug)
    story.answer_all()
    assert [end_of(word) for word in story.words()] == [
        "transaction ended",
        "status 1.0 finishing/available",
        "status 1.0 available/available",
    ]


def test_a_scheduled_change_of_availability_follows_it_too():
    story = session()
    story.request(r.SetAvailability, place={"evse": 1}, operative=False)
    story.do(c.PressStop)
    story.answer_all()
    words = [end_of(word) for word in story.words()]
    assert words[:2] == ["availability", "transaction ended"]
    assert words[-1].startswith("status 1.0 unavailable/")


def test_an_end_that_can_t_be_told_holds_no_status():
    story = session()
    story.do(c.PressStop)
    assert [end_of(word) for word in story.words()] == ["transaction ended"]
    story.outcome(Refused, kind="failed", code="InternalError")
    assert story.words() == ["status 1.0 finishing/occupied"]
    story.answer()
    story.do(c.Unplug)
    assert story.words() == ["status 1.0 available/available"]


def test_nor_does_one_that_waits_for_others_that_can_t_be_told():
    story = session(evses=TWO)
    begin(story, 2, "04D4C5B6")
    story.do(c.PressStop, evse=1)
    story.outcome(Refused, kind="failed", code="InternalError")
    story.answer_all()
    story.words()
    story.do(c.PressStop, evse=2)
    assert story.words() == ["status 2.0 finishing/occupied"]


def test_nor_does_one_behind_a_time_offline():
    """The backend learns what is there now before what has been (1.6 §4.9 of reconnecting)."""
    story = session(evses=TWO, settings={"AllowOfflineTxForUnknownId": "true"})
    story.hear(LinkDown(**story.fact(), why="lost"))
    story.wait(600)
    story.link_up()
    assert story.words() == ["transaction updated meter_periodic charging periodic"]
    story.do(c.PressStop)
    story.answer()
    assert story.words() == ["status 1.0 finishing/occupied"]


def test_what_else_is_to_be_said_waits_for_nothing():
    story = session(evses=TWO)
    story.do(c.Ask, word="beat")
    story.do(c.PressStop, evse=1)
    story.do(c.PresentToken, evse=2, token="04D4C5B6")
    story.answer_all()
    words = [end_of(word) for word in story.words()]
    assert words[:4] == ["beat", "authorize", "transaction ended", "status 1.0 finishing/occupied"]


def test_statuses_keep_their_order_over_all_places():
    """1.6 §4.9: in the order of the events"""
    story = session(evses=TWO)
    story.do(c.Ask, word="beat")
    story.do(c.PressStop, evse=1)
    story.do(c.PlugIn, evse=2)
    story.answer_all()
    assert [end_of(word) for word in story.words()] == [
        "beat",
        "transaction ended",
        "status 1.0 finishing/occupied",
        "status 2.0 preparing/occupied",
    ]


def test_a_status_that_was_asked_for_is_the_last_that_is_told():
    story = session()
    story.do(c.Ask, word="beat")
    story.do(c.PressStop)
    story.request(r.Trigger, what="status", place={"evse": 1})
    story.answer_all()
    assert [end_of(word) for word in story.words()] == [
        "beat",
        "triggered",
        "transaction ended",
        "status 1.0 finishing/occupied",
        "status 1.0 finishing/occupied",
    ]


def test_a_link_that_goes_while_a_status_waits_loses_no_status():
    story = session()
    story.do(c.PressStop)
    story.hear(LinkDown(**story.fact(), why="lost"))
    story.link_up()
    story.words()
    story.answer_all()
    assert story.cp.facts.reported["1.0"].word == "finishing"
    assert story.cp.facts.lanes.express == []
    assert story.cp.facts.lanes.transactions == []


@pytest.mark.parametrize("style", ["three", "stream"])
def test_it_follows_the_end_though_something_else_is_to_be_told_after_that(style: str):
    story = session(style)
    story.do(c.Ask, word="beat")
    story.do(c.PressStop)
    story.do(c.RaiseSecurityEvent)
    story.do(c.Unplug)
    story.answer_all()
    words = [end_of(word) for word in story.words()]
    assert words[:2] == ["beat", "transaction ended"]
    assert words[2].startswith("status 1.")


def test_a_place_that_is_gone_before_its_status_is_told_has_none():
    story = session(evses=TWO)
    begin(story, 2, "04D4C5B6")
    story.do(c.Ask, word="beat")
    story.do(c.PressStop, evse=2)
    story.do(c.PressStop, evse=1)
    fewer = story.cp.configuration.model_copy(update={"evses": TWO[:1]})
    assert story.do(c.Provision, configuration=fewer).status == "done"
    story.answer_all()
    words = [end_of(word) for word in story.words()]
    assert words[:3] == ["beat", "transaction ended", "transaction ended"]
    assert [word for word in words if word.startswith("status 2.")] == []
