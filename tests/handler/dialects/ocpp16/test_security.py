"""OCPP 1.6 with its security extension: literal payloads beside what they mean."""

from datetime import UTC, datetime
from typing import Any

import pytest
from vcp_contracts.actions import ReportSecurityEvent
from vcp_contracts.outcomes import Acknowledged
from vcp_contracts.requests import Trigger, Triggered
from vcp_contracts.values import Place
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
