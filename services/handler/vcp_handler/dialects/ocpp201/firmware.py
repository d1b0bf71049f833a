"""Firmware and logs of OCPP 2.0.1: UpdateFirmware, GetLog, and how far they have come."""

from vcp_contracts.actions import ReportFirmware, ReportUpload
from vcp_contracts.requests import FirmwareUpdate, LogUpload, UpdateFirmware, UploadLog
from vcp_contracts.values import FirmwareStage, LogKind, Signing, UploadStage

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp201.spelling import told
from vcp_handler.dialects.secrets import Secret, address
from vcp_handler.dialects.table import Envelope, Payload, Unreadable

FIRMWARE_LOCATION = Secret(path=("firmware", "location"), within="url", seal="firmware")
LOG_LOCATION = Secret(path=("log", "remoteLocation"), within="url", seal="log")
"""A user's password in the address of a file."""

_STAGE: dict[FirmwareStage, str] = {
    "idle": "Idle",
    "download_scheduled": "DownloadScheduled",
    "downloading": "Downloading",
    "download_paused": "DownloadPaused",
    "downloaded": "Downloaded",
    "download_failed": "DownloadFailed",
    "signature_verified": "SignatureVerified",
    "invalid_signature": "InvalidSignature",
    "install_scheduled": "InstallScheduled",
    "install_rebooting": "InstallRebooting",
    "installing": "Installing",
    "installed": "Installed",
    "installation_failed": "InstallationFailed",
    "install_verification_failed": "InstallVerificationFailed",
}

_UPLOAD: dict[UploadStage, str] = {
    "idle": "Idle",
    "uploading": "Uploading",
    "uploaded": "Uploaded",
    "upload_failed": "UploadFailure",
    "bad_message": "BadMessage",
    "permission_denied": "PermissionDenied",
    "not_supported": "NotSupportedOperation",
    "accepted_canceled": "AcceptedCanceled",
}

_KIND: dict[str, LogKind] = {"DiagnosticsLog": "diagnostics", "SecurityLog": "security"}

_VERDICT = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "accepted_canceled": "AcceptedCanceled",
    "invalid_certificate": "InvalidCertificate",
    "revoked_certificate": "RevokedCertificate",
}


def write_firmware(report: ReportFirmware) -> Payload:
    """FirmwareStatusNotificationRequest."""
    return told(status=_STAGE[report.stage], requestId=report.request_id)


def write_log(report: ReportUpload) -> Payload:
    """LogStatusNotificationRequest."""
    return told(status=_UPLOAD[report.stage], requestId=report.request_id)


def _times(count: int | None) -> int | None:
    """A number of tries or seconds; below zero there is nothing."""
    return None if count is None else max(0, count)


def read_update(payload: Payload, envelope: Envelope) -> UpdateFirmware:
    """UpdateFirmwareRequest; with a certificate and a signature it is the secure update (L01), else the other (L02)."""
    firmware = payload["firmware"]
    certificate, signature = firmware.get("signingCertificate"), firmware.get("signature")
    if (certificate is None) != (signature is None):
        missing = "signature" if signature is None else "signingCertificate"
        raise Unreadable(f"firmware.{missing}", "signed firmware has a certificate and a signature")
    return UpdateFirmware(
        **envelope,
        **address(firmware["location"]),
        retrieve_at=instants.read(firmware["retrieveDateTime"], "firmware.retrieveDateTime"),
        install_at=instants.read_optional(firmware.get("installDateTime"), "firmware.installDateTime"),
        retries=_times(payload.get("retries")),
        retry_interval_s=_times(payload.get("retryInterval")),
        request_id=payload["requestId"],
        tracked=True,
        signing=None if certificate is None else Signing(certificate=certificate, signature=signature),
    )


def write_update(reply: FirmwareUpdate, _original: Payload) -> Payload:
    """UpdateFirmwareResponse."""
    return {"status": _VERDICT[reply.result]}


def read_get_log(payload: Payload, envelope: Envelope) -> UploadLog:
    """GetLogRequest."""
    log = payload["log"]
    return UploadLog(
        **envelope,
        kind=_KIND[payload["logType"]],
        **address(log["remoteLocation"]),
        since=instants.read_optional(log.get("oldestTimestamp"), "log.oldestTimestamp"),
        until=instants.read_optional(log.get("latestTimestamp"), "log.latestTimestamp"),
        retries=_times(payload.get("retries")),
        retry_interval_s=_times(payload.get("retryInterval")),
        request_id=payload["requestId"],
        tracked=True,
    )


def write_log_answer(reply: LogUpload, _original: Payload) -> Payload:
    """GetLogResponse."""
    return told(status=_VERDICT[reply.result], filename=reply.file)
