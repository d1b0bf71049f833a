"""Firmware of OCPP 2.0.1: UpdateFirmware, with and without a signature. How far it has come is told as `files` does."""

from vcp_contracts.requests import UpdateFirmware
from vcp_contracts.values import Signing

from vcp_handler.dialects.shared import files
from vcp_handler.dialects.table import Envelope, Payload


def read_update(payload: Payload, envelope: Envelope) -> UpdateFirmware:
    """UpdateFirmwareRequest; with a certificate or a signature it is the secure update (L01), else the other (L02)."""
    firmware = payload["firmware"]
    certificate, signature = firmware.get("signingCertificate"), firmware.get("signature")
    is_plain = certificate is None and signature is None
    signing = None if is_plain else Signing(certificate=certificate, signature=signature)
    return files.read_numbered_update(payload, envelope, signing)
