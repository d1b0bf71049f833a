"""BootNotification and Heartbeat of OCPP 1.6."""

from typing import Literal

from vcp_contracts.actions import Beat, Boot
from vcp_contracts.outcomes import BeatAnswer, BootAnswer

from vcp_handler.dialects import instants
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Payload

_VERDICT: dict[str, Literal["accepted", "pending", "rejected"]] = {
    "Accepted": "accepted",
    "Pending": "pending",
    "Rejected": "rejected",
}


def write_boot(boot: Boot) -> Payload:
    """BootNotification.req; 1.6 has no field for the reason."""
    return told(
        chargePointVendor=boot.vendor,
        chargePointModel=boot.model,
        chargePointSerialNumber=boot.serial_number,
        chargeBoxSerialNumber=boot.box_serial_number,
        firmwareVersion=boot.firmware_version,
        iccid=boot.iccid,
        imsi=boot.imsi,
        meterSerialNumber=boot.meter_serial_number,
        meterType=boot.meter_type,
    )


def read_boot(payload: Payload, _boot: Boot) -> BootAnswer:
    """BootNotification.conf."""
    return BootAnswer(
        verdict=_VERDICT[payload["status"]],
        now=instants.read(payload["currentTime"], "currentTime"),
        interval_s=payload["interval"],
    )


def write_beat(_beat: Beat) -> Payload:
    """Heartbeat.req."""
    return {}


def read_beat(payload: Payload, _beat: Beat) -> BeatAnswer:
    """Heartbeat.conf."""
    return BeatAnswer(now=instants.read(payload["currentTime"], "currentTime"))
