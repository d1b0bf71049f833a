"""The charger's own certificate: from key to signed, renewed in time, and its use for the next link.

The key is made by a chore and lies in the vault; the certificate is no secret, and lies in the charger's own state.
"""

from datetime import timedelta

from vcp_contracts.actions import AskSigning
from vcp_contracts.chores import AnyChoreResult, ChoreFailed, KeyMade, MakeKey
from vcp_contracts.commands import RenewCertificate
from vcp_contracts.events import ActionEnded
from vcp_contracts.labels import own_labels
from vcp_contracts.outcomes import SigningAnswer
from vcp_contracts.requests import CertificateTaken, TakeCertificate, TriggerResult

from vcp_abstraction import errands, x509
from vcp_abstraction.blocks import certificates, link, security
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.lanes import Origin
from vcp_abstraction.facts.security import OwnCertificate, Signing

MOST_OWN = 3
"""Certificates of the charger that are kept: the one in use, a newer one that is not valid yet, and one before."""

KEY_S = 60.0
"""How long making a key may take."""

LONGEST_NAME = 64
"""How long the organization's name in a certificate may be (RFC 5280, appendix A: ub-organization-name)."""

RENEWED_AGAIN = timedelta(days=1)
"""When the charger asks again by itself, where nothing has come of its asking."""

# --- asked for -------------------------------------------------------------------------------------------------------


def trigger(cp: Charger) -> TriggerResult:
    """The backend wants the charger to have a new certificate (A02)."""
    if "ask_signing" not in cp.manners.speaks:
        return "not_implemented"
    if _obstacle(cp) is not None:
        return "rejected"
    _make_key(cp, triggered=True)
    return "accepted"


def renew(cp: Charger, it: RenewCertificate) -> None:
    """Somebody wants the charger to want a new certificate (A03)."""
    if "ask_signing" not in cp.manners.speaks:
        raise Impossible(
            "this charger's backend signs no certificates", remedy="let it speak a protocol that has that"
        )
    obstacle = _obstacle(cp)
    if obstacle is not None:
        reason, remedy = obstacle
        raise Impossible(reason, remedy=remedy)
    _make_key(cp)


def plan_renewal(cp: Charger) -> None:
    """Finds anew when the certificate is to be renewed: some time before its end (A03); a short-lived one, when a
    third of its life is left."""
    newest = max(cp.certificates.own, key=lambda one: one.not_before, default=None)
    lead_s = cp.settings.seconds("Custom.CertificateRenewalLead")
    due = None
    if newest is not None and lead_s > 0:
        lead = min(timedelta(seconds=lead_s), (newest.not_after - newest.not_before) / 3)
        due = newest.not_after - lead
    if due != cp.certificates.renewal_due:
        cp.certificates.renewal_due = due
        cp.touch("certificates")


def renewal_due(cp: Charger) -> None:
    """The certificate ends soon: the charger asks for another one by itself, and again each day until one comes."""
    cp.certificates.renewal_due = cp.now + RENEWED_AGAIN
    cp.touch("certificates")
    wanted = cp.security_profile == 3 and "ask_signing" in cp.manners.speaks
    if wanted and _obstacle(cp) is None:
        _make_key(cp)


def _obstacle(cp: Charger) -> tuple[str, str] | None:
    """Why no key can be made now, and what to do; None: nothing stands in the way."""
    if cp.around.secrets_flaw is not None:
        return f"a key can't be kept: {cp.around.secrets_flaw}", "mend VCP_KEYS and start the services again"
    if not cp.settings.text("SecurityCtrlr.OrganizationName"):
        return (
            "the organization is not set, which the certificate must name",
            "write SecurityCtrlr.OrganizationName (CpoName)",
        )
    if len(cp.settings.text("SecurityCtrlr.OrganizationName")) > LONGEST_NAME:
        return (
            f"the organization has a name of more than {LONGEST_NAME} characters",
            "write a shorter SecurityCtrlr.OrganizationName (CpoName)",
        )
    signing = cp.certificates.signing
    if signing is not None and signing.public_key is None:
        return "a key is being made", "wait for it"
    return None


def _make_key(cp: Charger, *, triggered: bool = False) -> None:
    taken = {one.key_label for one in cp.certificates.own}
    if cp.certificates.signing is not None:
        taken.add(cp.certificates.signing.key_label)
    label = next(label for label in own_labels(cp.id) if label not in taken)
    name = cp.nameplate.serial_number or cp.id
    chore = MakeKey(
        **errands.envelope(cp),
        timeout_s=KEY_S,
        label=label,
        common_name=name,
        organization=cp.settings.text("SecurityCtrlr.OrganizationName"),
    )
    errands.order(cp, chore)
    cp.certificates.signing = Signing(key_label=label, common_name=name, triggered=triggered)
    cp.touch("certificates")


def key_made(cp: Charger, chore: str, result: AnyChoreResult) -> None:
    """The key is there: the backend is asked to sign."""
    signing = cp.certificates.signing
    if signing is None or signing.public_key is not None:
        return
    cp.touch("certificates")
    if isinstance(result, KeyMade):
        signing.public_key, signing.csr = result.public_key, result.csr
        _ask(cp, signing)
        return
    forsake(cp, chore, f"{result.why}: {result.detail}" if isinstance(result, ChoreFailed) else result.type)


def forsake(cp: Charger, chore: str, why: str) -> None:
    """No key is had: nothing is asked for."""
    signing = cp.certificates.signing
    if signing is None or signing.public_key is not None:
        return
    cp.certificates.signing = None
    cp.touch("certificates")
    cp.note(ActionEnded, action=chore, word="ask_signing", outcome="discarded", retried=False, detail=why)


def _ask(cp: Charger, signing: Signing) -> None:
    """Puts the request to sign into its lane; one that still waits there is for a key that is no longer wanted."""
    lanes = cp.facts.lanes
    flying = lanes.in_flight.n if lanes.in_flight is not None else None
    for n in [n for n in lanes.express if n != flying and isinstance(cp.queue[n].action, AskSigning)]:
        cp.dequeue(n)
    origin: Origin = "triggered" if signing.triggered else "own"
    cp.enqueue(AskSigning(**cp.words(), csr=signing.csr), "express", origin=origin)


def answered(cp: Charger, action: AskSigning, answer: SigningAnswer) -> None:
    """The backend will have it signed, or not."""
    if answer.accepted:
        asked(cp, action)
    elif _is_current(cp, action):
        cp.certificates.signing = None
        cp.touch("certificates")


def asked(cp: Charger, action: AskSigning) -> None:
    """The backend was asked. Where no certificate comes it is asked again, a few times, each after twice the time
    (2.0.1 A02.FR.17 to .19)."""
    signing = cp.certificates.signing
    if signing is None or not _is_current(cp, action) or cp.manners.csr_retry == "none":
        return
    if signing.repeats < cp.settings.seconds("SecurityCtrlr.CertSigningRepeatTimes"):
        wait_s = cp.settings.seconds("SecurityCtrlr.CertSigningWaitMinimum") * 2**signing.repeats
        signing.ask_again_at = cp.now + timedelta(seconds=wait_s)
        cp.touch("certificates")


def _is_current(cp: Charger, action: AskSigning) -> bool:
    return cp.certificates.signing is not None and cp.certificates.signing.csr == action.csr


def ask_again(cp: Charger) -> None:
    """No certificate has come in time: the same request goes out once more."""
    signing = cp.certificates.signing
    assert signing is not None
    signing.ask_again_at = None
    signing.repeats += 1
    cp.touch("certificates")
    _ask(cp, signing)


def clock_moved(cp: Charger, by: timedelta) -> None:
    """The clock was set: a wait lasts as long as it would have; the dates of certificates stay those dates."""
    signing = cp.certificates.signing
    if signing is not None and signing.ask_again_at is not None:
        signing.ask_again_at += by
        cp.touch("certificates")


# --- taken -----------------------------------------------------------------------------------------------------------


def take_certificate(cp: Charger, it: TakeCertificate) -> CertificateTaken:
    """The signed certificate has come; the next link uses it, where it is good (A02)."""
    why_not = _flaw(cp, it.chain)
    if why_not is not None:
        _await_no_longer(cp)
        security.happened(cp, "invalid_own_certificate", why_not)
        return CertificateTaken(**cp.reply(it), result="rejected", detail=why_not)
    signing = cp.certificates.signing
    assert signing is not None
    certificate = x509.read(it.chain)[0]
    cp.certificates.own.append(
        OwnCertificate(
            chain=it.chain,
            key_label=signing.key_label,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )
    )
    del cp.certificates.own[:-MOST_OWN]
    cp.certificates.signing = None
    cp.touch("certificates")
    plan_renewal(cp)
    security.happened(cp, "security_reconfigured", "a new certificate of the charger")
    _use_newest(cp)
    return CertificateTaken(**cp.reply(it), result="accepted")


def _await_no_longer(cp: Charger) -> None:
    """A certificate that is no good is not asked for again (2.0.1 A02.FR.20)."""
    if cp.certificates.signing is not None:
        cp.certificates.signing.ask_again_at = None
        cp.touch("certificates")


def _use_newest(cp: Charger) -> None:
    """The charger shows its new certificate from now on, or from its first day."""
    begin = [one.not_before for one in cp.certificates.own if one.not_before > cp.now]
    cp.certificates.takes_over_at = min(begin, default=None)
    if cp.certificates.own[-1].not_before <= cp.now:
        _connect_with_it(cp)


def _connect_with_it(cp: Charger) -> None:
    if cp.security_profile == 3:
        link.renew(cp, "a new certificate")


def takes_over(cp: Charger) -> None:
    """The first day of a certificate that came before its time."""
    begin = [one.not_before for one in cp.certificates.own if one.not_before > cp.now]
    cp.certificates.takes_over_at = min(begin, default=None)
    cp.touch("certificates")
    _connect_with_it(cp)


def _flaw(cp: Charger, chain: str) -> str | None:
    signing = cp.certificates.signing
    if signing is None or signing.public_key is None:
        return "no certificate was asked for"
    if len(chain) > cp.settings.seconds("SecurityCtrlr.MaxCertificateChainSize"):
        return "the chain is too long"
    try:
        found = x509.read(chain)
    except x509.NoCertificate:
        return "no certificate in PEM form"
    return _flaw_of(cp, found, signing)


def _flaw_of(cp: Charger, chain: list[x509.Certificate], signing: Signing) -> str | None:
    own = chain[0]
    if x509.public_key_hash(own) != signing.public_key:
        return "the certificate is for another key"
    if x509.common_name(own) != signing.common_name:
        return "the certificate is for another name"
    if own.not_valid_after_utc < cp.now:
        return "the certificate is no longer valid"
    if own.not_valid_before_utc > cp.now and cp.manners.future_certificate == "rejected":
        return "the certificate is not valid yet"
    if not x509.leads_to(chain, certificates.roots(cp, "backend_root")):
        return "the chain does not lead to a root that is installed"
    return None
