"""After a restart: how long it takes, and what the charger then says of a cable that stayed in."""

import pytest
from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r


def session(style: str, **configuration: object) -> Story:
    story = Story(style, **configuration).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="04A1B2C3")
    story.answer_all()
    story.words()
    return story


def reset(restart: str) -> object:
    return lambda story: story.request(r.Reset, when="now", restart=restart)


def back_online(story: Story) -> list[str]:
    """The charger has told everything, starts again, and is accepted; what it then says of its places."""
    story.answer_all()
    story.wait(5)
    story.link_up()
    story.answer_all()
    return [word for word in story.words() if word.startswith("status")][-1:]


RESTARTS = {
    "soft": reset("application"),
    "hard": reset("hardware"),
    "power cycle": lambda story: story.do(c.PowerCycle),
    "power loss": lambda story: (story.do(c.PowerOff), story.wait(60), story.do(c.PowerOn)),
}


@pytest.mark.parametrize("restart", RESTARTS)
@pytest.mark.parametrize(
    ("style", "status"),
    [("three", "status 1.0 preparing/occupied"), ("stream", "status 1.1 preparing/occupied")],
)
def test_a_cable_that_stayed_in_is_seen_anew_whatever_the_restart(restart: str, style: str, status: str):
    story = session(style, restart_s=2)
    RESTARTS[restart](story)
    assert back_online(story) == [status]
    story.wait(60)
    assert story.cp.facts.evses[0].finishing


@pytest.mark.parametrize("restart", RESTARTS)
def test_the_same_driver_may_begin_again_after_any_restart(restart: str):
    story = session("three", restart_s=2)
    RESTARTS[restart](story)
    back_online(story)
    story.do(c.PresentToken, token="04A1B2C3")
    story.answer_all()
    assert story.words()[-1].startswith("transaction started authorized")


@pytest.mark.parametrize("restart", RESTARTS)
@pytest.mark.parametrize(
    ("configured", "away_s"), [({}, 2), ({"restart_s": 30}, 30), ({"restart_s": 0.5}, 0.5)]
)
def test_the_charger_connects_when_it_has_started_and_not_before(
    restart: str, configured: dict[str, float], away_s: float
):
    story = session("three", **({"restart_s": 2} | configured))
    RESTARTS[restart](story)
    story.answer_all()
    story.words()
    story.wait(away_s - 0.01)
    assert story.words() == []
    story.wait(0.01)
    assert story.words() == ["open_link"]


@pytest.mark.parametrize("restart", RESTARTS)
def test_a_charger_that_takes_no_time_connects_at_once(restart: str):
    story = session("three", restart_s=0)
    RESTARTS[restart](story)
    story.answer_all()
    story.wait(0)
    assert story.words()[-1] == "open_link"


def test_the_default_is_more_than_a_second():
    assert Story(bared=False).cp.configuration.restart_s == 2.0


def test_power_that_fails_while_it_starts_makes_it_start_anew():
    story = session("three", restart_s=10)
    story.do(c.PowerCycle)
    story.wait(8)
    story.do(c.PowerOff)
    story.do(c.PowerOn)
    story.words()
    story.wait(9.9)
    assert story.words() == []
    story.wait(0.1)
    assert story.words() == ["open_link"]


@pytest.mark.parametrize("away_s", [1, 60])
def test_a_network_that_is_away_longer_than_the_start_is_waited_for(away_s: int):
    story = session("three", restart_s=10)
    story.do(c.GoOffline, how="close", seconds=away_s)
    story.do(c.PowerCycle)
    story.words()
    story.wait(max(away_s, 10) - 0.1)
    assert story.words() == []
    story.wait(0.1)
    assert story.words() == ["open_link"]


def test_a_charger_that_was_taken_offline_stays_so():
    story = session("three", restart_s=1)
    story.do(c.GoOffline)
    story.do(c.PowerCycle)
    story.words()
    story.wait(600)
    assert story.words() == []


def test_it_is_the_charger_s_own_time():
    story = session("three", restart_s=60, clock={"source": "own", "speed": 60})
    story.do(c.PowerCycle)
    story.words()
    story.wait(0.9)
    assert story.words() == []
    story.wait(0.2)
    assert story.words() == ["open_link"]


def test_power_that_fails_while_it_starts_lets_nobody_begin_before_it_is_back():
    story = Story("stream", restart_s=10, settings={"TxCtrlr.TxStartPoint": "EVConnected"}).online()
    story.request(r.Reset, when="now", restart="hardware")
    story.do(c.PowerCycle)
    story.do(c.PlugIn)
    assert story.do(c.PresentToken, token="04A1B2C3").reason == "the charger is restarting"
    assert story.seen("transaction_started") == []
    story.wait(10)
    story.link_up()
    story.answer_all()
    assert len(story.seen("transaction_started")) == 1


def test_a_charger_that_stood_still_starts_with_no_link_and_waits_for_no_answer_of_it():
    story = Story("three", restart_s=2, settings={"AllowOfflineTxForUnknownId": "true"}).online()
    story.do(c.PlugIn)
    story.answer_all()
    story.do(c.PresentToken, token="04A1B2C3")
    story.cp.quarantine()
    story.words()
    story.do(c.PowerOn)
    assert story.words() == ["close_link"]
    assert story.cp.facts.lanes.in_flight is None
    assert story.cp.facts.evses[0].authorization is None
    story.wait(2)
    story.link_up()
    assert story.words() == ["open_link", "boot"]
