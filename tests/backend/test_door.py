"""Handshakes: identities, passwords, TLS, versions, and doors that misbehave."""

import asyncio
import ssl
from base64 import b64encode

import pytest
import trustme
from backend.bare_charger import Dial, Host
from vcp_backend import Behaviour, Fault
from vcp_backend.door import basic_credentials, identity_in
from websockets.exceptions import InvalidMessage, InvalidStatus, NegotiationError


def basic(credentials: bytes) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(credentials).decode()}"}


def test_the_identity_is_the_last_segment_decoded() -> None:
    assert identity_in("/ocpp/RDAM%7C123%20x") == "RDAM|123 x"
    assert identity_in("/a/b/c%2Fd?token=/x") == "c/d"
    assert identity_in("/ocpp/") == ""


def test_credentials_are_split_at_the_first_colon_and_rubbish_is_none() -> None:
    assert basic_credentials(basic(b"CP001:a:b")["Authorization"]) == (b"CP001", b"a:b")
    assert basic_credentials("Basic ???") is None
    assert basic_credentials("Bearer abc") is None
    assert basic_credentials(basic(b"no colon")["Authorization"]) is None


async def test_who_is_not_known_gets_404(host: Host, dial: Dial) -> None:
    backend = await host(Behaviour(identities={"CP001"}))
    await dial(backend, "CP001")
    for stranger in ("CP002", ""):
        with pytest.raises(InvalidStatus) as caught:
            await dial(backend, stranger)
        assert caught.value.response.status_code == 404


@pytest.mark.parametrize("credentials", [b"CP001:wrong", b"CP002:secret", b"CP001:"])
async def test_a_wrong_password_gets_401(host: Host, dial: Dial, credentials: bytes) -> None:
    backend = await host(Behaviour(passwords={"CP001": "secret"}))
    with pytest.raises(InvalidStatus) as caught:
        await dial(backend, additional_headers=basic(credentials))
    assert caught.value.response.status_code == 401
    assert "Basic" in caught.value.response.headers["WWW-Authenticate"]


async def test_no_password_at_all_gets_401(host: Host, dial: Dial) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await dial(await host(Behaviour(passwords={"CP001": "secret"})))
    assert caught.value.response.status_code == 401


async def test_passwords_are_texts_or_bytes(host: Host, dial: Dial) -> None:
    raw = bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    backend = await host(Behaviour(passwords={"CP001": "gehéim", "AL1000": raw}))
    await dial(backend, additional_headers=basic("CP001:gehéim".encode()))
    await dial(
        backend, "AL1000", additional_headers={"Authorization": "Basic QUwxMDAwOgABAgMEBQYH////////////////"}
    )
    await backend.wait_connected("AL1000")


async def test_a_charger_comes_over_tls(host: Host, dial: Dial) -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    backend = await host(ssl=server)
    charger = await dial(backend, ssl=client)
    assert backend.url.startswith("wss://127.0.0.1:")
    assert (await charger.ask("1", "Heartbeat", {}))[0] == 3


async def test_without_a_common_version_the_connection_is_completed_and_closed(
    host: Host, dial: Dial
) -> None:
    backend = await host()
    charger = await dial(backend, offers=("ocpp2.1",))
    assert charger.connection.subprotocol is None
    assert await charger.closed() == 1000
    assert backend.sockets == []


async def test_a_door_can_be_shut_a_number_of_times(host: Host, dial: Dial) -> None:
    backend = await host()
    shut = backend.misbehave(Fault(do="http_status", code=503, identity="CP001", times=2))
    await dial(backend, "CP002")
    for _ in range(2):
        with pytest.raises(InvalidStatus) as caught:
            await dial(backend)
        assert caught.value.response.status_code == 503
    charger = await dial(backend)
    assert (await charger.ask("1", "Heartbeat", {}))[0] == 3
    assert shut.hits == 2


@pytest.mark.parametrize(("code", "seen"), [(1008, 1008), (None, 1006)])
async def test_a_charger_can_be_accepted_and_thrown_out(
    host: Host, dial: Dial, code: int | None, seen: int
) -> None:
    backend = await host()
    backend.misbehave(Fault(do="accept_then_close", code=code))
    assert await (await dial(backend)).closed() == seen
    assert (await (await dial(backend)).ask("1", "Heartbeat", {}))[0] == 3


async def test_a_connection_without_a_version_stays_silent(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="no_subprotocol"))
    charger = await dial(backend)
    assert charger.connection.subprotocol is None
    await charger.send(2, "1", "Heartbeat", {})
    await charger.connection.close()
    assert [(f.direction, f.subprotocol) for f in backend.frames] == [("in", "")]
    assert not backend.connected("CP001")


async def test_a_version_that_nobody_offered(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="wrong_subprotocol"))
    with pytest.raises(NegotiationError):
        await dial(backend)


async def test_a_handshake_that_hangs_until_the_backend_leaves(host: Host, dial: Dial) -> None:
    backend = await host()
    armed = backend.misbehave(Fault(do="hang_handshake"))
    with pytest.raises((TimeoutError, InvalidMessage)):
        await dial(backend, open_timeout=0.1)
    assert armed.hits == 1
    assert not backend.connected("CP001")


async def test_two_chargers_meet_two_faults_at_once(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="http_status", code=404, identity="CP001"))
    backend.misbehave(Fault(do="accept_then_close", code=1011, identity="CP002"))
    refused, thrown_out = await asyncio.gather(dial(backend), dial(backend, "CP002"), return_exceptions=True)
    assert isinstance(refused, InvalidStatus)
    assert await thrown_out.closed() == 1011
