"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule of OCPP 1.6 through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| SetChargingProfile | the power follows | two decimals, no period | every rule, no transaction, unknown connector |
| ClearChargingProfile | by id, by purpose | unknown purpose | Unknown |
| GetCompositeSchedule | what will be drawn | unknown unit | unknown connector |
"""

import json

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

ACTIONS = ("SetChargingProfile", "ClearChargingProfile", "GetCompositeSchedule")


def charging(**configuration) -> Wired:
    wired = Wired(settings={"MeterValueSampleInterval": "0"}, **configuration)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    return wired


def profile(purpose: str = "TxDefaultProfile", **changes) -> dict:
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 600, "limit": 6.5}],
    } | changes.pop("schedule", {})
    fields = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
    }
    return fields | changes | {"chargingSchedule": schedule}


def set_profile(wired: Wired, connector: int, given: dict) -> list[str]:
    return wired.says(
        f'[2,"b1","SetChargingProfile",{{"connectorId":{connector},"csChargingProfiles":{json.dumps(given)}}}]'
    )


ACCEPTED = '[3,"b1",{"status":"Accepted"}]'
REJECTED = '[3,"b1",{"status":"Rejected"}]'


@pytest.mark.shows("valid", "SetChargingProfile")
def test_the_power_follows_a_profile_and_its_periods():
    wired = charging()
    assert set_profile(wired, 1, profile("TxProfile", transactionId=17)) == [ACCEPTED]
    assert wired.cp.facts.evses[0].power_w == 3 * 230 * 16
    wired.wait(600)
    assert wired.cp.facts.evses[0].power_w == 3 * 230 * 6.5


@pytest.mark.shows("valid", "SetChargingProfile")
def test_a_limit_of_nothing_suspends():
    wired = charging()
    nothing = {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 0}]}
    absolute = {"startSchedule": "2026-06-01T12:00:00Z"} | nothing
    station = profile("ChargePointMaxProfile", chargingProfileKind="Absolute", schedule=absolute)
    answer, status = set_profile(wired, 0, station)
    assert answer == ACCEPTED
    assert '"status":"SuspendedEVSE"' in status


@pytest.mark.shows("valid", "ClearChargingProfile")
def test_a_cleared_profile_limits_no_more():
    wired = charging()
    set_profile(wired, 1, profile("TxProfile", transactionId=17))
    assert wired.says('[2,"b1","ClearChargingProfile",{"id":1}]') == [ACCEPTED]
    assert wired.cp.facts.evses[0].power_w == 3 * 230 * 32


@pytest.mark.shows("refused", "ClearChargingProfile")
@pytest.mark.parametrize(
    "payload",
    [
        '{"id":2}',
        '{"connectorId":0}',
        '{"stackLevel":1}',
        '{"chargingProfilePurpose":"TxProfile"}',
        '{"connectorId":1,"stackLevel":1}',
    ],
)
def test_what_fits_no_profile_is_unknown(payload: str):
    wired = charging()
    set_profile(wired, 1, profile())
    assert wired.says(f'[2,"b1","ClearChargingProfile",{payload}]') == ['[3,"b1",{"status":"Unknown"}]']
    assert wired.says('[2,"b1","ClearChargingProfile",{"connectorId":1,"stackLevel":0}]') == [ACCEPTED]


@pytest.mark.shows("valid", "GetCompositeSchedule")
def test_the_composite_tells_what_will_be_drawn():
    wired = charging()
    set_profile(wired, 1, profile())
    assert wired.says(
        '[2,"b1","GetCompositeSchedule",{"connectorId":1,"duration":900,"chargingRateUnit":"A"}]'
    ) == [
        '[3,"b1",{"status":"Accepted","connectorId":1,"scheduleStart":"2026-06-01T12:00:00Z","chargingSchedule":'
        '{"duration":900,"chargingRateUnit":"A","chargingSchedulePeriod":['
        '{"startPeriod":0,"limit":16.0,"numberPhases":3},{"startPeriod":600,"limit":6.5,"numberPhases":3}]}}]'
    ]


@pytest.mark.shows("refused", "GetCompositeSchedule")
def test_an_unknown_connector_has_no_composite():
    wired = charging()
    assert wired.says('[2,"b1","GetCompositeSchedule",{"connectorId":2,"duration":900}]') == [REJECTED]


PERIOD = {"startPeriod": 0, "limit": 10}


@pytest.mark.shows("refused", "SetChargingProfile")
@pytest.mark.parametrize(
    ("connector", "given"),
    [
        (0, profile("TxProfile", transactionId=17)),
        (2, profile("TxProfile", transactionId=17)),
        (1, profile("TxProfile", transactionId=18)),
        (1, profile("ChargePointMaxProfile", chargingProfileKind="Absolute")),
        (1, profile(stackLevel=11)),
        (1, profile(chargingProfileKind="Recurring")),
        (1, profile(chargingProfileKind="Recurring", recurrencyKind="Daily")),
        (1, profile(validFrom="2026-06-02T00:00:00Z", validTo="2026-06-01T00:00:00Z")),
        (1, profile(schedule={"chargingSchedulePeriod": [{"startPeriod": 1, "limit": 10}]})),
        (1, profile(schedule={"chargingSchedulePeriod": [PERIOD, PERIOD]})),
        (
            1,
            profile(schedule={"chargingSchedulePeriod": [{"startPeriod": n, "limit": 1} for n in range(25)]}),
        ),
        (1, profile(schedule={"chargingSchedulePeriod": [PERIOD | {"limit": -1}]})),
        (1, profile(schedule={"chargingSchedulePeriod": [PERIOD | {"numberPhases": 4}]})),
        (1, profile(schedule={"duration": 0})),
    ],
)
def test_a_profile_that_can_t_be_followed_is_rejected(connector: int, given: dict):
    wired = charging(evses=({}, {}))
    assert set_profile(wired, connector, given) == [REJECTED]
    assert wired.cp.profiles.installed == []


@pytest.mark.shows("refused", "SetChargingProfile")
def test_an_unknown_connector_is_a_value_that_is_not_allowed():
    """1.6 errata 3.38"""
    assert set_profile(charging(), 2, profile()) == [
        '[4,"b1","PropertyConstraintViolation","there is no EVSE 2",{}]'
    ]


BROKEN = {
    "SetChargingProfile": (
        '{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":'
        '"TxDefaultProfile","chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A",'
        '"chargingSchedulePeriod":[{"startPeriod":0,"limit":10.25}]}}}',
        "PropertyConstraintViolation",
        "csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit breaks the rule: multipleOf 0.1",
    ),
    "ClearChargingProfile": (
        '{"chargingProfilePurpose":"Tx"}',
        "PropertyConstraintViolation",
        "chargingProfilePurpose breaks the rule: enum ChargePointMaxProfile, TxDefaultProfile, TxProfile",
    ),
    "GetCompositeSchedule": (
        '{"connectorId":1,"duration":60,"chargingRateUnit":"kW"}',
        "PropertyConstraintViolation",
        "chargingRateUnit breaks the rule: enum A, W",
    ),
}


@pytest.mark.shows("broken", *BROKEN)
@pytest.mark.parametrize("action", BROKEN)
def test_a_broken_call_is_an_error_and_changes_nothing(action: str):
    payload, code, text = BROKEN[action]
    wired = charging()
    set_profile(wired, 1, profile(chargingProfileId=9))
    before = wired.cp.facts, list(wired.cp.profiles.installed)
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[4,"b1","{code}","{text}",{{}}]']
    assert (wired.cp.facts, wired.cp.profiles.installed) == before
