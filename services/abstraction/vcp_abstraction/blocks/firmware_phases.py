"""The phases of an update: fetched, checked, installed when nobody charges, and started.

A phase ends when its time has come by the charger's own clock, or with the result of a chore.
"""

from datetime import timedelta

from vcp_contracts.chores import AnyChoreResult, ChoreFailed, ChoreFailure, FetchFile, FileFetched
from vcp_contracts.values import FirmwareStage

from vcp_abstraction import errands, firmware_names, status, transfers
from vcp_abstraction.blocks import firmware_stages, security, transactions
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.boot import Restart
from vcp_abstraction.facts.firmware import Update
from vcp_abstraction.facts.places import EvseFacts

RESTART_PATIENCE = timedelta(seconds=10)
"""How long the restart waits until what was to be told has been told."""


def phase_over(cp: Charger) -> None:
    """The time of a phase has come."""
    now = cp.facts.firmware.update
    assert now is not None
    now.due = None
    match now.phase:
        case "scheduled" | "pausing":
            download(cp)
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


def download(cp: Charger) -> None:
    """The file is fetched, once more or for the first time."""
    now = _current(cp)
    behaviour = cp.facts.behaviour.firmware
    now.phase = "downloading"
    transfers.begin(cp, now, behaviour.download_s)
    firmware_stages.tell(cp, now.request, "downloading")
    ordered: ChoreFailure | None = "internal" if behaviour.failure == "download" else None
    hindrance = transfers.hindrance(cp, now.request.location, ordered)
    if hindrance is not None:
        _fetched(cp, hindrance)
    else:
        chore = FetchFile(
            **errands.envelope(cp),
            **errands.trusted(cp),
            timeout_s=transfers.TRANSFER_S,
            location=now.request.location,
            password=now.request.password,
            query=now.request.query,
            signing=now.request.signing,
        )
        now.chore = errands.order(cp, chore)


def fetched(cp: Charger, chore: str, result: AnyChoreResult) -> None:
    """The download has ended."""
    now = cp.facts.firmware.update
    if now is not None and now.chore == chore:
        _fetched(cp, result if isinstance(result, FileFetched) else errands.failure(result))


def forsake(cp: Charger, chore: str, why: str) -> None:
    """The charger failed on how the download ended: the update is over. No EVSE was closed for it yet."""
    now = cp.facts.firmware.update
    if now is not None and now.chore == chore:
        cp.facts.firmware.update = None
        firmware_stages.tell(cp, now.request, "download_failed", why)


def _fetched(cp: Charger, result: FileFetched | ChoreFailed) -> None:
    if transfers.ended(cp, _current(cp), result):
        _download_over(cp)


def _download_over(cp: Charger) -> None:
    now = _current(cp)
    result = now.result
    if isinstance(result, FileFetched):
        firmware_stages.tell(cp, now.request, "downloaded", f"{result.size} bytes, sha256 {result.sha256}")
        now.phase = "verifying"
        _after(cp, cp.facts.behaviour.firmware.verify_s)
        return
    why = f"{result.why}: {result.detail}" if isinstance(result, ChoreFailed) else None
    if transfers.pauses(cp, now, now.request.retry_interval_s):
        now.phase = "pausing"
        firmware_stages.tell(cp, now.request, "download_paused", why)
        return
    _over(cp, "download_failed", why)


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
        firmware_stages.tell(cp, now.request, "signature_verified")
    if failure == "verification":
        _over(cp, "install_verification_failed", "this charger was told to fail")
        return
    install_at = now.request.install_at
    if install_at is not None and install_at > cp.now:
        now.phase, now.due = "dated", install_at
        firmware_stages.tell(cp, now.request, "install_scheduled")
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
        firmware_stages.tell(cp, now.request, "install_scheduled", "sessions are under way")
    status.observe(cp)


def installing(cp: Charger) -> bool:
    """Whether an installation is under way, which no restart may break off."""
    now = cp.facts.firmware.update
    return now is not None and now.phase == "installing"


def perhaps_install(cp: Charger) -> None:
    """The last session may have ended just now."""
    now = cp.facts.firmware.update
    if now is not None and now.phase == "waiting" and not any(busy(evse) for evse in cp.facts.evses):
        _install(cp)


def _install(cp: Charger) -> None:
    now = _current(cp)
    now.phase = "installing"
    status.observe(cp)
    firmware_stages.tell(cp, now.request, "installing")
    _after(cp, cp.facts.behaviour.firmware.install_s)


def _installed(cp: Charger) -> None:
    now = _current(cp)
    if cp.facts.behaviour.firmware.failure == "installation":
        _over(cp, "installation_failed", "this charger was told to fail")
        return
    now.phase = "rebooting"
    firmware_stages.tell(cp, now.request, "install_rebooting")
    cp.facts.restart = Restart(reason="firmware_update", deadline=cp.real + RESTART_PATIENCE)


def restarted(cp: Charger) -> None:
    """The charger starts with the new firmware, and will say so once its boot is accepted."""
    now = cp.facts.firmware.update
    if now is not None and now.phase == "rebooting":
        _started(cp, now)
        evses_again(cp)


def _started(cp: Charger, now: Update) -> None:
    cp.facts.firmware.version = _version(cp, now)
    cp.facts.firmware.update = None
    security.happened(cp, "firmware_updated", cp.firmware_version)
    firmware_stages.tell(cp, now.request, "installed")


def _version(cp: Charger, now: Update) -> str:
    """What is installed now: as the tester said, else as the file's name says."""
    return cp.facts.behaviour.firmware.version or firmware_names.version_of(now.request.location)


def not_restarted(cp: Charger) -> None:
    """The charger could not restart: the old firmware goes on."""
    now = cp.facts.firmware.update
    if now is not None and now.phase == "rebooting":
        _over(cp, "installation_failed", "the charger did not restart")


def _over(cp: Charger, stage: FirmwareStage, detail: str | None) -> None:
    now = _current(cp)
    cp.facts.firmware.update = None
    firmware_stages.tell(cp, now.request, stage, detail)
    evses_again(cp)


def evses_again(cp: Charger) -> None:
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
            now.phase = "scheduled"
            transfers.interrupt(cp, now)
        case "installing":
            now.phase, now.due = "dated", cp.now
        case "rebooting":
            _started(cp, now)
