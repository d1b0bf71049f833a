"""A session of direct current on real frames, in both versions: no phase anywhere, and power is voltage times current."""

import json
from typing import Any

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

FAST = ({"connectors": ({"type": "cCCS2", "max_power_w": 150_000},)},)
READ = (
    "Current.Import,Voltage,Power.Active.Import,Energy.Active.Import.Register,Current.Import.L1,Voltage.L1-N"
)


def charging(version: str, **more: Any) -> Wired:
    key = {"ocpp1.6": "MeterValuesSampledData", "ocpp2.0.1": "SampledDataCtrlr.TxUpdatedMeasurands"}[version]
    settings = {key: READ, "StopTxnSampledData": ""} | more.pop("settings", {})
    wired = Wired(version, evses=more.pop("evses", FAST), settings=settings, **more)
    wired.do(c.SetEv, current_a=200)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    return wired


def test_meter_values_of_1_6_have_one_current_and_one_voltage_without_phase():
    """1.6 §7.43"""
    wired = charging("ocpp1.6")
    wired.wait(60)
    assert wired.heard() == [
        '[2,"#","MeterValues",{"connectorId":1,"transactionId":17,"meterValue":[{"timestamp":"2026-06-01T12:01:00Z",'
        '"sampledValue":['
        '{"value":"200","context":"Sample.Periodic","measurand":"Current.Import","unit":"A"},'
        '{"value":"400","context":"Sample.Periodic","measurand":"Voltage","unit":"V"},'
        '{"value":"80000","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"},'
        '{"value":"1333","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"}]}]}]'
    ]
    assert wired.seen("self_violation") == []


def test_transaction_events_of_2_0_1_tell_no_number_of_phases():
    """2.0.1 E02.FR.18, SampledValueType"""
    wired = charging("ocpp2.0.1")
    name = wired.cp.facts.evses[0].transaction.id
    wired.wait(60)
    assert wired.heard() == [
        '[2,"#","TransactionEvent",{"eventType":"Updated","timestamp":"2026-06-01T12:01:00Z",'
        '"triggerReason":"MeterValuePeriodic","seqNo":2,'
        f'"transactionInfo":{{"transactionId":"{name}"}},'
        '"meterValue":[{"timestamp":"2026-06-01T12:01:00Z","sampledValue":['
        '{"value":200,"context":"Sample.Periodic","measurand":"Current.Import","unitOfMeasure":{"unit":"A"}},'
        '{"value":400,"context":"Sample.Periodic","measurand":"Voltage","unitOfMeasure":{"unit":"V"}},'
        '{"value":80000,"context":"Sample.Periodic","measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W"}},'
        '{"value":1333,"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register",'
        '"unitOfMeasure":{"unit":"Wh"}}]}]}]'
    ]
    wired.do(c.PresentToken, token="CARD1")
    events = [call[3] for call in wired.calls if call[2] == "TransactionEvent"]
    assert [event["transactionInfo"].get("chargingState") for event in events][:2] == [
        "EVConnected",
        "Charging",
    ]
    assert [event for event in events if "numberOfPhasesUsed" in event] == []
    assert wired.seen("self_violation") == []


def test_the_same_session_of_alternating_current_tells_it():
    wired = charging("ocpp2.0.1", evses=({},))
    events = [call[3] for call in wired.calls if call[2] == "TransactionEvent"]
    assert [event.get("numberOfPhasesUsed") for event in events] == [None, 3]


def period(**more: Any) -> dict[str, Any]:
    return {"startPeriod": 0, "limit": 40_000} | more


def put(wired: Wired, version: str, unit: str, one: dict[str, Any]) -> str:
    """The backend sets a default for the EVSE; the status that the charger answers."""
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": [one]}
    kind = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative"}
    payload = {
        "ocpp1.6": {
            "connectorId": 1,
            "csChargingProfiles": {"chargingProfileId": 1, "chargingSchedule": schedule} | kind,
        },
        "ocpp2.0.1": {
            "evseId": 1,
            "chargingProfile": {"id": 1, "chargingSchedule": [{"id": 1} | schedule]} | kind,
        },
    }[version]
    answer = wired.says(f'[2,"p{unit}","SetChargingProfile",{json.dumps(payload)}]')[0]
    status: str = json.loads(answer)[2]["status"]
    return status


@pytest.mark.parametrize(
    ("version", "named"),
    [
        ("ocpp1.6", {}),
        ("ocpp1.6", {"numberPhases": 3}),
        ("ocpp1.6", {"numberPhases": 1}),
        ("ocpp2.0.1", {}),
        ("ocpp2.0.1", {"numberPhases": 3}),
        ("ocpp2.0.1", {"numberPhases": 1, "phaseToUse": 2}),
    ],
)
def test_a_limit_is_what_it_says_whatever_phases_it_names(version: str, named: dict[str, Any]):
    """1.6 §7.12, §7.14; 2.0.1 K01.FR.44, K01.FR.49"""
    wired = charging(version)
    assert put(wired, version, "W", period(**named)) == "Accepted"
    assert wired.cp.facts.evses[0].power_w == 40_000
    assert put(wired, version, "A", period(limit=50, **named)) == "Accepted"
    assert wired.cp.facts.evses[0].power_w == 20_000
    assert wired.violations() == []


def test_composite_schedules_of_1_6_tell_watts_and_no_number_of_phases():
    wired = charging("ocpp1.6")
    put(wired, "ocpp1.6", "A", period(limit=100, numberPhases=3))
    assert wired.says('[2,"g","GetCompositeSchedule",{"connectorId":1,"duration":60}]') == [
        '[3,"g",{"status":"Accepted","connectorId":1,"scheduleStart":"2026-06-01T12:00:00Z","chargingSchedule":'
        '{"duration":60,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":40000.0}]}}]'
    ]
    assert wired.says(
        '[2,"h","GetCompositeSchedule",{"connectorId":0,"duration":60,"chargingRateUnit":"A"}]'
    ) == [
        '[3,"h",{"status":"Accepted","connectorId":0,"scheduleStart":"2026-06-01T12:00:00Z","chargingSchedule":'
        '{"duration":60,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":100.0}]}}]'
    ]


def test_composite_schedules_of_2_0_1_tell_watts_and_no_number_of_phases():
    wired = charging("ocpp2.0.1")
    put(wired, "ocpp2.0.1", "A", period(limit=100, numberPhases=3))
    wired.heard()
    assert wired.says('[2,"g","GetCompositeSchedule",{"evseId":1,"duration":60}]') == [
        '[3,"g",{"status":"Accepted","schedule":{"evseId":1,"duration":60,"scheduleStart":"2026-06-01T12:00:00Z",'
        '"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":40000}]}}]'
    ]


def supply_phases(wired: Wired, *components: str) -> list[str]:
    asked = [f'{{"component":{component},"variable":{{"name":"SupplyPhases"}}}}' for component in components]
    [answer] = wired.says(f'[2,"v","GetVariables",{{"getVariableData":[{",".join(asked)}]}}]')
    return [result["attributeValue"] for result in json.loads(answer)[2]["getVariableResult"]]


def test_supply_phases_of_2_0_1_are_0_for_direct_current():
    """Part 2 appendix 3"""
    wired = Wired("ocpp2.0.1", evses=(*FAST, {"connectors": ({"phases": 1},)}))
    wired.heard()
    assert supply_phases(
        wired,
        '{"name":"EVSE","evse":{"id":1}}',
        '{"name":"Connector","evse":{"id":1,"connectorId":1}}',
        '{"name":"EVSE","evse":{"id":2}}',
        '{"name":"ChargingStation"}',
    ) == ["0", "0", "1", "3"]


def test_the_type_alone_makes_a_fast_charger_whose_cable_nobody_unlocks():
    wired = charging("ocpp1.6", evses=({"connectors": ({"type": "cCCS2"},)},))
    wired.do(c.SetEv, power_w=1e6)
    assert wired.cp.facts.evses[0].power_w == 50_000
    wired.heard()
    assert wired.says('[2,"u","UnlockConnector",{"connectorId":1}]') == ['[3,"u",{"status":"NotSupported"}]']


def test_phases_are_told_again_where_the_next_session_is_of_alternating_current():
    """One EVSE with a socket and a cable: the connector in use counts."""
    wired = Wired("ocpp2.0.1", evses=({"connectors": ({}, {"type": "cCCS2"})},))
    for connector in (2, 1):
        wired.do(c.PlugIn, connector=connector)
        wired.do(c.PresentToken, token="CARD1")
        wired.do(c.PresentToken, token="CARD1")
        wired.do(c.Unplug, connector=connector)
    events = [call[3] for call in wired.calls if call[2] == "TransactionEvent"]
    told = [
        (event["evse"]["connectorId"], event.get("numberOfPhasesUsed")) for event in events if "evse" in event
    ]
    used = [event.get("numberOfPhasesUsed") for event in events]
    assert [connector for connector, _ in told] == [2, 1]
    assert used.count(3) == 1
    assert used.index(3) > [event.get("evse", {}).get("connectorId") for event in events].index(1)
