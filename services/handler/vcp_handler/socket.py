"""One websocket of one charge point: the handshake, text in and out, pings, and ways to lose it on purpose.

The only file that knows the `websockets` package. Knows neither frames nor OCPP.
"""

import asyncio
import base64
import errno
import logging
import socket as network
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit

from vcp_contracts.link import TlsFault
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as _connect
from websockets.asyncio.connection import broadcast
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
)
from websockets.frames import CloseCode
from websockets.protocol import State
from websockets.typing import Subprotocol

from vcp_handler.trust import trust_path

MAX_MESSAGE = 1024 * 1024
"""Longest message that is received, in bytes; a longer one closes the connection with 1009."""

MAX_UNSENT = 4 * 1024 * 1024
"""Most bytes that may wait for a backend that does not read."""

WRITE_TIMEOUT_S = 10.0
PONG_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 2.0

# At debug level the library logs every frame, secrets and all.
logging.getLogger("websockets.client").setLevel(logging.WARNING)

FailureWhy = Literal[
    "refused", "unreachable", "timeout", "tls", "unauthorized", "not_found", "http", "protocol"
]
EndWhy = Literal["closed_by_backend", "closed_by_us", "lost", "ping_timeout", "write_timeout", "protocol"]


class ConnectFailed(Exception):
    """No connection came about. `why` sorts the reasons, `detail` is for a reader."""

    def __init__(self, why: FailureWhy, detail: str, tls: TlsFault | None = None) -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why
        self.detail = detail
        self.tls = tls


@dataclass(slots=True, frozen=True)
class End:
    """How a connection ended."""

    why: EndWhy
    detail: str = ""
    breach: bool = False
    """Whether the other side broke the rules of websockets, or our limit: a message too long, no UTF-8, a broken frame."""
    too_long: bool = False
    """Whether it was a message longer than we read: no rule of websockets forbids that."""


@dataclass(slots=True, frozen=True)
class Endpoint:
    """Where to connect, and how to show who we are. `tls` is shared by all connections with the same trust."""

    url: str
    subprotocols: tuple[str, ...]
    tls: ssl.SSLContext | None = None
    authorization: str | None = None
    open_timeout_s: float = 10.0


def address(endpoint: str, identity: str) -> str:
    """The URL of one charge point: its identity, percent-encoded, is the path's last segment (OCPP-J 3.1.1)."""
    parts = urlsplit(endpoint)
    return urlunsplit(
        parts._replace(path=f"{parts.path.rstrip('/')}/{quote(identity, safe='')}", fragment="")
    )


def basic(identity: str, password: bytes) -> str:
    """The Authorization header of HTTP Basic. The password is bytes: 1.6's key need not be text (OCPP-J 1.6 §6.2)."""
    return "Basic " + base64.b64encode(identity.encode() + b":" + password).decode()


class _Connect(_connect):
    """No redirects: where a backend's address is wrong, its developer should be told so."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_socket(endpoint: Endpoint) -> "Socket":
    """Connect. Raises ConnectFailed, also where the backend accepted none of the subprotocols."""
    try:
        connection = await _Connect(
            endpoint.url,
            subprotocols=[Subprotocol(name) for name in endpoint.subprotocols],
            compression=None,
            additional_headers={"Authorization": endpoint.authorization} if endpoint.authorization else None,
            user_agent_header="virtual-charge-point",
            proxy=None,
            open_timeout=endpoint.open_timeout_s,
            ping_interval=None,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_MESSAGE,
            # never paused: uvloop drops what came over TLS before the backend's close while reading is paused. What
            # waits is bounded all the same: the reader takes everything before the loop reads the socket again
            max_queue=None,
            ssl=endpoint.tls,
        )
    except (OSError, InvalidHandshake, InvalidURI, EOFError, ValueError) as error:
        raise _failure(error) from error
    if connection.subprotocol is None:
        # OCPP-J 3.1.2: a server that agrees to none completes the handshake without naming one, and closes.
        connection.transport.abort()
        offered = ", ".join(endpoint.subprotocols)
        raise ConnectFailed("protocol", f"the backend chose no subprotocol; offered: {offered}")
    return Socket(connection, connection.subprotocol)


def _failure(error: Exception) -> ConnectFailed:
    match error:
        case TimeoutError():
            return ConnectFailed("timeout", "the handshake took too long")
        case ssl.SSLCertVerificationError():
            return ConnectFailed("tls", error.verify_message or str(error), "certificate")
        case ssl.SSLError():
            return ConnectFailed("tls", error.reason or str(error), _tls_fault(error.reason or ""))
        case ConnectionRefusedError():
            return ConnectFailed("refused", "the connection was refused")
        case network.gaierror():
            return ConnectFailed("unreachable", f"the host name is not known: {error.strerror or error}")
        case OSError() if f"[Errno {errno.ECONNREFUSED}]" in str(error):
            # Several addresses, each of which refused: asyncio folds them into one text.
            return ConnectFailed("refused", "the connection was refused")
        case OSError():
            return ConnectFailed("unreachable", str(error))
        case InvalidStatus():
            status = error.response.status_code
            return ConnectFailed(_status_why(status), f"HTTP {status} {error.response.reason_phrase}".strip())
        case InvalidMessage() if isinstance(error.__cause__, EOFError):
            # with TLS 1.3 a backend says only after the handshake that it does not take the charger's certificate
            return ConnectFailed("protocol", "the backend closed the connection before it answered")
        case NegotiationError():
            return ConnectFailed("protocol", f"wrong subprotocol: {error}")
    cause = f" ({error.__cause__})" if error.__cause__ else ""
    return ConnectFailed("protocol", f"{error}{cause}")


_TLS_FAULTS: tuple[tuple[TlsFault, tuple[str, ...]], ...] = (
    ("version", ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION")),
    (
        "cipher",
        ("HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "NO_CIPHERS", "INSUFFICIENT_SECURITY", "WRONG_CIPHER"),
    ),
    (
        "own_certificate",
        ("ALERT_CERTIFICATE", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "CERTIFICATE_REQUIRED"),
    ),
)
"""OpenSSL's reasons, by a part of their names."""


def _tls_fault(reason: str) -> TlsFault | None:
    for fault, parts in _TLS_FAULTS:
        if any(part in reason for part in parts):
            return fault
    return None


def _status_why(status: int) -> FailureWhy:
    if status in (401, 403):
        return "unauthorized"
    return "not_found" if status == 404 else "http"


class Socket:
    """An open connection. `read` hands every text to a plain function and returns when the connection is over."""

    def __init__(self, connection: ClientConnection, subprotocol: str) -> None:
        self._connection = connection
        self.subprotocol = subprotocol
        self._loop = asyncio.get_running_loop()
        self._reader: asyncio.Task[None] | None = None
        self._pinger: asyncio.Task[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._written = 0
        self._end: End | None = None
        self._over = self._loop.create_future()

    @property
    def trust_path(self) -> tuple[str, ...]:
        """The certificates by which the backend's was verified, as SHA-256; empty without TLS."""
        secure = self._connection.transport.get_extra_info("ssl_object")
        return () if secure is None else trust_path(secure)

    @property
    def open(self) -> bool:
        """Whether text can be sent."""
        return self._end is None and self._connection.state is State.OPEN

    async def read(self, take: Callable[[str | bytes], None]) -> End:
        """Hand each received text to `take`, until the connection is over; says how it ended.

        A socket that was told to be silent counts as over at once.
        """
        self._reader = self._loop.create_task(self._read(take))
        self._reader.add_done_callback(self._read_over)
        try:
            return await asyncio.shield(self._over)
        finally:
            self._stop_tasks()

    def send(self, text: str) -> bool:
        """Write a text now; False where the connection no longer takes any."""
        if not self.open:
            return False
        broadcast((self._connection,), text)
        self._written += len(text)
        waiting = self._connection.transport.get_write_buffer_size()
        if waiting > MAX_UNSENT:
            self._cut(End("write_timeout", f"{waiting} bytes wait for a backend that does not read"))
        elif waiting and self._watch is None:
            self._watch = self._loop.call_later(WRITE_TIMEOUT_S, self._check_written, self._written - waiting)
        return True

    def ping_every(self, seconds: float) -> None:
        """Ping at this interval from now on; 0: never. A pong that stays out ends the connection."""
        if self._pinger is not None:
            self._pinger.cancel()
            self._pinger = None
        if seconds > 0 and self.open:
            self._pinger = self._loop.create_task(self._ping(seconds))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye and close."""
        self._finish(End("closed_by_us", f"{code} {reason}".strip()))
        await self._connection.close(code, reason)

    def reset(self, why: EndWhy = "closed_by_us", detail: str = "reset") -> None:
        """Cut the connection without a goodbye; the backend's side sees a TCP reset."""
        self._cut(End(why, detail))

    def silence(self) -> None:
        """Stop reading and writing, and keep the TCP connection: to the backend it is half open.

        It stays so until `reset`, or until the backend gives it up.
        """
        self._finish(End("closed_by_us", "silent"))
        self._connection.transport.pause_reading()

    async def _read(self, take: Callable[[str | bytes], None]) -> None:
        receive = self._connection.recv
        while self._end is None:
            take(await receive())

    def _read_over(self, reader: asyncio.Task[None]) -> None:
        if reader.cancelled():
            return
        error = reader.exception()
        if isinstance(error, ConnectionClosed):
            self._finish(_end(error))
        elif error is not None:
            # A reader that fails is a bug of ours: the connection must not live on unread.
            self._cut(End("lost", f"failed to take a message: {error!r}"))
            self._loop.call_exception_handler({"message": "taking a message failed", "exception": error})

    async def _ping(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                pong = await self._connection.ping()
                async with asyncio.timeout(PONG_TIMEOUT_S):
                    await pong
            except TimeoutError:
                self._cut(End("ping_timeout", f"no pong for {PONG_TIMEOUT_S:g} s"))
                return
            except ConnectionClosed:
                return

    def _check_written(self, gone_before: int) -> None:
        """Since the watch began: has the backend taken anything of what waited?"""
        self._watch = None
        waiting = self._connection.transport.get_write_buffer_size()
        if not waiting or not self.open:
            return
        gone = self._written - waiting
        if gone <= gone_before:
            self._cut(End("write_timeout", f"nothing could be written for {WRITE_TIMEOUT_S:g} s"))
        else:
            self._watch = self._loop.call_later(WRITE_TIMEOUT_S, self._check_written, gone)

    def _cut(self, end: End) -> None:
        self._finish(end)
        transport = self._connection.transport
        raw = transport.get_extra_info("socket")
        if raw is not None and not transport.is_closing():
            # Linger 0: closing sends a reset instead of a goodbye.
            raw.setsockopt(network.SOL_SOCKET, network.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    def _finish(self, end: End) -> None:
        if self._end is None:
            self._end = end
            self._stop_tasks()
            self._over.set_result(end)

    def _stop_tasks(self) -> None:
        for task in (self._reader, self._pinger):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None


def _end(closed: ConnectionClosed) -> End:
    if closed.rcvd is not None and not (closed.sent and not closed.rcvd_then_sent):
        return End("closed_by_backend", f"{int(closed.rcvd.code)} {closed.rcvd.reason}".strip())
    if closed.sent is not None:
        too_long = closed.sent.code == CloseCode.MESSAGE_TOO_BIG
        detail = f"{int(closed.sent.code)} {closed.sent.reason}".strip()
        return End("protocol", detail, breach=True, too_long=too_long)
    return End("lost", str(closed.__cause__ or "the connection broke"))
