"""DataTransfer of OCPP 1.6, both ways: its data is text, so any other JSON is written as JSON text."""

import json

from vcp_contracts.actions import PassData
from vcp_contracts.outcomes import DataAnswer
from vcp_contracts.requests import DataPassed
from vcp_contracts.requests import PassData as PassDataRequest
from vcp_contracts.values import DataStatus

from vcp_handler.dialects.ocpp16.spelling import told
from vcp_handler.dialects.table import Envelope, Payload

_STATUS: dict[DataStatus, str] = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unknown_message": "UnknownMessageId",
    "unknown_vendor": "UnknownVendorId",
}
_READ: dict[str, DataStatus] = {spelt: status for status, spelt in _STATUS.items()}


def _text(content: object) -> str | None:
    if content is None or isinstance(content, str):
        return content
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def write_data(data: PassData) -> Payload:
    """DataTransfer.req."""
    return told(vendorId=data.vendor, messageId=data.message, data=_text(data.content))


def read_data_answer(payload: Payload, _data: PassData) -> DataAnswer:
    """DataTransfer.conf."""
    return DataAnswer(status=_READ[payload["status"]], content=payload.get("data"))


def read_data(payload: Payload, envelope: Envelope) -> PassDataRequest:
    """DataTransfer.req of the backend."""
    return PassDataRequest(
        **envelope,
        vendor=payload["vendorId"],
        message=payload.get("messageId"),
        content=payload.get("data"),
    )


def write_data_answer(reply: DataPassed, _original: Payload) -> Payload:
    """DataTransfer.conf of the charger."""
    return told(status=_STATUS[reply.result], data=_text(reply.content))
