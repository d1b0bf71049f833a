"""The backend as a whole: starts, holds the sessions, calls chargers, lets tests look. Speaks no OCPP itself."""

import asyncio
import ssl as tls
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve

from vcp_backend.behaviour import Behaviour
from vcp_backend.books import Books
from vcp_backend.desk import DESK, attend
from vcp_backend.door import Door, identity_in
from vcp_backend.faults import Armed, Fault
from vcp_backend.frames import Call, Frame, Payload, Socket, Violation
from vcp_backend.session import NotConnected, Session

FAREWELL_S = 2.0
"""How long a charger may take to answer a close."""


class Backend:
    """A running backend. Everything here belongs to the event loop that started it."""

    def __init__(self, behaviour: Behaviour, journal: Path | None = None) -> None:
        self.behaviour = behaviour
        self.host = ""
        self.port = 0
        self.secure = False
        self._books = Books(behaviour, journal)
        self._door = Door(behaviour, self._books.trouble)
        self._sessions: dict[str, Session] = {}
        self._farewells: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address that a charger gets; it appends "/" and its identity."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)
        shown = f"[{host}]" if ":" in host else host
        return f"{'wss' if self.secure else 'ws'}://{shown}:{self.port}/ocpp"

    @property
    def frames(self) -> list[Frame]:
        """Every frame so far, both directions, in the order of the wire."""
        return self._books.record.frames

    @property
    def sockets(self) -> list[Socket]:
        """Every connection that was accepted so far."""
        return self._books.record.sockets

    @property
    def violations(self) -> list[Violation]:
        """What chargers sent that is not OCPP: framing and unknown actions always, schemas where strict."""
        return self._books.violations

    @property
    def identities(self) -> set[str]:
        """Who is connected now."""
        return set(self._sessions)

    def connected(self, identity: str) -> bool:
        """Whether this charger has a link now."""
        return identity in self._sessions

    def calls(self, identity: str, action: str | None = None) -> list[Call]:
        """The calls of a charger so far, repeats included."""
        return [call for call in self._books.calls[identity] if action in (None, call.action)]

    def misbehave(self, fault: Fault) -> Armed:
        """Arms a fault; what is returned counts its hits."""
        return self._books.trouble.arm(fault)

    def behave(self) -> None:
        """Takes all faults back."""
        self._books.trouble.armed.clear()

    async def call(
        self,
        identity: str,
        action: str,
        payload: Mapping[str, object] | None = None,
        timeout: float = 30.0,
        *,
        message_id: str | None = None,
        at_once: bool = False,
    ) -> Payload:
        """Calls a charger and returns the payload of its answer; the payload sent is not checked.

        Calls to one charger wait for each other, unless `at_once`. Raises CallFailed for a CALLERROR,
        NotConnected without a link or when it ends, TimeoutError after `timeout` seconds in all.
        """
        return await self._session(identity).call(action, payload or {}, timeout, message_id, at_once)

    async def send_text(self, identity: str, text: str) -> None:
        """Sends a charger any text. Raises NotConnected without a link."""
        await self._session(identity).say(text)

    async def wait_for(
        self,
        identity: str,
        action: str,
        predicate: Callable[[Payload], bool] | None = None,
        after: int = 0,
        timeout: float = 10.0,
    ) -> Call:
        """The first call of a charger with this action whose payload passes, past or to come.

        Only those with a `seq` above `after` count, so `after=call.seq` waits for the next one. Raises
        TimeoutError, and ValueError where the backend keeps no record.
        """
        if not self.behaviour.record:
            raise ValueError("waiting for a call needs Behaviour(record=True)")

        def fits(call: Call) -> bool:
            return (
                call.seq > after and call.action == action and (predicate is None or predicate(call.payload))
            )

        def look() -> Call | None:
            return next(filter(fits, self._books.calls[identity]), None)

        return await self._books.until(look, timeout, f"{action} of {identity}")

    async def wait_connected(self, identity: str, timeout: float = 10.0) -> None:
        """Returns once this charger has a link. Raises TimeoutError."""
        await self._books.until(lambda: self._sessions.get(identity), timeout, f"a link of {identity}")

    async def wait_disconnected(self, identity: str, timeout: float = 10.0) -> None:
        """Returns once this charger has no link. Raises TimeoutError."""
        await self._books.until(
            lambda: None if identity in self._sessions else True, timeout, f"{identity} to be gone"
        )

    async def disconnect(
        self, identity: str, *, code: int = 1000, reason: str = "", abort: bool = False
    ) -> None:
        """Closes a charger's link with a close code, or cuts it; returns when it is gone.

        Raises NotConnected without a link.
        """
        session = self._session(identity)
        if abort:
            session.cut()
        else:
            await session.close(code, reason)
        await self._books.until(
            lambda: None if self._sessions.get(identity) is session else True, 10.0, f"{identity} to be gone"
        )

    def _session(self, identity: str) -> Session:
        session = self._sessions.get(identity)
        if session is None:
            raise NotConnected(identity)
        return session

    async def _welcome(self, connection: ServerConnection) -> None:
        identity = identity_in(connection.request.path if connection.request else "")
        fault = self._door.fault(connection)
        if fault == "accept_then_close":
            code = self._door.close_code(connection)
            if code is None:
                connection.transport.abort()
            else:
                await connection.close(code)
        elif fault in {"no_subprotocol", "wrong_subprotocol"}:
            await self._listen(connection, self._books.record.opened(identity, ""))
        elif connection.subprotocol == DESK:
            await attend(self, connection)
        elif connection.subprotocol is not None:
            socket = self._books.record.opened(identity, connection.subprotocol)
            secure = connection.transport.get_extra_info("ssl_object")
            socket.certificate = secure.getpeercert(binary_form=True) if secure is not None else None
            await self._talk(connection, socket)
        # without a common version the handshake is completed and the connection closed at once

    async def _talk(self, connection: ServerConnection, socket: Socket) -> None:
        session = Session(self._books, connection, socket)
        older = self._sessions.get(socket.identity)
        self._sessions[socket.identity] = session
        if older is not None:
            farewell = asyncio.create_task(older.close(1000, "replaced by a newer connection"))
            self._farewells.add(farewell)
            farewell.add_done_callback(self._farewells.discard)
        self._books.news()
        try:
            await session.serve()
        finally:
            self._books.record.closed(socket, connection.close_code)
            if self._sessions.get(socket.identity) is session:
                del self._sessions[socket.identity]
            self._books.news()

    async def _listen(self, connection: ServerConnection, socket: Socket) -> None:
        """Without a version nothing may be said; what a charger says all the same is written down."""
        try:
            async for text in connection:
                self._books.record.add(socket, "in", text)
        finally:
            self._books.record.closed(socket, connection.close_code)

    def _leave(self) -> None:
        self._door.closing.set()
        for session in self._sessions.values():
            if session.half_open:
                session.cut()


@asynccontextmanager
async def serve_backend(
    behaviour: Behaviour | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ssl: tls.SSLContext | None = None,
    journal: Path | None = None,
) -> AsyncIterator[Backend]:
    """A backend that listens until the block ends; port 0 takes a free one. Raises OSError where it can't."""
    backend = Backend(behaviour or Behaviour(), journal)
    try:
        async with serve(
            backend._welcome,
            host,
            port,
            ssl=ssl,
            process_request=backend._door.look,
            process_response=backend._door.dress,
            select_subprotocol=backend._door.choose,
            compression=None,
            ping_interval=None,
            close_timeout=FAREWELL_S,
            open_timeout=60,
            max_size=8 * 2**20,
        ) as server:
            backend.host, backend.secure = host, ssl is not None
            backend.port = next(iter(server.sockets)).getsockname()[1]
            try:
                yield backend
            finally:
                backend._leave()
    finally:
        backend._books.record.close()
