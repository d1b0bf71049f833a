"""OCPP 2.0.1, backend → charger: each call beside its request, and each reply beside its literal answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from vcp_contracts.requests import (
    Availability,
    ChargingStart,
    ChargingStop,
    DataPassed,
    ForgetTokens,
    ListSettings,
    PassData,
    ReadSettings,
    Reply,
    Request,
    Reset,
    Resetting,
    SetAvailability,
    SettingRead,
    SettingsListed,
    SettingsRead,
    SettingsWritten,
    SettingToWrite,
    SettingWritten,
    StartCharging,
    StopCharging,
    TokensForgotten,
    Trigger,
    Triggered,
    Unlock,
    Unlocked,
    WriteSettings,
)
from vcp_contracts.values import NOWHERE, STATION, Place, SettingName, Token
from vcp_handler.dialects.ocpp201 import DIALECT
from vcp_handler.dialects.secrets import masked
from vcp_handler.dialects.table import Envelope
from vcp_handler.validation import Schemas

SCHEMAS = Schemas("v201")
ENVELOPE: Envelope = {
    "id": "h1-1:4",
    "charge_point": "CP1",
    "at": datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    "link": "h1-1",
    "n": 4,
    "message_id": "19",
}
COMMON: dict[str, Any] = {**ENVELOPE}
REPLY: dict[str, Any] = {"id": "r1", "charge_point": "CP1", "link": "h1-1", "request": "h1-1:4"}

BEAT_INTERVAL = SettingName(component="OCPPCommCtrlr", variable="HeartbeatInterval")
STATE = SettingName(component="Connector", variable="AvailabilityState", evse=2, connector=1)
TIMEOUT = SettingName(component="OCPPCommCtrlr", variable="MessageTimeout", instance="Default")
CARD = {"idToken": "CARD1", "type": "ISO14443"}
ASK_INTERVAL = {
    "component": {"name": "ocppcommctrlr"},
    "variable": {"name": "HeartbeatInterval"},
}
ASK_STATE = {
    "attributeType": "Target",
    "component": {"name": "Connector", "evse": {"id": 2, "connectorId": 1}},
    "variable": {"name": "AvailabilityState"},
}
ASK_TIMEOUT = {
    "component": {"name": "OCPPCommCtrlr", "instance": "main"},
    "variable": {"name": "MessageTimeout", "instance": "Default"},
}

HEARD: list[tuple[str, dict[str, Any], Request]] = [
    (
        "RequestStartTransaction",
        {"idToken": CARD, "remoteStartId": 9},
        StartCharging(**COMMON, token=Token(value="CARD1", kind="iso14443"), remote_start=9),
    ),
    (
        "RequestStartTransaction",
        {
            "idToken": {"idToken": "", "type": "NoAuthorization"},
            "remoteStartId": 9,
            "evseId": 2,
            "groupIdToken": {"idToken": "FLEET", "type": "Central"},
        },
        StartCharging(
            **COMMON,
            token=Token(value="", kind="no_authorization"),
            remote_start=9,
            place=Place(evse=2),
            group=Token(value="FLEET", kind="central"),
        ),
    ),
    (
        "RequestStopTransaction",
        {"transactionId": "3b0c"},
        StopCharging(**COMMON, transaction="3b0c"),
    ),
    ("Reset", {"type": "Immediate"}, Reset(**COMMON, when="now", restart="application")),
    (
        "Reset",
        {"type": "OnIdle", "evseId": 2},
        Reset(**COMMON, place=Place(evse=2), when="idle", restart="application"),
    ),
    (
        "ChangeAvailability",
        {"operationalStatus": "Inoperative"},
        SetAvailability(**COMMON, place=STATION, operative=False),
    ),
    (
        "ChangeAvailability",
        {"operationalStatus": "Operative", "evse": {"id": 2, "connectorId": 1}},
        SetAvailability(**COMMON, place=Place(evse=2, connector=1), operative=True),
    ),
    (
        "UnlockConnector",
        {"evseId": 2, "connectorId": 1},
        Unlock(**COMMON, place=Place(evse=2, connector=1)),
    ),
    ("TriggerMessage", {"requestedMessage": "BootNotification"}, Trigger(**COMMON, what="boot")),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}, Trigger(**COMMON, what="beat")),
    (
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 1}},
        Trigger(**COMMON, what="status", place=Place(evse=2, connector=1)),
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "evse": {"id": 2}},
        Trigger(**COMMON, what="meter", place=Place(evse=2)),
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "TransactionEvent"},
        Trigger(**COMMON, what="transaction"),
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "SignV2GCertificate"},
        Trigger(**COMMON, what="other"),
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
        Trigger(**COMMON, what="upload", tracked=True),
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "PublishFirmwareStatusNotification"},
        Trigger(**COMMON, what="other"),
    ),
    (
        "GetVariables",
        {"getVariableData": [ASK_INTERVAL, ASK_STATE, ASK_TIMEOUT]},
        ReadSettings(
            **COMMON,
            names=(
                BEAT_INTERVAL.model_copy(update={"component": "ocppcommctrlr"}),
                STATE,
                TIMEOUT.model_copy(update={"component_instance": "main"}),
            ),
            attributes=("actual", "target", "actual"),
        ),
    ),
    (
        "SetVariables",
        {
            "setVariableData": [
                {**ASK_TIMEOUT, "attributeValue": "60", "attributeType": "MinSet"},
                {**ASK_STATE, "attributeValue": ""},
            ]
        },
        WriteSettings(
            **COMMON,
            settings=(
                SettingToWrite(
                    name=TIMEOUT.model_copy(update={"component_instance": "main"}),
                    value="60",
                    attribute="min_set",
                ),
                SettingToWrite(name=STATE, value="", attribute="target"),
            ),
        ),
    ),
    (
        "GetBaseReport",
        {"requestId": 31, "reportBase": "FullInventory"},
        ListSettings(**COMMON, report=31, what="full"),
    ),
    (
        "GetBaseReport",
        {"requestId": 32, "reportBase": "ConfigurationInventory"},
        ListSettings(**COMMON, report=32, what="configuration"),
    ),
    (
        "GetBaseReport",
        {"requestId": 33, "reportBase": "SummaryInventory"},
        ListSettings(**COMMON, report=33, what="summary"),
    ),
    ("ClearCache", {}, ForgetTokens(**COMMON)),
    (
        "DataTransfer",
        {"vendorId": "org.example", "messageId": "hello", "data": {"a": 1}},
        PassData(**COMMON, vendor="org.example", message="hello", content={"a": 1}),
    ),
]


@pytest.mark.parametrize(("action", "payload", "request_meant"), HEARD)
def test_a_call_is_read_as(action: str, payload: dict[str, Any], request_meant: Request) -> None:
    assert SCHEMAS.check_call(action, payload) is None
    assert DIALECT.heard_by_name[action].request(payload, ENVELOPE) == request_meant


NAMELESS = {"component": {"name": ""}, "variable": {"name": "Enabled"}}
UNKNOWN: list[tuple[str, dict[str, Any], Request]] = [
    (
        "Reset",
        {"type": "OnIdle", "evseId": -1},
        Reset(**COMMON, place=NOWHERE, when="idle", restart="application"),
    ),
    ("UnlockConnector", {"evseId": 1, "connectorId": 0}, Unlock(**COMMON, place=NOWHERE)),
    (
        "ChangeAvailability",
        {"operationalStatus": "Operative", "evse": {"id": 1001}},
        SetAvailability(**COMMON, place=NOWHERE, operative=True),
    ),
    (
        "GetVariables",
        {"getVariableData": [NAMELESS]},
        ReadSettings(
            **COMMON, names=(SettingName(component="", variable="Enabled"),), attributes=("actual",)
        ),
    ),
]


@pytest.mark.parametrize(("action", "payload", "request_meant"), UNKNOWN)
def test_what_no_station_has_is_the_charger_s_to_refuse(
    action: str, payload: dict[str, Any], request_meant: Request
) -> None:
    assert SCHEMAS.check_call(action, payload) is None
    assert DIALECT.heard_by_name[action].request(payload, ENVELOPE) == request_meant


START = {"idToken": CARD, "remoteStartId": 9}
UNLOCK = {"evseId": 2, "connectorId": 1}
SET_THREE = {
    "setVariableData": [
        {**ASK_INTERVAL, "attributeValue": "60"},
        {**ASK_STATE, "attributeValue": "Available"},
        {**ASK_TIMEOUT, "attributeValue": "x"},
    ]
}

ANSWERED: list[tuple[str, dict[str, Any], Reply, dict[str, Any]]] = [
    (
        "RequestStartTransaction",
        START,
        ChargingStart(**REPLY, result="accepted", transaction="3b0c"),
        {"status": "Accepted", "transactionId": "3b0c"},
    ),
    (
        "RequestStartTransaction",
        START,
        ChargingStart(**REPLY, result="rejected", detail="EVSE 2 is reserved"),
        {
            "status": "Rejected",
            "statusInfo": {"reasonCode": "Unspecified", "additionalInfo": "EVSE 2 is reserved"},
        },
    ),
    (
        "RequestStopTransaction",
        {"transactionId": "3b0c"},
        ChargingStop(**REPLY, result="rejected", detail="x" * 600),
        {
            "status": "Rejected",
            "statusInfo": {"reasonCode": "Unspecified", "additionalInfo": "x" * 511 + "…"},
        },
    ),
    ("Reset", {"type": "OnIdle"}, Resetting(**REPLY, result="scheduled"), {"status": "Scheduled"}),
    (
        "ChangeAvailability",
        {"operationalStatus": "Operative"},
        Availability(**REPLY, result="accepted"),
        {"status": "Accepted"},
    ),
    ("UnlockConnector", UNLOCK, Unlocked(**REPLY, result="unlocked"), {"status": "Unlocked"}),
    ("UnlockConnector", UNLOCK, Unlocked(**REPLY, result="failed"), {"status": "UnlockFailed"}),
    (
        "UnlockConnector",
        UNLOCK,
        Unlocked(**REPLY, result="no_lock"),
        {"status": "UnlockFailed", "statusInfo": {"reasonCode": "FixedCable"}},
    ),
    ("UnlockConnector", UNLOCK, Unlocked(**REPLY, result="unknown_place"), {"status": "UnknownConnector"}),
    (
        "UnlockConnector",
        UNLOCK,
        Unlocked(**REPLY, result="in_transaction"),
        {"status": "OngoingAuthorizedTransaction"},
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "SignV2GCertificate"},
        Triggered(**REPLY, result="not_implemented"),
        {"status": "NotImplemented"},
    ),
    (
        "GetVariables",
        {"getVariableData": [ASK_INTERVAL, ASK_STATE, ASK_TIMEOUT]},
        SettingsRead(
            **REPLY,
            settings=(
                SettingRead(name=BEAT_INTERVAL, result="accepted", value=None),
                SettingRead(name=STATE, result="no_such_attribute"),
                SettingRead(name=TIMEOUT, result="accepted", value="30", read_only=True),
            ),
        ),
        {
            "getVariableResult": [
                {
                    "attributeStatus": "Accepted",
                    "attributeType": "Actual",
                    **ASK_INTERVAL,
                    "attributeValue": "",
                },
                {"attributeStatus": "NotSupportedAttributeType", **ASK_STATE},
                {
                    "attributeStatus": "Accepted",
                    "attributeType": "Actual",
                    **ASK_TIMEOUT,
                    "attributeValue": "30",
                },
            ]
        },
    ),
    (
        "GetVariables",
        {"getVariableData": [ASK_INTERVAL, ASK_STATE, ASK_TIMEOUT]},
        SettingsRead(
            **REPLY,
            settings=(
                SettingRead(name=BEAT_INTERVAL, result="unknown_component"),
                SettingRead(name=STATE, result="unknown_variable"),
                SettingRead(name=TIMEOUT, result="write_only"),
            ),
        ),
        {
            "getVariableResult": [
                {"attributeStatus": "UnknownComponent", "attributeType": "Actual", **ASK_INTERVAL},
                {"attributeStatus": "UnknownVariable", **ASK_STATE},
                {
                    "attributeStatus": "Rejected",
                    "attributeType": "Actual",
                    **ASK_TIMEOUT,
                    "attributeStatusInfo": {"reasonCode": "WriteOnly"},
                },
            ]
        },
    ),
    (
        "SetVariables",
        SET_THREE,
        SettingsWritten(
            **REPLY,
            settings=(
                SettingWritten(name=BEAT_INTERVAL, result="reboot_required"),
                SettingWritten(name=STATE, result="read_only"),
                SettingWritten(name=TIMEOUT, result="bad_value", detail="not a whole number"),
            ),
        ),
        {
            "setVariableResult": [
                {"attributeStatus": "RebootRequired", "attributeType": "Actual", **ASK_INTERVAL},
                {
                    "attributeStatus": "Rejected",
                    **ASK_STATE,
                    "attributeStatusInfo": {"reasonCode": "ReadOnly"},
                },
                {
                    "attributeStatus": "Rejected",
                    "attributeType": "Actual",
                    **ASK_TIMEOUT,
                    "attributeStatusInfo": {
                        "reasonCode": "InvalidValue",
                        "additionalInfo": "not a whole number",
                    },
                },
            ]
        },
    ),
    (
        "SetVariables",
        SET_THREE,
        SettingsWritten(
            **REPLY,
            settings=(
                SettingWritten(name=BEAT_INTERVAL, result="accepted"),
                SettingWritten(name=STATE, result="unknown_variable"),
                SettingWritten(name=TIMEOUT, result="no_such_attribute"),
            ),
        ),
        {
            "setVariableResult": [
                {"attributeStatus": "Accepted", "attributeType": "Actual", **ASK_INTERVAL},
                {"attributeStatus": "UnknownVariable", **ASK_STATE},
                {
                    "attributeStatus": "NotSupportedAttributeType",
                    "attributeType": "Actual",
                    **ASK_TIMEOUT,
                },
            ]
        },
    ),
    (
        "GetBaseReport",
        {"requestId": 31, "reportBase": "SummaryInventory"},
        SettingsListed(**REPLY, result="not_supported"),
        {"status": "NotSupported"},
    ),
    (
        "GetBaseReport",
        {"requestId": 31, "reportBase": "FullInventory"},
        SettingsListed(**REPLY, result="empty"),
        {"status": "EmptyResultSet"},
    ),
    ("ClearCache", {}, TokensForgotten(**REPLY, result="accepted"), {"status": "Accepted"}),
    (
        "DataTransfer",
        {"vendorId": "org.example"},
        DataPassed(**REPLY, result="accepted", content={"a": [1]}),
        {"status": "Accepted", "data": {"a": [1]}},
    ),
    (
        "DataTransfer",
        {"vendorId": "org.example"},
        DataPassed(**REPLY, result="unknown_vendor"),
        {"status": "UnknownVendorId"},
    ),
]


@pytest.mark.parametrize(("action", "original", "reply", "payload"), ANSWERED)
def test_a_reply_is_written_as(
    action: str, original: dict[str, Any], reply: Reply, payload: dict[str, Any]
) -> None:
    assert DIALECT.heard_by_name[action].write(reply, original) == payload
    assert SCHEMAS.check_result(action, payload, formats=True) is None


def test_some_answers_have_their_own_word_for_a_declined_request() -> None:
    rows = DIALECT.heard_by_name
    assert rows["TriggerMessage"].declined["not_supported"] == {"status": "NotImplemented"}
    not_yet = {"status": "Rejected", "statusInfo": {"reasonCode": "CSNotAccepted"}}
    assert rows["RequestStartTransaction"].declined["not_registered"] == not_yet
    assert rows["RequestStopTransaction"].declined["not_registered"] == not_yet
    assert not rows["Reset"].declined


def test_a_password_leaves_neither_the_wire_record_nor_this_process() -> None:
    row = DIALECT.heard_by_name["SetVariables"]
    password = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "basicAuthPassword"},
        "attributeValue": "correct horse battery",
    }
    interval = {**ASK_INTERVAL, "attributeValue": "60"}
    call = {"setVariableData": [interval, password]}
    request = row.request(call, ENVELOPE)
    assert isinstance(request, WriteSettings)
    assert [setting.value for setting in request.settings] == ["60", ""]
    assert masked(call, row.secrets) == {"setVariableData": [interval, {**password, "attributeValue": "***"}]}
