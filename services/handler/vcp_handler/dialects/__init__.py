"""The dialects: one folder an OCPP version, one visible table each. No sockets, no Redis, no behaviour."""

from vcp_handler.dialects import ocpp16, ocpp201
from vcp_handler.dialects.table import Dialect

DIALECTS: dict[str, Dialect] = {dialect.subprotocol: dialect for dialect in (ocpp16.DIALECT, ocpp201.DIALECT)}
"""Subprotocol → dialect."""
