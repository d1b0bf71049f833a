"""StatusNotification, ChangeAvailability and UnlockConnector of OCPP 1.6."""

from vcp_contracts.actions import ReportStatus
from vcp_contracts.requests import SetAvailability, Unlock, Unlocked

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp16.spelling import FAULT, FINE_STATUS, place
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload

_NO_FAULT = "NoError"

_UNLOCKED = {
    "unlocked": {"status": "Unlocked"},
    "failed": {"status": "UnlockFailed"},
    "no_lock": {"status": "NotSupported"},
    "unknown_place": {"status": "NotSupported"},
    # Not a 1.6 manner (unlocking ends the transaction there), but sayable: the lock stays shut.
    "in_transaction": {"status": "UnlockFailed"},
}


def write_status(report: ReportStatus) -> Payload:
    """StatusNotification.req: the fine status with the fault that decides it, or a warning beside it."""
    fault = report.fault
    return told(
        connectorId=report.place.evse,
        errorCode=FAULT[fault.kind] if fault else _NO_FAULT,
        status=FINE_STATUS[report.fine],
        timestamp=instants.written(report.at),
        info=report.note or (fault.info if fault else None),
        vendorId=fault.vendor if fault else None,
        vendorErrorCode=fault.vendor_code if fault else None,
    )


def read_change_availability(payload: Payload, envelope: Envelope) -> SetAvailability:
    """ChangeAvailability.req."""
    return SetAvailability(
        **envelope, place=place(payload["connectorId"]), operative=payload["type"] == "Operative"
    )


def read_unlock(payload: Payload, envelope: Envelope) -> Unlock:
    """UnlockConnector.req."""
    return Unlock(**envelope, place=place(payload["connectorId"]))


def write_unlocked(reply: Unlocked, _original: Payload) -> Payload:
    """UnlockConnector.conf; an unknown connector is NotSupported too (errata)."""
    return _UNLOCKED[reply.result]
