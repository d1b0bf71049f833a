"""ReserveNow, CancelReservation and ReservationStatusUpdate of OCPP 2.0.1."""

from vcp_contracts.actions import ReportReservation
from vcp_contracts.requests import CancelReservation, Reserve, Reserved

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp201.spelling import optional_token, place, remark, token
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload

_RESERVED = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "occupied": "Occupied",
    "faulted": "Faulted",
    "unavailable": "Unavailable",
}

_END = {"expired": "Expired", "removed": "Removed"}


def read_reserve_now(payload: Payload, envelope: Envelope) -> Reserve:
    """ReserveNowRequest. Without an EVSE, any one of the connector type is meant (H01)."""
    evse = payload.get("evseId")
    return Reserve(
        **envelope,
        reservation=payload["id"],
        evse=None if evse is None else place(evse, None).evse or None,
        connector_type=payload.get("connectorType"),
        token=token(payload["idToken"]),
        group=optional_token(payload.get("groupIdToken")),
        until=instants.read(payload["expiryDateTime"], "expiryDateTime"),
    )


def write_reserved(reply: Reserved, _original: Payload) -> Payload:
    """ReserveNowResponse."""
    return told(status=_RESERVED[reply.result], statusInfo=remark(reply))


def read_cancel(payload: Payload, envelope: Envelope) -> CancelReservation:
    """CancelReservationRequest."""
    return CancelReservation(**envelope, reservation=payload["reservationId"])


def write_ended(report: ReportReservation) -> Payload:
    """ReservationStatusUpdateRequest."""
    return {"reservationId": report.reservation, "reservationUpdateStatus": _END[report.end]}
