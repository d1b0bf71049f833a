"""Numbered firmware updates and logs: the security whitepaper brought back to the older version what the newer one has."""

from vcp_contracts.actions import ReportFirmware, ReportUpload
from vcp_contracts.requests import FirmwareUpdate, LogUpload, UpdateFirmware, UploadLog
from vcp_contracts.values import FirmwareStage, LogKind, Signing, UploadStage

from vcp_handler.dialects import instants
from vcp_handler.dialects.secrets import Secret, address
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload

FIRMWARE_LOCATION = Secret(path=("firmware", "location"), within="url", seal="firmware")
LOG_LOCATION = Secret(path=("log", "remoteLocation"), within="url", seal="log")
"""A user's password and a query in the address of a file."""

STAGE: dict[FirmwareStage, str] = {
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

UPLOAD_STAGE: dict[UploadStage, str] = {
    "idle": "Idle",
    "uploading": "Uploading",
    "uploaded": "Uploaded",
    "upload_failed": "UploadFailure",
    "bad_message": "BadMessage",
    "permission_denied": "PermissionDenied",
    "not_supported": "NotSupportedOperation",
    "accepted_canceled": "AcceptedCanceled",
}

LOG_KIND: dict[str, LogKind] = {"DiagnosticsLog": "diagnostics", "SecurityLog": "security"}

VERDICT = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "accepted_canceled": "AcceptedCanceled",
    "invalid_certificate": "InvalidCertificate",
    "revoked_certificate": "RevokedCertificate",
}


def times(count: int | None) -> int | None:
    """A number of tries or seconds; below zero there is nothing."""
    return None if count is None else max(0, count)


def write_firmware(report: ReportFirmware) -> Payload:
    """How far an update that has a number has come."""
    return told(status=STAGE[report.stage], requestId=report.request_id)


def write_log(report: ReportUpload) -> Payload:
    """How far an upload that has a number has come."""
    return told(status=UPLOAD_STAGE[report.stage], requestId=report.request_id)


def read_numbered_update(payload: Payload, envelope: Envelope, signing: Signing | None) -> UpdateFirmware:
    """An update that has a number, and is told of in full."""
    firmware = payload["firmware"]
    return UpdateFirmware(
        **envelope,
        **address(firmware["location"]),
        retrieve_at=instants.read(firmware["retrieveDateTime"], "firmware.retrieveDateTime"),
        install_at=instants.read_optional(firmware.get("installDateTime"), "firmware.installDateTime"),
        retries=times(payload.get("retries")),
        retry_interval_s=times(payload.get("retryInterval")),
        request_id=payload["requestId"],
        tracked=True,
        signing=signing,
    )


def write_verdict(reply: FirmwareUpdate, _original: Payload) -> Payload:
    """Whether the update is on."""
    return {"status": VERDICT[reply.result]}


def read_get_log(payload: Payload, envelope: Envelope) -> UploadLog:
    """GetLog."""
    log = payload["log"]
    return UploadLog(
        **envelope,
        kind=LOG_KIND[payload["logType"]],
        **address(log["remoteLocation"]),
        since=instants.read_optional(log.get("oldestTimestamp"), "log.oldestTimestamp"),
        until=instants.read_optional(log.get("latestTimestamp"), "log.latestTimestamp"),
        retries=times(payload.get("retries")),
        retry_interval_s=times(payload.get("retryInterval")),
        request_id=payload["requestId"],
        tracked=True,
    )


def write_log_answer(reply: LogUpload, _original: Payload) -> Payload:
    """GetLog's answer: a file name where there will be a file."""
    return told(status=VERDICT[reply.result], filename=reply.file)
