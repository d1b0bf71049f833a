"""May a session begin here? One answer for every way in: card, cable, button, remote start, late verdict, offline rule."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from abstraction.story import NOON, Story
from vcp_abstraction import session_guard
from vcp_contracts import commands as c
from vcp_contracts import outcomes as o
from vcp_contracts import requests as r
from vcp_contracts.chores import FileFetched
from vcp_contracts.values import STATION, Place, Token, TokenInfo

STYLES = pytest.mark.parametrize("style", ["three", "stream"])
ONE = ({},)
TWO = ({}, {})
CABLE_FIRST = {"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "Authorized"}
OFFLINE = {"LocalAuthorizeOffline": "true", "LocalPreAuthorize": "false", "FreeToken": "FREE"}


def sessions(story: Story) -> list[int]:
    """The EVSEs at which transactions have begun, in order."""
    return [event.place.evse for event in story.seen("transaction_started")]


def word(story: Story, evse: int = 1) -> str | None:
    """What the guard says of an EVSE."""
    story.cp.around = story.around
    found = session_guard.obstacle(story.cp, story.cp.facts.evses[evse - 1])
    return found.word if found is not None else None


def charging(style: str, evses: tuple[dict[str, Any], ...] = TWO, **settings: str) -> Story:
    """A session at EVSE 1; token T is in the cache."""
    story = Story(style, evses=evses, settings=OFFLINE | settings).online()
    story.do(c.PutToken, token="T", status="accepted", where="cache")
    story.do(c.PlugIn, evse=1)
    story.do(c.PresentToken, token="CARD1", evse=1)
    story.answer_all()
    assert sessions(story) == [1]
    story.said.clear()
    return story


def statuses(story: Story) -> list[str]:
    return [said.removeprefix("status ") for said in story.words() if said.startswith("status")]


# --- between the order and the restart -------------------------------------------------------------------------------


def about_to_restart(style: str, asked: bool = False, **more: Any) -> Story:
    """A reset was accepted, and what is still to be told holds it up. `asked`: a card is being asked about."""
    story = Story(style, evses=TWO, settings=OFFLINE, **more).online()
    story.do(c.PutToken, token="T", status="accepted", where="cache")
    story.do(c.PlugIn, evse=1)
    story.answer_all()
    if asked:
        story.do(c.PresentToken, token="T", evse=1)
    else:
        story.do(c.Ask, word="beat")
    assert story.request(r.Reset, when="now", restart="application").result == "accepted"
    assert story.cp.facts.restart is not None
    assert word(story) == "restarting"
    return story


@STYLES
@pytest.mark.parametrize(
    "end",
    [
        lambda story: story.answer(),
        lambda story: story.outcome(o.Refused, kind="failed", code="InternalError"),
        lambda story: story.outcome(o.Unanswered, timeout_s=30),
        lambda story: story.do(c.GoOffline),
        lambda story: story.wait(60),
    ],
)
def test_a_verdict_that_comes_after_the_order_to_restart_begins_nothing(
    style: str, end: Callable[[Story], Any]
):
    story = about_to_restart(style, asked=True)
    judged = story.seen("token_judged")[-1]
    assert (judged.status, judged.by) == ("not_at_this_time", "charger")
    end(story)
    story.wait(60)
    assert sessions(story) == []
    assert story.cp.facts.evses[0].authorization is None


@STYLES
def test_no_hand_begins_a_session_before_the_restart(style: str):
    story = about_to_restart(style)
    card = story.do(c.PresentToken, token="T", evse=1)
    assert (card.status, card.reason) == ("rejected", "the charger is about to restart")
    assert card.remedy == "wait until it has restarted"
    button = story.do(c.PressStart, evse=1)
    assert (button.status, button.reason) == ("rejected", "the charger is about to restart")
    unnamed = story.do(c.PresentToken, token="T")
    assert (unnamed.status, unnamed.reason) == ("rejected", "the charger is about to restart")
    remote = story.request(r.StartCharging, token=Token(value="T"), place=Place(evse=1), remote_start=1)
    assert (remote.result, remote.detail) == ("rejected", "the charger is about to restart")
    anywhere = story.request(r.StartCharging, token=Token(value="T"), remote_start=2)
    assert anywhere.result == "rejected"
    assert sessions(story) == []


@pytest.mark.parametrize(
    "moves",
    [
        lambda story: story.do(c.PlugIn, evse=2),
        lambda story: story.do(c.SetEv, evse=1, ready=True),
        lambda story: (story.do(c.RaiseFault, evse=1), story.do(c.ClearFault, evse=1)),
        lambda story: story.request(r.SetAvailability, place=Place(evse=1), operative=True),
    ],
)
def test_no_cable_begins_one_either(moves: Callable[[Story], Any]):
    story = about_to_restart("stream")
    story.do(c.WriteSetting, name="TxCtrlr.TxStartPoint", value="EVConnected")
    moves(story)
    assert story.cp.facts.restart is not None
    assert sessions(story) == []


def test_a_cable_begins_one_after_the_restart():
    story = about_to_restart("stream")
    story.do(c.WriteSetting, name="TxCtrlr.TxStartPoint", value="EVConnected")
    story.answer_all()
    assert story.cp.facts.restart is None
    assert sessions(story) == []
    story.wait(1)
    assert sessions(story) == [1]


@STYLES
def test_nobody_is_served_while_the_charger_starts(style: str):
    story = about_to_restart(style)
    story.do(c.WriteSetting, name="AuthCtrlr.OfflineTxForUnknownIdEnabled", value="true")
    story.answer_all()
    assert story.cp.facts.restart is None
    assert word(story) == "restarting"
    assert story.do(c.PresentToken, token="T", evse=1).reason == "the charger is restarting"
    story.wait(1)
    assert word(story) is None
    story.do(c.PresentToken, token="T", evse=1)
    assert sessions(story) == [1]


def test_a_charger_that_is_sent_offline_while_it_starts_has_started():
    story = about_to_restart("three")
    story.answer_all()
    story.do(c.GoOffline)
    assert word(story) is None


@STYLES
def test_who_was_let_in_and_has_not_plugged_in_is_sent_away_by_the_reset(style: str):
    story = Story(style, evses=ONE, settings=OFFLINE).online()
    story.do(c.PresentToken, token="T")
    story.answer_all()
    assert story.cp.facts.evses[0].authorization is not None
    story.do(c.Ask, word="beat")
    story.request(r.Reset, when="now", restart="hardware")
    assert story.cp.facts.evses[0].authorization is None
    story.do(c.PlugIn)
    story.answer_all()
    story.wait(60)
    assert sessions(story) == []


@STYLES
def test_a_refused_reset_leaves_all_as_it_was(style: str):
    story = Story(style, evses=ONE, settings=OFFLINE).online()
    story.do(c.SetBehaviour, reset="refused")
    story.do(c.PlugIn)
    story.answer_all()
    story.do(c.PresentToken, token="T")
    before = story.cp.facts.evses[0].model_copy(deep=True)
    for when in ("now", "idle"):
        assert story.request(r.Reset, when=when, restart="application").result == "rejected"
    assert story.cp.facts.evses[0] == before
    assert story.cp.facts.restart is None
    story.answer_all()
    assert sessions(story) == [1]


@pytest.mark.parametrize(("style", "when"), [("three", "now"), ("stream", "now"), ("stream", "idle")])
def test_a_restart_that_never_comes_about_opens_all_again(style: str, when: str):
    story = charging(style)
    before = story.cp.facts.evses[1].model_copy(deep=True)
    story.do(c.SetBehaviour, restart_failures=3)
    story.request(r.Reset, when=when, restart="application")
    if when == "idle":
        story.do(c.PressStop, evse=1)
    story.answer_all()
    story.wait(1)
    assert story.cp.facts.restart is None
    assert story.cp.facts.behaviour.restart_failures == 2
    story.answer_all()
    assert story.cp.facts.evses[1] == before
    assert word(story, 2) is None
    if when == "idle":
        assert statuses(story)[-1] == "2.1 available/available"
    story.do(c.PlugIn, evse=2)
    story.do(c.PresentToken, token="T", evse=2)
    story.answer_all()
    assert sessions(story) == [1, 2]


def test_while_a_restart_is_tried_again_nothing_begins():
    story = Story("three", settings={"ResetRetries": "2"}).online()
    story.do(c.SetBehaviour, restart_failures=2)
    story.request(r.Reset, when="now", restart="application")
    assert word(story) == "restarting"
    assert story.do(c.PresentToken, token="T").status == "rejected"
    story.wait(2)
    assert story.cp.facts.restart is None


# --- a reset that waits for sessions ---------------------------------------------------------------------------------


def waiting(**settings: str) -> Story:
    story = charging("stream", **settings)
    assert story.request(r.Reset, when="idle", restart="application").result == "scheduled"
    story.answer_all()
    return story


def test_idle_evses_are_unavailable_while_a_reset_waits_for_the_others():
    """2.0.1 B12, 3a"""
    story = waiting()
    assert statuses(story) == ["2.1 unavailable/unavailable"]
    assert word(story, 2) == "restarting"
    assert word(story, 1) is None
    story.do(c.PlugIn, evse=2)
    assert story.do(c.PresentToken, token="T", evse=2).reason == "the charger is about to restart"
    assert story.do(c.PressStart, evse=2).status == "rejected"
    assert story.request(r.StartCharging, token=Token(value="T"), remote_start=1).result == "rejected"
    assert statuses(story) == []
    assert sessions(story) == [1]
    story.do(c.Unplug, evse=2)
    story.do(c.PresentToken, token="CARD1", evse=1)
    story.answer_all()
    assert "close_link" in story.words()
    story.wait(1)
    story.link_up()
    story.answer_all()
    assert [said.split("/")[1] for said in statuses(story)] == ["occupied", "available"]
    story.do(c.PlugIn, evse=2)
    story.do(c.PresentToken, token="T", evse=2)
    story.answer_all()
    assert sessions(story) == [1, 2]


def test_the_session_it_waits_for_goes_on_and_ends_as_ever():
    story = waiting()
    story.do(c.SetEv, evse=1, ready=False)
    story.do(c.SetEv, evse=1, ready=True)
    story.answer_all()
    assert story.cp.facts.evses[0].power_w > 0
    story.do(c.PresentToken, token="CARD2", evse=1)
    story.answer(info=TokenInfo(status="accepted"))
    assert story.cp.facts.evses[0].transaction is not None
    story.do(c.PressStop, evse=1)
    story.answer_all()
    assert [event.reason for event in story.seen("transaction_ended")] == ["local"]
    assert story.cp.facts.restart is None


def test_a_transaction_that_began_with_the_cable_may_still_be_authorized():
    story = Story("stream", evses=TWO, settings=CABLE_FIRST).online()
    story.do(c.PlugIn, evse=1)
    story.answer_all()
    assert story.request(r.Reset, when="idle", restart="application").result == "scheduled"
    story.do(c.PresentToken, token="CARD1", evse=1)
    story.answer_all()
    assert story.cp.facts.evses[0].power_w > 0
    story.do(c.PlugIn, evse=2)
    assert sessions(story) == [1]


def test_who_is_asked_about_elsewhere_begins_nothing_any_more():
    story = charging("stream")
    story.do(c.PlugIn, evse=2)
    story.answer_all()
    story.do(c.PresentToken, token="CARD2", evse=2)
    story.request(r.Reset, when="idle", restart="application")
    story.answer_all()
    assert sessions(story) == [1]
    assert story.seen("token_judged")[-1].status == "not_at_this_time"


def test_an_evse_that_falls_idle_meanwhile_is_unavailable_with_its_cable_in():
    story = charging("stream")
    story.do(c.PlugIn, evse=2)
    story.do(c.PresentToken, token="T", evse=2)
    story.answer_all()
    story.said.clear()
    story.request(r.Reset, when="idle", restart="application")
    story.do(c.PresentToken, token="CARD1", evse=1)
    story.answer_all()
    assert statuses(story) == ["1.1 unavailable/unavailable"]
    assert word(story, 1) == "restarting"
    assert word(story, 2) is None


def test_a_reservation_outlasts_a_reset_that_waits():
    """2.0.1 B11.FR.05"""
    story = charging("stream")
    until = NOON + timedelta(hours=1)
    story.request(r.Reserve, reservation=1, evse=2, token=Token(value="T"), until=until)
    story.answer_all()
    story.request(r.Reset, when="idle", restart="application")
    assert [kept.id for kept in story.cp.facts.reservations] == [1]
    late = story.request(r.Reserve, reservation=2, evse=2, token=Token(value="T"), until=until)
    assert late.result == "unavailable"
    story.do(c.PressStop, evse=1)
    story.answer_all()
    story.wait(1)
    story.link_up()
    story.answer_all()
    assert statuses(story)[-1] == "2.1 reserved/reserved"


def test_a_reset_that_waits_also_waits_for_an_installation():
    story = charging("stream")
    story.do(c.SetBehaviour, firmware={"install_s": 60})
    story.request(r.UpdateFirmware, location="https://files/fw-2.bin", request_id=1, retrieve_at=NOON)
    story.request(r.Reset, when="idle", restart="application")
    story.worked(FileFetched(size=1, sha256="0" * 64))
    story.wait(30)
    story.do(c.PressStop, evse=1)
    story.answer_all()
    assert story.cp.facts.firmware.update.phase == "installing"
    assert story.cp.facts.restart is not None
    assert word(story, 2) == "restarting"
    story.wait(60)
    story.answer_all()
    story.wait(1)
    assert story.cp.facts.restart is None


# --- out of service --------------------------------------------------------------------------------------------------


@STYLES
def test_a_station_that_waits_to_be_unavailable_closes_at_once_what_is_idle(style: str):
    """1.6 §5.2; 2.0.1 G04"""
    story = charging(style)
    assert story.request(r.SetAvailability, place=STATION, operative=False).result == "scheduled"
    story.answer_all()
    at = {"three": "2.0", "stream": "2.1"}[style]
    assert f"{at} unavailable/unavailable" in statuses(story)
    assert word(story, 2) == "out_of_service"
    assert word(story, 1) is None
    story.do(c.PlugIn, evse=2)
    assert story.do(c.PresentToken, token="T", evse=2).reason == "EVSE 2 is out of service"
    assert story.do(c.PressStart, evse=2).status == "rejected"
    remote = story.request(r.StartCharging, token=Token(value="T"), place=Place(evse=2), remote_start=1)
    assert remote.result == "rejected"
    assert story.cp.facts.evses[0].power_w > 0
    story.do(c.PressStop, evse=1)
    story.answer_all()
    assert not story.cp.facts.operative
    assert word(story, 1) == "out_of_service"
    assert sessions(story) == [1]


@STYLES
def test_an_idle_cable_begins_nothing_while_the_station_waits_to_be_unavailable(style: str):
    story = charging(style)
    story.do(c.PlugIn, evse=2)
    story.answer_all()
    story.do(c.PresentToken, token="CARD2", evse=2)
    story.request(r.SetAvailability, place=STATION, operative=False)
    story.answer_all()
    assert sessions(story) == [1]
    assert story.seen("token_judged")[-1].by == "charger"


def test_with_several_sessions_each_evse_closes_with_its_own_and_the_station_with_the_last():
    story = charging("stream", evses=({}, {}, {}))
    story.do(c.PlugIn, evse=2)
    story.do(c.PresentToken, token="T", evse=2)
    story.answer_all()
    story.said.clear()
    story.request(r.SetAvailability, place=STATION, operative=False)
    story.do(c.PressStop, evse=1)
    story.answer_all()
    assert statuses(story) == ["3.1 unavailable/unavailable", "1.1 unavailable/unavailable"]
    assert word(story, 1) == "out_of_service"
    assert story.cp.facts.operative
    story.do(c.PressStop, evse=2)
    story.answer_all()
    assert statuses(story) == ["2.1 unavailable/unavailable"]
    assert not story.cp.facts.operative


@STYLES
def test_operative_again_before_it_was_carried_out_opens_what_was_closed(style: str):
    story = charging(style)
    story.request(r.SetAvailability, place=STATION, operative=False)
    assert story.request(r.SetAvailability, place=STATION, operative=True).result == "accepted"
    story.answer_all()
    at = {"three": "2.0", "stream": "2.1"}[style]
    assert f"{at} available/available" in statuses(story)
    assert word(story, 2) is None
    story.do(c.PressStop, evse=1)
    story.answer_all()
    assert story.cp.facts.operative
    assert word(story, 1) is None


def test_what_is_inoperative_already_is_accepted_and_not_put_off():
    """2.0.1 G03.FR.03"""
    story = charging("stream", evses=({"connectors": ({}, {})},))
    other = Place(evse=1, connector=2)
    assert story.request(r.SetAvailability, place=other, operative=False).result == "accepted"
    assert story.request(r.SetAvailability, place=other, operative=False).result == "accepted"
    assert story.request(r.SetAvailability, place=Place(evse=1), operative=False).result == "scheduled"
    story.do(c.PressStop)
    assert story.request(r.SetAvailability, place=Place(evse=1), operative=False).result == "accepted"


def test_an_evse_of_several_connectors_closes_them_all_when_its_transaction_is_over():
    """2.0.1 G03.FR.05, FR.06"""
    story = charging("stream", evses=({"connectors": ({}, {})},))
    assert story.request(r.SetAvailability, place=Place(evse=1), operative=False).result == "scheduled"
    story.answer_all()
    assert statuses(story) == []
    story.do(c.PressStop)
    story.answer_all()
    assert statuses(story) == ["1.1 unavailable/unavailable", "1.2 unavailable/unavailable"]


def test_a_connector_of_a_closed_station_can_be_opened_by_itself_where_each_has_its_own_level():
    """1.6 §4.9: the status of connector 0 has no direct connection to that of the others."""
    story = Story("three", evses=TWO).online()
    story.request(r.SetAvailability, place=STATION, operative=False)
    story.answer_all()
    assert statuses(story) == [
        "0.0 unavailable/unavailable",
        "1.0 unavailable/unavailable",
        "2.0 unavailable/unavailable",
    ]
    assert story.request(r.SetAvailability, place=Place(evse=1), operative=True).result == "accepted"
    story.answer_all()
    assert statuses(story) == ["1.0 available/available"]
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="T", evse=1)
    story.answer_all()
    assert sessions(story) == [1]
    assert word(story, 2) == "out_of_service"


def test_no_session_begins_at_a_connector_that_is_out_of_service_beside_one_that_is_not():
    story = Story("stream", evses=({"connectors": ({}, {})},), settings=OFFLINE).online()
    story.request(r.SetAvailability, place=Place(evse=1, connector=1), operative=False)
    story.do(c.PlugIn, evse=1, connector=1)
    assert word(story) == "out_of_service"
    assert story.do(c.PresentToken, token="T", evse=1).reason == "EVSE 1 is out of service"
    story.do(c.Unplug, evse=1, connector=1)
    assert word(story) is None
    story.do(c.PresentToken, token="T", evse=1)
    story.answer_all()
    story.do(c.PlugIn, evse=1, connector=1)
    assert sessions(story) == []
    story.do(c.Unplug, evse=1, connector=1)
    story.do(c.PlugIn, evse=1, connector=2)
    assert sessions(story) == [1]


# --- faults, power, registration -------------------------------------------------------------------------------------


@STYLES
@pytest.mark.parametrize("answered", [True, False])
def test_a_verdict_after_a_fault_begins_nothing_now_or_later(style: str, answered: bool):
    story = Story(style, settings=OFFLINE).online()
    story.do(c.PutToken, token="T", status="accepted", where="cache")
    story.do(c.PlugIn)
    story.answer_all()
    story.do(c.PresentToken, token="T")
    story.do(c.RaiseFault, evse=1)
    if answered:
        story.answer_all()
    else:
        story.do(c.GoOffline)
    assert story.seen("token_judged")[-1].status == "not_at_this_time"
    story.do(c.ClearFault, evse=1)
    assert sessions(story) == []


@STYLES
def test_a_loss_of_power_while_a_card_is_asked_about_begins_nothing(style: str):
    story = Story(style, settings=OFFLINE).online()
    story.do(c.PutToken, token="T", status="accepted", where="cache")
    story.do(c.PlugIn)
    story.answer_all()
    story.do(c.PresentToken, token="T")
    story.do(c.PowerOff)
    assert sessions(story) == []
    assert story.seen("transaction_ended") == []


def test_nothing_begins_without_power_and_what_waits_begins_with_it():
    story = Story("stream", settings=CABLE_FIRST).online()
    story.do(c.RaiseFault, evse=1)
    story.do(c.PowerOff)
    story.do(c.PlugIn)
    story.do(c.ClearFault, evse=1)
    story.do(c.SetEv, ready=True)
    assert word(story) == "no_power"
    assert sessions(story) == []
    story.do(c.PowerOn)
    assert sessions(story) == [1]


def test_no_cable_begins_a_session_before_the_backend_has_accepted_the_charger():
    """1.6 §4.2.1; 2.0.1 TxBeforeAcceptedEnabled"""
    story = Story("stream", settings=CABLE_FIRST)
    story.do(c.PlugIn)
    assert word(story) == "not_accepted"
    story.do(c.GoOnline)
    story.link_up()
    story.answer(verdict="pending")
    assert sessions(story) == []
    story.wait(300)
    story.answer()
    assert sessions(story) == [1]
    allowed = Story("stream", settings=CABLE_FIRST | {"TxCtrlr.TxBeforeAcceptedEnabled": "true"})
    allowed.do(c.PlugIn)
    assert sessions(allowed) == [1]


def test_a_setting_that_opens_the_way_lets_what_waits_begin():
    story = Story("stream", settings=CABLE_FIRST)
    story.do(c.PlugIn)
    story.do(c.WriteSetting, name="TxCtrlr.TxBeforeAcceptedEnabled", value="true")
    assert sessions(story) == [1]


# --- an update, a reservation ----------------------------------------------------------------------------------------


def test_a_cable_that_waits_begins_when_another_outlet_is_free_for_the_one_who_is_expected():
    """The last free outlet is kept for a reservation of any; a second free one ends that."""
    story = charging("stream", **CABLE_FIRST)
    until = NOON + timedelta(hours=1)
    story.request(r.Reserve, reservation=1, token=Token(value="FRIEND"), until=until)
    story.do(c.PlugIn, evse=2)
    story.answer_all()
    assert sessions(story) == [1]
    found = session_guard.obstacle_to(story.cp, story.cp.facts.evses[1])
    assert (found.word, found.remedy) == ("reserved", "present the token it is for")
    story.do(c.PressStop, evse=1)
    story.do(c.Unplug, evse=1)
    assert sessions(story) == [1, 2]


def test_the_cable_of_a_session_that_is_over_begins_no_other():
    story = charging("stream", **CABLE_FIRST)
    story.do(c.PressStop, evse=1)
    story.do(c.SetEv, evse=1, ready=False)
    story.do(c.SetEv, evse=1, ready=True)
    story.do(c.RaiseFault, evse=1)
    story.do(c.ClearFault, evse=1)
    assert sessions(story) == [1]
    story.do(c.PresentToken, token="CARD1", evse=1)
    story.answer_all()
    assert sessions(story) == [1, 1]


def test_each_obstacle_has_its_word():
    story = Story("three", evses=TWO)
    assert word(story) == "not_accepted"
    story.online()
    assert word(story) is None
    story.do(c.RaiseFault, evse=1)
    assert (word(story, 1), word(story, 2)) == ("faulted", None)
    story.do(c.ClearFault, evse=1)
    story.request(r.SetAvailability, place=Place(evse=1), operative=False)
    assert (word(story, 1), word(story, 2)) == ("out_of_service", None)
    story.do(c.PowerOff)
    assert word(story, 2) == "no_power"
