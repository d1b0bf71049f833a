"""1.6 §5.2, §5.14, §4.9 through both gates: what is closed is told so, and nothing begins there."""

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c


def status(connector: int, word: str) -> str:
    return (
        f'[2,"#","StatusNotification",{{"connectorId":{connector},"errorCode":"NoError","status":"{word}",'
        '"timestamp":"2026-06-01T12:00:00Z"}]'
    )


def begun(wired: Wired) -> list[int]:
    return [call[3]["connectorId"] for call in wired.calls if call[2] == "StartTransaction"]


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
@pytest.mark.parametrize("answered", [True, False])
def test_a_verdict_after_a_reset_begins_nothing(kind: str, answered: bool):
    """§5.14; the cache would let the card in where no verdict comes"""
    wired = Wired(
        settings={"LocalAuthorizeOffline": "true", "LocalPreAuthorize": "false"}, call_timeout_s=5.0
    )
    wired.do(c.PutToken, token="CARD1", status="accepted", where="cache")
    wired.do(c.PlugIn)
    wired.answers["Authorize"] = None
    wired.do(c.PresentToken, token="CARD1")
    assert wired.says(f'[2,"b1","Reset",{{"type":"{kind}"}}]')[-1] == '[3,"b1",{"status":"Accepted"}]'
    if answered:
        wired.says('[3,"#",{"idTagInfo":{"status":"Accepted"}}]')
    wired.wait(30)
    assert wired.last("BootNotification") is not None
    assert [call[2] for call in wired.calls].count("BootNotification") == 2
    assert begun(wired) == []
    wired.answers.clear()
    wired.do(c.PresentToken, token="CARD1")
    assert begun(wired) == [1]


def test_a_card_before_the_restart_is_refused():
    wired = Wired()
    wired.do(c.PlugIn)
    wired.answers["Heartbeat"] = None
    wired.do(c.Ask, word="beat")
    wired.says('[2,"b1","Reset",{"type":"Soft"}]')
    refused = wired.do(c.PresentToken, token="CARD1")
    assert (refused.status, refused.reason) == ("rejected", "the charger is about to restart")
    assert wired.says('[2,"b2","RemoteStartTransaction",{"idTag":"CARD1","connectorId":1}]') == [
        '[3,"b2",{"status":"Rejected"}]'
    ]
    wired.wait(30)
    assert begun(wired) == []


def test_one_connector_of_a_closed_charge_point_is_opened_by_itself():
    """§4.9: the status of connector 0 has no direct connection to that of the others"""
    wired = Wired(evses=({}, {}))
    wired.says('[2,"b1","ChangeAvailability",{"connectorId":0,"type":"Inoperative"}]')
    assert wired.statuses() == ["Unavailable"] * 3
    assert wired.says('[2,"b2","ChangeAvailability",{"connectorId":1,"type":"Operative"}]') == [
        '[3,"b2",{"status":"Accepted"}]',
        status(1, "Available"),
    ]
    wired.do(c.PlugIn, evse=1)
    wired.do(c.PresentToken, token="CARD1", evse=1)
    assert begun(wired) == [1]
    assert wired.do(c.PresentToken, token="CARD2", evse=2).status == "rejected"


def test_nothing_begins_at_the_idle_while_the_charge_point_waits_to_be_inoperative():
    """§5.2"""
    wired = Wired(evses=({}, {}))
    wired.do(c.PlugIn, evse=1)
    wired.do(c.PresentToken, token="CARD1", evse=1)
    wired.says('[2,"b1","ChangeAvailability",{"connectorId":0,"type":"Inoperative"}]')
    wired.do(c.PlugIn, evse=2)
    assert wired.do(c.PresentToken, token="CARD2", evse=2).status == "rejected"
    assert wired.statuses() == ["Unavailable", "Charging", "Unavailable"]
    assert begun(wired) == [1]
    wired.do(c.PresentToken, token="CARD1", evse=1)
    assert wired.statuses() == ["Unavailable", "Unavailable", "Unavailable"]


@pytest.mark.parametrize("connector", [0, 1])
def test_with_a_cable_in_and_no_transaction_inoperative_is_unavailable_at_once(connector: int):
    wired = Wired()
    wired.do(c.PlugIn)
    wired.heard()
    told = wired.says(f'[2,"b1","ChangeAvailability",{{"connectorId":{connector},"type":"Inoperative"}}]')
    assert told[0] == '[3,"b1",{"status":"Accepted"}]'
    assert told[-1] == status(1, "Unavailable")
