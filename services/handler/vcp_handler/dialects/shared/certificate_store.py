"""Certificates, as the security whitepaper and the versions after it have them in the same words."""

from vcp_contracts.actions import AskSigning
from vcp_contracts.outcomes import SigningAnswer
from vcp_contracts.requests import CertificateDeleted, CertificateTaken, DeleteCertificate, RootInstalled
from vcp_contracts.values import CertificateHash

from vcp_handler.dialects.table import Envelope, Payload

STATUS = {"accepted": "Accepted", "rejected": "Rejected", "failed": "Failed", "not_found": "NotFound"}

Replied = CertificateTaken | RootInstalled | CertificateDeleted


def read_signing(payload: Payload, _ask: AskSigning) -> SigningAnswer:
    """Whether it will be signed."""
    return SigningAnswer(accepted=payload["status"] == "Accepted")


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
    return {"status": STATUS[reply.result]}


def written_hash(certificate: CertificateHash) -> Payload:
    """What names a certificate."""
    return {
        "hashAlgorithm": certificate.algorithm,
        "issuerNameHash": certificate.issuer_name,
        "issuerKeyHash": certificate.issuer_key,
        "serialNumber": certificate.serial,
    }
