"""Orders of things that hardly anybody thinks of, and that random stories have found."""

from datetime import UTC, datetime

import pytest
from abstraction.story import NOON, Story
from vcp_abstraction.due import next_due
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ChargePointConfiguration, ClockConfiguration, EvseConfiguration
from vcp_contracts.outcomes import Answered, BootAnswer, Sent
from vcp_contracts.values import SettingName, TokenInfo
from vcp_contracts.view import ChargePointView


def test_a_backend_may_name_an_interval_beyond_all_clocks() -> None:
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    story.outcome(
        Answered, answer=BootAnswer(verdict="accepted", now=story.now, interval_s=99_999_999_999_999_999)
    )
    assert story.cp.registered
    assert story.cp.settings.text("OCPPCommCtrlr.HeartbeatInterval") == "2147483647"


def test_a_rejected_charger_waits_at_most_as_long_as_a_clock_can_count() -> None:
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    story.outcome(Answered, answer=BootAnswer(verdict="rejected", now=story.now, interval_s=10**15))
    assert next_due(story.cp) is not None


def test_an_interval_beyond_all_clocks_is_a_bad_value_for_a_setting() -> None:
    story = Story().online()
    rejected = story.do(c.WriteSetting, name="ClockAlignedDataInterval", value="99999999999999999999")
    assert rejected is not None
    assert (rejected.status, rejected.field) == ("rejected", "value")
    name = SettingName(component="OCPPCommCtrlr", variable="HeartbeatInterval")
    written = story.request(
        r.WriteSettings, settings=(r.SettingToWrite(name=name, value="99999999999999999999"),)
    )
    assert written.settings[0].result == "bad_value"


def test_a_boot_that_was_asked_for_ends_the_command_though_the_process_died_meanwhile() -> None:
    story = Story().online()
    assert story.do(c.Ask, word="boot") is None
    story.answer()
    assert [(result.command, result.status) for result in story.results[-1:]] == [("c3", "done")]


def test_a_boot_can_not_be_asked_for_while_one_is_under_way() -> None:
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    refused = story.do(c.Ask, word="boot")
    assert refused is not None
    assert refused.reason == "a boot is under way already"


def test_a_charger_that_is_connected_stays_so_when_its_configuration_begins_to_say_online() -> None:
    story = Story().online()
    configuration = story.cp.configuration.model_copy(update={"online": True})
    story.do(c.Provision, configuration=configuration)
    assert story.cp.online
    assert story.words() == []


def test_a_command_whose_message_needs_no_answer_ends_when_it_is_written() -> None:
    story = Story().online()
    story.do(c.SendData, vendor="com.acme")
    story.outcome(Sent)
    assert story.results[-1].detail["outcome"] == "sent"


def test_a_charger_that_is_told_to_connect_while_it_restarts_connects_once() -> None:
    story = Story().online()
    story.request(r.Reset, when="now", restart="application")
    story.answer_all()
    story.do(c.Provision, configuration=ChargePointConfiguration(url="ws://backend/ocpp", online=True))
    story.link_up()
    story.answer_all()
    story.said.clear()
    story.wait(30)
    assert story.cp.online
    assert story.words() == []


def test_a_short_loss_of_the_network_can_be_made_a_long_one() -> None:
    story = Story().online()
    story.do(c.GoOffline, seconds=10)
    longer = story.do(c.GoOffline)
    assert longer is not None
    assert longer.status == "done"
    story.wait(60)
    assert story.cp.facts.link.state == "down"


def test_the_view_shows_whole_wh_at_the_start_of_a_transaction() -> None:
    story = Story().online()
    story.do(c.SetMeter, register_wh=1_234.567)
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    view = ChargePointView.model_validate_json(view_of(story.cp))
    assert view.evses[0].transaction is not None
    assert view.evses[0].transaction.start_wh == 1_234


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_backend_that_never_set_its_clock_is_not_believed(time: str) -> None:
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    story.answer(now=datetime.fromisoformat(time))
    assert story.cp.registered
    assert story.cp.now == NOON


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_clock_can_not_be_set_to_where_dates_end(time: str) -> None:
    story = Story().online()
    refused = story.do(c.SetClock, time=datetime.fromisoformat(time))
    assert refused is not None
    assert (refused.status, refused.field) == ("rejected", "time")
    start = ClockConfiguration(source="own", start=datetime.fromisoformat(time))
    never_was = Story(clock=start).result
    assert never_was is not None
    assert (never_was.status, never_was.field) == ("rejected", "clock.start")


def test_a_clock_stands_still_at_its_end() -> None:
    story = Story(clock=ClockConfiguration(source="own", start=datetime(2999, 12, 31, tzinfo=UTC))).online()
    story.do(c.SetClock, speed=100_000)
    story.wait(10)
    refused = story.do(c.AdvanceClock, seconds=1)
    assert refused is not None
    assert refused.reason == "the clock is at its end"
    assert story.cp.now == datetime(3000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("style", ["three", "stream"])
def test_a_verdict_belongs_to_the_evse_that_asked_for_it_though_another_asks_about_the_same_token(style: str):
    story = Story(style, evses=(EvseConfiguration(), EvseConfiguration())).online()
    story.do(c.PresentToken, token="T", evse=2)
    story.do(c.PresentToken, token="T", evse=1)
    story.answer(info=TokenInfo(status="accepted"))
    assert [evse.awaiting is not None for evse in story.cp.facts.evses] == [True, False]
    assert [evse.authorization is not None for evse in story.cp.facts.evses] == [False, True]


def test_a_verdict_that_was_asked_for_by_name_lets_nobody_charge():
    story = Story().online()
    story.do(c.Ask, word="authorize", token="T")
    story.do(c.PresentToken, token="T")
    story.answer(info=TokenInfo(status="accepted"))
    assert story.cp.facts.evses[0].authorization is None
    story.answer(info=TokenInfo(status="blocked"))
    assert [(e.status, e.by) for e in story.seen("token_judged")] == [("blocked", "backend")]
