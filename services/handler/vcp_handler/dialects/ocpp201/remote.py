"""Reset and TriggerMessage of OCPP 2.0.1."""

from typing import Literal

from vcp_contracts.requests import Reset, Trigger
from vcp_contracts.values import STATION

from vcp_handler.dialects.ocpp201.spelling import optional_place, place
from vcp_handler.dialects.table import Envelope, Payload

_WHEN: dict[str, Literal["now", "idle"]] = {"Immediate": "now", "OnIdle": "idle"}

_TRIGGERED: dict[
    str,
    Literal["boot", "beat", "status", "meter", "transaction", "firmware", "upload", "certificate", "other"],
] = {
    "BootNotification": "boot",
    "LogStatusNotification": "upload",
    "FirmwareStatusNotification": "firmware",
    "Heartbeat": "beat",
    "MeterValues": "meter",
    "SignChargingStationCertificate": "certificate",
    # The charger has a certificate for its link, and none for cars: ISO 15118 is not spoken here.
    "SignV2GCertificate": "other",
    "SignCombinedCertificate": "other",
    "StatusNotification": "status",
    "TransactionEvent": "transaction",
    "PublishFirmwareStatusNotification": "other",
}

NOT_IMPLEMENTED: dict[str, Payload] = {"not_supported": {"status": "NotImplemented"}}
"""TriggerMessage has a word of its own for what the charger can't send."""


def read_reset(payload: Payload, envelope: Envelope) -> Reset:
    """ResetRequest. Both kinds end transactions in order before the restart (B12.FR.03, B12.FR.04)."""
    evse = payload.get("evseId")
    return Reset(
        **envelope,
        place=STATION if evse is None else place(evse, None),
        when=_WHEN[payload["type"]],
        restart="application",
    )


def read_trigger(payload: Payload, envelope: Envelope) -> Trigger:
    """TriggerMessageRequest."""
    what = _TRIGGERED[payload["requestedMessage"]]
    return Trigger(
        **envelope, what=what, place=optional_place(payload), tracked=what in ("firmware", "upload")
    )
