"""OCPP 1.6, firmware and logs: each word beside its literal payload, plain and as the security whitepaper has it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from vcp_contracts.actions import Action, ReportFirmware, ReportUpload
from vcp_contracts.requests import (
    FirmwareUpdate,
    LogUpload,
    Reply,
    Request,
    Trigger,
    UpdateFirmware,
    UploadLog,
)
from vcp_contracts.values import FirmwareStage, Signing, UploadStage
from vcp_handler.dialects.ocpp16 import DIALECT
from vcp_handler.dialects.secrets import masked
from vcp_handler.dialects.table import Envelope, Unreadable
from vcp_handler.validation import Schemas

SCHEMAS = Schemas("v16")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ENVELOPE: Envelope = {
    "id": "h1-1:4",
    "charge_point": "CP1",
    "at": NOON,
    "link": "h1-1",
    "n": 4,
    "message_id": "19",
}
COMMON: dict[str, Any] = {**ENVELOPE}
REPLY: dict[str, Any] = {"id": "r1", "charge_point": "CP1", "link": "h1-1", "request": "h1-1:4"}
SIGNING = Signing(certificate="-----BEGIN CERTIFICATE-----", signature="c2lnbmVk")

HEARD: list[tuple[str, dict[str, Any], Request]] = [
    (
        "UpdateFirmware",
        {"location": "ftp://files.example/fw.bin", "retrieveDate": "2026-03-01T12:00:00Z"},
        UpdateFirmware(**COMMON, location="ftp://files.example/fw.bin", retrieve_at=NOON),
    ),
    (
        "UpdateFirmware",
        {
            "location": "https://files.example/fw.bin",
            "retrieveDate": "2026-03-01T13:00:00+01:00",
            "retries": 3,
            "retryInterval": 60,
        },
        UpdateFirmware(
            **COMMON,
            location="https://files.example/fw.bin",
            retrieve_at=NOON,
            retries=3,
            retry_interval_s=60,
        ),
    ),
    (
        "UpdateFirmware",
        {"location": "x:y", "retrieveDate": "2026-03-01T12:00:00Z", "retries": -1, "retryInterval": -5},
        UpdateFirmware(**COMMON, location="x:y", retrieve_at=NOON, retries=0, retry_interval_s=0),
    ),
    (
        "SignedUpdateFirmware",
        {
            "requestId": 7,
            "retries": 1,
            "retryInterval": 10,
            "firmware": {
                "location": "https://files.example/fw.bin",
                "retrieveDateTime": "2026-03-01T12:00:00Z",
                "installDateTime": "2026-03-01T12:00:00Z",
                "signingCertificate": "-----BEGIN CERTIFICATE-----",
                "signature": "c2lnbmVk",
            },
        },
        UpdateFirmware(
            **COMMON,
            location="https://files.example/fw.bin",
            retrieve_at=NOON,
            install_at=NOON,
            retries=1,
            retry_interval_s=10,
            request_id=7,
            tracked=True,
            signing=SIGNING,
        ),
    ),
    (
        "GetDiagnostics",
        {"location": "ftp://files.example/in/"},
        UploadLog(**COMMON, kind="diagnostics", location="ftp://files.example/in/"),
    ),
    (
        "GetDiagnostics",
        {
            "location": "ftp://files.example/in/",
            "startTime": "2026-03-01T12:00:00Z",
            "stopTime": "2026-03-01T12:00:00Z",
            "retries": 2,
            "retryInterval": 30,
        },
        UploadLog(
            **COMMON,
            kind="diagnostics",
            location="ftp://files.example/in/",
            since=NOON,
            until=NOON,
            retries=2,
            retry_interval_s=30,
        ),
    ),
    (
        "GetLog",
        {
            "logType": "SecurityLog",
            "requestId": 8,
            "log": {"remoteLocation": "https://files.example/in/", "oldestTimestamp": "2026-03-01T12:00:00Z"},
        },
        UploadLog(
            **COMMON,
            kind="security",
            location="https://files.example/in/",
            since=NOON,
            request_id=8,
            tracked=True,
        ),
    ),
    (
        "TriggerMessage",
        {"requestedMessage": "FirmwareStatusNotification"},
        Trigger(**COMMON, what="firmware"),
    ),
    (
        "ExtendedTriggerMessage",
        {"requestedMessage": "FirmwareStatusNotification"},
        Trigger(**COMMON, what="firmware", tracked=True),
    ),
    (
        "ExtendedTriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
        Trigger(**COMMON, what="upload", tracked=True),
    ),
    (
        "ExtendedTriggerMessage",
        {"requestedMessage": "SignChargePointCertificate"},
        Trigger(**COMMON, what="certificate"),
    ),
    ("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"}, Trigger(**COMMON, what="beat")),
]


@pytest.mark.parametrize(("action", "payload", "request_meant"), HEARD)
def test_a_call_is_read_as(action: str, payload: dict[str, Any], request_meant: Request) -> None:
    assert SCHEMAS.check_call(action, payload) is None
    assert DIALECT.heard_by_name[action].request(payload, ENVELOPE) == request_meant


@pytest.mark.parametrize(
    ("action", "payload", "field"),
    [
        ("UpdateFirmware", {"location": "ftp://f/x", "retrieveDate": "soon"}, "retrieveDate"),
        ("GetDiagnostics", {"location": "ftp://f/", "stopTime": "never"}, "stopTime"),
    ],
)
def test_a_garbage_date_is_unreadable_and_says_where(
    action: str, payload: dict[str, Any], field: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        DIALECT.heard_by_name[action].request(payload, ENVELOPE)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("action", "payload", "cause"),
    [
        ("UpdateFirmware", {"location": "ftp://files.example/fw.bin"}, "missing"),
        ("UpdateFirmware", {"location": 7, "retrieveDate": "2026-03-01T12:00:00Z"}, "type"),
        ("GetDiagnostics", {}, "missing"),
        ("GetLog", {"logType": "Diary", "requestId": 1, "log": {"remoteLocation": "x"}}, "value"),
        ("SignedUpdateFirmware", {"requestId": 1, "firmware": {"location": "x"}}, "missing"),
        ("ExtendedTriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"}, "value"),
    ],
)
def test_a_payload_that_breaks_the_schema_is_not_let_in(
    action: str, payload: dict[str, Any], cause: str
) -> None:
    fault = SCHEMAS.check_call(action, payload)
    assert fault is not None
    assert fault.cause == cause


ANSWERED: list[tuple[str, Reply, dict[str, Any]]] = [
    ("UpdateFirmware", FirmwareUpdate(**REPLY, result="accepted"), {}),
    ("UpdateFirmware", FirmwareUpdate(**REPLY, result="rejected"), {}),
    ("SignedUpdateFirmware", FirmwareUpdate(**REPLY, result="accepted"), {"status": "Accepted"}),
    (
        "SignedUpdateFirmware",
        FirmwareUpdate(**REPLY, result="accepted_canceled"),
        {"status": "AcceptedCanceled"},
    ),
    (
        "SignedUpdateFirmware",
        FirmwareUpdate(**REPLY, result="invalid_certificate"),
        {"status": "InvalidCertificate"},
    ),
    ("GetDiagnostics", LogUpload(**REPLY, result="accepted", file="a.tar.gz"), {"fileName": "a.tar.gz"}),
    ("GetDiagnostics", LogUpload(**REPLY, result="rejected"), {}),
    (
        "GetLog",
        LogUpload(**REPLY, result="accepted", file="a.tar.gz"),
        {"status": "Accepted", "filename": "a.tar.gz"},
    ),
    ("GetLog", LogUpload(**REPLY, result="rejected"), {"status": "Rejected"}),
]


@pytest.mark.parametrize(("action", "reply", "payload"), ANSWERED)
def test_a_reply_is_written_as(action: str, reply: Reply, payload: dict[str, Any]) -> None:
    assert DIALECT.heard_by_name[action].write(reply, {}) == payload
    assert SCHEMAS.check_result(action, payload, formats=True) is None


def firmware(stage: FirmwareStage, **more: Any) -> ReportFirmware:
    return ReportFirmware(id="a1", charge_point="CP1", at=NOON, stage=stage, **more)


def upload(stage: UploadStage, **more: Any) -> ReportUpload:
    return ReportUpload(id="a1", charge_point="CP1", at=NOON, stage=stage, **more)


SAID: list[tuple[Action, str, dict[str, Any]]] = [
    (firmware("downloading"), "FirmwareStatusNotification", {"status": "Downloading"}),
    (firmware("installed", request_id=3), "FirmwareStatusNotification", {"status": "Installed"}),
    (
        firmware("install_verification_failed"),
        "FirmwareStatusNotification",
        {"status": "InstallationFailed"},
    ),
    (firmware("install_scheduled", triggered=True), "FirmwareStatusNotification", {"status": "Downloaded"}),
    (firmware("download_scheduled", triggered=True), "FirmwareStatusNotification", {"status": "Idle"}),
    (
        firmware("download_scheduled", tracked=True, request_id=7),
        "SignedFirmwareStatusNotification",
        {"status": "DownloadScheduled", "requestId": 7},
    ),
    (firmware("idle", tracked=True), "SignedFirmwareStatusNotification", {"status": "Idle"}),
    (upload("uploading"), "DiagnosticsStatusNotification", {"status": "Uploading"}),
    (upload("permission_denied"), "DiagnosticsStatusNotification", {"status": "UploadFailed"}),
    (
        upload("permission_denied", tracked=True, request_id=8),
        "LogStatusNotification",
        {"status": "PermissionDenied", "requestId": 8},
    ),
    (upload("upload_failed", tracked=True), "LogStatusNotification", {"status": "UploadFailure"}),
]


@pytest.mark.parametrize(("action", "name", "payload"), SAID)
def test_an_action_is_written_as(action: Action, name: str, payload: dict[str, Any]) -> None:
    row = DIALECT.row_for(action)
    assert row is not None
    assert (row.action, row.write(action)) == (name, payload)
    assert SCHEMAS.check_call(name, payload, formats=True) is None


@pytest.mark.parametrize(
    "action",
    [
        firmware("download_scheduled"),
        firmware("download_paused"),
        firmware("install_scheduled"),
        firmware("install_rebooting"),
        upload("accepted_canceled", tracked=True),
    ],
)
def test_a_stage_without_a_word_is_left_unsaid(action: Action) -> None:
    assert DIALECT.row_for(action) is None


def test_a_password_in_an_address_stays_out_of_the_record() -> None:
    call = {"location": "ftp://user:s3cret@files.example/in/"}
    row = DIALECT.heard_by_name["GetDiagnostics"]
    assert masked(call, row.secrets) == {"location": "ftp://user:***@files.example/in/"}
