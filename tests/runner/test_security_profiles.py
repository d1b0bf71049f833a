"""From a password to certificates on both sides, step by step, as a backend leads a charger there: on the whole product."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from runner.test_certificates import SERVERS, Signer, linked, pem, serial
from vcp_backend import Backend, Behaviour, serve_backend
from vcp_plumbing.vault import Vault
from vcp_runner.stack import Plan, running_stack

CP = "CP001"
FIRST = "0123456789abcdef"
KEY = "00112233445566778899AABBCCDDEEFF"


@asynccontextmanager
async def a_charger(
    plain: Backend,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str] | None = None,
    **security: Any,
) -> AsyncIterator[None]:
    """A charger that is online with a password: profile 1."""
    monkeypatch.setenv("VCP_KEYS", str(keys))
    Vault(keys).put("password", CP, FIRST.encode())
    async with running_stack(Plan(api_port=0)) as stack, stack.client() as client:
        await client.configure(
            CP,
            {
                "url": plain.url,
                "serial_number": "SN-1",
                "settings": {
                    "CpoName": "Acme",
                    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "0",
                    "OCPPCommCtrlr.RetryBackOffRandomRange": "0",
                    **(settings or {}),
                },
                "security": {"basic": True, **security},
                "online": True,
            },
        )
        await plain.wait_for(CP, "StatusNotification", timeout=30)
        yield


async def change(backend: Backend, key: str, value: str) -> str:
    answer = await backend.call(CP, "ChangeConfiguration", {"key": key, "value": value})
    return str(answer["status"])


async def install(backend: Backend, root: str) -> None:
    answer = await backend.call(
        CP, "InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": root}
    )
    assert answer["status"] == "Accepted"


def of_servers(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_a_charger_is_led_from_a_password_to_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    signer = Signer()
    context = of_servers(SERVERS)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=signer.pem)
    behaviour = Behaviour(passwords={CP: FIRST})
    async with (
        serve_backend(behaviour) as plain,
        serve_backend(behaviour, ssl=context) as secure,
        a_charger(plain, tmp_path / "keys", monkeypatch, secure_url=secure.url),
    ):
        # whitepaper A01: what is no key changes nothing; with another one the charger comes back
        assert await change(plain, "AuthorizationKey", "short") == "Rejected"
        behaviour.passwords = {CP: bytes.fromhex(KEY)}
        assert await change(plain, "AuthorizationKey", KEY) == "Accepted"
        await linked(plain, 2)

        # A05: no step before what it stands on, and none back
        assert await change(plain, "SecurityProfile", "2") == "Rejected"
        await install(plain, SERVERS.cert_pem.bytes().decode())
        assert await change(plain, "SecurityProfile", "2") == "Accepted"
        await linked(secure, 1)
        assert await change(secure, "SecurityProfile", "1") == "Rejected"
        assert await change(secure, "SecurityProfile", "3") == "Rejected"

        # A02: a certificate of its own, then it needs no password
        await install(secure, signer.pem)
        trigger = {"requestedMessage": "SignChargePointCertificate"}
        assert (await secure.call(CP, "ExtendedTriggerMessage", trigger))["status"] == "Accepted"
        asked = await secure.wait_for(CP, "SignCertificate", timeout=30)
        certificate = signer.answers(asked.payload["csr"])
        signed = {"certificateChain": pem(certificate)}
        assert (await secure.call(CP, "CertificateSigned", signed))["status"] == "Accepted"
        behaviour.passwords = None
        assert await change(secure, "SecurityProfile", "3") == "Accepted"
        await linked(secure, 2)
        assert secure.sockets[0].certificate is None
        assert serial(secure.sockets[1].certificate) == certificate.serial_number
        assert secure.violations == plain.violations == []


async def test_a_profile_with_which_no_link_comes_about_is_given_up_after_some_tries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    behaviour = Behaviour(passwords={CP: FIRST})
    async with (
        serve_backend(behaviour) as plain,
        serve_backend(behaviour, ssl=of_servers(trustme.CA())) as stranger,
        a_charger(plain, tmp_path / "keys", monkeypatch, secure_url=stranger.url),
    ):
        await install(plain, SERVERS.cert_pem.bytes().decode())
        assert await change(plain, "SecurityProfile", "2") == "Accepted"
        await linked(plain, 2)
        asked = await plain.call(CP, "GetConfiguration", {"key": ["SecurityProfile"]})
        assert asked["configurationKey"] == [{"key": "SecurityProfile", "readonly": False, "value": "1"}]
        assert stranger.sockets == []
        event = await plain.wait_for(
            CP,
            "SecurityEventNotification",
            lambda payload: payload["type"] == "InvalidCentralSystemCertificate",
        )
        assert "certificate" in event.payload["techInfo"]
