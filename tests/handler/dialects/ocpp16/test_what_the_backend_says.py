"""OCPP 1.6, backend → charger: each call beside its request, and each reply beside its literal answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from vcp_contracts.requests import (
    Availability,
    ChargingStart,
    ChargingStop,
    DataPassed,
    ForgetTokens,
    PassData,
    ReadSettings,
    Reply,
    Request,
    Reset,
    Resetting,
    SetAvailability,
    SettingRead,
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
from vcp_handler.dialects.ocpp16 import DIALECT
from vcp_handler.dialects.secrets import masked
from vcp_handler.dialects.table import Envelope
from vcp_handler.validation import Schemas

SCHEMAS = Schemas("v16")
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
HEARD: list[tuple[str, dict[str, Any], Request]] = [
    (
        "RemoteStartTransaction",
        {"idTag": "CARD1"},
        StartCharging(**COMMON, token=Token(value="CARD1")),
    ),
    (
        "RemoteStartTransaction",
        {"idTag": "CARD1", "connectorId": 2},
        StartCharging(**COMMON, token=Token(value="CARD1"), place=Place(evse=2)),
    ),
    ("RemoteStopTransaction", {"transactionId": 77}, StopCharging(**COMMON, transaction="77")),
    ("RemoteStopTransaction", {"transactionId": -1}, StopCharging(**COMMON, transaction="-1")),
    ("Reset", {"type": "Soft"}, Reset(**COMMON, when="now", restart="application")),
    ("Reset", {"type": "Hard"}, Reset(**COMMON, when="now", restart="hardware")),
    (
        "ChangeAvailability",
        {"connectorId": 0, "type": "Inoperative"},
        SetAvailability(**COMMON, place=STATION, operative=False),
    ),
    (
        "ChangeAvailability",
        {"connectorId": 3, "type": "Operative"},
        SetAvailability(**COMMON, place=Place(evse=3), operative=True),
    ),
    ("UnlockConnector", {"connectorId": 1}, Unlock(**COMMON, place=Place(evse=1))),
    ("TriggerMessage", {"requestedMessage": "BootNotification"}, Trigger(**COMMON, what="boot")),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}, Trigger(**COMMON, what="beat")),
    ("TriggerMessage", {"requestedMessage": "MeterValues"}, Trigger(**COMMON, what="meter")),
    (
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 0},
        Trigger(**COMMON, what="status", place=STATION),
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "DiagnosticsStatusNotification"},
        Trigger(**COMMON, what="upload"),
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "FirmwareStatusNotification"},
        Trigger(**COMMON, what="firmware"),
    ),
    ("ClearCache", {}, ForgetTokens(**COMMON)),
    ("GetConfiguration", {}, ReadSettings(**COMMON)),
    ("GetConfiguration", {"key": []}, ReadSettings(**COMMON)),
    (
        "GetConfiguration",
        {"key": ["heartbeatINTERVAL", "Colour"]},
        ReadSettings(**COMMON, names=(BEAT_INTERVAL, SettingName(component="Custom", variable="Colour"))),
    ),
    (
        "ChangeConfiguration",
        {"key": "HeartbeatInterval", "value": "60"},
        WriteSettings(**COMMON, settings=(SettingToWrite(name=BEAT_INTERVAL, value="60"),)),
    ),
    (
        "DataTransfer",
        {"vendorId": "org.example", "messageId": "hello", "data": '{"a":1}'},
        PassData(**COMMON, vendor="org.example", message="hello", content='{"a":1}'),
    ),
    ("DataTransfer", {"vendorId": "org.example"}, PassData(**COMMON, vendor="org.example")),
]


@pytest.mark.parametrize(("action", "payload", "request_meant"), HEARD)
def test_a_call_is_read_as(action: str, payload: dict[str, Any], request_meant: Request) -> None:
    assert SCHEMAS.check_call(action, payload) is None
    assert DIALECT.heard_by_name[action].request(payload, ENVELOPE) == request_meant


NAMELESS = SettingName(component="Custom", variable="")
UNKNOWN: list[tuple[str, dict[str, Any], Request]] = [
    (
        "ChangeAvailability",
        {"connectorId": -1, "type": "Operative"},
        SetAvailability(**COMMON, place=NOWHERE, operative=True),
    ),
    ("UnlockConnector", {"connectorId": 1001}, Unlock(**COMMON, place=NOWHERE)),
    (
        "RemoteStartTransaction",
        {"idTag": "CARD1", "connectorId": -7},
        StartCharging(**COMMON, token=Token(value="CARD1"), place=NOWHERE),
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "connectorId": 0},
        Trigger(**COMMON, what="meter", place=NOWHERE),
    ),
    ("GetConfiguration", {"key": [""]}, ReadSettings(**COMMON, names=(NAMELESS,))),
    (
        "ChangeConfiguration",
        {"key": "", "value": "1"},
        WriteSettings(**COMMON, settings=(SettingToWrite(name=NAMELESS, value="1"),)),
    ),
]


@pytest.mark.parametrize(("action", "payload", "request_meant"), UNKNOWN)
def test_what_no_charger_has_is_the_charger_s_to_refuse(
    action: str, payload: dict[str, Any], request_meant: Request
) -> None:
    assert SCHEMAS.check_call(action, payload) is None
    assert DIALECT.heard_by_name[action].request(payload, ENVELOPE) == request_meant


def read(name: SettingName, result: Any = "accepted", **more: Any) -> SettingRead:
    return SettingRead(name=name, result=result, **more)


def written(result: Any) -> SettingsWritten:
    return SettingsWritten(**REPLY, settings=(SettingWritten(name=BEAT_INTERVAL, result=result),))


COLOUR = SettingName(component="Custom", variable="Colour")
PASSWORD = SettingName(component="Custom", variable="AuthorizationKey")
NO_KEY = SettingName(component="AuthCtrlr", variable="Enabled")
CONNECTORS = SettingName(component="Custom", variable="NumberOfConnectors")

CHANGE = {"key": "HeartbeatInterval", "value": "60"}
ANSWERED: list[tuple[str, dict[str, Any], Reply, dict[str, Any]]] = [
    (
        "RemoteStartTransaction",
        {"idTag": "CARD1"},
        ChargingStart(**REPLY, result="accepted"),
        {"status": "Accepted"},
    ),
    (
        "RemoteStartTransaction",
        {"idTag": "CARD1"},
        ChargingStart(**REPLY, result="rejected", detail="no place for remarks in 1.6"),
        {"status": "Rejected"},
    ),
    (
        "RemoteStopTransaction",
        {"transactionId": 77},
        ChargingStop(**REPLY, result="rejected"),
        {"status": "Rejected"},
    ),
    ("Reset", {"type": "Soft"}, Resetting(**REPLY, result="accepted"), {"status": "Accepted"}),
    ("Reset", {"type": "Soft"}, Resetting(**REPLY, result="scheduled"), {"status": "Accepted"}),
    ("Reset", {"type": "Soft"}, Resetting(**REPLY, result="rejected"), {"status": "Rejected"}),
    (
        "ChangeAvailability",
        {"connectorId": 1, "type": "Inoperative"},
        Availability(**REPLY, result="scheduled"),
        {"status": "Scheduled"},
    ),
    ("UnlockConnector", {"connectorId": 1}, Unlocked(**REPLY, result="unlocked"), {"status": "Unlocked"}),
    ("UnlockConnector", {"connectorId": 1}, Unlocked(**REPLY, result="failed"), {"status": "UnlockFailed"}),
    ("UnlockConnector", {"connectorId": 1}, Unlocked(**REPLY, result="no_lock"), {"status": "NotSupported"}),
    (
        "UnlockConnector",
        {"connectorId": 9},
        Unlocked(**REPLY, result="unknown_place"),
        {"status": "NotSupported"},
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "FirmwareStatusNotification"},
        Triggered(**REPLY, result="not_implemented"),
        {"status": "NotImplemented"},
    ),
    ("ClearCache", {}, TokensForgotten(**REPLY, result="rejected"), {"status": "Rejected"}),
    ("ChangeConfiguration", CHANGE, written("accepted"), {"status": "Accepted"}),
    ("ChangeConfiguration", CHANGE, written("reboot_required"), {"status": "RebootRequired"}),
    ("ChangeConfiguration", CHANGE, written("unknown_component"), {"status": "NotSupported"}),
    ("ChangeConfiguration", CHANGE, written("unknown_variable"), {"status": "NotSupported"}),
    ("ChangeConfiguration", CHANGE, written("read_only"), {"status": "Rejected"}),
    ("ChangeConfiguration", CHANGE, written("bad_value"), {"status": "Rejected"}),
    (
        "GetConfiguration",
        {"key": ["heartbeatINTERVAL", "Colour", "AuthorizationKey", "NumberOfConnectors"]},
        SettingsRead(
            **REPLY,
            settings=(
                read(BEAT_INTERVAL, value="300"),
                read(COLOUR, "unknown_variable"),
                read(PASSWORD, "write_only"),
                read(CONNECTORS, value="2", read_only=True),
            ),
        ),
        {
            "configurationKey": [
                {"key": "heartbeatINTERVAL", "readonly": False, "value": "300"},
                {"key": "AuthorizationKey", "readonly": False},
                {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
            ],
            "unknownKey": ["Colour"],
        },
    ),
    (
        "GetConfiguration",
        {},
        SettingsRead(
            **REPLY,
            settings=(
                read(BEAT_INTERVAL, value=None),
                read(NO_KEY, value="true"),
                read(PASSWORD, "write_only"),
                read(CONNECTORS, value="2", read_only=True),
            ),
        ),
        {
            "configurationKey": [
                {"key": "HeartbeatInterval", "readonly": False},
                {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
            ]
        },
    ),
    (
        "GetConfiguration",
        {"key": ["Colour"]},
        SettingsRead(**REPLY, settings=(read(COLOUR, "unknown_component"),)),
        {"unknownKey": ["Colour"]},
    ),
    (
        "DataTransfer",
        {"vendorId": "org.example"},
        DataPassed(**REPLY, result="unknown_message"),
        {"status": "UnknownMessageId"},
    ),
    (
        "DataTransfer",
        {"vendorId": "org.example"},
        DataPassed(**REPLY, result="accepted", content={"a": [1]}),
        {"status": "Accepted", "data": '{"a":[1]}'},
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
    assert rows["RemoteStartTransaction"].declined["not_registered"] == {"status": "Rejected"}
    assert rows["RemoteStopTransaction"].declined["not_registered"] == {"status": "Rejected"}
    assert not rows["Reset"].declined


def test_a_password_leaves_neither_the_wire_record_nor_this_process() -> None:
    row = DIALECT.heard_by_name["ChangeConfiguration"]
    call = {"key": "authorizationKEY", "value": "00112233445566778899aabbccddeeff"}
    request = row.request(call, ENVELOPE)
    assert isinstance(request, WriteSettings)
    assert request.settings[0].value == ""
    assert request.settings[0].sealed is None
    assert masked(call, row.secrets) == {"key": "authorizationKEY", "value": "***"}
    assert masked(CHANGE, row.secrets) is CHANGE
