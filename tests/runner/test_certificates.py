"""The charger's own certificate on the whole product: real processes, a real key, a real authority, a wire of two sides."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import trustme
from abstraction.shop import until
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from vcp_backend import Backend, serve_backend
from vcp_plumbing.vault import Vault
from vcp_runner.stack import Plan, Stack, running_stack

CP = "CP001"
SERVERS = trustme.CA()


class Signer:
    """The authority that signs chargers' certificates: each with a serial number of its own."""

    def __init__(self, name: str = "chargers", above: "Signer | None" = None) -> None:
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.serial = 0x1000
        self.certificate = (above or self).signs(self.name, self.key.public_key(), ca=True)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def signs(self, subject: x509.Name, key: Any, *, ca: bool = False, days: float = 90) -> x509.Certificate:
        now = datetime.now(UTC)
        self.serial += 1
        builder = x509.CertificateBuilder(
            self.name, subject, key, self.serial, now - timedelta(days=1), now + timedelta(days=days)
        )
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        return builder.add_extension(here, critical=False).sign(self.key, SHA256())

    def answers(self, csr: str) -> x509.Certificate:
        """A certificate for what a request names."""
        request = x509.load_pem_x509_csr(csr.encode())
        assert request.is_signature_valid
        organization = request.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value
        assert organization == "Acme"
        return self.signs(request.subject, request.public_key())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


async def linked(backend: Backend, links: int) -> None:
    """Waits until so many links have been made, and all but the last have ended."""
    stand = [False] * (links - 1) + [True]
    await until(lambda: [socket.closed_at is None for socket in backend.sockets] == stand, 30)


async def shown(backend: Backend, links: int) -> list[int]:
    """The serial numbers that were shown on so many links, once all but the last have ended."""
    await linked(backend, links)
    return [serial(socket.certificate) for socket in backend.sockets]


def serial(certificate: bytes | None) -> int:
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate).serial_number


@pytest.fixture
def signer() -> Signer:
    return Signer()


def first_identity(signer: Signer, vault: Vault) -> int:
    """What the charger left its factory with; returns the serial number."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "SN-1")])
    certificate = signer.signs(name, key.public_key())
    vault.put("certificate", "factory", pem(certificate).encode())
    vault.put("key", "factory", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    vault.put("ca", "servers", SERVERS.cert_pem.bytes())
    return certificate.serial_number


@asynccontextmanager
async def a_secured_charger(
    signer: Signer, protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Backend, Stack, int]]:
    """A charger that is online at a backend which lets in nobody without a certificate of the authority's."""
    keys = tmp_path / "keys"
    monkeypatch.setenv("VCP_KEYS", str(keys))
    first = first_identity(signer, Vault(keys))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    SERVERS.issue_cert("127.0.0.1").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=signer.pem)
    async with (
        serve_backend(ssl=context) as backend,
        running_stack(Plan(api_port=0)) as stack,
        stack.client() as client,
    ):
        await client.configure(
            CP,
            {
                "url": backend.url,
                "protocols": [protocol],
                "serial_number": "SN-1",
                "settings": {"CpoName": "Acme"},
                "security": {"certificate_label": "factory", "ca_label": "servers"},
                "online": True,
            },
        )
        await backend.wait_for(CP, "StatusNotification", timeout=30)
        yield backend, stack, first


ASK = {
    "ocpp1.6": ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}),
    "ocpp2.0.1": ("TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"}),
}
ROOT = {"ocpp1.6": "CentralSystemRootCertificate", "ocpp2.0.1": "CSMSRootCertificate"}


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_certificate_is_asked_for_signed_and_shown_on_the_next_link(
    signer: Signer, protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with a_secured_charger(signer, protocol, tmp_path, monkeypatch) as (backend, stack, first):
        assert [serial(socket.certificate) for socket in backend.sockets] == [first]
        install = {"certificateType": ROOT[protocol], "certificate": signer.pem}
        assert (await backend.call(CP, "InstallCertificate", install))["status"] == "Accepted"

        assert (await backend.call(CP, *ASK[protocol]))["status"] == "Accepted"
        asked = await backend.wait_for(CP, "SignCertificate", timeout=30)
        certificate = signer.answers(asked.payload["csr"])
        stranger = {"certificateChain": pem(Signer().signs(certificate.subject, certificate.public_key()))}
        assert (await backend.call(CP, "CertificateSigned", stranger))["status"] == "Rejected"
        good = {"certificateChain": pem(certificate)}
        assert (await backend.call(CP, "CertificateSigned", good))["status"] == "Accepted"

        assert await shown(backend, 2) == [first, certificate.serial_number]
        assert [socket.close_code for socket in backend.sockets] == [1000, None]
        event = await backend.wait_for(CP, "SecurityEventNotification", lambda p: "Certificate" in p["type"])
        assert event.payload["techInfo"] == "the chain does not lead to a root that is installed"

        # A03: a month before the end of its 90 days the charger asks by itself, with another key
        async with stack.client() as client:
            await client.command(CP, "set-clock", {"source": "own"})
            await client.command(CP, "advance-clock", {"seconds": 61 * 86_400})
        again = await backend.wait_for(CP, "SignCertificate", after=asked.seq, timeout=30)
        renewed = signer.answers(again.payload["csr"])
        assert renewed.public_key() != certificate.public_key()
        assert backend.violations == []


async def test_a_certificate_that_the_backend_refuses_after_all_is_given_up(
    signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The authority that signed it is none of those that the backend lets in."""
    async with a_secured_charger(signer, "ocpp1.6", tmp_path, monkeypatch) as (backend, stack, first):
        async with stack.client() as client:
            for setting in ("RetryBackOffWaitMinimum", "RetryBackOffRandomRange"):
                await client.command(CP, "write-setting", {"name": f"OCPPCommCtrlr.{setting}", "value": "0"})
        assert (await backend.call(CP, *ASK["ocpp1.6"]))["status"] == "Accepted"
        asked = await backend.wait_for(CP, "SignCertificate", timeout=30)
        stranger = Signer()
        good = {"certificateChain": pem(stranger.answers(asked.payload["csr"])) + stranger.pem}
        assert (await backend.call(CP, "CertificateSigned", good))["status"] == "Accepted"
        assert await shown(backend, 2) == [first, first]
        await backend.wait_for(
            CP,
            "SecurityEventNotification",
            lambda payload: payload["type"] == "InvalidChargePointCertificate",
            timeout=20,
        )
