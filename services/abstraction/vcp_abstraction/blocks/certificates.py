"""Root certificates: whom the charger trusts, as the backend installs, lists and deletes them.

Certificates are no secrets, and lie in the charger's own state.
"""

from vcp_contracts.requests import (
    CertificateDeleted,
    CertificatesListed,
    DeleteCertificate,
    InstalledCertificate,
    InstallRoot,
    ListCertificates,
    RootInstalled,
)

from vcp_abstraction import x509
from vcp_abstraction.blocks import link, security
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.security import Root


def install_root(cp: Charger, it: InstallRoot) -> RootInstalled:
    """Another root is trusted (whitepaper and 2.0.1: M05)."""
    why_not = _unfit(cp, it)
    if why_not is not None:
        return RootInstalled(**cp.reply(it), result="rejected", detail=why_not)
    if not _is_installed(cp, it):
        if _replaces(cp, it):
            _become_fallback(cp)
        cp.certificates.roots.append(Root(use=it.use, pem=it.certificate, issuer=_issuer(cp, it.certificate)))
        _changed(cp, "a root certificate was installed")
    return RootInstalled(**cp.reply(it), result="accepted")


def _issuer(cp: Charger, pem: str) -> str | None:
    new = x509.read(pem)[0]
    if x509.issued(new, new):
        return None
    return next(
        (root.pem for root in cp.certificates.roots if x509.issued(x509.read(root.pem)[0], new)), None
    )


def _with_issuers(cp: Charger) -> list[x509.Certificate]:
    """All roots, and those that are gone and have signed one of them."""
    issuers = [x509.read(root.issuer)[0] for root in cp.certificates.roots if root.issuer is not None]
    return [*roots(cp), *issuers]


def _changed(cp: Charger, what: str) -> None:
    cp.touch("certificates")
    link.trust(cp)
    security.happened(cp, "security_reconfigured", what)


def _replaces(cp: Charger, it: InstallRoot) -> bool:
    """Whether a root takes the place of the one before: there is only one of the backend's then (M05)."""
    checks = cp.settings.flag("SecurityCtrlr.AdditionalRootCertificateCheck")
    return checks and it.use == "backend_root" and bool(_in_force(cp))


def _in_force(cp: Charger) -> list[Root]:
    return [root for root in cp.certificates.roots if root.use == "backend_root" and not root.fallback]


def _become_fallback(cp: Charger) -> None:
    """What was in force stays until a link has stood with its successor; what was a fallback before that goes."""
    cp.certificates.roots = [root for root in cp.certificates.roots if not root.fallback]
    for root in _in_force(cp):
        root.fallback = True


def worked(cp: Charger) -> None:
    """A link stands: where it did with the new root, the one before is trusted no longer (M05)."""
    path = cp.facts.link.trust_path
    if not any(root.fallback for root in cp.certificates.roots):
        return
    if any(x509.fingerprint(root.pem) in path for root in _in_force(cp)):
        cp.certificates.roots = [root for root in cp.certificates.roots if not root.fallback]
        _changed(cp, "the root certificate before is gone")


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
    if _replaces(cp, it):
        old = [x509.read(root.pem)[0] for root in _in_force(cp)]
        return None if any(x509.issued(one, found[0]) for one in old) else "not signed by the root before"
    if len(cp.certificates.roots) >= cp.settings.seconds("Custom.CertificateStoreMaxLength"):
        return "the certificate store is full"
    return None


def roots(cp: Charger, *uses: str) -> list[x509.Certificate]:
    """The roots that are installed, of all uses or of some."""
    return [x509.read(root.pem)[0] for root in cp.certificates.roots if not uses or root.use in uses]


def delete_certificate(cp: Charger, it: DeleteCertificate) -> CertificateDeleted:
    """A root is trusted no longer (M04). What the link stands on stays, and so does the charger's own certificate."""
    every, others = roots(cp), _with_issuers(cp)
    for root, certificate in zip(cp.certificates.roots, every, strict=True):
        if x509.same(x509.hash_data(certificate, others, it.certificate.algorithm), it.certificate):
            if _is_needed(cp, root):
                return CertificateDeleted(**cp.reply(it), result="failed", detail="it is in use")
            cp.certificates.roots.remove(root)
            _changed(cp, "a root certificate was deleted")
            return CertificateDeleted(**cp.reply(it), result="accepted")
    if _names_own(cp, it, others):
        return CertificateDeleted(**cp.reply(it), result="failed", detail="it is the charger's own")
    return CertificateDeleted(**cp.reply(it), result="not_found")


def _names_own(cp: Charger, it: DeleteCertificate, roots: list[x509.Certificate]) -> bool:
    chains = [x509.read(one.chain) for one in cp.certificates.own]
    names = [x509.hash_data(chain[0], [*chain, *roots], it.certificate.algorithm) for chain in chains]
    return any(x509.same(name, it.certificate) for name in names)


def _is_needed(cp: Charger, root: Root) -> bool:
    if cp.online and root.use == "backend_root" and x509.fingerprint(root.pem) in cp.facts.link.trust_path:
        return True
    backend_roots = sum(one.use == "backend_root" for one in cp.certificates.roots)
    configured = cp.configuration.security.ca_label is not None or cp.configuration.security.insecure
    return root.use == "backend_root" and backend_roots == 1 and cp.security_profile >= 2 and not configured


def list_certificates(cp: Charger, it: ListCertificates) -> CertificatesListed:
    """Names the roots that are installed (M03)."""
    every, others = roots(cp), _with_issuers(cp)
    found = tuple(
        InstalledCertificate(use=root.use, certificate=x509.hash_data(certificate, others))
        for root, certificate in zip(cp.certificates.roots, every, strict=True)
        if it.uses is None or root.use in it.uses
    )
    return CertificatesListed(**cp.reply(it), result="accepted" if found else "not_found", certificates=found)
