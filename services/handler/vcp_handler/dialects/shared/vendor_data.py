"""DataTransfer, as far as all versions have it alike: its words, and what is read of it."""

from vcp_contracts.actions import PassData
from vcp_contracts.outcomes import DataAnswer
from vcp_contracts.requests import PassData as PassDataRequest
from vcp_contracts.values import DataStatus

from vcp_handler.dialects.table import Envelope, Payload

STATUS: dict[DataStatus, str] = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unknown_message": "UnknownMessageId",
    "unknown_vendor": "UnknownVendorId",
}
_READ: dict[str, DataStatus] = {spelt: status for status, spelt in STATUS.items()}


def read_data_answer(payload: Payload, _data: PassData) -> DataAnswer:
    """The backend's answer."""
    return DataAnswer(status=_READ[payload["status"]], content=payload.get("data"))


def read_data(payload: Payload, envelope: Envelope) -> PassDataRequest:
    """Data of the backend's."""
    return PassDataRequest(
        **envelope,
        vendor=payload["vendorId"],
        message=payload.get("messageId"),
        content=payload.get("data"),
    )
