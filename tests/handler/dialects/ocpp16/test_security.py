"""OCPP 1.6 with its security extension: literal payloads beside what they mean."""

from datetime import UTC, datetime
from typing import Any

import pytest
from vcp_contracts.actions import AskSigning, ReportSecurityEvent
from vcp_contracts.outcomes import Acknowledged, SigningAnswer
from vcp_contracts.requests import (
    CertificateDeleted,
    CertificatesListed,
    CertificateTaken,
    DeleteCertificate,
    InstalledCertificate,
    InstallRoot,
    ListCertificates,
    RootInstalled,
    TakeCertificate,
    Trigger,
    Triggered,
)
from vcp_contracts.values import CertificateHash, Place
from vcp_handler.dialects.ocpp16 import DIALECT
from vcp_handler.dialects.table import Envelope
from vcp_handler.validation import Schemas

SCHEMAS = Schemas("v16")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
COMMON: dict[str, Any] = {"id": "a1", "charge_point": "CP1", "at": NOON}
ENVELOPE: Envelope = {
    "id": "h1-1:4",
    "charge_point": "CP1",
    "at": NOON,
    "link": "h1-1",
    "n": 4,
    "message_id": "19",
}
REPLY: dict[str, Any] = {"id": "r1", "charge_point": "CP1", "link": "h1-1", "request": "h1-1:4"}


def written(action: Any) -> dict[str, Any]:
    row = DIALECT.row_for(action)
    assert row is not None
    payload = row.write(action)
    assert SCHEMAS.check_call(row.action, payload, formats=True) is None
    return {"action": row.action, **payload}


def heard(action: str, payload: dict[str, Any]) -> Any:
    assert SCHEMAS.check_call(action, payload) is None
    return DIALECT.heard_by_name[action].request(payload, ENVELOPE)


def answered(action: str, reply: Any, original: dict[str, Any]) -> dict[str, Any]:
    payload = DIALECT.heard_by_name[action].write(reply, original)
    assert SCHEMAS.check_result(action, payload, formats=True) is None
    return payload


@pytest.mark.parametrize(
    ("kind", "type"),
    [
        ("started", "StartupOfTheDevice"),
        ("restarted", "ResetOrReboot"),
        ("authentication_refused", "FailedToAuthenticateAtCentralSystem"),
        ("invalid_backend_certificate", "InvalidCentralSystemCertificate"),
        ("invalid_own_certificate", "InvalidChargePointCertificate"),
        ("tampering", "TamperDetectionActivated"),
    ],
)
def test_a_security_event(kind: Any, type: str) -> None:
    assert written(ReportSecurityEvent(**COMMON, kind=kind, info="why")) == {
        "action": "SecurityEventNotification",
        "type": type,
        "timestamp": "2026-03-01T12:00:00Z",
        "techInfo": "why",
    }
    row = DIALECT.said_by_name["SecurityEventNotification"]
    event = ReportSecurityEvent(**COMMON, kind=kind)
    assert row.answer({}, event) == Acknowledged()


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("BootNotification", "boot"),
        ("LogStatusNotification", "upload"),
        ("FirmwareStatusNotification", "firmware"),
        ("Heartbeat", "beat"),
        ("MeterValues", "meter"),
        ("SignChargePointCertificate", "certificate"),
        ("StatusNotification", "status"),
    ],
)
def test_an_extended_trigger(message: str, what: Any) -> None:
    asked = {"requestedMessage": message}
    tracked = what in ("firmware", "upload")
    assert heard("ExtendedTriggerMessage", asked) == Trigger(**ENVELOPE, what=what, tracked=tracked)
    asked_of_one = {"requestedMessage": message, "connectorId": 2}
    assert heard("ExtendedTriggerMessage", asked_of_one).place == Place(evse=2)


@pytest.mark.parametrize(
    ("result", "status"),
    [("accepted", "Accepted"), ("rejected", "Rejected"), ("not_implemented", "NotImplemented")],
)
def test_the_answer_to_an_extended_trigger(result: Any, status: str) -> None:
    reply = Triggered(**REPLY, result=result)
    assert answered("ExtendedTriggerMessage", reply, {}) == {"status": status}


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        ({}, "missing"),
        ({"requestedMessage": "DiagnosticsStatusNotification"}, "value"),
        ({"requestedMessage": 1}, "type"),
        ({"requestedMessage": "Heartbeat", "evse": 1}, "extra"),
    ],
)
def test_an_extended_trigger_that_breaks_the_schema(payload: dict[str, Any], cause: str) -> None:
    fault = SCHEMAS.check_call("ExtendedTriggerMessage", payload)
    assert fault is not None
    assert fault.cause == cause


# --- certificates ----------------------------------------------------------------------------------------------------

HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1f"}
NAMED = CertificateHash(algorithm="SHA256", issuer_name="aa", issuer_key="bb", serial="1f")


def test_a_request_to_sign() -> None:
    ask = AskSigning(**COMMON, csr="CSR")
    assert written(ask) == {"action": "SignCertificate", "csr": "CSR"}
    row = DIALECT.said_by_name["SignCertificate"]
    assert row.answer({"status": "Accepted"}, ask) == SigningAnswer(accepted=True)
    assert row.answer({"status": "Rejected"}, ask) == SigningAnswer(accepted=False)


@pytest.mark.parametrize(
    ("action", "payload", "request_"),
    [
        ("CertificateSigned", {"certificateChain": "PEM"}, TakeCertificate(**ENVELOPE, chain="PEM")),
        (
            "InstallCertificate",
            {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"},
            InstallRoot(**ENVELOPE, use="backend_root", certificate="PEM"),
        ),
        (
            "DeleteCertificate",
            {"certificateHashData": HASH},
            DeleteCertificate(**ENVELOPE, certificate=NAMED),
        ),
        (
            "GetInstalledCertificateIds",
            {"certificateType": "ManufacturerRootCertificate"},
            ListCertificates(**ENVELOPE, uses=("manufacturer_root",)),
        ),
    ],
)
def test_what_the_backend_wants_of_certificates(action: str, payload: dict[str, Any], request_: Any) -> None:
    assert heard(action, payload) == request_


@pytest.mark.parametrize(
    ("action", "reply", "payload"),
    [
        ("CertificateSigned", CertificateTaken(**REPLY, result="rejected"), {"status": "Rejected"}),
        ("InstallCertificate", RootInstalled(**REPLY, result="failed"), {"status": "Failed"}),
        ("DeleteCertificate", CertificateDeleted(**REPLY, result="not_found"), {"status": "NotFound"}),
        (
            "GetInstalledCertificateIds",
            CertificatesListed(**REPLY, result="not_found"),
            {"status": "NotFound"},
        ),
        (
            "GetInstalledCertificateIds",
            CertificatesListed(
                **REPLY,
                result="accepted",
                certificates=(InstalledCertificate(use="backend_root", certificate=NAMED),),
            ),
            {"status": "Accepted", "certificateHashData": [HASH]},
        ),
    ],
)
def test_what_the_charger_answers(action: str, reply: Any, payload: dict[str, Any]) -> None:
    assert answered(action, reply, {}) == payload


@pytest.mark.parametrize(
    ("action", "payload", "cause"),
    [
        ("CertificateSigned", {}, "missing"),
        ("CertificateSigned", {"certificateChain": "x" * 10_001}, "value"),
        ("InstallCertificate", {"certificateType": "V2GRootCertificate", "certificate": "PEM"}, "value"),
        ("DeleteCertificate", {"certificateHashData": {**HASH, "hashAlgorithm": "MD5"}}, "value"),
        ("GetInstalledCertificateIds", {"certificateType": ["ManufacturerRootCertificate"]}, "type"),
    ],
)
def test_certificates_that_break_the_schema(action: str, payload: dict[str, Any], cause: str) -> None:
    fault = SCHEMAS.check_call(action, payload)
    assert fault is not None
    assert fault.cause == cause
