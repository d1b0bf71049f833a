"""The names of security events that all versions have. A backend and a charger are called otherwise in each."""

from vcp_contracts.values import SecurityEventKind

KIND: dict[SecurityEventKind, str] = {
    "attempted_replay": "AttemptedReplayAttacks",
    "firmware_updated": "FirmwareUpdated",
    "invalid_firmware_certificate": "InvalidFirmwareSigningCertificate",
    "invalid_firmware_signature": "InvalidFirmwareSignature",
    "invalid_messages": "InvalidMessages",
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
