"""The operator's desk: a websocket on which someone has the backend call a charger. Judges nothing.

One JSON object a message, on the path `/desk` with the subprotocol `vcp.desk`:
`{"charge_point": "CP001", "action": "RemoteStopTransaction", "payload": {"transactionId": 1}}` is answered by
`{"result": {…}}` or by `{"error": code, "description": text}`. Besides OCPP's actions there are the wishes of
`WISHES`, which change what the backend thinks.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

import orjson
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from vcp_backend.behaviour import Behaviour, Token, Verdict
from vcp_backend.session import CallFailed, NotConnected

DESK = Subprotocol("vcp.desk")
ANSWER_S = 30.0
"""How long a charger may take to answer a call from the desk."""


class Caller(Protocol):
    """What the desk needs of a backend."""

    behaviour: Behaviour

    async def call(
        self, identity: str, action: str, payload: Mapping[str, object] | None = None, timeout: float = 30.0
    ) -> dict[str, Any]: ...


async def attend(backend: Caller, connection: ServerConnection) -> None:
    """Serves one operator until he leaves, which he may do before his order is carried out."""
    with suppress(ConnectionClosed):
        async for text in connection:
            await connection.send(orjson.dumps(await _carry_out(backend, text)).decode())


async def _carry_out(backend: Caller, text: str | bytes) -> dict[str, object]:
    try:
        order = orjson.loads(text)
        identity, action, payload = order["charge_point"], order["action"], order.get("payload") or {}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return {"error": "BadOrder", "description": 'say {"charge_point": …, "action": …, "payload": {…}}'}
    wish = WISHES.get(str(action))
    if wish is not None:
        try:
            return {"result": wish(backend.behaviour, str(identity), payload)}
        except (KeyError, TypeError, ValueError) as wrong:
            return {"error": "BadOrder", "description": f"{action}: {wrong!r}"}
    try:
        return {"result": await backend.call(str(identity), str(action), payload, ANSWER_S)}
    except CallFailed as refusal:
        return {"error": refusal.code, "description": refusal.description}
    except NotConnected:
        return {"error": "NotConnected", "description": f"{identity} has no link to this backend"}
    except TimeoutError:
        return {"error": "TimedOut", "description": f"{identity} did not answer within {ANSWER_S:g} s"}


def _boot_verdict(behaviour: Behaviour, identity: str, payload: Mapping[str, Any]) -> dict[str, object]:
    """How this charger's next boots are answered, `times` of them (default: one)."""
    verdict = Verdict(str(payload["status"]), int(payload.get("interval", 300)))
    behaviour.next_boots[identity] = [verdict] * int(payload.get("times", 1))
    return {}


def _token_verdict(behaviour: Behaviour, identity: str, payload: Mapping[str, Any]) -> dict[str, object]:
    """What is thought of a card from now on."""
    parent = payload.get("parent")
    token = Token(str(payload["status"]), None if parent is None else str(parent))
    behaviour.tokens = {**behaviour.tokens, str(payload["token"]): token}
    return {}


WISHES: dict[str, Callable[[Behaviour, str, Mapping[str, Any]], dict[str, object]]] = {
    "boot_verdict": _boot_verdict,
    "token_verdict": _token_verdict,
}


async def order(url: str, identity: str, action: str, payload: Mapping[str, object]) -> dict[str, Any]:
    """Has the backend at `url` (ws://host:port) call a charger; the desk's answer. Raises OSError, WebSocketException."""
    async with connect(f"{url}/desk", subprotocols=[DESK], compression=None, proxy=None) as desk:
        await desk.send(
            orjson.dumps({"charge_point": identity, "action": action, "payload": payload}).decode()
        )
        answer: dict[str, Any] = orjson.loads(await desk.recv())
        return answer
