"""Roots that succeed one another (whitepaper M04, M05), on the whole product and over real TLS."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from runner.test_certificates import Signer, linked, pem
from runner.test_security_profiles import CP, FIRST, a_charger, change, install
from vcp_backend import Backend, Behaviour, serve_backend

USE = "CentralSystemRootCertificate"


def shows(context: ssl.SSLContext, signer: Signer, folder: Path) -> None:
    """From now on the server shows a certificate that this authority has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
    file = folder / f"{signer.serial}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(pem(signer.signs(name, key.public_key())).encode() + private)
    context.load_cert_chain(file)


async def installed(backend: Backend) -> list[dict[str, Any]]:
    answer = await backend.call(CP, "GetInstalledCertificateIds", {"certificateType": USE})
    found: list[dict[str, Any]] = answer["certificateHashData"]
    return found


async def delete(backend: Backend, named: dict[str, Any]) -> str:
    answer = await backend.call(CP, "DeleteCertificate", {"certificateHashData": named})
    return str(answer["status"])


async def test_a_root_goes_once_its_successor_has_worked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old = Signer("old")
    new = Signer("new", above=old)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows(context, old, tmp_path)
    behaviour = Behaviour(passwords={CP: FIRST})
    settings = {"AdditionalRootCertificateCheck": "true"}
    async with (
        serve_backend(behaviour) as plain,
        serve_backend(behaviour, ssl=context) as secure,
        a_charger(plain, tmp_path / "keys", monkeypatch, settings, secure_url=secure.url),
    ):
        await install(plain, old.pem)
        assert await change(plain, "SecurityProfile", "2") == "Accepted"
        await linked(secure, 1)
        stranger = {"certificateType": USE, "certificate": Signer("stranger").pem}
        assert (await secure.call(CP, "InstallCertificate", stranger))["status"] == "Rejected"
        await install(secure, new.pem)
        both = await installed(secure)
        assert len(both) == 2
        assert await delete(secure, both[0]) == "Failed"

        # the new one is there, and the backend still shows the old one's: both are trusted
        await secure.disconnect(CP)
        await linked(secure, 2)
        assert await installed(secure) == both

        shows(context, new, tmp_path)
        await secure.disconnect(CP)
        await linked(secure, 3)
        assert await installed(secure) == both[1:]
        assert await delete(secure, both[1]) == "Failed"
        assert secure.violations == plain.violations == []
