"""Logs for the backend: what is recorded of the charger, packed and uploaded. One upload at a time."""

import re
from datetime import datetime, timedelta
from typing import Any

from vcp_contracts.actions import ReportUpload
from vcp_contracts.chores import AnyChoreResult, ChoreFailed, ChoreFailure, FileStored, StoreFile
from vcp_contracts.events import UploadStep
from vcp_contracts.requests import LogUpload, TriggerResult, UploadLog
from vcp_contracts.values import UploadStage

from vcp_abstraction import errands, transfers
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.upload import Upload

FAR_S = 30 * 366 * 86_400
"""Nothing is recorded, or will be, that is further away than this in real time."""

STAGES: dict[ChoreFailure, UploadStage] = {
    "permission": "permission_denied",
    "protocol": "bad_message",
    "unsupported": "not_supported",
}
"""What the backend is told of a failure; of any other, that the upload failed."""

FAILURES: dict[str, ChoreFailure] = {
    "upload": "internal",
    "permission": "permission",
    "bad_message": "protocol",
    "not_supported": "unsupported",
}
"""The failures that a tester can order."""


def upload_log(cp: Charger, it: UploadLog) -> LogUpload:
    """A log is to be uploaded (1.6 §5.9, whitepaper N01; 2.0.1 N01). One that is under way is given up for it."""
    if cp.facts.behaviour.upload.failure == "no_log":
        return LogUpload(**cp.reply(it), result="rejected", detail="there is no such log")
    canceled = _give_up(cp)
    file = _name(cp, it)
    cp.facts.upload.current = Upload(request=it, file=file, tries_left=transfers.tries(it.retries))
    _send(cp)
    return LogUpload(**cp.reply(it), result="accepted_canceled" if canceled else "accepted", file=file)


def _name(cp: Charger, it: UploadLog) -> str:
    who = re.sub(r"[^0-9A-Za-z._-]", "_", cp.id)
    return f"{who}-{it.kind}-{cp.now:%Y%m%dT%H%M%SZ}.tar.gz"


def _give_up(cp: Charger) -> bool:
    given_up = cp.facts.upload.current
    if given_up is None:
        return False
    errands.drop(cp, given_up.chore)
    if given_up.request.tracked:
        # 2.0.1 N01.FR.20
        tell(cp, given_up, "accepted_canceled")
    cp.facts.upload.current = None
    return True


def _send(cp: Charger) -> None:
    now = _current(cp)
    behaviour = cp.facts.behaviour.upload
    now.phase = "uploading"
    transfers.begin(cp, now, behaviour.upload_s)
    tell(cp, now, "uploading")
    hindrance = transfers.hindrance(cp, now.request.location, FAILURES.get(behaviour.failure))
    if hindrance is not None:
        _ended(cp, hindrance)
    else:
        now.chore = errands.order(cp, _chore(cp, now))


def _chore(cp: Charger, now: Upload) -> StoreFile:
    it = now.request
    return StoreFile(
        **errands.envelope(cp),
        **errands.trusted(cp),
        timeout_s=transfers.TRANSFER_S,
        location=it.location,
        password=it.password,
        query=it.query,
        kind=it.kind,
        name=now.file,
        method=cp.facts.behaviour.upload.method,
        since=it.since,
        until=it.until,
        since_real=_real(cp, it.since),
        until_real=_real(cp, it.until),
    )


def _real(cp: Charger, own: datetime | None) -> datetime | None:
    """When it really was, or will be, that the clock shows this, as it runs now."""
    if own is None:
        return None
    away_s = (own - cp.now).total_seconds() / cp.facts.clock.speed
    return cp.real + timedelta(seconds=min(max(away_s, -FAR_S), FAR_S))


def _current(cp: Charger) -> Upload:
    upload = cp.facts.upload.current
    assert upload is not None
    return upload


def stored(cp: Charger, chore: str, result: AnyChoreResult) -> None:
    """The upload has ended."""
    now = cp.facts.upload.current
    if now is not None and now.chore == chore:
        _ended(cp, result if isinstance(result, FileStored) else errands.failure(result))


def forsake(cp: Charger, chore: str, why: str) -> None:
    """The charger failed on how the upload ended: it is over."""
    now = cp.facts.upload.current
    if now is not None and now.chore == chore:
        cp.facts.upload.current = None
        tell(cp, now, "upload_failed", why)


def _ended(cp: Charger, result: FileStored | ChoreFailed) -> None:
    if transfers.ended(cp, _current(cp), result):
        _over(cp)


def phase_over(cp: Charger) -> None:
    """The time of a phase has come."""
    if _current(cp).phase == "pausing":
        _send(cp)
    else:
        _over(cp)


def _over(cp: Charger) -> None:
    now = _current(cp)
    result = now.result
    now.due = None
    if isinstance(result, FileStored):
        cp.facts.upload.current = None
        tell(cp, now, "uploaded", f"{result.size} bytes")
        return
    assert isinstance(result, ChoreFailed)
    why = f"{result.why}: {result.detail}"
    if transfers.pauses(cp, now, now.request.retry_interval_s):
        now.phase = "pausing"
        return
    cp.facts.upload.current = None
    tell(cp, now, STAGES.get(result.why, "upload_failed"), why)


def power_lost(cp: Charger) -> None:
    """An upload under way begins again when the power is back."""
    now = cp.facts.upload.current
    if now is not None:
        now.phase = "pausing"
        transfers.interrupt(cp, now)


def tell(cp: Charger, upload: Upload, stage: UploadStage, detail: str | None = None) -> None:
    """The upload has come one stage further: the world and the backend hear of it."""
    it = upload.request
    facts = cp.facts.upload
    facts.stage, facts.request_id, facts.file = stage, it.request_id, upload.file
    cp.note(UploadStep, stage=stage, kind=it.kind, file=upload.file, request_id=it.request_id, detail=detail)
    _report(cp, stage=stage, request_id=it.request_id, tracked=it.tracked)


def _report(cp: Charger, **says: Any) -> None:
    if "report_upload" in cp.manners.speaks:
        cp.enqueue(ReportUpload(**cp.words(), **says), "express")


def trigger(cp: Charger, *, tracked: bool) -> TriggerResult:
    """Uploading, or nothing (1.6 §7.24; 2.0.1 N01.FR.12)."""
    if "report_upload" not in cp.manners.speaks:
        return "not_implemented"
    current = cp.facts.upload.current
    _report(
        cp,
        stage="uploading" if current is not None else "idle",
        request_id=current.request.request_id if tracked and current is not None else None,
        tracked=tracked,
        triggered=True,
    )
    return "accepted"
