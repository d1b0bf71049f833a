"""The charger's own clock: set, sped up, advanced, and taken from the backend."""

from datetime import UTC, datetime, timedelta

from abstraction.story import NOON, Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ClockConfiguration
from vcp_contracts.values import SettingName

PAST = datetime(2020, 2, 29, 23, 59, tzinfo=UTC)


def charging(**more) -> Story:
    story = Story(**more).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.words()
    return story


def test_eight_hours_of_charging_take_no_time():
    story = charging(settings={"MeterValueSampleInterval": "3600"})
    story.do(c.SetEv, power_w=5000)
    result = story.do(c.AdvanceClock, seconds=8 * 3600)
    assert result.detail["steps"] >= 8
    readings = [a for a in story.answer_all() if a.type == "report_transaction"]
    assert [a.register_wh for a in readings] == [5000 * hour for hour in range(1, 9)]
    assert [a.at - NOON for a in readings] == [timedelta(hours=hour) for hour in range(1, 9)]


def test_a_charger_that_starts_in_the_past_lives_there():
    story = Story(clock=ClockConfiguration(source="own", start=PAST)).online()
    story.do(c.PlugIn)
    assert story.said[-1].at == PAST
    story.answer()
    story.wait(30)
    story.do(c.Unplug)
    assert story.said[-1].at == PAST + timedelta(seconds=30)


def test_a_fast_clock_makes_things_due_sooner():
    story = Story(clock=ClockConfiguration(source="own", start=PAST, speed=60)).online()
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    assert story.cp.facts.evses[0].authorization is not None
    story.wait(0.99)
    assert story.cp.facts.evses[0].authorization is not None
    story.wait(0.02)
    assert story.cp.facts.evses[0].authorization is None


def test_the_guard_of_a_call_runs_on_real_time():
    story = Story(clock=ClockConfiguration(source="own", speed=1000)).online()
    story.do(c.Ask, word="beat")
    story.words()
    story.wait(39)
    assert "close_link" not in story.words()
    story.wait(1)
    assert "close_link" in story.words()


def test_the_backends_time_is_taken_over_and_what_is_pending_stays_pending():
    story = charging(settings={"MeterValueSampleInterval": "60"})
    story.wait(30)
    story.do(c.SetClock, time=PAST)
    story.wait(29)
    assert story.words() == []
    story.wait(1)
    assert story.said[-1].at == PAST + timedelta(seconds=30)
    assert story.said[-1].register_wh == 368


def test_the_answer_to_a_boot_sets_the_clock():
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    story.answer(now=PAST)
    assert [e.now for e in story.seen("clock_changed")] == [PAST]
    assert story.said[-1].at == PAST


def test_an_own_clock_does_not_care_what_the_backend_says():
    story = Story(clock=ClockConfiguration(source="own"))
    story.do(c.GoOnline)
    story.link_up()
    story.answer(now=PAST)
    assert story.seen("clock_changed") == []


def test_the_clock_is_a_setting_that_can_be_read():
    story = Story("stream", clock=ClockConfiguration(source="own", start=PAST)).online()
    reply = story.request(r.ReadSettings, names=(SettingName(component="ClockCtrlr", variable="DateTime"),))
    assert reply.settings[0].value == "2020-02-29T23:59:00Z"


def test_a_charger_whose_time_comes_from_elsewhere_does_not_care_what_the_backend_says():
    story = Story("stream", settings={"ClockCtrlr.TimeSource": "NTP"})
    story.do(c.GoOnline)
    story.link_up()
    story.answer(now=PAST)
    assert story.seen("clock_changed") == []
