"""Certificates in OCPP 2.0.1: SignCertificate, CertificateSigned, and the store of roots."""

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
    "CSMSRootCertificate": "backend_root",
    "ManufacturerRootCertificate": "manufacturer_root",
    "V2GRootCertificate": "v2g_root",
    "MORootCertificate": "contract_root",
}
_SPELT: dict[RootUse, str] = {use: spelt for spelt, use in _USE.items()}


def write_signing(ask: AskSigning) -> Payload:
    """The request to sign."""
    return told(csr=ask.csr, certificateType="ChargingStationCertificate")


def read_take(payload: Payload, envelope: Envelope) -> TakeCertificate:
    """CertificateSignedRequest; a certificate for ISO 15118 is none that was asked for."""
    wanted = payload.get("certificateType", "ChargingStationCertificate") == "ChargingStationCertificate"
    return TakeCertificate(**envelope, chain=payload["certificateChain"] if wanted else "")


def read_install(payload: Payload, envelope: Envelope) -> InstallRoot:
    """InstallCertificate."""
    return InstallRoot(**envelope, use=_USE[payload["certificateType"]], certificate=payload["certificate"])


def read_list(payload: Payload, envelope: Envelope) -> ListCertificates:
    """GetInstalledCertificateIdsRequest; certificate chains of vehicles are none that this charger keeps."""
    asked = payload.get("certificateType")
    if asked is None:
        return ListCertificates(**envelope)
    return ListCertificates(**envelope, uses=tuple(_USE[one] for one in asked if one in _USE))


def write_list(reply: CertificatesListed, _original: Payload) -> Payload:
    """GetInstalledCertificateIdsResponse."""
    return told(
        status=STATUS[reply.result],
        certificateHashDataChain=[
            {"certificateType": _SPELT[one.use], "certificateHashData": written_hash(one.certificate)}
            for one in reply.certificates
        ]
        or None,
    )
