"""SecurityEventNotification of OCPP 1.6 (security whitepaper)."""

from vcp_contracts.actions import ReportSecurityEvent
from vcp_contracts.values import SecurityEventKind

from vcp_handler.dialects import instants
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.shared.security_events import KIND
from vcp_handler.dialects.table import Payload

_KIND: dict[SecurityEventKind, str] = KIND | {
    "authentication_refused": "FailedToAuthenticateAtCentralSystem",
    "backend_failed_to_authenticate": "CentralSystemFailedToAuthenticate",
    "invalid_backend_certificate": "InvalidCentralSystemCertificate",
    "invalid_own_certificate": "InvalidChargePointCertificate",
}


def write_event(event: ReportSecurityEvent) -> Payload:
    """SecurityEventNotification.req."""
    return told(type=_KIND[event.kind], timestamp=instants.written(event.at), techInfo=event.info)
