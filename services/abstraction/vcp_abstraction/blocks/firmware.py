"""Firmware: fetched, checked, installed when nobody charges, and started.

One update at a time. A phase ends when its time has come by the charger's own clock, or with the result of a chore.
"""

import re
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from vcp_contracts.actions import ReportFirmware
from vcp_contracts.chores import AnyChoreResult, ChainChecked, CheckChain, ChoreFailed, FetchFile, FileFetched
from vcp_contracts.commands import FirmwareFailure
from vcp_contracts.events import FirmwareStep
from vcp_contracts.requests import Declined, FirmwareUpdate, TriggerResult, UpdateFirmware
from vcp_contracts.values import FirmwareStage

from vcp_abstraction import errands, status
from vcp_abstraction.blocks import security, transactions
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.boot import Restart
from vcp_abstraction.facts.firmware import Checking, Update
from vcp_abstraction.facts.places import EvseFacts

RETRY_S = 30
"""The charger's own wait before it fetches again, where the backend named none. Unasked it does not try again."""

MOST_RETRIES = 100
LONGEST_WAIT_S = 604_800

FETCH_S = 600.0
CHECK_S = 10.0
"""How long checking a certificate may take: the backend waits for the answer."""

RESTART_PATIENCE = timedelta(seconds=10)
"""How long the restart waits until what was to be told has been told."""

REFUSALS: dict[FirmwareFailure, Literal["invalid_certificate", "revoked_certificate"]] = {
    "certificate": "invalid_certificate",
    "revoked": "revoked_certificate",
}
"""How signed firmware is refused where a tester wants that."""

VERSION = re.compile(r"\d+(?:\.\d+)+(?:[-+]?[0-9A-Za-z]+)*")
"""What looks like a version in a file's name."""

ENDINGS = re.compile(
    r"(?:\.(?:bin|img|hex|zip|tar|gz|tgz|xz|bz2|swu|fw|pkg|deb|rpm|ipk|raucb|mender))+$", re.I
)


# --- asked for -------------------------------------------------------------------------------------------------------


def update(cp: Charger, it: UpdateFirmware) -> FirmwareUpdate | Declined | None:
    """New firmware is to be fetched and installed (1.6 §5.19, whitepaper L01; 2.0.1 L01, L02).

    Signed firmware is answered once its certificate has been checked.
    """
    firmware = cp.facts.firmware
    if it.signing is None and not cp.settings.flag("Custom.UnsignedFirmware"):
        return Declined(**cp.reply(it), reason="not_supported", detail="only signed firmware is installed")
    if firmware.checking is not None or (firmware.update is not None and firmware.update.unstoppable):
        if not it.tracked:
            # this request can't be refused, so its backend hears that nothing comes of it
            tell(cp, it, "download_failed", "another update is being installed")
        return FirmwareUpdate(**cp.reply(it), result="rejected", detail="another update is being installed")
    if it.signing is None:
        return begin(cp, it)
    refusal = REFUSALS.get(cp.facts.behaviour.firmware.failure)
    if refusal is not None:
        return FirmwareUpdate(**cp.reply(it), result=refusal, detail="this charger was told to fail")
    chore = CheckChain(
        **errands.envelope(cp),
        certificate=it.signing.certificate,
        roots=tuple(root.pem for root in cp.certificates.roots if root.use == "manufacturer_root"),
        time=cp.now,
        timeout_s=CHECK_S,
    )
    firmware.checking = Checking(request=it, chore=errands.order(cp, chore))
    return None


def checked(cp: Charger, chore: str, result: AnyChoreResult) -> None:
    """The verdict on the certificate of signed firmware: now the backend gets its answer."""
    checking = cp.facts.firmware.checking
    if checking is None or checking.chore != chore:
        return
    cp.facts.firmware.checking = None
    it = checking.request
    cp.after = it.id
    if isinstance(result, ChainChecked) and result.good:
        reply = begin(cp, it)
    elif isinstance(result, ChainChecked):
        reply = FirmwareUpdate(**cp.reply(it), result="invalid_certificate", detail=result.detail)
        security.happened(cp, "invalid_firmware_certificate", result.detail)
    else:
        reply = FirmwareUpdate(**cp.reply(it), result="rejected", detail="the certificate can't be checked")
    cp.decision.to_handler.insert(0, reply)


def begin(cp: Charger, it: UpdateFirmware) -> FirmwareUpdate:
    """The update is on; one that was under way is given up for it."""
    reply = FirmwareUpdate(
        **cp.reply(it), result="accepted_canceled" if cp.facts.firmware.update is not None else "accepted"
    )
    _give_up(cp)
    retries = min(it.retries or 0, MOST_RETRIES)
    cp.facts.firmware.update = Update(request=it, phase="scheduled", due=it.retrieve_at, tries_left=retries)
    if it.retrieve_at > cp.now:
        tell(cp, it, "download_scheduled")
    else:
        _download(cp)
    return reply


def _give_up(cp: Charger) -> None:
    """The update under way is canceled; a backend that follows it hears so (2.0.1 L01.FR.24)."""
    given_up = cp.facts.firmware.update
    if given_up is None:
        return
    errands.drop(cp, given_up.chore)
    cp.facts.firmware.update = None
    if given_up.request.tracked:
        fetched = isinstance(given_up.result, FileFetched)
        stage: FirmwareStage = "installation_failed" if fetched else "download_failed"
        tell(cp, given_up.request, stage, "canceled")
    _evses_again(cp)


# --- phases ----------------------------------------------------------------------------------------------------------


def phase_over(cp: Charger) -> None:
    """The time of a phase has come."""
    now = cp.facts.firmware.update
    assert now is not None
    now.due = None
    match now.phase:
        case "scheduled" | "pausing":
            _download(cp)
        case "downloading":
            _download_over(cp)
        case "verifying":
            _verified(cp)
        case "dated":
            _install_when_idle(cp)
        case "installing":
            _installed(cp)


def _current(cp: Charger) -> Update:
    update = cp.facts.firmware.update
    assert update is not None
    return update


def _download(cp: Charger) -> None:
    now = _current(cp)
    behaviour = cp.facts.behaviour.firmware
    now.phase, now.result, now.due = "downloading", None, None
    now.not_before = cp.now + timedelta(seconds=behaviour.download_s)
    tell(cp, now.request, "downloading")
    if behaviour.failure == "download":
        _fetched(cp, ChoreFailed(why="internal", detail="this charger was told to fail"))
    elif not speaks_protocol(cp, now.request.location):
        _fetched(cp, ChoreFailed(why="unsupported", detail="no protocol of this charger's"))
    else:
        chore = FetchFile(
            **errands.envelope(cp),
            **errands.trusted(cp),
            timeout_s=FETCH_S,
            location=now.request.location,
            password=now.request.password,
            signing=now.request.signing,
        )
        now.chore = errands.order(cp, chore)


def speaks_protocol(cp: Charger, location: str) -> bool:
    """Whether the charger can transfer by the protocol that a location begins with."""
    scheme = location.partition(":")[0].upper()
    return scheme in cp.settings.members("OCPPCommCtrlr.FileTransferProtocols")


def fetched(cp: Charger, chore: str, result: AnyChoreResult) -> None:
    """The download has ended."""
    now = cp.facts.firmware.update
    if now is not None and now.chore == chore:
        now.chore = None
        _fetched(cp, result if isinstance(result, FileFetched) else errands.failure(result))


def _fetched(cp: Charger, result: FileFetched | ChoreFailed) -> None:
    now = _current(cp)
    now.result = result
    if now.not_before is not None and now.not_before > cp.now:
        now.due = now.not_before
    else:
        _download_over(cp)


def _download_over(cp: Charger) -> None:
    now = _current(cp)
    result = now.result
    if isinstance(result, FileFetched):
        tell(cp, now.request, "downloaded", f"{result.size} bytes, sha256 {result.sha256}")
        now.phase = "verifying"
        _after(cp, cp.facts.behaviour.firmware.verify_s)
        return
    why = f"{result.why}: {result.detail}" if result is not None else None
    if now.tries_left > 0:
        now.tries_left -= 1
        now.phase = "pausing"
        tell(cp, now.request, "download_paused", why)
        now.due = cp.now + retry_wait(now.request.retry_interval_s)
        return
    _over(cp, "download_failed", why)


def retry_wait(wanted_s: int | None) -> timedelta:
    """How long to wait before the next try: never without a pause, and not for ever."""
    return timedelta(seconds=RETRY_S if wanted_s is None else min(max(1, wanted_s), LONGEST_WAIT_S))


def _after(cp: Charger, seconds: float) -> None:
    """The phase lasts so long; one without length is over at once."""
    if seconds > 0:
        _current(cp).due = cp.now + timedelta(seconds=seconds)
    else:
        phase_over(cp)


def _verified(cp: Charger) -> None:
    now = _current(cp)
    failure = cp.facts.behaviour.firmware.failure
    if now.request.signing is not None:
        good = isinstance(now.result, FileFetched) and now.result.signature_good is True
        if not good or failure == "signature":
            _over(cp, "invalid_signature", "the signature does not fit")
            security.happened(cp, "invalid_firmware_signature")
            return
        tell(cp, now.request, "signature_verified")
    if failure == "verification":
        _over(cp, "install_verification_failed", "this charger was told to fail")
        return
    install_at = now.request.install_at
    if install_at is not None and install_at > cp.now:
        now.phase, now.due = "dated", install_at
        tell(cp, now.request, "install_scheduled")
        return
    _install_when_idle(cp)


def busy(evse: EvseFacts) -> bool:
    """Whether somebody uses an EVSE, or is about to."""
    return evse.transaction is not None or evse.authorization is not None or evse.awaiting is not None


def _install_when_idle(cp: Charger) -> None:
    """Nobody's session is ended for an update (1.6 §5.19): what is idle is closed, what is in use is waited for."""
    now = _current(cp)
    if not any(busy(evse) for evse in cp.facts.evses):
        _install(cp)
        return
    now.phase, now.due = "waiting", None
    if cp.facts.firmware.stage != "install_scheduled":
        tell(cp, now.request, "install_scheduled", "sessions are under way")
    status.observe(cp)


def perhaps_install(cp: Charger) -> None:
    """The last session may have ended just now."""
    now = cp.facts.firmware.update
    if now is not None and now.phase == "waiting" and not any(busy(evse) for evse in cp.facts.evses):
        _install(cp)


def _install(cp: Charger) -> None:
    now = _current(cp)
    now.phase = "installing"
    status.observe(cp)
    tell(cp, now.request, "installing")
    _after(cp, cp.facts.behaviour.firmware.install_s)


def _installed(cp: Charger) -> None:
    now = _current(cp)
    if cp.facts.behaviour.firmware.failure == "installation":
        _over(cp, "installation_failed", "this charger was told to fail")
        return
    now.phase = "rebooting"
    tell(cp, now.request, "install_rebooting")
    cp.facts.restart = Restart(reason="firmware_update", deadline=cp.real + RESTART_PATIENCE)


def _version_of(cp: Charger, location: str) -> str:
    """What is installed now: as the tester said, else as the file's name says."""
    wanted = cp.facts.behaviour.firmware.version
    if wanted:
        return wanted
    name = unquote(urlsplit(location).path.rstrip("/").rpartition("/")[2])
    stem = ENDINGS.sub("", name)
    found = VERSION.search(stem)
    return (found.group() if found else stem)[:50] or "updated"


def restarted(cp: Charger) -> None:
    """The charger starts with the new firmware, and will say so once its boot is accepted."""
    now = cp.facts.firmware.update
    if now is not None and now.phase == "rebooting":
        _started(cp, now)
        _evses_again(cp)


def _started(cp: Charger, now: Update) -> None:
    cp.facts.firmware.version = _version_of(cp, now.request.location)
    cp.facts.firmware.update = None
    security.happened(cp, "firmware_updated", cp.firmware_version)
    tell(cp, now.request, "installed")


def not_restarted(cp: Charger) -> None:
    """The charger could not restart: the old firmware goes on."""
    now = cp.facts.firmware.update
    if now is not None and now.phase == "rebooting":
        _over(cp, "installation_failed", "the charger did not restart")


def _over(cp: Charger, stage: FirmwareStage, detail: str | None) -> None:
    now = _current(cp)
    cp.facts.firmware.update = None
    tell(cp, now.request, stage, detail)
    _evses_again(cp)


def _evses_again(cp: Charger) -> None:
    """What was closed for the update is open again."""
    for evse in cp.facts.evses:
        transactions.advance(cp, evse, "charging_state_changed")
    status.observe(cp)


def power_lost(cp: Charger) -> None:
    """What was under way begins again when the power is back; an update that only had to start has started."""
    checking, now = cp.facts.firmware.checking, cp.facts.firmware.update
    if checking is not None:
        errands.drop(cp, checking.chore)
        cp.facts.firmware.checking = None
    if now is None:
        return
    match now.phase:
        case "downloading":
            errands.drop(cp, now.chore)
            now.phase, now.chore, now.result, now.due = "scheduled", None, None, cp.now
        case "installing":
            now.phase, now.due = "dated", cp.now
        case "rebooting":
            _started(cp, now)


# --- told ------------------------------------------------------------------------------------------------------------


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
