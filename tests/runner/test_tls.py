"""`vcp connect` over real TLS: who is trusted, and what is said where nobody is."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import trustme
from runner.test_product import ended
from vcp_backend import Backend, Behaviour, serve_backend

AUTHORITY = trustme.CA()


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    """A backend behind TLS, whose certificate the fixture's own authority signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    async with serve_backend(Behaviour(passwords={"CP001": "open sesame"}), ssl=context) as backend:
        yield backend


@pytest.fixture
def connect(backend: Backend) -> Callable[..., Awaitable[tuple[int, str, str]]]:
    def run(*options: str) -> Awaitable[tuple[int, str, str]]:
        return ended("connect", f"{backend.url}/CP001", "--until-boot", *options, VCP_PASSWORD="open sesame")

    return run


def pem(path: Path, authority: trustme.CA) -> str:
    authority.cert_pem.write_to_path(str(path))
    return str(path)


async def test_an_authority_that_is_named_is_trusted(backend: Backend, connect, tmp_path: Path):
    code, _, err = await connect("--ca", pem(tmp_path / "ca.pem", AUTHORITY))
    assert code == 0, err
    assert backend.url.startswith("wss://")
    assert len(backend.calls("CP001", "BootNotification")) == 1


async def test_any_certificate_is_taken_where_that_is_asked_for(backend: Backend, connect):
    code, _, err = await connect("--insecure")
    assert code == 0, err


async def test_an_authority_that_nobody_knows_is_not_trusted_and_the_way_out_is_told(
    backend: Backend, connect, tmp_path: Path
):
    stranger = pem(tmp_path / "stranger.pem", trustme.CA())
    for options in ((), ("--ca", stranger)):
        code, out, err = await connect(*options)
        assert code == 3, err
        assert "(tls): name the authority that signed its certificate with --ca FILE" in err
        assert "certificate" in out
    assert backend.sockets == []


async def test_a_file_that_holds_no_certificate_is_told(connect, tmp_path: Path):
    (tmp_path / "ca.pem").write_text("not a certificate")
    code, out, _ = await connect("--ca", str(tmp_path / "ca.pem"))
    assert code == 3
    assert "does not contain a certificate" in out
