"""Certificates: the charger's own, and the roots that it trusts."""

from typing import Literal

from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import CertificateHash, RootUse
from vcp_contracts.words import Value


class TakeCertificate(Request):
    """The charger's own certificate, signed."""

    type: Literal["take_certificate"] = "take_certificate"
    chain: str
    """PEM: the certificate, then those between it and its root."""


class CertificateTaken(Reply):
    """Whether the charger will use it."""

    type: Literal["certificate_taken"] = "certificate_taken"
    result: Literal["accepted", "rejected"]


class InstallRoot(Request):
    """Trust this root from now on."""

    type: Literal["install_root"] = "install_root"
    use: RootUse
    certificate: str
    """PEM."""


class RootInstalled(Reply):
    """Whether it is trusted. `rejected`: it is not fit; `failed`: it could not be kept."""

    type: Literal["root_installed"] = "root_installed"
    result: Literal["accepted", "rejected", "failed"]


class DeleteCertificate(Request):
    """Trust this root no longer."""

    type: Literal["delete_certificate"] = "delete_certificate"
    certificate: CertificateHash


class CertificateDeleted(Reply):
    """Whether it is gone. `failed`: it is in use."""

    type: Literal["certificate_deleted"] = "certificate_deleted"
    result: Literal["accepted", "failed", "not_found"]


class ListCertificates(Request):
    """Which roots are installed, by their use; None: all."""

    type: Literal["list_certificates"] = "list_certificates"
    uses: tuple[RootUse, ...] | None = None


class InstalledCertificate(Value):
    """One root."""

    use: RootUse
    certificate: CertificateHash


class CertificatesListed(Reply):
    """All that were asked for."""

    type: Literal["certificates_listed"] = "certificates_listed"
    result: Literal["accepted", "not_found"]
    certificates: tuple[InstalledCertificate, ...] = ()
