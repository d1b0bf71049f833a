"""BootNotification and Heartbeat of OCPP 2.0.1."""

from typing import Literal

from vcp_contracts.actions import Beat, Boot
from vcp_contracts.outcomes import BeatAnswer, BootAnswer

from vcp_handler.dialects import instants
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Payload

_REASON = {
    "application_reset": "ApplicationReset",
    "firmware_update": "FirmwareUpdate",
    "local_reset": "LocalReset",
    "power_up": "PowerUp",
    "remote_reset": "RemoteReset",
    "scheduled_reset": "ScheduledReset",
    "triggered": "Triggered",
    "unknown": "Unknown",
    "watchdog": "Watchdog",
}

_VERDICT: dict[str, Literal["accepted", "pending", "rejected"]] = {
    "Accepted": "accepted",
    "Pending": "pending",
    "Rejected": "rejected",
}


def write_boot(boot: Boot) -> Payload:
    """BootNotificationRequest; the meter is a component here, no field of the boot."""
    return {
        "reason": _REASON[boot.reason],
        "chargingStation": told(
            model=boot.model,
            vendorName=boot.vendor,
            serialNumber=boot.serial_number,
            firmwareVersion=boot.firmware_version,
            modem=told(iccid=boot.iccid, imsi=boot.imsi) or None,
        ),
    }


def read_boot(payload: Payload, _boot: Boot) -> BootAnswer:
    """BootNotificationResponse."""
    return BootAnswer(
        verdict=_VERDICT[payload["status"]],
        now=instants.read(payload["currentTime"], "currentTime"),
        interval_s=payload["interval"],
    )


def write_beat(_beat: Beat) -> Payload:
    """HeartbeatRequest."""
    return {}


def read_beat(payload: Payload, _beat: Beat) -> BeatAnswer:
    """HeartbeatResponse."""
    return BeatAnswer(now=instants.read(payload["currentTime"], "currentTime"))
