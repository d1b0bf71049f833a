"""Certificates: the roots that the backend installs, and the charger's own, from key to signed certificate.

Keys are made by a chore and lie in the vault; certificates are no secrets, and lie in the charger's own state.
"""

from vcp_contracts.actions import AskSigning
from vcp_contracts.chores import AnyChoreResult, ChoreFailed, KeyMade, MakeKey
from vcp_contracts.commands import RenewCertificate
from vcp_contracts.events import ActionEnded
from vcp_contracts.labels import own_labels
from vcp_contracts.outcomes import SigningAnswer
from vcp_contracts.requests import (
    CertificateDeleted,
    CertificatesListed,
    CertificateTaken,
    DeleteCertificate,
    InstalledCertificate,
    InstallRoot,
    ListCertificates,
    RootInstalled,
    TakeCertificate,
    TriggerResult,
)

from vcp_abstraction import errands, x509
from vcp_abstraction.blocks import security
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.security import OwnCertificate, Root, Signing

MOST_OWN = 3
"""Certificates of the charger that are kept: the one in use, a newer one that is not valid yet, and one before."""

KEY_S = 60.0
"""How long making a key may take."""


# --- roots -----------------------------------------------------------------------------------------------------------


def install_root(cp: Charger, it: InstallRoot) -> RootInstalled:
    """Another root is trusted (whitepaper and 2.0.1: M05)."""
    why_not = _unfit(cp, it)
    if why_not is not None:
        return RootInstalled(**cp.reply(it), result="rejected", detail=why_not)
    if not _is_installed(cp, it):
        cp.certificates.roots.append(Root(use=it.use, pem=it.certificate))
        cp.touch("certificates")
        security.happened(cp, "security_reconfigured", "a root certificate was installed")
    return RootInstalled(**cp.reply(it), result="accepted")


def _is_installed(cp: Charger, it: InstallRoot) -> bool:
    return any(root.use == it.use and root.pem == it.certificate for root in cp.certificates.roots)


def _unfit(cp: Charger, it: InstallRoot) -> str | None:
    try:
        found = x509.read(it.certificate)
    except x509.NoCertificate:
        return "no certificate in PEM form"
    if len(found) != 1 or not x509.is_root(found[0], cp.now):
        return "not one valid certificate of an authority"
    if _is_installed(cp, it):
        return None
    if len(cp.certificates.roots) >= cp.settings.seconds("SecurityCtrlr.CertificateEntries"):
        return "the certificate store is full"
    if it.use == "backend_root" and cp.settings.flag("SecurityCtrlr.AdditionalRootCertificateCheck"):
        old = _roots(cp, "backend_root")
        if old and not any(x509.issued(one, found[0]) for one in old):
            return "not signed by the root before"
    return None


def _roots(cp: Charger, *uses: str) -> list[x509.Certificate]:
    return [x509.read(root.pem)[0] for root in cp.certificates.roots if not uses or root.use in uses]


def delete_certificate(cp: Charger, it: DeleteCertificate) -> CertificateDeleted:
    """A root is trusted no longer (M04). The charger's own certificate and the last root of a secured link stay."""
    every = _roots(cp)
    for root, certificate in zip(cp.certificates.roots, every, strict=True):
        if x509.same(x509.hash_data(certificate, every, it.certificate.algorithm), it.certificate):
            if _is_needed(cp, root):
                return CertificateDeleted(**cp.reply(it), result="failed", detail="it is in use")
            cp.certificates.roots.remove(root)
            cp.touch("certificates")
            security.happened(cp, "security_reconfigured", "a root certificate was deleted")
            return CertificateDeleted(**cp.reply(it), result="accepted")
    if _names_own(cp, it, every):
        return CertificateDeleted(**cp.reply(it), result="failed", detail="it is the charger's own")
    return CertificateDeleted(**cp.reply(it), result="not_found")


def _names_own(cp: Charger, it: DeleteCertificate, roots: list[x509.Certificate]) -> bool:
    chains = [x509.read(one.chain) for one in cp.certificates.own]
    names = [x509.hash_data(chain[0], [*chain, *roots], it.certificate.algorithm) for chain in chains]
    return any(x509.same(name, it.certificate) for name in names)


def _is_needed(cp: Charger, root: Root) -> bool:
    backend_roots = sum(one.use == "backend_root" for one in cp.certificates.roots)
    configured = cp.configuration.security.ca_label is not None or cp.configuration.security.insecure
    return root.use == "backend_root" and backend_roots == 1 and cp.security_profile >= 2 and not configured


def list_certificates(cp: Charger, it: ListCertificates) -> CertificatesListed:
    """Names the roots that are installed (M03)."""
    every = _roots(cp)
    found = tuple(
        InstalledCertificate(use=root.use, certificate=x509.hash_data(certificate, every))
        for root, certificate in zip(cp.certificates.roots, every, strict=True)
        if it.uses is None or root.use in it.uses
    )
    return CertificatesListed(**cp.reply(it), result="accepted" if found else "not_found", certificates=found)


# --- the charger's own -----------------------------------------------------------------------------------------------


def trigger(cp: Charger) -> TriggerResult:
    """The backend wants the charger to have a new certificate (A02)."""
    if "ask_signing" not in cp.manners.speaks:
        return "not_implemented"
    if _obstacle(cp) is not None:
        return "rejected"
    _make_key(cp)
    return "accepted"


def renew(cp: Charger, it: RenewCertificate) -> None:
    """The charger wants a new certificate by itself (A03)."""
    if "ask_signing" not in cp.manners.speaks:
        raise Impossible(
            "this charger's backend signs no certificates", remedy="let it speak a protocol that has that"
        )
    obstacle = _obstacle(cp)
    if obstacle is not None:
        raise Impossible(
            obstacle, remedy="write SecurityCtrlr.OrganizationName (CpoName), or wait for the key"
        )
    _make_key(cp)


def _obstacle(cp: Charger) -> str | None:
    if not cp.settings.text("SecurityCtrlr.OrganizationName"):
        return "the organization is not set, which the certificate must name"
    signing = cp.certificates.signing
    if signing is not None and signing.public_key is None:
        return "a key is being made"
    return None


def _make_key(cp: Charger) -> None:
    taken = {one.key_label for one in cp.certificates.own}
    if cp.certificates.signing is not None:
        taken.add(cp.certificates.signing.key_label)
    label = next(label for label in own_labels(cp.id) if label not in taken)
    name = cp.configuration.serial_number or cp.id
    chore = MakeKey(
        **errands.envelope(cp),
        timeout_s=KEY_S,
        label=label,
        common_name=name,
        organization=cp.settings.text("SecurityCtrlr.OrganizationName"),
    )
    errands.order(cp, chore)
    cp.certificates.signing = Signing(key_label=label, common_name=name)
    cp.touch("certificates")


def key_made(cp: Charger, chore: str, result: AnyChoreResult) -> None:
    """The key is there: the backend is asked to sign."""
    signing = cp.certificates.signing
    if signing is None or signing.public_key is not None:
        return
    cp.touch("certificates")
    if isinstance(result, KeyMade):
        signing.public_key = result.public_key
        cp.enqueue(AskSigning(**cp.words(), csr=result.csr), "express", origin="triggered")
        return
    cp.certificates.signing = None
    why = f"{result.why}: {result.detail}" if isinstance(result, ChoreFailed) else result.type
    cp.note(ActionEnded, action=chore, word="ask_signing", outcome="discarded", retried=False, detail=why)


def answered(cp: Charger, answer: SigningAnswer) -> None:
    """The backend will have it signed, or not."""
    if not answer.accepted:
        cp.certificates.signing = None
        cp.touch("certificates")


def take_certificate(cp: Charger, it: TakeCertificate) -> CertificateTaken:
    """The signed certificate has come; the next link uses it, where it is good (A02)."""
    why_not = _flaw(cp, it.chain)
    if why_not is not None:
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
    security.happened(cp, "security_reconfigured", "a new certificate of the charger")
    return CertificateTaken(**cp.reply(it), result="accepted")


def _flaw(cp: Charger, chain: str) -> str | None:
    signing = cp.certificates.signing
    if signing is None or signing.public_key is None:
        return "no certificate was asked for"
    if len(chain) > cp.settings.seconds("SecurityCtrlr.MaxCertificateChainSize"):
        return "the chain is too long"
    try:
        certificates = x509.read(chain)
    except x509.NoCertificate:
        return "no certificate in PEM form"
    return _flaw_of(cp, certificates, signing)


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
    if not x509.leads_to(chain, _roots(cp, "backend_root")):
        return "the chain does not lead to a root that is installed"
    return None
