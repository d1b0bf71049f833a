"""Certificates in OCPP 2.0.1: SignCertificate, CertificateSigned, and the store of roots."""

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

from vcp_handler.dialects.ocpp201.spelling import told
from vcp_handler.dialects.table import Envelope, Payload

_USE: dict[str, RootUse] = {
    "CSMSRootCertificate": "backend_root",
    "ManufacturerRootCertificate": "manufacturer_root",
    "V2GRootCertificate": "v2g_root",
    "MORootCertificate": "contract_root",
}
_SPELT: dict[RootUse, str] = {use: spelt for spelt, use in _USE.items()}
_STATUS = {"accepted": "Accepted", "rejected": "Rejected", "failed": "Failed", "not_found": "NotFound"}

Replied = CertificateTaken | RootInstalled | CertificateDeleted


def write_signing(ask: AskSigning) -> Payload:
    """The request to sign."""
    return told(csr=ask.csr, certificateType="ChargingStationCertificate")


def read_signing(payload: Payload, _ask: AskSigning) -> SigningAnswer:
    """Whether it will be signed."""
    return SigningAnswer(accepted=payload["status"] == "Accepted")


def read_take(payload: Payload, envelope: Envelope) -> TakeCertificate:
    """CertificateSignedRequest; a certificate for ISO 15118 is none that was asked for."""
    wanted = payload.get("certificateType", "ChargingStationCertificate") == "ChargingStationCertificate"
    return TakeCertificate(**envelope, chain=payload["certificateChain"] if wanted else "")


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
    """GetInstalledCertificateIdsRequest; certificate chains of vehicles are none that this charger keeps."""
    asked = payload.get("certificateType")
    if asked is None:
        return ListCertificates(**envelope)
    return ListCertificates(**envelope, uses=tuple(_USE[one] for one in asked if one in _USE))


def write_list(reply: CertificatesListed, _original: Payload) -> Payload:
    """GetInstalledCertificateIdsResponse."""
    return told(
        status=_STATUS[reply.result],
        certificateHashDataChain=[
            {"certificateType": _SPELT[one.use], "certificateHashData": _hash(one.certificate)}
            for one in reply.certificates
        ]
        or None,
    )


def _hash(certificate: CertificateHash) -> Payload:
    return {
        "hashAlgorithm": certificate.algorithm,
        "issuerNameHash": certificate.issuer_name,
        "issuerKeyHash": certificate.issuer_key,
        "serialNumber": certificate.serial,
    }
