"""Every call of OCPP 2.0.1 that a backend may make of the charger, through both gates.

| action | valid | broken |
| --- | --- | --- |
| RequestStartTransaction, RequestStopTransaction | a session begins, ends | a token without type; an id too long |
| Reset | sessions end, then the boot; OnIdle waits | unknown type |
| TriggerMessage | the message follows | unknown message |
| ChangeAvailability, UnlockConnector | unavailable; unlocked | unknown status; no connector |
| GetVariables, SetVariables, GetBaseReport | told, in force, reported | none asked; value too long; unknown base |
| SetChargingProfile, ClearChargingProfile, GetChargingProfiles, GetCompositeSchedule | limits | each another way |
| ClearCache, SendLocalList, GetLocalListVersion | the next card is asked about; kept | a field too many; unknown type |
| ReserveNow, CancelReservation | kept free; free again | no token; id is a text |
| CertificateSigned, InstallCertificate, DeleteCertificate, GetInstalledCertificateIds | not asked for; no root; none | ... |
| UpdateFirmware, GetLog, DataTransfer | under way; unknown vendor | no number; unknown kind; no vendor |
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

TOKEN = '{"idToken":"APP1","type":"Central"}'
CARD = '{"idToken":"CARD1","type":"ISO14443"}'
SCHEDULE = '[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":10}]}]'
PROFILE = (
    '{"id":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",'
    f'"chargingSchedule":{SCHEDULE}}}'
)
HASH = '{"hashAlgorithm":"SHA256","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"1"}'


def quiet(**configuration: Any) -> Wired:
    wired = Wired("ocpp2.0.1", **configuration)
    wired.heard()
    return wired


def charging(**configuration: Any) -> Wired:
    wired = Wired("ocpp2.0.1", **configuration)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    return wired


def running(wired: Wired) -> str:
    transaction = wired.cp.facts.evses[0].transaction
    assert transaction is not None
    return transaction.id


class Story(NamedTuple):
    """What is called, what answers it, and what must hold then."""

    payload: str
    answer: str
    holds: Callable[[Wired], object]
    begin: Callable[..., Wired] = quiet


VALID: dict[str, Story] = {
    "RequestStartTransaction": Story(
        f'{{"idToken":{TOKEN},"remoteStartId":7}}',
        '{"status":"Accepted"}',
        lambda w: w.cp.facts.evses[0].authorization is not None,
    ),
    "RequestStopTransaction": Story(
        '{"transactionId":"RUNNING"}',
        '{"status":"Accepted"}',
        lambda w: (
            w.last("TransactionEvent")["eventType"] == "Ended"
            and w.last("TransactionEvent")["transactionInfo"]["stoppedReason"] == "Remote"
        ),
        charging,
    ),
    "Reset": Story(
        '{"type":"Immediate"}',
        '{"status":"Accepted"}',
        lambda w: w.last("TransactionEvent")["eventType"] == "Ended" and w.link is None,
        charging,
    ),
    "TriggerMessage": Story(
        '{"requestedMessage":"Heartbeat"}',
        '{"status":"Accepted"}',
        lambda w: w.calls[-1][2] == "Heartbeat",
    ),
    "ChangeAvailability": Story(
        '{"operationalStatus":"Inoperative","evse":{"id":1}}',
        '{"status":"Accepted"}',
        lambda w: w.last("StatusNotification")["connectorStatus"] == "Unavailable",
    ),
    "UnlockConnector": Story(
        '{"evseId":1,"connectorId":1}',
        '{"status":"Unlocked"}',
        lambda w: True,
    ),
    "GetVariables": Story(
        '{"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}',
        '{"getVariableResult":[{"attributeStatus":"Accepted","attributeType":"Actual",'
        '"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"},"attributeValue":"86400"}]}',
        lambda w: True,
    ),
    "SetVariables": Story(
        '{"setVariableData":[{"attributeValue":"10","component":{"name":"OCPPCommCtrlr"},'
        '"variable":{"name":"HeartbeatInterval"}}]}',
        '{"setVariableResult":[{"attributeStatus":"Accepted","attributeType":"Actual",'
        '"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}',
        lambda w: w.cp.settings.text("OCPPCommCtrlr.HeartbeatInterval") == "10",
    ),
    "GetBaseReport": Story(
        '{"requestId":4,"reportBase":"FullInventory"}',
        '{"status":"Accepted"}',
        lambda w: w.last("NotifyReport")["requestId"] == 4 and not w.last("NotifyReport").get("tbc", False),
    ),
    "SetChargingProfile": Story(
        f'{{"evseId":1,"chargingProfile":{PROFILE}}}',
        '{"status":"Accepted"}',
        lambda w: w.cp.facts.evses[0].power_w == 3 * 230 * 10,
        charging,
    ),
    "ClearChargingProfile": Story(
        '{"chargingProfileId":1}',
        '{"status":"Unknown"}',
        lambda w: True,
    ),
    "GetChargingProfiles": Story(
        '{"requestId":5,"chargingProfile":{"chargingProfileId":[1]}}',
        '{"status":"NoProfiles"}',
        lambda w: True,
    ),
    "GetCompositeSchedule": Story(
        '{"evseId":1,"duration":60,"chargingRateUnit":"A"}',
        '{"status":"Accepted","schedule":{"evseId":1,"duration":60,"scheduleStart":"2026-06-01T12:00:00Z",'
        '"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":32.0,"numberPhases":3}]}}',
        lambda w: True,
    ),
    "ClearCache": Story("{}", '{"status":"Accepted"}', lambda w: w.cp.tokens.cache == {}, charging),
    "SendLocalList": Story(
        f'{{"versionNumber":3,"updateType":"Full","localAuthorizationList":[{{"idToken":{CARD},'
        '"idTokenInfo":{"status":"Accepted"}}]}',
        '{"status":"Accepted"}',
        lambda w: len(w.cp.token_list.entries) == 1,
    ),
    "GetLocalListVersion": Story("{}", '{"versionNumber":0}', lambda w: True),
    "ReserveNow": Story(
        f'{{"id":9,"expiryDateTime":"2026-06-01T13:00:00Z","idToken":{CARD},"evseId":1}}',
        '{"status":"Accepted"}',
        lambda w: w.last("StatusNotification")["connectorStatus"] == "Reserved",
    ),
    "CancelReservation": Story('{"reservationId":9}', '{"status":"Rejected"}', lambda w: True),
    "CertificateSigned": Story(
        '{"certificateChain":"none was asked for"}',
        '{"status":"Rejected"}',
        lambda w: w.last("SecurityEventNotification")["type"] == "InvalidChargingStationCertificate",
    ),
    "InstallCertificate": Story(
        '{"certificateType":"CSMSRootCertificate","certificate":"no certificate"}',
        '{"status":"Rejected"}',
        lambda w: w.cp.certificates.roots == [],
    ),
    "DeleteCertificate": Story(f'{{"certificateHashData":{HASH}}}', '{"status":"NotFound"}', lambda w: True),
    "GetInstalledCertificateIds": Story("{}", '{"status":"NotFound"}', lambda w: True),
    "UpdateFirmware": Story(
        '{"requestId":3,"firmware":{"location":"https://f.example/fw","retrieveDateTime":"2026-06-01T12:00:00Z"}}',
        '{"status":"Accepted"}',
        lambda w: w.last("FirmwareStatusNotification") == {"status": "Downloading", "requestId": 3},
    ),
    "GetLog": Story(
        '{"logType":"SecurityLog","requestId":9,"log":{"remoteLocation":"https://f.example/"}}',
        '{"status":"Accepted","filename":"CP001-security-20260601T120000Z.tar.gz"}',
        lambda w: w.last("LogStatusNotification") == {"status": "Uploading", "requestId": 9},
    ),
    "DataTransfer": Story(
        '{"vendorId":"com.acme","data":{"a":[1]}}', '{"status":"UnknownVendorId"}', lambda w: True
    ),
}


@pytest.mark.shows("valid", *VALID)
@pytest.mark.parametrize("action", VALID)
def test_a_valid_call_is_answered_and_done(action: str):
    story = VALID[action]
    wired = story.begin()
    payload = story.payload
    if "RUNNING" in payload:
        payload = payload.replace("RUNNING", running(wired))
    answer, *_ = wired.says(f'[2,"b1","{action}",{payload}]')
    told = json.loads(answer)[2]
    told.pop("statusInfo", None)
    assert (answer[:8], told) == ('[3,"b1",', json.loads(story.answer))
    assert story.holds(wired)
    assert wired.violations() == []
    assert wired.seen("self_violation") == []


BROKEN = {
    "RequestStartTransaction": (
        '{"idToken":{"idToken":"APP1"},"remoteStartId":7}',
        "OccurrenceConstraintViolation",
        "idToken.type breaks the rule: required",
    ),
    "RequestStopTransaction": (
        f'{{"transactionId":"{"t" * 37}"}}',
        "PropertyConstraintViolation",
        "transactionId breaks the rule: maxLength 36",
    ),
    "Reset": (
        '{"type":"Hard"}',
        "PropertyConstraintViolation",
        "type breaks the rule: enum Immediate, OnIdle",
    ),
    "TriggerMessage": ('{"requestedMessage":7}', "TypeConstraintViolation", None),
    "ChangeAvailability": (
        '{"operationalStatus":"Broken"}',
        "PropertyConstraintViolation",
        "operationalStatus breaks the rule: enum Inoperative, Operative",
    ),
    "UnlockConnector": (
        '{"evseId":1}',
        "OccurrenceConstraintViolation",
        "connectorId breaks the rule: required",
    ),
    "GetVariables": (
        '{"getVariableData":[]}',
        "OccurrenceConstraintViolation",
        "getVariableData breaks the rule: minItems 1",
    ),
    "SetVariables": (
        f'{{"setVariableData":[{{"attributeValue":"{"v" * 1001}","component":{{"name":"C"}},"variable":{{"name":"V"}}}}]}}',
        "PropertyConstraintViolation",
        "setVariableData[0].attributeValue breaks the rule: maxLength 1000",
    ),
    "GetBaseReport": ('{"requestId":4,"reportBase":"All"}', "PropertyConstraintViolation", None),
    "SetChargingProfile": (
        f'{{"evseId":"1","chargingProfile":{PROFILE}}}',
        "TypeConstraintViolation",
        "evseId breaks the rule: type integer",
    ),
    "ClearChargingProfile": (
        '{"chargingProfileId":"1"}',
        "TypeConstraintViolation",
        "chargingProfileId breaks the rule: type integer",
    ),
    "GetChargingProfiles": (
        '{"requestId":5}',
        "OccurrenceConstraintViolation",
        "chargingProfile breaks the rule: required",
    ),
    "GetCompositeSchedule": (
        '{"evseId":1,"duration":60,"chargingRateUnit":"kW"}',
        "PropertyConstraintViolation",
        "chargingRateUnit breaks the rule: enum W, A",
    ),
    "ClearCache": ('{"all":true}', "FormatViolation", "all breaks the rule: not a field of this message"),
    "SendLocalList": (
        '{"versionNumber":3,"updateType":"Partial"}',
        "PropertyConstraintViolation",
        "updateType breaks the rule: enum Differential, Full",
    ),
    "GetLocalListVersion": (
        '{"all":true}',
        "FormatViolation",
        "all breaks the rule: not a field of this message",
    ),
    "ReserveNow": (
        '{"id":9,"expiryDateTime":"2026-06-01T13:00:00Z"}',
        "OccurrenceConstraintViolation",
        "idToken breaks the rule: required",
    ),
    "CancelReservation": (
        '{"reservationId":"9"}',
        "TypeConstraintViolation",
        "reservationId breaks the rule: type integer",
    ),
    "CertificateSigned": (
        "{}",
        "OccurrenceConstraintViolation",
        "certificateChain breaks the rule: required",
    ),
    "InstallCertificate": (
        '{"certificateType":"CentralSystemRootCertificate","certificate":"x"}',
        "PropertyConstraintViolation",
        None,
    ),
    "DeleteCertificate": (
        f'{{"certificateHashData":{HASH.replace("SHA256", "MD5")}}}',
        "PropertyConstraintViolation",
        "certificateHashData.hashAlgorithm breaks the rule: enum SHA256, SHA384, SHA512",
    ),
    "GetInstalledCertificateIds": (
        '{"certificateType":[]}',
        "OccurrenceConstraintViolation",
        "certificateType breaks the rule: minItems 1",
    ),
    "UpdateFirmware": (
        '{"firmware":{"location":"https://f.example/fw","retrieveDateTime":"2026-06-01T12:00:00Z"}}',
        "OccurrenceConstraintViolation",
        "requestId breaks the rule: required",
    ),
    "GetLog": (
        '{"logType":"UsageLog","requestId":9,"log":{"remoteLocation":"https://f.example/"}}',
        "PropertyConstraintViolation",
        "logType breaks the rule: enum DiagnosticsLog, SecurityLog",
    ),
    "DataTransfer": ('{"data":1}', "OccurrenceConstraintViolation", "vendorId breaks the rule: required"),
}


@pytest.mark.shows("broken", *BROKEN)
@pytest.mark.parametrize("action", BROKEN)
def test_a_broken_call_is_an_error_and_changes_nothing(action: str):
    payload, code, text = BROKEN[action]
    wired = charging()
    before = wired.cp.facts
    [answer] = wired.says(f'[2,"b1","{action}",{payload}]')
    assert json.loads(answer)[:3] == [4, "b1", code]
    if text is not None:
        assert answer == f'[4,"b1","{code}","{text}",{{}}]'
    assert wired.cp.facts == before
    assert len(wired.violations()) == 1


REFUSED: dict[str, tuple[str, str]] = {
    "RequestStartTransaction": (f'{{"idToken":{TOKEN},"remoteStartId":7,"evseId":1}}', "Rejected"),
    "RequestStopTransaction": ('{"transactionId":"another"}', "Rejected"),
    "Reset": ('{"type":"Immediate","evseId":1}', "Rejected"),
    "TriggerMessage": ('{"requestedMessage":"BootNotification"}', "Rejected"),
    "ChangeAvailability": ('{"operationalStatus":"Inoperative","evse":{"id":2}}', "Rejected"),
    "UnlockConnector": ('{"evseId":1,"connectorId":1}', "OngoingAuthorizedTransaction"),
    "GetBaseReport": ('{"requestId":1,"reportBase":"SummaryInventory"}', "NotSupported"),
    "SetChargingProfile": (
        f'{{"evseId":1,"chargingProfile":{PROFILE.replace("TxDefault", "Tx")}}}',
        "Rejected",
    ),
    "ClearChargingProfile": ('{"chargingProfileId":1}', "Unknown"),
    "GetChargingProfiles": ('{"requestId":5,"chargingProfile":{"stackLevel":0}}', "NoProfiles"),
    "GetCompositeSchedule": ('{"evseId":2,"duration":60}', "Rejected"),
    "SendLocalList": ('{"versionNumber":0,"updateType":"Full"}', "Failed"),
    "ReserveNow": (
        f'{{"id":9,"expiryDateTime":"2026-06-01T13:00:00Z","idToken":{CARD},"evseId":1}}',
        "Occupied",
    ),
    "CancelReservation": ('{"reservationId":9}', "Rejected"),
    "DeleteCertificate": (f'{{"certificateHashData":{HASH}}}', "NotFound"),
    "GetInstalledCertificateIds": ("{}", "NotFound"),
    "DataTransfer": ('{"vendorId":"com.acme"}', "UnknownVendorId"),
}


@pytest.mark.parametrize("action", REFUSED)
def test_what_can_not_be_done_while_a_car_charges_is_refused(action: str):
    payload, status = REFUSED[action]
    wired = charging()
    before = running(wired)
    answer, *calls = wired.says(f'[2,"b1","{action}",{payload}]')
    assert json.loads(answer)[2]["status"] == status
    assert calls == []
    assert running(wired) == before
