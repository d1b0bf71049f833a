"""StatusNotification, ChangeAvailability and UnlockConnector of OCPP 1.6 through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| StatusNotification | a fault comes and goes | an answer with a field too many: told all the same | - |
| ChangeAvailability | at once, scheduled, whole station | unknown type | unknown connector |
| UnlockConnector | unlocked, ends a session | no number | no lock, unknown connector, a lock that jams |
"""

import pytest
from both_gates.wired import Wired, broken
from vcp_contracts import commands as c

ACTIONS = ("StatusNotification", "ChangeAvailability", "UnlockConnector")
NO_REFUSAL = {"StatusNotification": "it is the charger's own, and its answer is empty"}


def quiet(**configuration) -> Wired:
    wired = Wired(**configuration)
    wired.heard()
    return wired


def charging(**configuration) -> Wired:
    wired = Wired(**configuration)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    return wired


@pytest.mark.shows("valid", "StatusNotification")
def test_a_fault_comes_and_goes():
    wired = quiet()
    wired.do(c.RaiseFault, evse=1, kind="ground_failure", info="wet")
    wired.wait(5)
    wired.do(c.ClearFault, evse=1)
    assert wired.heard() == [
        '[2,"#","StatusNotification",{"connectorId":1,"errorCode":"GroundFailure","status":"Faulted",'
        '"timestamp":"2026-06-01T12:00:00Z","info":"wet"}]',
        '[2,"#","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available",'
        '"timestamp":"2026-06-01T12:00:05Z"}]',
    ]


@pytest.mark.shows("broken", "StatusNotification")
def test_a_broken_answer_to_a_status_is_told_and_the_next_status_goes_out():
    wired = quiet()
    wired.answers["StatusNotification"] = broken('{"status":"Accepted"}')
    wired.do(c.PlugIn)
    wired.do(c.Unplug)
    assert wired.violations() == ["StatusNotification: status: not a field of this message"] * 2
    assert wired.called() == [
        'StatusNotification {"connectorId":1,"errorCode":"NoError","status":"Preparing"}',
        'StatusNotification {"connectorId":1,"errorCode":"NoError","status":"Available"}',
    ]


@pytest.mark.shows("valid", "ChangeAvailability")
def test_an_idle_connector_changes_at_once_and_back():
    wired = quiet()
    assert wired.says('[2,"b1","ChangeAvailability",{"connectorId":1,"type":"Inoperative"}]') == [
        '[3,"b1",{"status":"Accepted"}]',
        '[2,"#","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Unavailable",'
        '"timestamp":"2026-06-01T12:00:00Z"}]',
    ]
    again = wired.says('[2,"b2","ChangeAvailability",{"connectorId":1,"type":"Inoperative"}]')
    assert again == ['[3,"b2",{"status":"Accepted"}]']
    assert wired.says('[2,"b3","RemoteStartTransaction",{"idTag":"CARD1","connectorId":1}]') == [
        '[3,"b3",{"status":"Rejected"}]'
    ]
    assert wired.says('[2,"b4","ChangeAvailability",{"connectorId":1,"type":"Operative"}]') == [
        '[3,"b4",{"status":"Accepted"}]',
        '[2,"#","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available",'
        '"timestamp":"2026-06-01T12:00:00Z"}]',
    ]


@pytest.mark.shows("valid", "ChangeAvailability")
def test_with_connector_0_the_idle_change_now_and_the_busy_one_after_its_transaction():
    wired = charging(evses=({}, {}))
    assert wired.says('[2,"b1","ChangeAvailability",{"connectorId":0,"type":"Inoperative"}]') == [
        '[3,"b1",{"status":"Scheduled"}]',
        '[2,"#","StatusNotification",{"connectorId":0,"errorCode":"NoError","status":"Unavailable",'
        '"timestamp":"2026-06-01T12:00:00Z"}]',
        '[2,"#","StatusNotification",{"connectorId":2,"errorCode":"NoError","status":"Unavailable",'
        '"timestamp":"2026-06-01T12:00:00Z"}]',
    ]
    wired.do(c.PresentToken, token="CARD1")
    assert wired.statuses() == ["Unavailable", "Unavailable", "Unavailable"]


@pytest.mark.shows("refused", "ChangeAvailability")
def test_an_unknown_connector_is_rejected():
    wired = quiet()
    assert wired.says('[2,"b1","ChangeAvailability",{"connectorId":2,"type":"Inoperative"}]') == [
        '[3,"b1",{"status":"Rejected"}]'
    ]


@pytest.mark.shows("valid", "UnlockConnector")
def test_unlocking_ends_the_session_first():
    """1.6 §5.18"""
    wired = charging()
    assert wired.says('[2,"b1","UnlockConnector",{"connectorId":1}]')[0] == '[3,"b1",{"status":"Unlocked"}]'
    assert wired.last("StopTransaction")["reason"] == "UnlockCommand"
    assert not wired.cp.facts.evses[0].connectors[0].locked
    assert wired.statuses() == ["Available", "Finishing"]


@pytest.mark.shows("refused", "UnlockConnector")
def test_what_can_t_be_unlocked_is_told():
    fixed = quiet(evses=({"connectors": ({"fixed_cable": True},)},))
    assert fixed.says('[2,"b1","UnlockConnector",{"connectorId":1}]') == [
        '[3,"b1",{"status":"NotSupported"}]'
    ]
    assert fixed.says('[2,"b2","UnlockConnector",{"connectorId":9}]') == [
        '[3,"b2",{"status":"NotSupported"}]'
    ]
    jammed = charging()
    jammed.do(c.SetBehaviour, unlock="fails")
    assert jammed.says('[2,"b1","UnlockConnector",{"connectorId":1}]')[0] == (
        '[3,"b1",{"status":"UnlockFailed"}]'
    )


@pytest.mark.shows("refused", "UnlockConnector")
def test_a_lock_that_jams_keeps_the_cable_though_the_session_is_over():
    """1.6 §5.18: the session is finished first"""
    wired = charging()
    wired.do(c.SetBehaviour, unlock="fails")
    assert wired.says('[2,"b1","UnlockConnector",{"connectorId":1}]')[0] == (
        '[3,"b1",{"status":"UnlockFailed"}]'
    )
    assert wired.last("StopTransaction")["reason"] == "UnlockCommand"
    assert wired.cp.facts.evses[0].connectors[0].locked
    wired.do(c.SetBehaviour, unlock="works")
    assert wired.says('[2,"b2","UnlockConnector",{"connectorId":1}]') == ['[3,"b2",{"status":"Unlocked"}]']
    assert not wired.cp.facts.evses[0].connectors[0].locked


BROKEN = {
    "ChangeAvailability": (
        '{"connectorId":1,"type":"Broken"}',
        "PropertyConstraintViolation",
        "type breaks the rule: enum Inoperative, Operative",
    ),
    "UnlockConnector": (
        '{"connectorId":"1"}',
        "TypeConstraintViolation",
        "connectorId breaks the rule: type integer",
    ),
}


@pytest.mark.shows("broken", *BROKEN)
@pytest.mark.parametrize("action", BROKEN)
def test_a_broken_call_is_an_error_and_changes_nothing(action: str):
    payload, code, text = BROKEN[action]
    wired = charging()
    before = wired.cp.facts
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[4,"b1","{code}","{text}",{{}}]']
    assert wired.cp.facts == before
