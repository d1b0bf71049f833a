"""SecurityEventNotification of OCPP 1.6 (security whitepaper)."""

from vcp_contracts.actions import ReportSecurityEvent
from vcp_contracts.values import SecurityEventKind

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp16.spelling import told
from vcp_handler.dialects.table import Payload

_KIND: dict[SecurityEventKind, str] = {
    "attempted_replay": "AttemptedReplayAttacks",
    "authentication_refused": "FailedToAuthenticateAtCentralSystem",
    "backend_failed_to_authenticate": "CentralSystemFailedToAuthenticate",
    "firmware_updated": "FirmwareUpdated",
    "invalid_backend_certificate": "InvalidCentralSystemCertificate",
    "invalid_firmware_certificate": "InvalidFirmwareSigningCertificate",
    "invalid_firmware_signature": "InvalidFirmwareSignature",
    "invalid_messages": "InvalidMessages",
    "invalid_own_certificate": "InvalidChargePointCertificate",
    "invalid_tls_cipher": "InvalidTLSCipherSuite",
    "invalid_tls_version": "InvalidTLSVersion",
    "memory_exhausted": "MemoryExhaustion",
    "restarted": "ResetOrReboot",
    "security_log_cleared": "SecurityLogWasCleared",
    "security_reconfigured": "ReconfigurationOfSecurityParameters",
    "started": "StartupOfTheDevice",
    "tampering": "TamperDetectionActivated",
    "time_set": "SettingSystemTime",
}


def write_event(event: ReportSecurityEvent) -> Payload:
    """SecurityEventNotification.req."""
    return told(type=_KIND[event.kind], timestamp=instants.written(event.at), techInfo=event.info)
