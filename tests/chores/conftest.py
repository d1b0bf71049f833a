"""The broker of the plumbing's tests, an authority of our own, and servers that files are fetched from and stored on."""

import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trustme
from chores.file_servers import FtpServer, SftpServer, WebServer
from plumbing.conftest import redis, server_url
from vcp_plumbing.vault import Vault

__all__ = ["redis", "server_url"]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a transfer that trusts the authority uses."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def vault(authority: trustme.CA, tmp_path: Path) -> Vault:
    vault = Vault(tmp_path / "keys")
    vault.put("ca", "test", authority.cert_pem.bytes())
    return vault


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def secure_web(server_tls: ssl.SSLContext) -> Iterator[WebServer]:
    with WebServer(server_tls) as server:
        yield server


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[FtpServer]:
    with FtpServer(tmp_path / "ftp") as server:
        yield server


@pytest.fixture
def secure_ftp(tmp_path: Path, authority: trustme.CA) -> Iterator[FtpServer]:
    pem = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
    with FtpServer(tmp_path / "ftps", pem) as server:
        yield server


@pytest.fixture
async def sftp(tmp_path: Path) -> AsyncIterator[SftpServer]:
    async with SftpServer(tmp_path / "sftp") as server:
        yield server
