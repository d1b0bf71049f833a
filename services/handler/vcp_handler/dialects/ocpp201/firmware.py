"""Firmware of OCPP 2.0.1: UpdateFirmware, with and without a signature. How far it has come is told as `files` does."""

from vcp_contracts.requests import UpdateFirmware
from vcp_contracts.values import Signing

from vcp_handler.dialects.shared import files
from vcp_handler.dialects.table import Envelope, Payload, Unreadable


def read_update(payload: Payload, envelope: Envelope) -> UpdateFirmware:
    """UpdateFirmwareRequest; with a certificate and a signature it is the secure update (L01), else the other (L02)."""
    firmware = payload["firmware"]
    certificate, signature = firmware.get("signingCertificate"), firmware.get("signature")
    if (certificate is None) != (signature is None):
        missing = "signature" if signature is None else "signingCertificate"
        raise Unreadable(f"firmware.{missing}", "signed firmware has a certificate and a signature")
    signing = None if certificate is None else Signing(certificate=certificate, signature=signature)
    return files.read_numbered_update(payload, envelope, signing)
