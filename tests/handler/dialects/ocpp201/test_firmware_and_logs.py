"""OCPP 2.0.1, firmware and logs: each word beside its literal payload."""

from datetime import UTC, datetime
from typing import Any

import pytest
from vcp_contracts.actions import ReportFirmware, ReportUpload
from vcp_contracts.requests import FirmwareUpdate, LogUpload, Trigger, UpdateFirmware, UploadLog
from vcp_contracts.values import Signing
from vcp_handler.dialects.ocpp201 import DIALECT
from vcp_handler.dialects.secrets import masked
from vcp_handler.dialects.table import Envelope
from vcp_handler.validation import Schemas

SCHEMAS = Schemas("v201")
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
PLAIN = {"location": "https://u:s3cret@files.example/fw.bin", "retrieveDateTime": "2026-03-01T12:00:00Z"}
SIGNED = {**PLAIN, "signingCertificate": "-----BEGIN CERTIFICATE-----", "signature": "c2lnbmVk"}


def test_an_update_is_read_with_and_without_a_signature() -> None:
    row = DIALECT.heard_by_name["UpdateFirmware"]
    update = UpdateFirmware(
        **COMMON, location=PLAIN["location"], retrieve_at=NOON, request_id=7, tracked=True
    )
    signing = Signing(certificate="-----BEGIN CERTIFICATE-----", signature="c2lnbmVk")
    for firmware, meant in ((PLAIN, update), (SIGNED, update.model_copy(update={"signing": signing}))):
        call = {"requestId": 7, "firmware": firmware}
        assert SCHEMAS.check_call("UpdateFirmware", call) is None
        assert row.request(call, ENVELOPE) == meant
    shown = masked({"requestId": 7, "firmware": PLAIN}, row.secrets)
    assert shown["firmware"]["location"] == "https://u:***@files.example/fw.bin"


@pytest.mark.parametrize(
    ("half", "signing"),
    [
        ({"signature": "c2lnbmVk"}, Signing(signature="c2lnbmVk")),
        ({"signingCertificate": "PEM"}, Signing(certificate="PEM")),
    ],
)
def test_half_a_signature_is_for_the_charger_to_judge(half: dict[str, str], signing: Signing) -> None:
    """L01.FR.21, FR.22: the answer has a status for it."""
    payload = {"requestId": 7, "firmware": {**PLAIN, **half}}
    asked = DIALECT.heard_by_name["UpdateFirmware"].request(payload, ENVELOPE)
    assert isinstance(asked, UpdateFirmware)
    assert asked.signing == signing


def test_a_log_is_asked_for() -> None:
    call = {
        "logType": "DiagnosticsLog",
        "requestId": 8,
        "retries": 2,
        "retryInterval": 5,
        "log": {"remoteLocation": "https://files.example/in/", "latestTimestamp": "2026-03-01T12:00:00Z"},
    }
    assert SCHEMAS.check_call("GetLog", call) is None
    assert DIALECT.heard_by_name["GetLog"].request(call, ENVELOPE) == UploadLog(
        **COMMON,
        kind="diagnostics",
        location="https://files.example/in/",
        until=NOON,
        retries=2,
        retry_interval_s=5,
        request_id=8,
        tracked=True,
    )


def test_firmware_is_triggered_with_its_number() -> None:
    call = {"requestedMessage": "FirmwareStatusNotification"}
    request = DIALECT.heard_by_name["TriggerMessage"].request(call, ENVELOPE)
    assert request == Trigger(**COMMON, what="firmware", tracked=True)


@pytest.mark.parametrize(
    ("action", "reply", "payload"),
    [
        ("UpdateFirmware", FirmwareUpdate(**REPLY, result="accepted"), {"status": "Accepted"}),
        (
            "UpdateFirmware",
            FirmwareUpdate(**REPLY, result="invalid_certificate"),
            {"status": "InvalidCertificate"},
        ),
        (
            "GetLog",
            LogUpload(**REPLY, result="accepted_canceled", file="a.tar.gz"),
            {"status": "AcceptedCanceled", "filename": "a.tar.gz"},
        ),
    ],
)
def test_a_reply_is_written_as(action: str, reply: Any, payload: dict[str, Any]) -> None:
    assert DIALECT.heard_by_name[action].write(reply, {}) == payload
    assert SCHEMAS.check_result(action, payload, formats=True) is None


@pytest.mark.parametrize(
    ("action", "name", "payload"),
    [
        (
            ReportFirmware(id="a", charge_point="CP1", stage="install_rebooting", request_id=7, tracked=True),
            "FirmwareStatusNotification",
            {"status": "InstallRebooting", "requestId": 7},
        ),
        (
            ReportFirmware(id="a", charge_point="CP1", stage="idle", tracked=True, triggered=True),
            "FirmwareStatusNotification",
            {"status": "Idle"},
        ),
        (
            ReportUpload(id="a", charge_point="CP1", stage="accepted_canceled", request_id=8, tracked=True),
            "LogStatusNotification",
            {"status": "AcceptedCanceled", "requestId": 8},
        ),
    ],
)
def test_an_action_is_written_as(action: Any, name: str, payload: dict[str, Any]) -> None:
    row = DIALECT.row_for(action)
    assert row is not None
    assert (row.action, row.write(action)) == (name, payload)
    assert SCHEMAS.check_call(name, payload, formats=True) is None
