"""Unavailable before occupied: what is out of service is told so, whatever is plugged in (2.0.1 G01, G03, G04)."""

from datetime import timedelta

import pytest
from abstraction.story import NOON, Story
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.chores import FileFetched
from vcp_contracts.values import STATION, Place, SettingName, Token
from vcp_contracts.view import ChargePointView

TWO_CONNECTORS = ({"connectors": ({}, {})},)


def told(story: Story) -> list[str]:
    story.answer_all()
    return [said.removeprefix("status ") for said in story.words() if said.startswith("status")]


def plugged(style: str = "stream", **more: object) -> Story:
    story = Story(style, **more).online()
    story.do(c.PlugIn)
    told(story)
    return story


def charging(style: str = "stream", **more: object) -> Story:
    story = plugged(style, **more)
    story.do(c.PresentToken, token="CARD1", evse=1)
    told(story)
    return story


def state(story: Story, component: str, evse: int | None = None, connector: int | None = None) -> str:
    """What the backend reads in the device model."""
    name = SettingName(component=component, variable="AvailabilityState", evse=evse, connector=connector)
    [read] = story.request(r.ReadSettings, names=(name,)).settings
    return read.value


PLACES = [STATION, Place(evse=1), Place(evse=1, connector=1)]


@pytest.mark.parametrize("place", PLACES)
def test_out_of_service_with_a_cable_in_is_told_at_once(place: Place):
    """G03.FR.04, FR.06, G04.FR.07, G01.FR.07"""
    story = plugged()
    assert story.request(r.SetAvailability, place=place, operative=False).result == "accepted"
    assert told(story) == ["1.1 unavailable/unavailable"]
    assert state(story, "EVSE", 1) == state(story, "Connector", 1, 1) == "Unavailable"
    seen = story.seen("status_changed")[-1]
    assert seen.coarse == "unavailable"
    view = ChargePointView.model_validate_json(view_of(story.cp))
    assert view.evses[0].connectors[0].coarse == "unavailable"
    story.do(c.Unplug)
    story.do(c.PlugIn)
    assert told(story) == []
    story.request(r.SetAvailability, place=place, operative=True)
    assert told(story) == ["1.1 preparing/occupied"]


@pytest.mark.parametrize("place", PLACES)
def test_what_waits_for_the_end_of_a_transaction_is_told_then_with_the_cable_still_in(place: Place):
    """G03.FR.05, G04.FR.06"""
    story = charging()
    assert story.request(r.SetAvailability, place=place, operative=False).result == "scheduled"
    assert told(story) == []
    assert state(story, "Connector", 1, 1) == "Occupied"
    story.do(c.PressStop)
    assert told(story) == ["1.1 unavailable/unavailable"]
    assert state(story, "EVSE", 1) == state(story, "Connector", 1, 1) == "Unavailable"
    story.do(c.Unplug)
    assert told(story) == []


def test_a_car_that_leaves_an_open_transaction_leaves_what_is_to_become_unavailable():
    """G01.FR.05"""
    story = charging(
        settings={
            "TxCtrlr.StopTxOnEVSideDisconnect": "false",
            "TxCtrlr.TxStopPoint": "Authorized",
        }
    )
    story.request(r.SetAvailability, place=Place(evse=1), operative=False)
    story.do(c.Unplug, end="ev")
    assert story.cp.facts.evses[0].transaction is not None
    assert [said.split("/")[1] for said in told(story)] == ["unavailable"]


def test_a_fault_is_told_before_all_else():
    story = plugged()
    story.request(r.SetAvailability, place=Place(evse=1), operative=False)
    told(story)
    story.do(c.RaiseFault, evse=1)
    assert told(story) == ["1.1 faulted/faulted"]
    story.do(c.ClearFault, evse=1)
    assert told(story) == ["1.1 unavailable/unavailable"]


def test_out_of_service_is_told_before_reserved_and_reserved_before_occupied():
    """G01.FR.09, G03.FR.09"""
    story = Story("stream", evses=({}, {})).online()
    until = NOON + timedelta(hours=1)
    story.request(r.Reserve, reservation=1, evse=1, token=Token(value="CARD1"), until=until)
    assert told(story) == ["1.1 reserved/reserved"]
    story.do(c.PlugIn, evse=1)
    assert told(story) == []
    assert state(story, "EVSE", 1) == "Reserved"
    story.request(r.SetAvailability, place=Place(evse=1), operative=False)
    assert told(story) == ["1.1 unavailable/unavailable"]


def test_one_connector_out_of_service_says_nothing_of_its_neighbour():
    story = plugged(evses=TWO_CONNECTORS)
    story.request(r.SetAvailability, place=Place(evse=1, connector=1), operative=False)
    assert told(story) == ["1.1 unavailable/unavailable"]
    assert (state(story, "Connector", 1, 1), state(story, "Connector", 1, 2)) == ("Unavailable", "Available")
    assert state(story, "EVSE", 1) == "Available"
    story.do(c.RaiseFault, evse=1, connector=2)
    assert state(story, "EVSE", 1) == "Unavailable"


def test_the_station_itself_is_unavailable_when_its_last_session_is_over():
    """G04: operative is what is charging or ready for it"""
    story = charging()
    story.request(r.SetAvailability, place=STATION, operative=False)
    assert state(story, "ChargingStation") == "Available"
    story.do(c.PressStop)
    assert state(story, "ChargingStation") == "Unavailable"


@pytest.mark.parametrize("place", [STATION, Place(evse=1)])
def test_the_nine_words_do_the_same(place: Place):
    """1.6 §5.2, §4.9"""
    story = charging("three")
    assert story.request(r.SetAvailability, place=place, operative=False).result == "scheduled"
    assert "1.0 unavailable/unavailable" not in told(story)
    story.do(c.PressStop)
    assert told(story) == ["1.0 unavailable/unavailable"]
    idle = plugged("three")
    idle.request(r.SetAvailability, place=place, operative=False)
    assert told(idle)[-1] == "1.0 unavailable/unavailable"


@pytest.mark.parametrize("style", ["three", "stream"])
def test_an_update_that_needs_quiet_is_unavailable_with_a_cable_in(style: str):
    """1.6 §5.19; 2.0.1 L01.FR.07"""
    story = charging(style, evses=({}, {}))
    story.do(c.PlugIn, evse=2)
    told(story)
    story.request(r.UpdateFirmware, location="https://files/fw-2.bin", request_id=1, retrieve_at=NOON)
    story.answer_all()
    story.worked(FileFetched(size=1, sha256="0" * 64))
    story.wait(30)
    assert story.cp.facts.firmware.update.phase == "waiting"
    at = {"three": "2.0", "stream": "2.1"}[style]
    assert told(story)[-1] == f"{at} unavailable/unavailable"
    assert story.do(c.PresentToken, token="T", evse=2).reason == (
        "EVSE 2 is kept free for an update of the firmware"
    )
