"""Reset, TriggerMessage and ExtendedTriggerMessage of OCPP 1.6."""

from typing import Literal

from vcp_contracts.requests import Reset, Resetting, Trigger
from vcp_contracts.values import NOWHERE, Place

from vcp_handler.dialects.ocpp16.spelling import VERDICT, optional_place
from vcp_handler.dialects.table import Envelope, Payload

_RESTART: dict[str, Literal["application", "hardware"]] = {"Soft": "application", "Hard": "hardware"}

_TRIGGERED: dict[str, Literal["boot", "beat", "status", "meter", "firmware", "upload"]] = {
    "BootNotification": "boot",
    "DiagnosticsStatusNotification": "upload",
    "FirmwareStatusNotification": "firmware",
    "Heartbeat": "beat",
    "MeterValues": "meter",
    "StatusNotification": "status",
}

NOT_IMPLEMENTED = {"not_supported": VERDICT["not_implemented"]}
"""TriggerMessage has a word of its own for what the charger can't send."""


_TRIGGERED_EXTENDED: dict[
    str, Literal["boot", "beat", "status", "meter", "firmware", "upload", "certificate"]
] = {
    "BootNotification": "boot",
    "FirmwareStatusNotification": "firmware",
    "Heartbeat": "beat",
    "LogStatusNotification": "upload",
    "MeterValues": "meter",
    "SignChargePointCertificate": "certificate",
    "StatusNotification": "status",
}


def read_reset(payload: Payload, envelope: Envelope) -> Reset:
    """Reset.req: both kinds happen now."""
    return Reset(**envelope, when="now", restart=_RESTART[payload["type"]])


def write_resetting(reply: Resetting, _original: Payload) -> Payload:
    """Reset.conf; 1.6 has no word for later, so a reset to come is an accepted one."""
    return VERDICT["rejected" if reply.result == "rejected" else "accepted"]


def _place(payload: Payload) -> Place | None:
    """Connector 0 is none (§6.51), but for a StatusNotification, where it is the station (§5.17)."""
    if payload.get("connectorId") == 0 and payload["requestedMessage"] != "StatusNotification":
        return NOWHERE
    return optional_place(payload)


def read_trigger(payload: Payload, envelope: Envelope) -> Trigger:
    """TriggerMessage.req."""
    return Trigger(**envelope, what=_TRIGGERED[payload["requestedMessage"]], place=_place(payload))


def read_extended_trigger(payload: Payload, envelope: Envelope) -> Trigger:
    """ExtendedTriggerMessage.req: firmware and logs are told by the whitepaper's messages."""
    what = _TRIGGERED_EXTENDED[payload["requestedMessage"]]
    return Trigger(**envelope, what=what, place=_place(payload), tracked=what in ("firmware", "upload"))
