"""What only the text says of a field: each rule has a frame that breaks it, and a neighbour that no rule minds."""

import json
from pathlib import Path
from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.actions import RawCall
from vcp_contracts.events import ProtocolViolation
from vcp_handler import pipeline
from vcp_handler.dialects import DIALECTS, field_rules, ocpp16, ocpp201
from vcp_handler.dialects.table import FieldRule
from vcp_handler.versions import VERSIONS

Payload = dict[str, Any]
Rows = dict[tuple[str, str, str], tuple[Payload, Payload]]
"""Action, field and clause → a payload that breaks the rule, and its legal neighbour."""

PERIODS = [{"startPeriod": 0, "limit": 16}]


# --- OCPP 1.6 ---------------------------------------------------------------------------------------------------------


def profile(**more: Any) -> Payload:
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS},
    } | more


def scheduled(periods: list[Payload]) -> Payload:
    return profile(chargingSchedule={"chargingRateUnit": "A", "chargingSchedulePeriod": periods})


def start(**more: Any) -> Payload:
    return {"idTag": "A"} | more


def start_with(profile: Payload) -> Payload:
    return {"idTag": "A", "chargingProfile": profile}


def installed(profile: Payload, connector: int = 1) -> Payload:
    return {"connectorId": connector, "csChargingProfiles": profile}


def listed(update: str, version: int, *entries: Payload) -> Payload:
    return {"listVersion": version, "updateType": update, "localAuthorizationList": list(entries)}


GOOD = {"idTag": "A", "idTagInfo": {"status": "Accepted"}}
OTHER = {"idTag": "B", "idTagInfo": {"status": "Blocked"}}
RECURRING = profile(chargingProfileKind="Recurring", recurrencyKind="Daily")
STATION_MAX = profile(chargingProfilePurpose="ChargePointMaxProfile")
TX_DEFAULT = profile(chargingProfilePurpose="TxDefaultProfile")
EXPIRY = {"expiryDate": "2026-06-01T12:00:00Z", "idTag": "A", "reservationId": 1}
LATE = [{"startPeriod": 60, "limit": 16}]
TWO = [{"startPeriod": 0, "limit": 16}, {"startPeriod": 60, "limit": 8.5}]


def hashed(serial: str) -> Payload:
    names = {"hashAlgorithm": "SHA256", "issuerNameHash": "0A", "issuerKeyHash": "0B"}
    return {"certificateHashData": names | {"serialNumber": serial}}


CALLS_16: Rows = {
    ("RemoteStartTransaction", "connectorId", "OCPP 1.6 §6.33"): (start(connectorId=0), start(connectorId=1)),
    (
        "RemoteStartTransaction",
        "chargingProfile.chargingProfilePurpose",
        "OCPP 1.6 §5.11, §5.16.2, §6.33",
    ): (start_with(TX_DEFAULT), start_with(profile())),
    ("RemoteStartTransaction", "chargingProfile.transactionId", "OCPP 1.6 §5.16.2 (errata 3.41)"): (
        start_with(profile(transactionId=7)),
        start(),
    ),
    ("RemoteStartTransaction", "chargingProfile.stackLevel", "OCPP 1.6 §7.8"): (
        start_with(profile(stackLevel=-1)),
        start_with(profile(stackLevel=99)),
    ),
    ("RemoteStartTransaction", "chargingProfile.recurrencyKind", "OCPP 1.6 §7.8 (errata 3.56)"): (
        start_with(profile(recurrencyKind="Daily")),
        start_with(RECURRING),
    ),
    (
        "RemoteStartTransaction",
        "chargingProfile.chargingSchedule.chargingSchedulePeriod",
        "OCPP 1.6 §7.13",
    ): (start_with(scheduled([])), start_with(scheduled(PERIODS))),
    (
        "RemoteStartTransaction",
        "chargingProfile.chargingSchedule.chargingSchedulePeriod[].startPeriod",
        "OCPP 1.6 §5.16.4, §7.13 (errata 3.45, 3.70)",
    ): (start_with(scheduled(LATE)), start_with(scheduled(TWO))),
    ("SetChargingProfile", "connectorId", "OCPP 1.6 §3.13.1"): (
        installed(profile(), 0),
        installed(TX_DEFAULT, 0),
    ),
    ("SetChargingProfile", "csChargingProfiles.transactionId", "OCPP 1.6 §7.8"): (
        installed(TX_DEFAULT | {"transactionId": 7}),
        installed(profile(transactionId=7)),
    ),
    ("SetChargingProfile", "csChargingProfiles.stackLevel", "OCPP 1.6 §7.8"): (
        installed(profile(stackLevel=-1)),
        installed(profile(stackLevel=0)),
    ),
    ("SetChargingProfile", "csChargingProfiles.recurrencyKind", "OCPP 1.6 §7.8 (errata 3.56)"): (
        installed(profile(chargingProfileKind="Absolute", recurrencyKind="Weekly")),
        installed(profile(chargingProfileKind="Absolute")),
    ),
    (
        "SetChargingProfile",
        "csChargingProfiles.chargingSchedule.chargingSchedulePeriod",
        "OCPP 1.6 §7.13",
    ): (installed(scheduled([])), installed(scheduled(PERIODS))),
    (
        "SetChargingProfile",
        "csChargingProfiles.chargingSchedule.chargingSchedulePeriod[].startPeriod",
        "OCPP 1.6 §5.16.4, §7.13 (errata 3.45, 3.70)",
    ): (installed(scheduled(LATE)), installed(scheduled(TWO))),
    ("SetChargingProfile", "connectorId", "OCPP 1.6 §3.8"): (
        installed(TX_DEFAULT, -1),
        installed(TX_DEFAULT, 7),
    ),
    ("GetCompositeSchedule", "connectorId", "OCPP 1.6 §3.8"): (
        {"connectorId": -1, "duration": 60},
        {"connectorId": 0, "duration": 60},
    ),
    ("ClearChargingProfile", "connectorId", "OCPP 1.6 §3.8"): ({"connectorId": -1}, {"connectorId": 0}),
    ("TriggerMessage", "connectorId", "OCPP 1.6 §6.51, §5.17"): (
        {"requestedMessage": "MeterValues", "connectorId": 0},
        {"requestedMessage": "StatusNotification", "connectorId": 0},
    ),
    ("ExtendedTriggerMessage", "connectorId", "security whitepaper §5.5; OCPP 1.6 §5.17"): (
        {"requestedMessage": "StatusNotification", "connectorId": -1},
        {"requestedMessage": "MeterValues"},
    ),
    ("UnlockConnector", "connectorId", "OCPP 1.6 §6.53"): ({"connectorId": 0}, {"connectorId": 1001}),
    ("ChangeAvailability", "connectorId", "OCPP 1.6 §6.7"): (
        {"connectorId": -1, "type": "Operative"},
        {"connectorId": 0, "type": "Operative"},
    ),
    ("ReserveNow", "connectorId", "OCPP 1.6 §6.37"): (
        {"connectorId": -1} | EXPIRY,
        {"connectorId": 0} | EXPIRY,
    ),
    ("SendLocalList", "listVersion", "OCPP 1.6 §6.41 (errata 3.52)"): (
        listed("Full", 0, GOOD),
        listed("Full", 1, GOOD),
    ),
    ("SendLocalList", "localAuthorizationList[].idTag", "OCPP 1.6 §6.41"): (
        listed("Differential", 2, GOOD, {"idTag": "a"}),
        listed("Differential", 2, GOOD, {"idTag": "B"}),
    ),
    ("SendLocalList", "localAuthorizationList[].idTagInfo", "OCPP 1.6 §7.1"): (
        listed("Full", 2, GOOD, {"idTag": "B"}),
        listed("Full", 2, GOOD, OTHER),
    ),
    ("DeleteCertificate", "certificateHashData.serialNumber", "security whitepaper §6.2"): (
        hashed("0FFF"),
        hashed("FFF0"),
    ),
}

Beside = list[tuple[str, str, Payload, Payload]]
"""Where one field has two rules of one clause: action and code of the second one, and its frames."""

BESIDE_16: Beside = [
    ("SetChargingProfile", "call_field_advice", installed(STATION_MAX, 1), installed(STATION_MAX, 0)),
    ("SendLocalList", "call_field_rule", listed("Full", -1), listed("Full", -2)),
]

# --- OCPP 2.0.1 -------------------------------------------------------------------------------------------------------


def schedule(**more: Any) -> Payload:
    return {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS} | more


def profile201(*schedules: Payload, **more: Any) -> Payload:
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": list(schedules) or [schedule()],
    } | more


def of_period(**more: Any) -> Payload:
    return schedule(chargingSchedulePeriod=[{"startPeriod": 0, "limit": 16} | more])


def taxed(multiplier: int) -> Payload:
    cost = {
        "startValue": 1,
        "cost": [{"costKind": "CarbonDioxideEmission", "amount": 1, "amountMultiplier": multiplier}],
    }
    entry = {"relativeTimeInterval": {"start": 0}, "consumptionCost": [cost]}
    return schedule(salesTariff={"id": 1, "salesTariffEntry": [entry]})


BACK = [{"startPeriod": 0, "limit": 16}, {"startPeriod": 90, "limit": 9}, {"startPeriod": 60, "limit": 8}]
BEGIN = {"startSchedule": "2026-06-01T12:00:00Z"}
TOKEN = {"idToken": "A", "type": "Central"}

PROFILES: dict[tuple[str, str], tuple[Payload, Payload]] = {
    ("chargingProfile.stackLevel", "§2.10"): (profile201(stackLevel=-1), profile201(stackLevel=1)),
    ("chargingProfile.chargingSchedule[].startSchedule", "K01.FR.40"): (
        profile201(chargingProfileKind="Absolute"),
        profile201(schedule(**BEGIN), chargingProfileKind="Absolute"),
    ),
    ("chargingProfile.chargingSchedule[].startSchedule", "K01.FR.41"): (
        profile201(schedule(**BEGIN)),
        profile201(schedule()),
    ),
    ("chargingProfile.chargingSchedule[].chargingSchedulePeriod[].startPeriod", "K01.FR.31"): (
        profile201(schedule(chargingSchedulePeriod=LATE)),
        profile201(schedule(chargingSchedulePeriod=TWO)),
    ),
    ("chargingProfile.chargingSchedule[].chargingSchedulePeriod[].startPeriod", "K01.FR.35"): (
        profile201(schedule(chargingSchedulePeriod=BACK)),
        profile201(schedule(chargingSchedulePeriod=TWO)),
    ),
    ("chargingProfile.chargingSchedule[].chargingSchedulePeriod[].phaseToUse", "one phase"): (
        profile201(of_period(phaseToUse=2)),
        profile201(of_period(phaseToUse=2, numberPhases=1)),
    ),
    ("chargingProfile.chargingSchedule[].chargingSchedulePeriod[].phaseToUse", "§2.11"): (
        profile201(of_period(phaseToUse=4, numberPhases=1)),
        profile201(of_period(phaseToUse=3, numberPhases=1)),
    ),
    ("chargingProfile.chargingSchedule[].chargingSchedulePeriod[].limit", "§2.11"): (
        profile201(of_period(limit=8.25)),
        profile201(of_period(limit=8.1)),
    ),
    ("chargingProfile.chargingSchedule[].minChargingRate", "§2.12"): (
        profile201(schedule(minChargingRate=1.23)),
        profile201(schedule(minChargingRate=6)),
    ),
    (
        "chargingProfile.chargingSchedule[].salesTariff.salesTariffEntry[].consumptionCost[].cost[].amountMultiplier",
        "§2.20",
    ): (profile201(taxed(-4)), profile201(taxed(-3))),
}


def requested(**more: Any) -> Payload:
    return {"idToken": TOKEN, "remoteStartId": 1} | more


def set201(profile: Payload, evse: int = 1) -> Payload:
    named = profile | {"transactionId": "t1"} if profile["chargingProfilePurpose"] == "TxProfile" else profile
    return {"evseId": evse, "chargingProfile": named}


def _profiles(action: str) -> Rows:
    one_phase = "K01.FR.19" if action == "SetChargingProfile" else "§2.11"

    def wrapped(profile: Payload) -> Payload:
        return set201(profile) if action == "SetChargingProfile" else requested(chargingProfile=profile)

    return {
        (action, field, f"OCPP 2.0.1 {clause.replace('one phase', one_phase)}"): (
            wrapped(broken),
            wrapped(legal),
        )
        for (field, clause), (broken, legal) in PROFILES.items()
    }


LIMIT = profile201(
    schedule(**BEGIN), chargingProfilePurpose="ChargingStationMaxProfile", chargingProfileKind="Absolute"
)
DEFAULT = profile201(chargingProfilePurpose="TxDefaultProfile")


def triggered(what: str, **evse: int) -> Payload:
    return {"requestedMessage": what, "evse": evse} if evse else {"requestedMessage": what}


def switched(**evse: int) -> Payload:
    return {"operationalStatus": "Operative", "evse": evse}


def variable(name: str, value: str | None = None, evse: Payload | None = None, **more: Any) -> Payload:
    component = {"name": "EVSE"} if evse is None else {"name": "EVSE", "evse": evse}
    data = {"component": component, "variable": {"name": name}} | more
    return data if value is None else data | {"attributeValue": value}


def listed201(update: str, version: int, *entries: Payload) -> Payload:
    return {"versionNumber": version, "updateType": update, "localAuthorizationList": list(entries)}


def entry(token: str = "A", **info: Any) -> Payload:
    return {"idToken": TOKEN | {"idToken": token}, "idTokenInfo": {"status": "Accepted"} | info}


RESERVED = {"id": 1, "expiryDateTime": "2026-06-01T12:00:00Z", "idToken": TOKEN}
INFO = "localAuthorizationList[].idTokenInfo"
ASKED_EVSE, SET_EVSE = "getVariableData[].component.evse", "setVariableData[].component.evse"
EXTERNAL = "ChargingStationExternalConstraints"
PART_1_EVSE, PART_1_CONNECTOR = "OCPP 2.0.1 part 1 §7.1", "OCPP 2.0.1 part 1 §7.2"
EVSE_TYPE = "OCPP 2.0.1 §2.23, part 1 §7.1"

CALLS_201: Rows = {
    ("RequestStartTransaction", "evseId", "OCPP 2.0.1 §1.44.1"): (requested(evseId=0), requested(evseId=1)),
    (
        "RequestStartTransaction",
        "chargingProfile.chargingProfilePurpose",
        "OCPP 2.0.1 §1.44.1, F01.FR.09, F02.FR.17, K05.FR.02",
    ): (requested(chargingProfile=DEFAULT), requested(chargingProfile=profile201())),
    ("RequestStartTransaction", "chargingProfile.transactionId", "OCPP 2.0.1 F01.FR.11, F02.FR.19"): (
        requested(chargingProfile=profile201(transactionId="t1")),
        requested(),
    ),
    ("SetChargingProfile", "evseId", "OCPP 2.0.1 K01.FR.16"): (set201(profile201(), 0), set201(DEFAULT, 0)),
    ("SetChargingProfile", "evseId", "OCPP 2.0.1 K §3.2"): (set201(LIMIT, 1), set201(LIMIT, 0)),
    ("SetChargingProfile", "evseId", PART_1_EVSE): (set201(DEFAULT, -1), set201(DEFAULT, 5000)),
    ("SetChargingProfile", "chargingProfile.transactionId", "OCPP 2.0.1 K01.FR.03"): (
        {"evseId": 1, "chargingProfile": profile201()},
        {"evseId": 1, "chargingProfile": profile201(transactionId="t1")},
    ),
    ("SetChargingProfile", "chargingProfile.transactionId", "OCPP 2.0.1 §2.10"): (
        set201(DEFAULT | {"transactionId": "t1"}),
        set201(DEFAULT),
    ),
    ("SetChargingProfile", "chargingProfile.chargingProfilePurpose", "OCPP 2.0.1 K01.FR.22"): (
        set201(profile201(chargingProfilePurpose=EXTERNAL)),
        set201(DEFAULT),
    ),
    ("SetChargingProfile", "chargingProfile.chargingProfileKind", "OCPP 2.0.1 K01.FR.38"): (
        set201(profile201(chargingProfilePurpose="ChargingStationMaxProfile"), 0),
        set201(LIMIT, 0),
    ),
    ("SetChargingProfile", "chargingProfile.chargingSchedule", "OCPP 2.0.1 §2.10"): (
        set201(profile201(schedule(), schedule(id=2), chargingProfilePurpose="TxDefaultProfile")),
        set201(profile201(schedule(), schedule(id=2))),
    ),
    **_profiles("RequestStartTransaction"),
    **_profiles("SetChargingProfile"),
    ("GetChargingProfiles", "chargingProfile", "OCPP 2.0.1 K09.FR.03"): (
        {"requestId": 1, "evseId": 1, "chargingProfile": {}},
        {"requestId": 1, "chargingProfile": {"chargingLimitSource": ["CSO"]}},
    ),
    ("GetChargingProfiles", "chargingProfile.stackLevel", "OCPP 2.0.1 §2.9"): (
        {"requestId": 1, "chargingProfile": {"stackLevel": -1}},
        {"requestId": 1, "chargingProfile": {"stackLevel": 0}},
    ),
    ("GetChargingProfiles", "evseId", PART_1_EVSE): (
        {"requestId": 1, "evseId": -1, "chargingProfile": {"stackLevel": 0}},
        {"requestId": 1, "evseId": 0, "chargingProfile": {"stackLevel": 0}},
    ),
    ("ClearChargingProfile", "chargingProfileId", "OCPP 2.0.1 K10.FR.02"): (
        {"chargingProfileCriteria": {}},
        {"chargingProfileCriteria": {"evseId": 0}},
    ),
    (
        "ClearChargingProfile",
        "chargingProfileCriteria.chargingProfilePurpose",
        "OCPP 2.0.1 K10.FR.06",
    ): (
        {"chargingProfileCriteria": {"chargingProfilePurpose": EXTERNAL}},
        {"chargingProfileCriteria": {"chargingProfilePurpose": "TxProfile"}},
    ),
    ("ClearChargingProfile", "chargingProfileCriteria.evseId", PART_1_EVSE): (
        {"chargingProfileCriteria": {"evseId": -1}},
        {"chargingProfileId": 1},
    ),
    ("TriggerMessage", "evse.connectorId", "OCPP 2.0.1 F06.FR.13"): (
        triggered("StatusNotification", id=1),
        triggered("StatusNotification", id=1, connectorId=1),
    ),
    ("TriggerMessage", "evse.id", EVSE_TYPE): (
        triggered("MeterValues", id=-1),
        triggered("MeterValues", id=0),
    ),
    ("TriggerMessage", "evse.connectorId", PART_1_CONNECTOR): (
        triggered("StatusNotification", id=1, connectorId=0),
        triggered("MeterValues"),
    ),
    ("ChangeAvailability", "evse.id", EVSE_TYPE): (switched(id=-1), switched(id=0)),
    ("ChangeAvailability", "evse.connectorId", PART_1_CONNECTOR): (
        switched(id=1, connectorId=0),
        switched(id=1, connectorId=1001),
    ),
    ("Reset", "evseId", PART_1_EVSE): ({"type": "OnIdle", "evseId": -1}, {"type": "OnIdle", "evseId": 0}),
    ("ReserveNow", "evseId", PART_1_EVSE): (RESERVED | {"evseId": -1}, RESERVED | {"evseId": 1}),
    ("GetCompositeSchedule", "evseId", PART_1_EVSE): (
        {"evseId": -1, "duration": 60},
        {"evseId": 0, "duration": 60},
    ),
    ("UnlockConnector", "evseId", PART_1_EVSE): (
        {"evseId": 0, "connectorId": 1},
        {"evseId": 7, "connectorId": 1},
    ),
    ("UnlockConnector", "connectorId", PART_1_CONNECTOR): (
        {"evseId": 1, "connectorId": 0},
        {"evseId": 1, "connectorId": 7},
    ),
    ("GetVariables", f"{ASKED_EVSE}.id", EVSE_TYPE): (
        {"getVariableData": [variable("Power"), variable("Power", evse={"id": -1})]},
        {"getVariableData": [variable("Power"), variable("Power", evse={"id": 1})]},
    ),
    ("GetVariables", f"{ASKED_EVSE}.connectorId", PART_1_CONNECTOR): (
        {"getVariableData": [variable("Power", evse={"id": 1, "connectorId": 0})]},
        {"getVariableData": [variable("Power", evse={"id": 1, "connectorId": 1})]},
    ),
    ("SetVariables", "setVariableData", "OCPP 2.0.1 B05.FR.13"): (
        {"setVariableData": [variable("Power", "1"), variable("power", "2", attributeType="Actual")]},
        {"setVariableData": [variable("Power", "1"), variable("Power", "2", attributeType="Target")]},
    ),
    ("SetVariables", f"{SET_EVSE}.id", EVSE_TYPE): (
        {"setVariableData": [variable("Power", "1", evse={"id": -1})]},
        {"setVariableData": [variable("Power", "1", evse={"id": 1}), variable("Power", "1")]},
    ),
    ("SetVariables", f"{SET_EVSE}.connectorId", PART_1_CONNECTOR): (
        {"setVariableData": [variable("Power", "1", evse={"id": 1, "connectorId": 0})]},
        {"setVariableData": [variable("Power", "1", evse={"id": 1, "connectorId": 1})]},
    ),
    ("SendLocalList", "versionNumber", "OCPP 2.0.1 D01.FR.18"): (
        {"versionNumber": 0, "updateType": "Full"},
        {"versionNumber": 1, "updateType": "Full"},
    ),
    ("SendLocalList", "localAuthorizationList[].idToken", "OCPP 2.0.1 D01.FR.06"): (
        listed201("Full", 1, entry("A"), entry("a")),
        listed201("Full", 1, entry("A"), entry("A") | {"idToken": {"idToken": "A", "type": "Local"}}),
    ),
    ("SendLocalList", INFO, "OCPP 2.0.1 §2.4"): (
        listed201("Full", 1, {"idToken": TOKEN}),
        listed201("Differential", 1, {"idToken": TOKEN}),
    ),
    ("SendLocalList", f"{INFO}.language2", "OCPP 2.0.1 §2.27"): (
        listed201("Full", 1, entry(language2="en")),
        listed201("Full", 1, entry(language1="en", language2="de")),
    ),
    ("SendLocalList", f"{INFO}.chargingPriority", "OCPP 2.0.1 §2.27"): (
        listed201("Full", 1, entry(chargingPriority=10)),
        listed201("Full", 1, entry(chargingPriority=-9)),
    ),
    ("DeleteCertificate", "certificateHashData.serialNumber", "OCPP 2.0.1 §2.6"): (
        hashed("0xFFF"),
        hashed("0"),
    ),
}

ONE_PHASE = of_period(phaseToUse=2, numberPhases=1)
BESIDE_201: Beside = [
    (
        "SendLocalList",
        "call_field_advice",
        listed201("Full", 1, entry(language1="en", language2="en")),
        listed201("Full", 1, entry(language1="en")),
    ),
    (
        "RequestStartTransaction",
        "call_field_advice",
        requested(chargingProfile=profile201(of_period(phaseToUse=2))),
        requested(chargingProfile=profile201(ONE_PHASE)),
    ),
]

# --- answers ----------------------------------------------------------------------------------------------------------

Said = tuple[Payload, Payload]
"""The charger's call, and the backend's answer."""

AUTHORIZE = {"idToken": TOKEN}
EVENT = {
    "eventType": "Updated",
    "timestamp": "2026-06-01T12:00:00Z",
    "triggerReason": "Authorized",
    "seqNo": 1,
    "transactionInfo": {"transactionId": "t1"},
}
TOLD = EVENT | {"idToken": TOKEN}


def verdict(**info: Any) -> Payload:
    return {"idTokenInfo": {"status": "Accepted"} | info}


ANSWERS_16: dict[tuple[str, str, str], tuple[Said, Said]] = {}

ANSWERS_201: dict[tuple[str, str, str], tuple[Said, Said]] = {
    ("Authorize", "idTokenInfo.language2", "OCPP 2.0.1 C01.FR.10"): (
        (AUTHORIZE, verdict(language2="en")),
        (AUTHORIZE, verdict(language1="en")),
    ),
    ("Authorize", "idTokenInfo.language2", "OCPP 2.0.1 C01.FR.11"): (
        (AUTHORIZE, verdict(language1="en", language2="en")),
        (AUTHORIZE, verdict(language1="en", language2="de")),
    ),
    ("Authorize", "idTokenInfo.chargingPriority", "OCPP 2.0.1 §2.27"): (
        (AUTHORIZE, verdict(chargingPriority=-10)),
        (AUTHORIZE, verdict(chargingPriority=9)),
    ),
    ("TransactionEvent", "idTokenInfo", "OCPP 2.0.1 §1.60.2, E01.FR.12, E02.FR.02"): (
        (TOLD, {}),
        (EVENT, {}),
    ),
    ("TransactionEvent", "idTokenInfo.language2", "OCPP 2.0.1 §2.27"): (
        (TOLD, verdict(language1="en", language2="en")),
        (TOLD, verdict(language1="en", language2="de")),
    ),
    ("TransactionEvent", "idTokenInfo.chargingPriority", "OCPP 2.0.1 §2.27"): (
        (TOLD, verdict(chargingPriority=10)),
        (TOLD, verdict(chargingPriority=0)),
    ),
    ("TransactionEvent", "chargingPriority", "OCPP 2.0.1 §1.60.2"): (
        (EVENT, {"chargingPriority": 10}),
        (EVENT, {"chargingPriority": -9}),
    ),
}

BESIDE_ANSWERS: list[tuple[str, str, str, Said, Said]] = [
    (
        ocpp201.SUBPROTOCOL,
        "TransactionEvent",
        "answer_field_advice",
        (TOLD, verdict(language2="en")),
        (TOLD, verdict(language1="en")),
    ),
]

CALLS = {ocpp16.SUBPROTOCOL: CALLS_16, ocpp201.SUBPROTOCOL: CALLS_201}
ANSWERS = {ocpp16.SUBPROTOCOL: ANSWERS_16, ocpp201.SUBPROTOCOL: ANSWERS_201}
BESIDE = {ocpp16.SUBPROTOCOL: BESIDE_16, ocpp201.SUBPROTOCOL: BESIDE_201}


# --- what is held -----------------------------------------------------------------------------------------------------


def key(rule: FieldRule) -> tuple[str, str, str]:
    return rule.action, rule.field, rule.clause


def found(it: Linked) -> list[ProtocolViolation]:
    return [event for event in it.events if isinstance(event, ProtocolViolation)]


def after_call(version: str, action: str, payload: Payload) -> list[ProtocolViolation]:
    it = Linked(version)
    it.link.take(json.dumps([2, "b1", action, payload]))
    return found(it)


def after_answer(version: str, action: str, said: Said) -> list[ProtocolViolation]:
    it = Linked(version)
    called, answer = said
    it.link.act(RawCall(id="a1", charge_point="CP1", link="h.1", name=action, payload=called))
    it.link.take(json.dumps([3, "a1", answer]))
    return found(it)


@pytest.mark.parametrize("version", DIALECTS)
def test_each_rule_has_a_frame_that_breaks_it_and_a_legal_one(version: str) -> None:
    dialect = DIALECTS[version]
    assert {key(rule) for rule in dialect.call_rules} == CALLS[version].keys()
    assert {key(rule) for rule in dialect.answer_rules} == ANSWERS[version].keys()


@pytest.mark.parametrize("version", DIALECTS)
def test_each_rule_is_broken_by_one_of_these_frames(version: str) -> None:
    """Also where several share their action, field and clause."""
    known = VERSIONS[version]
    calls = [(action, broken) for (action, _, _), (broken, _) in CALLS[version].items()]
    calls += [(action, broken) for action, _, broken, _ in BESIDE[version]]
    broken = [rule for action, payload in calls for rule in pipeline.broken_by_call(known, action, payload)]
    assert set(map(id, broken)) == set(map(id, known.dialect.call_rules))
    answers = [(action, said) for (action, _, _), (said, _) in ANSWERS[version].items()]
    answers += [(action, said) for its, action, _, said, _ in BESIDE_ANSWERS if its == version]
    broken = [
        rule
        for action, (called, answer) in answers
        for rule in pipeline.broken_by_answer(known, action, answer, called)
    ]
    assert set(map(id, broken)) == set(map(id, known.dialect.answer_rules))


@pytest.mark.parametrize(
    ("version", "row"), [(version, row) for version, rows in CALLS.items() for row in rows], ids=str
)
def test_a_call_that_breaks_the_text_is_told_with_its_clause(version: str, row: tuple[str, str, str]) -> None:
    broken, legal = CALLS[version][row]
    action, field, clause = row
    told = {(it.action, it.field, it.clause) for it in after_call(version, action, broken)}
    assert told == {row}
    [rule, *_] = [it for it in DIALECTS[version].call_rules if key(it) == row]
    [violation] = after_call(version, action, broken)
    assert (violation.code, violation.message_id, violation.clause) == (
        {"must": "call_field_rule", "should": "call_field_advice"}[rule.weight],
        "b1",
        clause,
    )
    assert field == violation.field
    assert after_call(version, action, legal) == []


@pytest.mark.parametrize(
    ("version", "row"), [(version, row) for version, rows in ANSWERS.items() for row in rows], ids=str
)
def test_an_answer_that_breaks_the_text_is_told_with_its_clause(
    version: str, row: tuple[str, str, str]
) -> None:
    broken, legal = ANSWERS[version][row]
    [rule, *_] = [it for it in DIALECTS[version].answer_rules if key(it) == row]
    [violation] = after_answer(version, row[0], broken)
    assert (violation.action, violation.field, violation.clause) == row
    assert violation.code == {"must": "answer_field_rule", "should": "answer_field_advice"}[rule.weight]
    assert after_answer(version, row[0], legal) == []


@pytest.mark.parametrize("version", DIALECTS)
def test_the_second_rule_of_a_clause_has_its_frames_too(version: str) -> None:
    for action, code, broken, legal in BESIDE[version]:
        assert [it.code for it in after_call(version, action, broken)] == [code]
        assert after_call(version, action, legal) == []
    for its, action, code, said, well in BESIDE_ANSWERS:
        if its == version:
            assert [it.code for it in after_answer(version, action, said)] == [code]
            assert after_answer(version, action, well) == []


@pytest.mark.parametrize("version", DIALECTS)
def test_a_rule_is_of_an_action_that_the_backend_may_send_or_answer(version: str) -> None:
    dialect = DIALECTS[version]
    assert dialect.call_rules_by_name.keys() <= dialect.heard_by_name.keys()
    assert dialect.answer_rules_by_name.keys() <= dialect.said_by_name.keys()


def test_one_call_may_break_several_rules_and_is_still_passed_on() -> None:
    it = Linked()
    payload = start_with(profile(transactionId=7, stackLevel=-1)) | {"connectorId": 0}
    it.link.take(json.dumps([2, "b1", "RemoteStartTransaction", payload]))
    assert [event.field for event in found(it)] == [
        "connectorId",
        "chargingProfile.transactionId",
        "chargingProfile.stackLevel",
    ]
    assert [fact.type for fact in it.facts] == ["start_charging"]
    [frame] = it.frames
    assert frame["valid"]


def test_what_its_schema_forbids_is_told_by_the_schema_alone() -> None:
    it = Linked()
    it.link.take('[2,"b1","RemoteStartTransaction",{"connectorId":0}]')
    assert [event.code for event in found(it)] == ["call_field_missing"]


ON_STARTS = {"direction": "received", "action": "RemoteStartTransaction"}


def test_a_rule_that_lets_a_call_pass_changes_nothing_of_that() -> None:
    it = Linked()
    it.rules({"name": "r", "when": ON_STARTS, "then": {"do": "pass"}})
    it.link.take('[2,"b1","RemoteStartTransaction",{"idTag":"A","connectorId":0}]')
    assert [(event.code, event.field) for event in found(it)] == [("call_field_rule", "connectorId")]


def test_what_a_rule_makes_of_a_call_is_not_the_backend_s_fault() -> None:
    it = Linked()
    it.rules({"name": "r", "when": ON_STARTS, "then": {"do": "edit", "merge": {"connectorId": 0}}})
    it.link.take('[2,"b1","RemoteStartTransaction",{"idTag":"A","connectorId":1}]')
    assert found(it) == []
    assert [fact.type for fact in it.facts] == ["rule_hit", "start_charging"]


def test_an_answer_is_judged_by_the_call_that_the_backend_has_seen() -> None:
    it = Linked(ocpp201.SUBPROTOCOL)
    when = {"direction": "sent", "action": "TransactionEvent"}
    it.rules({"name": "r", "when": when, "then": {"do": "edit", "merge": {"idToken": None}}})
    it.link.act(RawCall(id="a1", charge_point="CP1", link="h.1", name="TransactionEvent", payload=TOLD))
    it.link.take('[3,"a1",{}]')
    assert found(it) == []


def test_the_page_is_current() -> None:
    page = Path(__file__).parents[3] / "docs" / "field-rules.md"
    remedy = "python -m vcp_handler.dialects.field_rules > docs/field-rules.md"
    assert page.read_text(encoding="utf-8") == field_rules.page(), remedy
