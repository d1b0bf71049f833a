"""Updates of the firmware as the backend wants them: taken, refused, given up. One at a time."""

from datetime import timedelta
from typing import Literal

from vcp_contracts.chores import AnyChoreResult, ChainChecked, CheckChain, FileFetched
from vcp_contracts.commands import FirmwareFailure
from vcp_contracts.requests import Declined, FirmwareUpdate, UpdateFirmware
from vcp_contracts.values import FirmwareStage

from vcp_abstraction import errands, transfers
from vcp_abstraction.blocks import breaches, firmware_phases, firmware_stages, security
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.firmware import Checking, Update

CHECK_S = 10.0
"""How long checking a certificate may take: the backend waits for the answer."""

ANSWERED_WITHIN = timedelta(seconds=12)
"""When the backend is answered even without a verdict on the certificate: before the wire gives the request up (20 s)."""


REFUSALS: dict[FirmwareFailure, Literal["invalid_certificate", "revoked_certificate"]] = {
    "certificate": "invalid_certificate",
    "revoked": "revoked_certificate",
}
"""How signed firmware is refused where a tester wants that."""


def update(cp: Charger, it: UpdateFirmware) -> FirmwareUpdate | Declined | None:
    """New firmware is to be fetched and installed (1.6 §5.19, whitepaper L01; 2.0.1 L01, L02).

    Signed firmware is answered once its certificate has been checked. Without one there is nothing to check, and the
    certificate is invalid (2.0.1 L01.FR.21, FR.22); a signature that is missing shows when the file is there (L01).
    """
    firmware = cp.facts.firmware
    breaches.judge_signing(cp, it)
    if it.signing is None and not cp.settings.flag("Custom.UnsignedFirmware"):
        return Declined(**cp.reply(it), reason="not_supported", detail="only signed firmware is installed")
    if firmware.checking is not None or (firmware.update is not None and firmware.update.unstoppable):
        if not it.tracked:
            # this request can't be refused, so its backend hears that nothing comes of it
            firmware_stages.tell(cp, it, "download_failed", "another update is being installed")
        return FirmwareUpdate(**cp.reply(it), result="rejected", detail="another update is being installed")
    if it.signing is None:
        return begin(cp, it)
    refusal = REFUSALS.get(cp.facts.behaviour.firmware.failure)
    if refusal is not None:
        return FirmwareUpdate(**cp.reply(it), result=refusal, detail="this charger was told to fail")
    if it.signing.certificate is None:
        return _invalid_certificate(cp, it, "there is no certificate")
    chore = CheckChain(
        **errands.envelope(cp),
        certificate=it.signing.certificate,
        roots=tuple(root.pem for root in cp.certificates.roots if root.use == "manufacturer_root"),
        time=cp.now,
        timeout_s=CHECK_S,
    )
    firmware.checking = Checking(request=it, chore=errands.order(cp, chore, within=ANSWERED_WITHIN))
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
        reply = _invalid_certificate(cp, it, result.detail)
    else:
        reply = FirmwareUpdate(**cp.reply(it), result="rejected", detail="the certificate can't be checked")
    cp.decision.to_handler.insert(0, reply)


def forsake(cp: Charger, chore: str, why: str) -> None:
    """The charger failed on the verdict: the backend still gets its answer."""
    checking = cp.facts.firmware.checking
    if checking is not None and checking.chore == chore:
        cp.facts.firmware.checking = None
        cp.say(FirmwareUpdate(**cp.reply(checking.request), result="rejected", detail=why))


def _invalid_certificate(cp: Charger, it: UpdateFirmware, why: str) -> FirmwareUpdate:
    security.happened(cp, "invalid_firmware_certificate", why)
    return FirmwareUpdate(**cp.reply(it), result="invalid_certificate", detail=why)


def begin(cp: Charger, it: UpdateFirmware) -> FirmwareUpdate:
    """The update is on; one that was under way is given up for it."""
    reply = FirmwareUpdate(
        **cp.reply(it), result="accepted_canceled" if cp.facts.firmware.update is not None else "accepted"
    )
    _give_up(cp)
    cp.facts.firmware.update = Update(
        request=it, phase="scheduled", due=it.retrieve_at, tries_left=transfers.tries(it.retries)
    )
    if it.retrieve_at > cp.now:
        firmware_stages.tell(cp, it, "download_scheduled")
    else:
        firmware_phases.download(cp)
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
        firmware_stages.tell(cp, given_up.request, stage, "canceled")
    firmware_phases.evses_again(cp)
