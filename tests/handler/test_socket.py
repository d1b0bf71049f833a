"""The websocket, against a real server in this process."""

import asyncio
import contextlib
import socket as network
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from http import HTTPStatus

import pytest
import trustme
from vcp_handler import socket as subject
from vcp_handler.socket import ConnectFailed, End, Endpoint, Socket, address, basic, open_socket
from vcp_handler.trust import Identity, trust
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol
from websockets.utils import accept_key

Talk = Callable[[ServerConnection], Awaitable[None]]


async def until_closed(connection: ServerConnection) -> None:
    await connection.wait_closed()


@asynccontextmanager
async def backend(
    talk: Talk = until_closed,
    *,
    speaks: tuple[str, ...] = ("ocpp1.6",),
    refuse: HTTPStatus | None = None,
    tls: ssl.SSLContext | None = None,
    seen: list[Request] | None = None,
) -> AsyncIterator[str]:
    def look(connection: ServerConnection, request: Request) -> Response | None:
        if seen is not None:
            seen.append(request)
        return connection.respond(refuse, "") if refuse else None

    subprotocols = [Subprotocol(name) for name in speaks] or None
    async with serve(
        talk,
        "127.0.0.1",
        0,
        subprotocols=subprotocols,
        process_request=look,
        ssl=tls,
        select_subprotocol=None if speaks else lambda *_: None,
        close_timeout=1,
    ) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"{'wss' if tls else 'ws'}://localhost:{port}/ocpp"


async def joined(url: str, *subprotocols: str, **more: object) -> Socket:
    return await open_socket(Endpoint(address(url, "CP 1"), subprotocols or ("ocpp1.6",), **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("endpoint", "identity", "url"),
    [
        ("ws://csms/ocpp", "RDAM 123", "ws://csms/ocpp/RDAM%20123"),
        ("ws://csms/ocpp/", "RDAM|123", "ws://csms/ocpp/RDAM%7C123"),
        ("ws://csms", "CP/1", "ws://csms/CP%2F1"),
        ("wss://csms:9000/a/b?tenant=7", "CP1", "wss://csms:9000/a/b/CP1?tenant=7"),
    ],
)
def test_the_identity_is_the_last_segment_of_the_path(endpoint: str, identity: str, url: str) -> None:
    """OCPP-J 3.1.1"""
    assert address(endpoint, identity) == url


def test_a_password_of_bytes_makes_the_header_of_the_standard() -> None:
    """OCPP-J 1.6 §6.2, its example."""
    key = bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    assert basic("AL1000", key) == "Basic QUwxMDAwOgABAgMEBQYH////////////////"


async def test_the_handshake_says_all_it_has_to() -> None:
    seen: list[Request] = []
    async with backend(seen=seen, speaks=("ocpp1.6",)) as url:
        socket = await joined(url, "ocpp2.0.1", "ocpp1.6", authorization=basic("CP 1", b"secret"))
        assert socket.subprotocol == "ocpp1.6"
        await socket.close()
    assert seen[0].path == "/ocpp/CP%201"
    assert seen[0].headers["Sec-WebSocket-Protocol"] == "ocpp2.0.1, ocpp1.6"
    assert seen[0].headers["Authorization"] == "Basic Q1AgMTpzZWNyZXQ="
    assert "Sec-WebSocket-Extensions" not in seen[0].headers


async def test_text_goes_both_ways() -> None:
    got: asyncio.Queue[str | bytes] = asyncio.Queue()

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(f"echo {message!s}")

    async with backend(echo) as url:
        socket = await joined(url)
        reading = asyncio.create_task(socket.read(got.put_nowait))
        assert socket.send("one")
        assert socket.send("two")
        assert [await got.get(), await got.get()] == ["echo one", "echo two"]
        await socket.close(1000, "enough")
        assert await reading == End("closed_by_us", "1000 enough")
        assert not socket.send("three")


async def test_the_backend_closes() -> None:
    async def goodbye(connection: ServerConnection) -> None:
        await connection.close(1001, "going away")

    async with backend(goodbye) as url:
        socket = await joined(url)
        assert await socket.read(lambda text: None) == End("closed_by_backend", "1001 going away")


async def test_the_network_breaks() -> None:
    async def cut(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with backend(cut) as url:
        socket = await joined(url)
        assert (await socket.read(lambda text: None)).why == "lost"


async def test_a_message_beyond_all_bounds_ends_the_connection() -> None:
    async def flood(connection: ServerConnection) -> None:
        await connection.send("x" * (subject.MAX_MESSAGE + 1))
        await connection.wait_closed()

    async with backend(flood) as url:
        socket = await joined(url)
        end = await socket.read(lambda text: None)
    assert end.why == "protocol"
    assert end.detail.startswith("1009")
    assert end.breach
    assert end.too_long


async def test_a_message_in_pieces_is_one_message() -> None:
    """RFC 6455 §5.4"""
    got: list[str | bytes] = []

    async def in_pieces(connection: ServerConnection) -> None:
        await connection.send(["[2,", '"1","Clear', 'Cache",{}]'])
        await connection.close()

    async with backend(in_pieces) as url:
        socket = await joined(url)
        end = await socket.read(got.append)
    assert got == ['[2,"1","ClearCache",{}]']
    assert (end.breach, end.too_long) == (False, False)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (HTTPStatus.UNAUTHORIZED, "unauthorized"),
        (HTTPStatus.FORBIDDEN, "unauthorized"),
        (HTTPStatus.NOT_FOUND, "not_found"),
        (HTTPStatus.SERVICE_UNAVAILABLE, "http"),
        (HTTPStatus.MOVED_PERMANENTLY, "http"),
    ],
)
async def test_a_refusal_over_http_is_sorted(status: HTTPStatus, why: str) -> None:
    async with backend(refuse=status) as url:
        with pytest.raises(ConnectFailed) as failed:
            await joined(url)
    assert failed.value.why == why
    assert failed.value.detail == f"HTTP {status.value} {status.phrase}"


async def test_no_subprotocol_is_a_failure() -> None:
    async with backend(speaks=()) as url:
        with pytest.raises(ConnectFailed) as failed:
            await joined(url, "ocpp2.0.1", "ocpp1.6")
    assert failed.value.why == "protocol"
    assert failed.value.detail == "the backend chose no subprotocol; offered: ocpp2.0.1, ocpp1.6"


async def test_a_subprotocol_that_was_not_offered_is_a_failure() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        key = next(line for line in request.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key"))
        accept = accept_key(key.split(": ")[1])
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: ocpp1.5\r\n\r\n".encode()
        )
        await writer.drain()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectFailed) as failed:
            await joined(f"ws://127.0.0.1:{port}")
    assert failed.value.why == "protocol"
    assert failed.value.detail.startswith("wrong subprotocol")


async def test_nobody_listens() -> None:
    with network.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectFailed) as failed:
        await joined(f"ws://127.0.0.1:{port}")
    assert failed.value.why == "refused"


async def test_a_host_without_an_address() -> None:
    with pytest.raises(ConnectFailed) as failed:
        await joined("ws://nowhere.invalid/ocpp")
    assert failed.value.why == "unreachable"


async def test_a_server_that_says_nothing() -> None:
    with network.create_server(("127.0.0.1", 0)) as server, pytest.raises(ConnectFailed) as failed:
        await joined(f"ws://127.0.0.1:{server.getsockname()[1]}", open_timeout_s=0.05)
    assert failed.value.why == "timeout"


async def test_a_server_that_is_no_websocket_server() -> None:
    async def chat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp ready\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(chat, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectFailed) as failed:
            await joined(f"ws://127.0.0.1:{port}")
    assert failed.value.why == "protocol"


async def test_tls_is_trusted_by_authority_or_not_at_all() -> None:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(theirs)
    async with backend(tls=theirs) as url:
        socket = await joined(url, tls=trust(authority.cert_pem.bytes()))
        assert socket.send("hello")
        await socket.close()
        await (await joined(url, tls=trust(insecure=True))).close()
        with pytest.raises(ConnectFailed) as failed:
            await joined(url, tls=trust())
    assert failed.value.why == "tls"
    assert "certificate" in failed.value.detail


MANY = 200


def _say_all_and_leave(listener: network.socket, tls: ssl.SSLContext, rounds: int) -> None:
    """A backend that sends frames in one go and closes at once, without the goodbye of TLS, as many do."""
    text = b"x" * 5_000
    frames = (bytes([0x81, 126]) + len(text).to_bytes(2, "big") + text) * MANY
    for _ in range(rounds):
        raw, _ = listener.accept()
        with tls.wrap_socket(raw, server_side=True) as secure:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                request += secure.recv(4_096)
            lines = request.decode().split("\r\n")
            key = next(line for line in lines if line.startswith("Sec-WebSocket-Key"))
            accept = accept_key(key.split(": ")[1])
            secure.sendall(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n".encode()
                + frames
                + b"\x88\x02\x03\xe8"
            )


async def test_the_last_frames_before_a_close_over_tls_all_come() -> None:
    rounds = 10
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(theirs)
    ours = trust(authority.cert_pem.bytes())
    with network.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        serving = asyncio.create_task(asyncio.to_thread(_say_all_and_leave, listener, theirs, rounds))
        for _ in range(rounds):
            got: list[str | bytes] = []
            socket = await joined(f"wss://localhost:{listener.getsockname()[1]}", tls=ours)
            assert await socket.read(got.append) == End("closed_by_backend", "1000")
            assert len(got) == MANY
        await serving


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_backend_that_refuses_the_certificate_of_the_charger(version: ssl.TLSVersion) -> None:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(theirs)
    authority.configure_trust(theirs)
    theirs.verify_mode = ssl.CERT_REQUIRED
    theirs.maximum_version = version
    mine = trustme.CA().issue_cert("cp1")
    identity = Identity(mine.cert_chain_pems[0].bytes(), mine.private_key_pem.bytes())

    def refuse(listener: network.socket) -> None:
        raw, _ = listener.accept()
        with raw, contextlib.suppress(OSError), theirs.wrap_socket(raw, server_side=True) as secure:
            secure.recv(1)

    with network.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        serving = asyncio.create_task(asyncio.to_thread(refuse, listener))
        with pytest.raises(ConnectFailed) as failed:
            await joined(
                f"wss://localhost:{listener.getsockname()[1]}",
                tls=trust(authority.cert_pem.bytes(), identity=identity),
            )
        await serving
    found = failed.value
    if version == ssl.TLSVersion.TLSv1_2:
        assert (found.why, found.tls) == ("tls", "own_certificate")
    else:
        assert (found.why, found.detail) == (
            "protocol",
            "the backend closed the connection before it answered",
        )


async def test_the_certificates_by_which_a_backend_was_verified_are_told() -> None:
    root = trustme.CA()
    between = root.create_child_ca()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    between.issue_cert("localhost").configure_cert(theirs)
    async with backend(tls=theirs) as url:
        by_root = await joined(url, tls=trust(root.cert_pem.bytes()))
        assert [len(each) for each in by_root.trust_path] == [64, 64, 64]
        assert (
            by_root.trust_path[2]
            == sha256(ssl.PEM_cert_to_DER_cert(root.cert_pem.bytes().decode())).hexdigest()
        )
        await by_root.close()
        unverified = await joined(url, tls=trust(insecure=True))
        assert unverified.trust_path == ()
        await unverified.close()
    async with backend() as url:
        plain = await joined(url)
        assert plain.trust_path == ()
        await plain.close()


def test_equal_trust_shares_one_context() -> None:
    assert trust() is trust()
    assert trust(insecure=True) is trust(insecure=True)
    assert trust() is not trust(insecure=True)


async def test_pings_start_and_stop_while_the_link_stands() -> None:
    pinged: asyncio.Queue[bytes] = asyncio.Queue()

    class Listening(ServerConnection):
        def process_event(self, event: object) -> None:
            if getattr(getattr(event, "opcode", None), "name", "") == "PING":
                pinged.put_nowait(b"")
            super().process_event(event)  # type: ignore[arg-type]

    async with serve(
        until_closed, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")], create_connection=Listening
    ) as server:
        socket = await joined(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        socket.ping_every(0.01)
        await pinged.get()
        await pinged.get()
        socket.ping_every(0)
        await asyncio.sleep(0)
        while not pinged.empty():
            pinged.get_nowait()
        await asyncio.sleep(0.05)
        assert pinged.empty()
        await socket.close()


async def test_a_pong_that_stays_out_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "PONG_TIMEOUT_S", 0.05)

    async def deaf(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await connection.wait_closed()

    async with backend(deaf) as url:
        socket = await joined(url)
        socket.ping_every(0.01)
        assert (await socket.read(lambda text: None)).why == "ping_timeout"


async def test_a_backend_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "WRITE_TIMEOUT_S", 0.05)

    async def deaf(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await connection.wait_closed()

    async with backend(deaf) as url:
        socket = await joined(url)
        reading = asyncio.create_task(socket.read(lambda text: None))
        for _ in range(30):
            if not socket.send("x" * 100_000):
                break
        while not reading.done():
            socket.send("x" * 100_000)
            await asyncio.sleep(0.01)
        assert (await reading).why == "write_timeout"


async def test_a_reset_is_seen_as_a_broken_connection() -> None:
    ended: asyncio.Future[ConnectionClosed] = asyncio.get_running_loop().create_future()

    async def listen(connection: ServerConnection) -> None:
        try:
            await connection.recv()
        except ConnectionClosed as closed:
            ended.set_result(closed)

    async with backend(listen) as url:
        socket = await joined(url)
        reading = asyncio.create_task(socket.read(lambda text: None))
        await asyncio.sleep(0)
        socket.reset()
        assert await reading == End("closed_by_us", "reset")
        closed = await ended
    assert closed.rcvd is None
    assert isinstance(closed.__cause__, ConnectionResetError)


async def test_silence_keeps_the_connection_and_says_nothing() -> None:
    heard: list[str | bytes] = []
    connections: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def hold(connection: ServerConnection) -> None:
        connections.put_nowait(connection)
        async for message in connection:
            heard.append(message)

    async with backend(hold) as url:
        socket = await joined(url)
        got: list[str | bytes] = []
        reading = asyncio.create_task(socket.read(got.append))
        theirs = await connections.get()
        await asyncio.sleep(0)
        socket.silence()
        assert await reading == End("closed_by_us", "silent")
        assert not socket.send("hello?")
        await theirs.send("anyone there?")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await (await theirs.ping())
        assert theirs.state.name == "OPEN"
        assert (got, heard) == ([], [])
        socket.reset()


async def test_a_reader_that_fails_does_not_leave_the_connection_unread() -> None:
    async def greet(connection: ServerConnection) -> None:
        await connection.send("hello")
        await connection.wait_closed()

    def fail(text: str | bytes) -> None:
        raise ValueError("bug")

    reported: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
    async with backend(greet) as url:
        socket = await joined(url)
        end = await socket.read(fail)
    assert end.why == "lost"
    assert "bug" in end.detail
    assert reported
