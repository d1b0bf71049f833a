"""The example backend: a small CSMS for OCPP 1.6 and 2.0.1. Knows no other room of the product."""

from vcp_backend.behaviour import Behaviour, Token, Verdict
from vcp_backend.faults import Armed, Fault
from vcp_backend.frames import Call, Frame, Socket, Violation, read_journal
from vcp_backend.server import Backend, serve_backend
from vcp_backend.session import CallFailed, NotConnected

__all__ = [
    "Armed",
    "Backend",
    "Behaviour",
    "Call",
    "CallFailed",
    "Fault",
    "Frame",
    "NotConnected",
    "Socket",
    "Token",
    "Verdict",
    "Violation",
    "read_journal",
    "serve_backend",
]
