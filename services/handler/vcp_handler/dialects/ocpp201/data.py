"""DataTransfer of OCPP 2.0.1, both ways: its data is any JSON."""

from vcp_contracts.actions import PassData
from vcp_contracts.outcomes import DataAnswer
from vcp_contracts.requests import DataPassed
from vcp_contracts.requests import PassData as PassDataRequest
from vcp_contracts.values import DataStatus

from vcp_handler.dialects.ocpp201.spelling import remark, told
from vcp_handler.dialects.table import Envelope, Payload

_STATUS: dict[DataStatus, str] = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unknown_message": "UnknownMessageId",
    "unknown_vendor": "UnknownVendorId",
}
_READ: dict[str, DataStatus] = {spelt: status for status, spelt in _STATUS.items()}


def write_data(data: PassData) -> Payload:
    """DataTransferRequest."""
    return told(vendorId=data.vendor, messageId=data.message, data=data.content)


def read_data_answer(payload: Payload, _data: PassData) -> DataAnswer:
    """DataTransferResponse."""
    return DataAnswer(status=_READ[payload["status"]], content=payload.get("data"))


def read_data(payload: Payload, envelope: Envelope) -> PassDataRequest:
    """DataTransferRequest of the backend."""
    return PassDataRequest(
        **envelope,
        vendor=payload["vendorId"],
        message=payload.get("messageId"),
        content=payload.get("data"),
    )


def write_data_answer(reply: DataPassed, _original: Payload) -> Payload:
    """DataTransferResponse of the charger."""
    return told(status=_STATUS[reply.result], statusInfo=remark(reply), data=reply.content)
