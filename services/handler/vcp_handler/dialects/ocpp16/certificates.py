"""Certificates in OCPP 1.6 (security whitepaper): SignCertificate, CertificateSigned, and the store of roots."""

from vcp_contracts.actions import AskSigning
from vcp_contracts.outcomes import SigningAnswer
from vcp_contracts.requests import (
    CertificateDeleted,
    CertificatesListed,
    CertificateTaken,
    DeleteCertificate,
    InstallRoot,
    ListCertificates,
    RootInstalled,
    TakeCertificate,
)
from vcp_contracts.values import CertificateHash, RootUse

from vcp_handler.dialects.ocpp16.spelling import told
from vcp_handler.dialects.table import Envelope, Payload

_USE: dict[str, RootUse] = {
    "CentralSystemRootCertificate": "backend_root",
    "ManufacturerRootCertificate": "manufacturer_root",
}

_STATUS = {"accepted": "Accepted", "rejected": "Rejected", "failed": "Failed", "not_found": "NotFound"}

Replied = CertificateTaken | RootInstalled | CertificateDeleted


def write_signing(ask: AskSigning) -> Payload:
    """The request to sign."""
    return told(csr=ask.csr)


def read_signing(payload: Payload, _ask: AskSigning) -> SigningAnswer:
    """Whether it will be signed."""
    return SigningAnswer(accepted=payload["status"] == "Accepted")


def read_take(payload: Payload, envelope: Envelope) -> TakeCertificate:
    """CertificateSigned.req."""
    return TakeCertificate(**envelope, chain=payload["certificateChain"])


def read_install(payload: Payload, envelope: Envelope) -> InstallRoot:
    """InstallCertificate."""
    return InstallRoot(**envelope, use=_USE[payload["certificateType"]], certificate=payload["certificate"])


def read_delete(payload: Payload, envelope: Envelope) -> DeleteCertificate:
    """DeleteCertificate."""
    data = payload["certificateHashData"]
    named = CertificateHash(
        algorithm=data["hashAlgorithm"],
        issuer_name=data["issuerNameHash"],
        issuer_key=data["issuerKeyHash"],
        serial=data["serialNumber"],
    )
    return DeleteCertificate(**envelope, certificate=named)


def write_result(reply: Replied, _original: Payload) -> Payload:
    """What became of a certificate."""
    return {"status": _STATUS[reply.result]}


def read_list(payload: Payload, envelope: Envelope) -> ListCertificates:
    """GetInstalledCertificateIds.req."""
    return ListCertificates(**envelope, uses=(_USE[payload["certificateType"]],))


def write_list(reply: CertificatesListed, _original: Payload) -> Payload:
    """GetInstalledCertificateIds.conf."""
    return told(
        status=_STATUS[reply.result],
        certificateHashData=[_hash(one.certificate) for one in reply.certificates] or None,
    )


def _hash(certificate: CertificateHash) -> Payload:
    return {
        "hashAlgorithm": certificate.algorithm,
        "issuerNameHash": certificate.issuer_name,
        "issuerKeyHash": certificate.issuer_key,
        "serialNumber": certificate.serial,
    }
