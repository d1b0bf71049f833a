"""SecurityEventNotification of OCPP 2.0.1."""

from vcp_contracts.actions import ReportSecurityEvent
from vcp_contracts.values import SecurityEventKind

from vcp_handler.dialects import instants
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.shared.security_events import KIND
from vcp_handler.dialects.table import Payload

_KIND: dict[SecurityEventKind, str] = KIND | {
    "authentication_refused": "FailedToAuthenticateAtCsms",
    "backend_failed_to_authenticate": "CsmsFailedToAuthenticate",
    "invalid_backend_certificate": "InvalidCsmsCertificate",
    "invalid_own_certificate": "InvalidChargingStationCertificate",
}


def write_event(event: ReportSecurityEvent) -> Payload:
    """SecurityEventNotificationRequest."""
    return told(type=_KIND[event.kind], timestamp=instants.written(event.at), techInfo=event.info)
