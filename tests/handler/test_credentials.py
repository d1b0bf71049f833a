"""Security profiles against real servers: Basic, trust, the charger's own certificate, and how each can fail."""

import socket as network
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import trustme
from vcp_contracts.configuration import SecurityConfiguration
from vcp_contracts.link import OpenLink
from vcp_handler.credentials import endpoint
from vcp_handler.socket import ConnectFailed, open_socket
from vcp_handler.versions import VERSIONS
from vcp_plumbing.vault import Vault
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

KEY = b"0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def vault(tmp_path: Path, authority: trustme.CA) -> Vault:
    vault = Vault(tmp_path / "keys")
    vault.put("ca", "test", authority.cert_pem.bytes())
    own = authority.issue_cert(common_name="SN-1")
    vault.put("certificate", "cp", b"".join(pem.bytes() for pem in own.cert_chain_pems))
    vault.put("key", "cp", own.private_key_pem.bytes())
    return vault


def order(
    url: str, identity: str = "CP1", protocols: tuple[str, ...] = ("ocpp1.6",), **more: Any
) -> OpenLink:
    links = {name: more.pop(name) for name in ("authorities", "certificate", "key_label") if name in more}
    security = SecurityConfiguration(**more)
    return OpenLink(
        id="o", charge_point=identity, order=1, url=url, protocols=protocols, security=security, **links
    )


def server_context(authority: trustme.CA, ciphers: str | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    if ciphers is not None:
        context.set_ciphers(ciphers)
    return context


@asynccontextmanager
async def a_server(
    authority: trustme.CA, *, wants_certificate: bool = False
) -> AsyncIterator[tuple[str, list[dict[str, Any] | None]]]:
    """A TLS server for `localhost`; what its clients' certificates say lies in the list."""
    context = server_context(authority)
    if wants_certificate:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    shown: list[dict[str, Any] | None] = []

    async def talk(connection: ServerConnection) -> None:
        shown.append(connection.transport.get_extra_info("peercert"))
        await connection.wait_closed()

    async with serve(
        talk, "127.0.0.1", 0, ssl=context, subprotocols=[Subprotocol("ocpp1.6")], close_timeout=1
    ) as server:
        yield f"wss://localhost:{server.sockets[0].getsockname()[1]}/ocpp", shown


@contextmanager
def a_refusal(context: ssl.SSLContext) -> Iterator[str]:
    """A server whose handshake fails, and which says so with TLS's own alert, as asyncio's servers do not."""
    listener = network.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        raw, _ = listener.accept()
        with raw, suppress(ssl.SSLError, OSError):
            context.wrap_socket(raw, server_side=True)
        # wrap_socket closes the connection; the alert is out by then

    thread = Thread(target=refuse, daemon=True)
    thread.start()
    yield f"wss://localhost:{listener.getsockname()[1]}/ocpp"
    thread.join()
    listener.close()


async def failure(given: OpenLink, vault: Vault) -> ConnectFailed:
    with pytest.raises(ConnectFailed) as caught:
        await open_socket(endpoint(given, vault, VERSIONS))
    return caught.value


# --- Basic -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "encoding", "protocols", "header"),
    [
        # OCPP-J 1.6 §6.2, its example: the bytes that the hex stands for
        (KEY, "auto", ("ocpp1.6",), "Basic QUwxMDAwOgABAgMEBQYH////////////////"),
        (KEY, "plain", ("ocpp1.6",), "Basic QUwxMDAwOjAwMDEwMjAzMDQwNTA2MDdGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkY="),
        # 2.0.1 never decodes (A00.FR.205)
        (KEY, "auto", ("ocpp2.0.1",), "Basic QUwxMDAwOjAwMDEwMjAzMDQwNTA2MDdGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkY="),
        (KEY, "auto", ("ocpp2.0.1", "ocpp1.6"), "Basic QUwxMDAwOjAwMDEwMjAzMDQwNTA2MDdGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkY="),
        (b"0123456789abcdef", "auto", ("ocpp1.6",), "Basic QUwxMDAwOjAxMjM0NTY3ODlhYmNkZWY="),
        (b"4142", "hex", ("ocpp1.6",), "Basic QUwxMDAwOkFC"),
        (b"correct horse battery", "auto", ("ocpp1.6",), "Basic QUwxMDAwOmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ=="),
    ],
)  # fmt: skip
def test_the_header_that_a_password_makes(
    vault: Vault, password: bytes, encoding: Any, protocols: tuple[str, ...], header: str
) -> None:
    vault.put("password", "AL1000", password)
    given = order("ws://b", "AL1000", protocols, basic=True, password_encoding=encoding)
    assert endpoint(given, vault, VERSIONS).authorization == header


def test_a_password_that_is_no_hex_is_told_without_quoting_it(vault: Vault) -> None:
    vault.put("password", "CP1", b"sesame")
    with pytest.raises(ConnectFailed) as caught:
        endpoint(order("ws://b", basic=True, password_encoding="hex"), vault, VERSIONS)
    assert caught.value.why == "unauthorized"
    assert "sesame" not in str(caught.value)


# --- TLS -------------------------------------------------------------------------------------------------------------


async def test_profile_2_trusts_a_configured_authority(authority: trustme.CA, vault: Vault) -> None:
    async with a_server(authority) as (url, _):
        socket = await open_socket(endpoint(order(url, ca_label="test"), vault, VERSIONS))
        await socket.close()


async def test_profile_2_trusts_what_the_backend_has_installed(authority: trustme.CA, vault: Vault) -> None:
    other = trustme.CA().cert_pem.bytes().decode()
    installed = (other, authority.cert_pem.bytes().decode())
    async with a_server(authority) as (url, _):
        socket = await open_socket(endpoint(order(url, authorities=installed), vault, VERSIONS))
        await socket.close()


async def test_a_server_of_another_authority_is_not_trusted(vault: Vault) -> None:
    async with a_server(trustme.CA()) as (url, _):
        failed = await failure(order(url, ca_label="test"), vault)
    assert (failed.why, failed.tls) == ("tls", "certificate")


async def test_a_server_of_another_name_is_not_trusted(authority: trustme.CA, vault: Vault) -> None:
    async with a_server(authority) as (url, _):
        failed = await failure(order(url.replace("localhost", "127.0.0.1"), ca_label="test"), vault)
    assert (failed.why, failed.tls) == ("tls", "certificate")


async def test_a_server_that_speaks_only_old_tls(authority: trustme.CA, vault: Vault) -> None:
    context = server_context(authority, ciphers="ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with a_refusal(context) as url:
        failed = await failure(order(url, ca_label="test"), vault)
    assert (failed.why, failed.tls) == ("tls", "version")


async def test_a_server_without_a_suite_that_is_allowed(authority: trustme.CA, vault: Vault) -> None:
    context = server_context(authority, ciphers="ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with a_refusal(context) as url:
        failed = await failure(order(url, ca_label="test"), vault)
    assert (failed.why, failed.tls) == ("tls", "cipher")


async def test_the_suites_of_the_whitepaper_are_offered(vault: Vault) -> None:
    rsa = trustme.CA(key_type=trustme.KeyType.RSA)
    vault.put("ca", "rsa", rsa.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    rsa.issue_cert("localhost", key_type=trustme.KeyType.RSA).configure_cert(context)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256")
    async with serve(
        lambda c: c.wait_closed(), "127.0.0.1", 0, ssl=context, subprotocols=[Subprotocol("ocpp1.6")]
    ) as server:
        url = f"wss://localhost:{server.sockets[0].getsockname()[1]}"
        socket = await open_socket(endpoint(order(url, ca_label="rsa"), vault, VERSIONS))
        await socket.close()


# --- the charger's own certificate -----------------------------------------------------------------------------------


async def test_profile_3_shows_the_configured_certificate(authority: trustme.CA, vault: Vault) -> None:
    async with a_server(authority, wants_certificate=True) as (url, shown):
        given = order(url, ca_label="test", certificate_label="cp")
        socket = await open_socket(endpoint(given, vault, VERSIONS))
        await socket.close()
    assert shown[0] is not None
    assert (("commonName", "SN-1"),) in shown[0]["subject"]


async def test_profile_3_shows_the_certificate_that_the_backend_had_signed(
    authority: trustme.CA, vault: Vault
) -> None:
    signed = authority.issue_cert(common_name="SN-2")
    vault.put("key", "fresh", signed.private_key_pem.bytes())
    chain = signed.cert_chain_pems[0].bytes().decode()
    async with a_server(authority, wants_certificate=True) as (url, shown):
        given = order(url, ca_label="test", certificate_label="cp", certificate=chain, key_label="fresh")
        socket = await open_socket(endpoint(given, vault, VERSIONS))
        await socket.close()
    assert shown[0] is not None
    assert (("commonName", "SN-2"),) in shown[0]["subject"]


async def test_a_server_that_refuses_the_charger_s_certificate(authority: trustme.CA, vault: Vault) -> None:
    context = server_context(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    trustme.CA().configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with a_refusal(context) as url:
        failed = await failure(order(url, ca_label="test", certificate_label="cp"), vault)
    assert (failed.why, failed.tls) == ("tls", "own_certificate"), failed


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"certificate_label": "none"}, "VCP_KEYS holds no certificate under 'none'"),
        ({"ca_label": "none"}, "VCP_KEYS holds no ca under 'none'"),
        ({"ca_label": "broken"}, "the authorities can't be used"),
        (
            {"certificate_label": "mixed"},
            "the authorities, or the charger's certificate and key, can't be used",
        ),
    ],
)
def test_what_is_not_in_the_vault_is_told(
    authority: trustme.CA, vault: Vault, changes: dict[str, str], detail: str
) -> None:
    vault.put("ca", "broken", b"no certificate")
    vault.put("certificate", "mixed", authority.issue_cert("a").cert_chain_pems[0].bytes())
    vault.put("key", "mixed", authority.issue_cert("b").private_key_pem.bytes())
    with pytest.raises(ConnectFailed) as caught:
        endpoint(order("wss://b", **changes), vault, VERSIONS)
    assert caught.value.why == "tls"
    assert caught.value.detail.startswith(detail)


def test_a_key_that_others_may_read_is_not_used(vault: Vault) -> None:
    (vault.directory / "keys" / "cp.pem").chmod(0o644)
    with pytest.raises(ConnectFailed) as caught:
        endpoint(order("wss://b", certificate_label="cp"), vault, VERSIONS)
    assert "chmod 600" in caught.value.detail
