"""Values that the schema lets through and the text does not: what the charger answers, and what is told of the backend.

The charger answers by the message's own words, as a charge point does; the violation names field and clause.
"""

from typing import Any

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

PROFILE_16 = (
    '{"chargingProfileId":1,"stackLevel":%s,"chargingProfilePurpose":"%s","chargingProfileKind":"Relative",%s'
    '"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":%s,"limit":10}]}}'
)
TX_16 = PROFILE_16 % ("0", "TxProfile", "", "0")
EXPIRY = '"expiryDate":"2026-06-01T13:00:00Z","idTag":"A","reservationId":5'

REFUSED_16 = [
    (
        "RemoteStartTransaction",
        '{"idTag":"A","connectorId":0}',
        '{"status":"Rejected"}',
        "connectorId: must be greater than 0",
    ),
    (
        "RemoteStartTransaction",
        f'{{"idTag":"A","chargingProfile":{PROFILE_16 % ("0", "TxProfile", chr(34) + "transactionId" + chr(34) + ":7,", "0")}}}',
        '{"status":"Rejected"}',
        "chargingProfile.transactionId: must not be set",
    ),
    (
        "RemoteStartTransaction",
        f'{{"idTag":"A","chargingProfile":{PROFILE_16 % ("0", "TxDefaultProfile", "", "0")}}}',
        '{"status":"Rejected"}',
        "chargingProfile.chargingProfilePurpose: must be TxProfile",
    ),
    (
        "UnlockConnector",
        '{"connectorId":0}',
        '{"status":"NotSupported"}',
        "connectorId: must be greater than 0",
    ),
    (
        "TriggerMessage",
        '{"requestedMessage":"MeterValues","connectorId":0}',
        '{"status":"Rejected"}',
        "connectorId: must be greater than 0, unless it is the station's own StatusNotification that is asked for",
    ),
    (
        "ChangeAvailability",
        '{"connectorId":-1,"type":"Inoperative"}',
        '{"status":"Rejected"}',
        "connectorId: must not be below 0",
    ),
    (
        "ReserveNow",
        f'{{"connectorId":-1,{EXPIRY}}}',
        '{"status":"Rejected"}',
        "connectorId: must not be below 0",
    ),
    (
        "SetChargingProfile",
        f'{{"connectorId":0,"csChargingProfiles":{TX_16}}}',
        '{"status":"Rejected"}',
        "connectorId: must be greater than 0 for a TxProfile",
    ),
    (
        "SetChargingProfile",
        f'{{"connectorId":0,"csChargingProfiles":{PROFILE_16 % ("-1", "TxDefaultProfile", "", "0")}}}',
        '{"status":"Rejected"}',
        "csChargingProfiles.stackLevel: must not be below 0",
    ),
    (
        "SetChargingProfile",
        f'{{"connectorId":0,"csChargingProfiles":{PROFILE_16 % ("0", "TxDefaultProfile", "", "60")}}}',
        '{"status":"Rejected"}',
        "csChargingProfiles.chargingSchedule.chargingSchedulePeriod[].startPeriod: must be 0 in the first period",
    ),
    (
        "GetCompositeSchedule",
        '{"connectorId":-1,"duration":60}',
        '{"status":"Rejected"}',
        "connectorId: should not be below 0",
    ),
    (
        "SendLocalList",
        '{"listVersion":2,"updateType":"Full","localAuthorizationList":[{"idTag":"A"}]}',
        '{"status":"Failed"}',
        "localAuthorizationList[].idTagInfo: is required where updateType is Full",
    ),
]


def quiet(subprotocol: str, **configuration: Any) -> Wired:
    wired = Wired(subprotocol, **configuration)
    wired.do(c.PlugIn)
    wired.heard()
    return wired


@pytest.mark.parametrize(("action", "payload", "answer", "rule"), REFUSED_16)
def test_1_6_refuses_by_the_message_s_own_words_and_tells(action: str, payload: str, answer: str, rule: str):
    wired = quiet("ocpp1.6")
    before = wired.cp.facts
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[3,"b1",{answer}]']
    assert wired.violations() == [f"{action}: {rule}"]
    assert wired.cp.facts == before


def test_an_invalid_connector_of_a_profile_is_an_error_in_1_6():
    """1.6 errata 3.39: PropertyConstraintViolation, whichever number it is."""
    wired = quiet("ocpp1.6")
    for number, text in (
        (-1, "there is no such EVSE"),
        (7, "there is no EVSE 7"),
        (5000, "there is no such EVSE"),
    ):
        assert wired.says(
            f'[2,"b{number}","SetChargingProfile",{{"connectorId":{number},"csChargingProfiles":{TX_16}}}]'
        ) == [f'[4,"b{number}","PropertyConstraintViolation","{text}",{{}}]']
    assert [event.clause for event in wired.seen("protocol_violation")] == [
        "OCPP 1.6 §3.13.1",
        "OCPP 1.6 §3.8",
    ]


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("UnlockConnector", '{"connectorId":1001}', '{"status":"NotSupported"}'),
        ("RemoteStartTransaction", '{"idTag":"A","connectorId":123456789}', '{"status":"Rejected"}'),
        ("ChangeAvailability", '{"connectorId":5000,"type":"Operative"}', '{"status":"Rejected"}'),
        ("GetConfiguration", '{"key":[""]}', '{"unknownKey":[""]}'),
        ("ChangeConfiguration", '{"key":"","value":"1"}', '{"status":"NotSupported"}'),
        (
            "TriggerMessage",
            '{"requestedMessage":"StatusNotification","connectorId":9}',
            '{"status":"Rejected"}',
        ),
    ],
)
def test_what_1_6_does_not_rule_out_is_refused_and_nobody_s_fault(action: str, payload: str, answer: str):
    wired = quiet("ocpp1.6")
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[3,"b1",{answer}]']
    assert wired.violations() == []


def test_the_station_s_own_status_is_asked_for_by_connector_0():
    """1.6 §5.17"""
    wired = quiet("ocpp1.6")
    assert wired.says(
        '[2,"b1","TriggerMessage",{"requestedMessage":"StatusNotification","connectorId":0}]'
    ) == [
        '[3,"b1",{"status":"Accepted"}]',
        '[2,"#","StatusNotification",{"connectorId":0,"errorCode":"NoError","status":"Available",'
        '"timestamp":"2026-06-01T12:00:00Z"}]',
    ]
    assert wired.violations() == []


def test_a_connector_that_is_not_relevant_is_ignored_and_still_told():
    """1.6 §5.17"""
    wired = quiet("ocpp1.6")
    assert wired.says('[2,"b1","TriggerMessage",{"requestedMessage":"Heartbeat","connectorId":0}]') == [
        '[3,"b1",{"status":"Accepted"}]',
        '[2,"#","Heartbeat",{}]',
    ]
    assert [event.code for event in wired.seen("protocol_violation")] == ["call_field_rule"]


PROFILE_201 = (
    '{"id":1,"stackLevel":0,"chargingProfilePurpose":"%s","chargingProfileKind":"%s",%s'
    '"chargingSchedule":[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":10}]}]}'
)
CARD = '"idToken":{"idToken":"A","type":"Central"},"remoteStartId":1'

REFUSED_201 = [
    ("RequestStartTransaction", f'{{{CARD},"evseId":0}}', "Rejected", ["evseId: must be greater than 0"]),
    (
        "RequestStartTransaction",
        f'{{{CARD},"chargingProfile":{PROFILE_201 % ("TxDefaultProfile", "Relative", "")}}}',
        "Rejected",
        ["chargingProfile.chargingProfilePurpose: must be TxProfile"],
    ),
    (
        "UnlockConnector",
        '{"evseId":1,"connectorId":0}',
        "UnknownConnector",
        ["connectorId: should be greater than 0, as connectors are counted from 1"],
    ),
    (
        "UnlockConnector",
        '{"evseId":0,"connectorId":1}',
        "UnknownConnector",
        ["evseId: should be greater than 0, as EVSEs are counted from 1"],
    ),
    ("UnlockConnector", '{"evseId":1001,"connectorId":1001}', "UnknownConnector", []),
    ("Reset", '{"type":"Immediate","evseId":-1}', "Rejected", ["evseId: should not be below 0"]),
    (
        "TriggerMessage",
        '{"requestedMessage":"StatusNotification","evse":{"id":1,"connectorId":0}}',
        "Rejected",
        ["evse.connectorId: should be greater than 0, as connectors are counted from 1"],
    ),
    ("ChangeAvailability", '{"operationalStatus":"Operative","evse":{"id":1001}}', "Rejected", []),
    (
        "SetChargingProfile",
        f'{{"evseId":0,"chargingProfile":{PROFILE_201 % ("ChargingStationMaxProfile", "Relative", "")}}}',
        "Rejected",
        ["chargingProfile.chargingProfileKind: must not be Relative for a ChargingStationMaxProfile"],
    ),
    (
        "SetChargingProfile",
        f'{{"evseId":1,"chargingProfile":{PROFILE_201 % ("TxProfile", "Relative", "")}}}',
        "Rejected",
        ["chargingProfile.transactionId: must be set in a TxProfile"],
    ),
    (
        "SetChargingProfile",
        f'{{"evseId":1,"chargingProfile":{PROFILE_201 % ("TxDefaultProfile", "Absolute", "")}}}',
        "Rejected",
        [
            "chargingProfile.chargingSchedule[].startSchedule: must be set where chargingProfileKind is Absolute"
            " or Recurring"
        ],
    ),
    (
        "SendLocalList",
        '{"versionNumber":0,"updateType":"Full"}',
        "Failed",
        ["versionNumber: must be greater than 0"],
    ),
    (
        "ClearChargingProfile",
        "{}",
        "Unknown",
        [
            "chargingProfileId: must be set, or one of the criteria stackLevel, evseId and chargingProfilePurpose"
        ],
    ),
]


@pytest.mark.parametrize(("action", "payload", "status", "rules"), REFUSED_201)
def test_2_0_1_refuses_by_the_message_s_own_words_and_tells(
    action: str, payload: str, status: str, rules: list[str]
):
    wired = quiet("ocpp2.0.1")
    before = wired.cp.facts
    [answer] = wired.says(f'[2,"b1","{action}",{payload}]')
    assert answer.startswith(f'[3,"b1",{{"status":"{status}"')
    assert wired.violations() == [f"{action}: {rule}" for rule in rules]
    assert wired.cp.facts == before


def test_an_empty_name_is_an_unknown_component():
    wired = quiet("ocpp2.0.1")
    asked = '{"component":{"name":""},"variable":{"name":""}'
    assert wired.says(f'[2,"b1","GetVariables",{{"getVariableData":[{asked}}}]}}]') == [
        '[3,"b1",{"getVariableResult":[{"attributeStatus":"UnknownComponent","attributeType":"Actual",'
        '"component":{"name":""},"variable":{"name":""}}]}]'
    ]
    assert wired.violations() == []


def test_evse_0_is_the_whole_station():
    """2.0.1 part 1 §7.1"""
    wired = quiet("ocpp2.0.1")
    assert wired.says('[2,"b1","ChangeAvailability",{"operationalStatus":"Operative","evse":{"id":0}}]') == [
        '[3,"b1",{"status":"Accepted"}]'
    ]
    assert wired.violations() == []


def test_an_event_with_a_token_wants_a_verdict():
    """2.0.1 E01.FR.12; the charger goes on, and the session is its own"""
    wired = quiet("ocpp2.0.1")
    wired.answers["TransactionEvent"] = lambda _payload: {}
    wired.do(c.PresentToken, token="CARD1")
    told = [(event.code, event.field) for event in wired.seen("protocol_violation")]
    assert set(told) == {("answer_field_rule", "idTokenInfo")}
    assert len(told) == sum("idToken" in call[3] for call in wired.calls if call[2] == "TransactionEvent")
    assert wired.cp.facts.evses[0].transaction is not None
