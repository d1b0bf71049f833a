"""The opening handshake: who is let in, and in which version. Knows no OCPP message."""

import asyncio
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from vcp_backend.behaviour import Behaviour
from vcp_backend.desk import DESK
from vcp_backend.faults import Fault, Trouble


class Door:
    """Looks at handshakes. The fault that hit one, if any, is kept for as long as its connection lives."""

    def __init__(self, behaviour: Behaviour, trouble: Trouble) -> None:
        self.closing = asyncio.Event()
        self._behaviour = behaviour
        self._trouble = trouble
        self._faults: WeakKeyDictionary[ServerConnection, Fault] = WeakKeyDictionary()

    async def look(self, connection: ServerConnection, request: Request) -> Response | None:
        """Turns a handshake down, or lets it go on."""
        identity = identity_in(request.path)
        for fault in self._trouble.hits(identity, None, {}):
            self._faults[connection] = fault
            if fault.do == "http_status":
                return connection.respond(int(fault.code or 503), fault.description)
            if fault.do == "hang_handshake":
                await self.closing.wait()
        known = self._behaviour.identities
        if not identity or (known is not None and identity not in known):
            return connection.respond(404, "no such charger")
        if not self._password_fits(identity, request.headers.get("Authorization", "")):
            refusal = connection.respond(401, "who are you?")
            refusal.headers["WWW-Authenticate"] = 'Basic realm="ocpp", charset="UTF-8"'
            return refusal
        return None

    def choose(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """The first of the charger's offers that is spoken here."""
        if self.fault(connection) in {"no_subprotocol", "wrong_subprotocol"}:
            return None
        if DESK in offered:
            return DESK
        return next((one for one in offered if one in self._behaviour.subprotocols), None)

    def dress(self, connection: ServerConnection, request: Request, response: Response) -> None:
        """Spoils the header of an acceptance where that was ordered."""
        if self.fault(connection) == "wrong_subprotocol":
            response.headers["Sec-WebSocket-Protocol"] = "ocpp0.9"

    def fault(self, connection: ServerConnection) -> str | None:
        """What was done wrong at this handshake."""
        fault = self._faults.get(connection)
        return None if fault is None else fault.do

    def close_code(self, connection: ServerConnection) -> int | None:
        """The close code of an `accept_then_close`; None cuts."""
        fault = self._faults.get(connection)
        return None if fault is None or fault.code is None else int(fault.code)

    def _password_fits(self, identity: str, header: str) -> bool:
        passwords = self._behaviour.passwords
        if passwords is None:
            return True
        expected = passwords.get(identity)
        if expected is None:
            return False
        # 1.6 keys are bytes, which need not be text: compared as such, split at the first colon
        secret = expected.encode() if isinstance(expected, str) else expected
        return basic_credentials(header) == (identity.encode(), secret)


def identity_in(path: str) -> str:
    """The identity that a request's path names: its last segment, percent-decoded."""
    return unquote(urlsplit(path).path.rpartition("/")[2])


def basic_credentials(header: str) -> tuple[bytes, bytes] | None:
    """User and password of an HTTP Basic header, or None where it isn't one."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = b64decode(coded.strip(), validate=True).partition(b":")
    except NotBase64:
        return None
    return (user, password) if colon else None
