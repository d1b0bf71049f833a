"""Firmware and logs of OCPP 1.6: plain ones of the standard, and signed or numbered ones of the security whitepaper."""

from vcp_contracts.actions import ReportFirmware, ReportUpload
from vcp_contracts.requests import FirmwareUpdate, LogUpload, UpdateFirmware, UploadLog
from vcp_contracts.values import FirmwareStage, Signing, UploadStage

from vcp_handler.dialects import instants
from vcp_handler.dialects.secrets import Secret, address
from vcp_handler.dialects.shared import files
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload

PLAIN_FIRMWARE_LOCATION = Secret(path=("location",), within="url", seal="firmware")
DIAGNOSTICS_LOCATION = Secret(path=("location",), within="url", seal="log")
"""A user's password in the address of a file."""


_PLAIN: dict[FirmwareStage, str] = {
    "idle": "Idle",
    "downloading": "Downloading",
    "downloaded": "Downloaded",
    "download_failed": "DownloadFailed",
    "installing": "Installing",
    "installed": "Installed",
    "installation_failed": "InstallationFailed",
    "invalid_signature": "InstallationFailed",
    "install_verification_failed": "InstallationFailed",
}
"""The seven words of the standard itself, and the ends that one of them covers."""

_NEAREST: dict[FirmwareStage, str] = {
    "download_scheduled": "Idle",
    "download_paused": "Downloading",
    "signature_verified": "Downloaded",
    "install_scheduled": "Downloaded",
    "install_rebooting": "Installing",
}
"""What a backend is told that asks in between."""

_PLAIN_UPLOAD: dict[UploadStage, str] = {
    "idle": "Idle",
    "uploading": "Uploading",
    "uploaded": "Uploaded",
    "upload_failed": "UploadFailed",
    "bad_message": "UploadFailed",
    "permission_denied": "UploadFailed",
    "not_supported": "UploadFailed",
}


def choose_firmware_message(report: ReportFirmware) -> str | None:
    """Numbered updates are told in full; of the others only what the standard has words for, unless it was asked."""
    if report.tracked:
        return "SignedFirmwareStatusNotification"
    return "FirmwareStatusNotification" if report.stage in _PLAIN or report.triggered else None


def write_firmware(report: ReportFirmware) -> Payload:
    """FirmwareStatusNotification.req."""
    return {"status": _PLAIN.get(report.stage) or _NEAREST[report.stage]}


def choose_upload_message(report: ReportUpload) -> str | None:
    """1.6 has no word for an upload that another one replaced."""
    if report.stage == "accepted_canceled":
        return None
    return "LogStatusNotification" if report.tracked else "DiagnosticsStatusNotification"


def write_diagnostics(report: ReportUpload) -> Payload:
    """DiagnosticsStatusNotification.req."""
    return {"status": _PLAIN_UPLOAD[report.stage]}


def read_update(payload: Payload, envelope: Envelope) -> UpdateFirmware:
    """UpdateFirmware.req."""
    return UpdateFirmware(
        **envelope,
        **address(payload["location"]),
        retrieve_at=instants.read(payload["retrieveDate"], "retrieveDate"),
        retries=files.times(payload.get("retries")),
        retry_interval_s=files.times(payload.get("retryInterval")),
    )


def write_update(_reply: FirmwareUpdate, _original: Payload) -> Payload:
    """UpdateFirmware.conf says nothing: a refusal is told as a failed download."""
    return {}


def read_signed_update(payload: Payload, envelope: Envelope) -> UpdateFirmware:
    """SignedUpdateFirmware.req."""
    firmware = payload["firmware"]
    signing = Signing(certificate=firmware["signingCertificate"], signature=firmware["signature"])
    return files.read_numbered_update(payload, envelope, signing)


def read_diagnostics(payload: Payload, envelope: Envelope) -> UploadLog:
    """GetDiagnostics.req."""
    return UploadLog(
        **envelope,
        kind="diagnostics",
        **address(payload["location"]),
        since=instants.read_optional(payload.get("startTime"), "startTime"),
        until=instants.read_optional(payload.get("stopTime"), "stopTime"),
        retries=files.times(payload.get("retries")),
        retry_interval_s=files.times(payload.get("retryInterval")),
    )


def write_diagnostics_answer(reply: LogUpload, _original: Payload) -> Payload:
    """GetDiagnostics.conf: a file name where there will be a file."""
    return told(fileName=reply.file)
