"""Certificates in OCPP 1.6 (security whitepaper): SignCertificate, CertificateSigned, and the store of roots."""

from vcp_contracts.actions import AskSigning
from vcp_contracts.requests import (
    CertificatesListed,
    InstallRoot,
    ListCertificates,
    TakeCertificate,
)
from vcp_contracts.values import RootUse

from vcp_handler.dialects.shared.certificate_store import STATUS, written_hash
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload

_USE: dict[str, RootUse] = {
    "CentralSystemRootCertificate": "backend_root",
    "ManufacturerRootCertificate": "manufacturer_root",
}


def write_signing(ask: AskSigning) -> Payload:
    """The request to sign."""
    return told(csr=ask.csr)


def read_take(payload: Payload, envelope: Envelope) -> TakeCertificate:
    """CertificateSigned.req."""
    return TakeCertificate(**envelope, chain=payload["certificateChain"])


def read_install(payload: Payload, envelope: Envelope) -> InstallRoot:
    """InstallCertificate."""
    return InstallRoot(**envelope, use=_USE[payload["certificateType"]], certificate=payload["certificate"])


def read_list(payload: Payload, envelope: Envelope) -> ListCertificates:
    """GetInstalledCertificateIds.req."""
    return ListCertificates(**envelope, uses=(_USE[payload["certificateType"]],))


def write_list(reply: CertificatesListed, _original: Payload) -> Payload:
    """GetInstalledCertificateIds.conf."""
    return told(
        status=STATUS[reply.result],
        certificateHashData=[written_hash(one.certificate) for one in reply.certificates] or None,
    )
