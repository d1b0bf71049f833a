"""ReserveNow and CancelReservation of OCPP 1.6."""

from vcp_contracts.requests import CancelReservation, Reserve, Reserved
from vcp_contracts.values import Token

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp16.spelling import place
from vcp_handler.dialects.table import Envelope, Payload

_RESERVED = {
    "accepted": {"status": "Accepted"},
    "rejected": {"status": "Rejected"},
    "occupied": {"status": "Occupied"},
    "faulted": {"status": "Faulted"},
    "unavailable": {"status": "Unavailable"},
}


def read_reserve_now(payload: Payload, envelope: Envelope) -> Reserve:
    """ReserveNow.req. Connector 0 means any connector (§5.13)."""
    parent = payload.get("parentIdTag")
    return Reserve(
        **envelope,
        reservation=payload["reservationId"],
        evse=place(payload["connectorId"]).evse or None,
        token=Token(value=payload["idTag"]),
        group=None if parent is None else Token(value=parent),
        until=instants.read(payload["expiryDate"], "expiryDate"),
    )


def write_reserved(reply: Reserved, _original: Payload) -> Payload:
    """ReserveNow.conf."""
    return _RESERVED[reply.result]


def read_cancel(payload: Payload, envelope: Envelope) -> CancelReservation:
    """CancelReservation.req."""
    return CancelReservation(**envelope, reservation=payload["reservationId"])
