"""2.0.1 B12, G03, G04 through both gates: what is closed is told so, and nothing begins there."""

from typing import Any

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

CARD = '{"idToken":"CARD2","type":"ISO14443"}'


def status(evse: int, connector: int, word: str) -> str:
    return (
        f'[2,"#","StatusNotification",{{"timestamp":"2026-06-01T12:00:00Z","connectorStatus":"{word}",'
        f'"evseId":{evse},"connectorId":{connector}}}]'
    )


def charging(**configuration: Any) -> Wired:
    """A session at EVSE 1."""
    wired = Wired("ocpp2.0.1", **{"evses": ({}, {})} | configuration)
    wired.do(c.PlugIn, evse=1)
    wired.do(c.PresentToken, token="CARD1", evse=1)
    wired.heard()
    return wired


def begun(wired: Wired) -> list[int]:
    """The EVSEs of the transactions that were ever told."""
    return [
        call[3]["evse"]["id"]
        for call in wired.calls
        if call[2] == "TransactionEvent" and call[3]["eventType"] == "Started"
    ]


def words(wired: Wired) -> list[str]:
    """What the backend knows of the EVSEs, in order."""
    known = {
        call[3]["evseId"]: call[3]["connectorStatus"]
        for call in wired.calls
        if call[2] == "StatusNotification"
    }
    return [known[evse] for evse in sorted(known)]


def tries_everything(wired: Wired, evse: int) -> None:
    """Cable, card, button and remote start, all in vain."""
    before = begun(wired)
    wired.do(c.PlugIn, evse=evse)
    assert wired.do(c.PresentToken, token="CARD2", evse=evse).status == "rejected"
    assert wired.do(c.PressStart, evse=evse).status == "rejected"
    wired.heard()
    [answer] = wired.says(
        f'[2,"t1","RequestStartTransaction",{{"idToken":{CARD},"remoteStartId":9,"evseId":{evse}}}]'
    )
    assert answer.startswith('[3,"t1",{"status":"Rejected"')
    assert begun(wired) == before


def test_idle_evses_are_unavailable_until_the_reset_that_waits_has_happened():
    """B12, 3a"""
    wired = charging()
    assert wired.says('[2,"b1","Reset",{"type":"OnIdle"}]') == [
        '[3,"b1",{"status":"Scheduled"}]',
        status(2, 1, "Unavailable"),
    ]
    tries_everything(wired, 2)
    assert wired.heard() == []
    wired.do(c.PresentToken, token="CARD1", evse=1)
    wired.wait(15)
    assert wired.last("BootNotification")["reason"] == "ScheduledReset"
    assert words(wired) == ["Occupied", "Occupied"]
    wired.do(c.PresentToken, token="CARD2", evse=2)
    assert begun(wired) == [1, 2]


@pytest.mark.parametrize(
    ("kind", "says"),
    [("EVSE", '{"type":"OnIdle","evseId":2}'), ("EVSE at once", '{"type":"Immediate","evseId":1}')],
)
def test_a_reset_of_one_evse_is_refused_and_closes_nothing(kind: str, says: str):
    """B11.FR.09, B12.FR.09"""
    wired = charging()
    [answer] = wired.says(f'[2,"b1","Reset",{says}]')
    assert answer.startswith('[3,"b1",{"status":"Rejected"')
    assert words(wired) == ["Occupied", "Available"]
    wired.do(c.PlugIn, evse=2)
    wired.do(c.PresentToken, token="CARD2", evse=2)
    assert begun(wired) == [1, 2]


def test_a_verdict_after_an_immediate_reset_begins_nothing():
    wired = Wired("ocpp2.0.1")
    wired.do(c.PlugIn)
    wired.answers["Authorize"] = None
    wired.do(c.PresentToken, token="CARD1")
    assert wired.open_call is not None
    [answer] = wired.says('[2,"b1","Reset",{"type":"Immediate"}]')[-1:]
    assert answer == '[3,"b1",{"status":"Accepted"}]'
    wired.says('[3,"#",{"idTokenInfo":{"status":"Accepted"}}]')
    wired.wait(15)
    assert wired.last("BootNotification")["reason"] == "RemoteReset"
    assert begun(wired) == []


def test_a_station_that_waits_to_be_inoperative_closes_its_idle_evses_at_once():
    """G04.FR.05 to .07"""
    wired = charging(evses=({}, {}, {}))
    assert wired.says('[2,"b1","ChangeAvailability",{"operationalStatus":"Inoperative"}]') == [
        '[3,"b1",{"status":"Scheduled"}]',
        status(2, 1, "Unavailable"),
        status(3, 1, "Unavailable"),
    ]
    tries_everything(wired, 2)
    wired.do(c.PresentToken, token="CARD1", evse=1)
    assert [text for text in wired.heard() if "StatusNotification" in text] == [status(1, 1, "Unavailable")]
    assert words(wired) == ["Unavailable"] * 3
    tries_everything(wired, 3)
    assert wired.says('[2,"b2","ChangeAvailability",{"operationalStatus":"Operative"}]') == [
        '[3,"b2",{"status":"Accepted"}]',
        status(1, 1, "Occupied"),
        status(2, 1, "Occupied"),
        status(3, 1, "Occupied"),
    ]


def test_operative_again_takes_back_what_waits():
    wired = charging()
    wired.says('[2,"b1","ChangeAvailability",{"operationalStatus":"Inoperative"}]')
    assert wired.says('[2,"b2","ChangeAvailability",{"operationalStatus":"Operative"}]') == [
        '[3,"b2",{"status":"Accepted"}]',
        status(2, 1, "Available"),
    ]
    wired.do(c.PresentToken, token="CARD1", evse=1)
    assert words(wired) == ["Occupied", "Available"]


@pytest.mark.parametrize("place", ['"evse":{"id":1}', '"evse":{"id":1,"connectorId":1}'])
def test_with_a_cable_in_and_no_transaction_inoperative_is_unavailable_at_once(place: str):
    """G03.FR.04, FR.06, G01.FR.07"""
    wired = Wired("ocpp2.0.1")
    wired.do(c.PlugIn)
    wired.heard()
    assert wired.says(f'[2,"b1","ChangeAvailability",{{"operationalStatus":"Inoperative",{place}}}]') == [
        '[3,"b1",{"status":"Accepted"}]',
        status(1, 1, "Unavailable"),
    ]
    wired.do(c.Unplug)
    assert wired.heard() == []
    [answer] = wired.says(
        '[2,"b2","GetVariables",{"getVariableData":[{"component":{"name":"Connector",'
        '"evse":{"id":1,"connectorId":1}},"variable":{"name":"AvailabilityState"}}]}]'
    )
    assert '"attributeValue":"Unavailable"' in answer


def test_an_evse_with_two_connectors_becomes_unavailable_as_a_whole_when_its_transaction_ends():
    """G03.FR.05, FR.06"""
    wired = charging(evses=({"connectors": ({}, {})},))
    assert wired.says(
        '[2,"b1","ChangeAvailability",{"operationalStatus":"Inoperative","evse":{"id":1}}]'
    ) == ['[3,"b1",{"status":"Scheduled"}]']
    wired.do(c.PresentToken, token="CARD1", evse=1)
    assert [text for text in wired.heard() if "StatusNotification" in text] == [
        status(1, 1, "Unavailable"),
        status(1, 2, "Unavailable"),
    ]
