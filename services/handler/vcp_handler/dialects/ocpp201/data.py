"""DataTransfer of OCPP 2.0.1, both ways: its data is any JSON."""

from vcp_contracts.actions import PassData
from vcp_contracts.requests import DataPassed

from vcp_handler.dialects.ocpp201.spelling import remark
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.shared.vendor_data import STATUS
from vcp_handler.dialects.table import Payload


def write_data(data: PassData) -> Payload:
    """DataTransferRequest."""
    return told(vendorId=data.vendor, messageId=data.message, data=data.content)


def write_data_answer(reply: DataPassed, _original: Payload) -> Payload:
    """DataTransferResponse of the charger."""
    return told(status=STATUS[reply.result], statusInfo=remark(reply), data=reply.content)
