"""DataTransfer of OCPP 1.6, both ways: its data is text, so any other JSON is written as JSON text."""

import json

from vcp_contracts.actions import PassData
from vcp_contracts.requests import DataPassed

from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.shared.vendor_data import STATUS
from vcp_handler.dialects.table import Payload


def _text(content: object) -> str | None:
    if content is None or isinstance(content, str):
        return content
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def write_data(data: PassData) -> Payload:
    """DataTransfer.req."""
    return told(vendorId=data.vendor, messageId=data.message, data=_text(data.content))


def write_data_answer(reply: DataPassed, _original: Payload) -> Payload:
    """DataTransfer.conf of the charger."""
    return told(status=STATUS[reply.result], data=_text(reply.content))
