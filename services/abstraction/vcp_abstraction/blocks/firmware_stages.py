"""The stages of an update, as the world and the backend hear of them."""

from typing import Any

from vcp_contracts.actions import ReportFirmware
from vcp_contracts.events import FirmwareStep
from vcp_contracts.requests import TriggerResult, UpdateFirmware
from vcp_contracts.values import FirmwareStage

from vcp_abstraction.charger import Charger


def tell(cp: Charger, it: UpdateFirmware, stage: FirmwareStage, detail: str | None = None) -> None:
    """The update has come one stage further: the world and the backend hear of it."""
    firmware = cp.facts.firmware
    firmware.stage, firmware.request_id = stage, it.request_id
    cp.note(
        FirmwareStep,
        stage=stage,
        request_id=it.request_id,
        firmware_version=cp.firmware_version,
        detail=detail,
    )
    _report(cp, stage=stage, request_id=it.request_id, tracked=it.tracked)


def _report(cp: Charger, **says: Any) -> None:
    if "report_firmware" in cp.manners.speaks:
        cp.enqueue(ReportFirmware(**cp.words(), **says), "express")


def trigger(cp: Charger, *, tracked: bool) -> TriggerResult:
    """The last stage once more: idle after an installation (2.0.1 L01.FR.25); where stages are not followed, after
    every update that has ended (1.6 §7.25)."""
    if "report_firmware" not in cp.manners.speaks:
        return "not_implemented"
    firmware = cp.facts.firmware
    rests = firmware.stage in ("idle", "installed") if tracked else firmware.update is None
    _report(
        cp,
        stage="idle" if rests else firmware.stage,
        request_id=firmware.request_id if tracked and not rests else None,
        tracked=tracked,
        triggered=True,
    )
    return "accepted"
