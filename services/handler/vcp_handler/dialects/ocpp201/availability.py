"""StatusNotification, NotifyEvent, ChangeAvailability and UnlockConnector of OCPP 2.0.1."""

from vcp_contracts.actions import ReportEvents, ReportStatus
from vcp_contracts.requests import SetAvailability, Unlock, Unlocked
from vcp_contracts.settings import PROBLEM, component_at_fault
from vcp_contracts.values import STATION

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp201.spelling import (
    COARSE_STATUS,
    optional_place,
    place,
    remark,
    status_info,
    written_place,
)
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload

_UNLOCKED = {
    "unlocked": "Unlocked",
    "failed": "UnlockFailed",
    "no_lock": "UnlockFailed",
    "unknown_place": "UnknownConnector",
    "in_transaction": "OngoingAuthorizedTransaction",
}


def choose_status_message(report: ReportStatus) -> str | None:
    """Only connectors have a status here; that of the station as a whole is not told (B01.FR.05)."""
    return "StatusNotification" if report.place.evse else None


def write_status(report: ReportStatus) -> Payload:
    """StatusNotificationRequest: the coarse status of one connector."""
    return told(
        timestamp=instants.written(report.at),
        connectorStatus=COARSE_STATUS[report.coarse],
        evseId=report.place.evse,
        connectorId=report.place.connector,
    )


def write_events(report: ReportEvents) -> Payload:
    """NotifyEventRequest: a fault as the variable Problem of the component that has it."""
    at = instants.written(report.at)
    fault = report.fault
    event = told(
        eventId=report.event_number,
        timestamp=at,
        trigger="Delta",
        actualValue="true" if report.active else "false",
        techCode=fault.vendor_code,
        techInfo=fault.info,
        cleared=None if report.active else True,
        component=told(name=component_at_fault(fault.kind, report.place), evse=written_place(report.place)),
        eventNotificationType="HardWiredNotification",
        variable={"name": PROBLEM},
    )
    return {"generatedAt": at, "seqNo": 0, "eventData": [event]}


def read_change_availability(payload: Payload, envelope: Envelope) -> SetAvailability:
    """ChangeAvailabilityRequest; without an EVSE it means the station."""
    return SetAvailability(
        **envelope,
        place=optional_place(payload) or STATION,
        operative=payload["operationalStatus"] == "Operative",
    )


def read_unlock(payload: Payload, envelope: Envelope) -> Unlock:
    """UnlockConnectorRequest."""
    return Unlock(**envelope, place=place(payload["evseId"], payload["connectorId"]))


def write_unlocked(reply: Unlocked, _original: Payload) -> Payload:
    """UnlockConnectorResponse; a connector without a lock fails, and the reason says that its cable is fixed."""
    info = status_info("FixedCable", reply.detail) if reply.result == "no_lock" else remark(reply)
    return told(status=_UNLOCKED[reply.result], statusInfo=info)
