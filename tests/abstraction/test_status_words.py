"""The nine words: no change that the standard does not know, and no report of what did not last (1.6 §4.9)."""

from datetime import timedelta
from typing import get_args

import pytest
from abstraction.story import NOON, Story
from vcp_abstraction.status import VIA
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.values import FineStatus, Place, Token, TokenInfo

KNOWN = {
    "available": {"preparing", "reserved", "unavailable", "faulted"},
    "preparing": {"available", "charging", "suspended_ev", "suspended_evse", "finishing", "faulted"},
    "charging": {"available", "suspended_ev", "suspended_evse", "finishing", "unavailable", "faulted"},
    "suspended_ev": {"available", "charging", "suspended_evse", "finishing", "unavailable", "faulted"},
    "suspended_evse": {"available", "charging", "suspended_ev", "finishing", "unavailable", "faulted"},
    "finishing": {"available", "preparing", "unavailable", "faulted"},
    "reserved": {"available", "preparing", "unavailable", "faulted"},
    "unavailable": {
        "available", "preparing", "charging", "suspended_ev", "suspended_evse", "faulted",
    },
    "faulted": {
        "available", "preparing", "charging", "suspended_ev", "suspended_evse", "finishing", "reserved", "unavailable",
    },
}  # fmt: skip
"""The standard's table, without A3 to A5, which are for chargers that ask nobody."""

WORDS = get_args(FineStatus)
PAIRS = [(was, now) for was in WORDS for now in WORDS if was != now]


@pytest.mark.parametrize(("was", "now"), PAIRS)
def test_every_change_is_one_of_the_table_or_goes_by_a_word_between(was: str, now: str):
    if now in KNOWN[was]:
        assert (was, now) not in VIA
        return
    via = VIA[was, now]
    assert via in KNOWN[was]
    assert now in KNOWN[via]


def charging(**settings: str) -> Story:
    story = Story(settings=settings).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    return story


def told(story: Story) -> list[str]:
    story.answer_all()
    return [word.removeprefix("status ") for word in story.words() if word.startswith("status")]


def test_a_status_that_does_not_last_is_not_told():
    story = Story(settings={"MinimumStatusDuration": "5"}).online()
    story.do(c.PlugIn)
    assert told(story) == []
    assert [e.fine for e in story.seen("status_changed")][-1] == "preparing"
    story.wait(4)
    story.do(c.Unplug)
    story.wait(60)
    assert told(story) == []


def test_the_last_status_is_always_told_and_by_a_known_way():
    story = charging(MinimumStatusDuration="5")
    assert told(story) == []
    story.wait(5)
    assert told(story) == ["1.0 preparing/occupied", "1.0 charging/occupied"]
    story.do(c.SetEv, ready=False)
    story.wait(3)
    story.do(c.SetEv, ready=True)
    story.wait(3)
    story.do(c.SetEv, ready=False)
    story.wait(4)
    assert told(story) == []
    story.wait(1)
    assert told(story) == ["1.0 suspended_ev/occupied"]


def test_the_remark_on_a_change_waits_with_it():
    story = charging(MinimumStatusDuration="5", StopTransactionOnEVSideDisconnect="false")
    story.wait(10)
    story.answer_all()
    story.said.clear()
    story.do(c.Unplug, end="ev")
    story.wait(5)
    report = next(word for word in story.said if word.type == "report_status")
    assert (report.fine, report.note) == ("suspended_ev", "EV side disconnected")


def test_the_first_status_after_a_boot_and_after_a_time_offline_need_not_last():
    story = Story(settings={"MinimumStatusDuration": "5"})
    story.do(c.GoOnline)
    story.link_up()
    assert told(story) == ["0.0 available/available", "1.0 available/available"]
    story.do(c.GoOffline)
    story.do(c.PlugIn)
    story.wait(10)
    story.do(c.GoOnline)
    story.link_up()
    assert told(story) == ["1.0 preparing/occupied"]


def test_the_time_that_a_status_must_last_moves_with_the_clock():
    story = Story(settings={"MinimumStatusDuration": "5"}).online()
    story.do(c.PlugIn)
    story.do(c.SetClock, time=NOON + timedelta(days=1))
    story.wait(4)
    assert told(story) == []
    story.wait(1)
    assert told(story) == ["1.0 preparing/occupied"]


def test_switched_off_in_between_everything_is_told_again():
    story = Story(settings={"MinimumStatusDuration": "5"}).online()
    story.do(c.PlugIn)
    story.do(c.WriteSetting, name="MinimumStatusDuration", value="0")
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    assert told(story)[-1] == "1.0 charging/occupied"
    story.wait(10)
    assert told(story) == []


# --- the car's side --------------------------------------------------------------------------------------------------


def test_a_car_that_can_not_be_talked_to_pauses_and_is_told_beside_a_fitting_word():
    story = charging()
    told(story)
    story.do(c.RaiseFault, evse=1, kind="ev_communication_error")
    report = next(word for word in story.said if word.type == "report_status")
    assert (report.fine, report.fault.kind) == ("suspended_ev", "ev_communication_error")
    assert story.cp.facts.evses[0].power_w == 0
    told(story)
    story.do(c.ClearFault, evse=1, kind="ev_communication_error")
    assert told(story) == ["1.0 charging/occupied"]
    assert story.cp.facts.evses[0].power_w > 0


def test_its_trouble_leaves_with_the_car():
    story = Story().online()
    story.do(c.PlugIn)
    story.do(c.RaiseFault, evse=1, kind="ev_communication_error")
    story.answer_all()
    story.do(c.Unplug)
    report = next(word for word in reversed(story.said) if word.type == "report_status")
    assert (report.fine, report.fault) == ("available", None)
    assert [e.fault.kind for e in story.seen("fault_cleared")] == ["ev_communication_error"]


def test_without_a_car_there_is_no_such_trouble():
    story = Story().online()
    refused = story.do(c.RaiseFault, evse=1, kind="ev_communication_error")
    assert (refused.kind, refused.field) == ("impossible", "evse")
    assert story.do(c.RaiseFault, kind="ev_communication_error").kind == "impossible"


# --- the lock --------------------------------------------------------------------------------------------------------


def test_the_cable_of_a_refused_token_is_let_go_of_by_its_owner():
    story = charging()
    story.request(r.StopCharging, transaction="17")
    story.answer_all()
    assert story.cp.facts.evses[0].connectors[0].locked is False

    story = Story().online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    for _ in range(3):
        story.answer()
    story.answer(info=TokenInfo(status="invalid"), name="9")
    story.answer_all()
    connector = story.cp.facts.evses[0].connectors[0]
    assert connector.locked
    assert story.do(c.Unplug, end="station").reason == "connector 1 of EVSE 1 is locked"
    story.do(c.PresentToken, token="card1")
    assert [(e.status, e.by) for e in story.seen("token_judged")][-1] == ("accepted", "same_token")
    assert not story.cp.facts.evses[0].connectors[0].locked
    assert story.cp.facts.evses[0].authorization is None
    assert story.do(c.Unplug).status == "done"


def test_the_stations_end_stays_locked_where_the_setting_says_so():
    story = charging(UnlockConnectorOnEVSideDisconnect="false")
    story.do(c.Unplug, end="ev")
    story.answer_all()
    assert story.do(c.Unplug, end="station").status == "rejected"
    story.do(c.PresentToken, token="CARD1")
    assert story.do(c.Unplug, end="station").status == "done"


def test_the_backend_can_let_go_of_it_too():
    story = charging(UnlockConnectorOnEVSideDisconnect="false")
    story.do(c.Unplug, end="ev")
    story.answer_all()
    assert story.request(r.Unlock, place=Place(evse=1)).result == "unlocked"
    assert story.cp.facts.evses[0].locked_for is None
    assert story.do(c.Unplug, end="station").status == "done"


def test_a_reserved_outlet_goes_by_preparing_to_charging():
    story = Story().online()
    until = NOON + timedelta(hours=1)
    story.request(r.Reserve, reservation=1, evse=1, token=Token(value="CARD1"), until=until)
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    assert told(story) == ["1.0 reserved/reserved", "1.0 preparing/occupied", "1.0 charging/occupied"]
