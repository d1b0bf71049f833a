"""`vcp call`: an operator has the example backend call a charge point. Knows no action and judges no payload."""

import asyncio
from collections.abc import Mapping

import orjson
from vcp_backend.desk import order
from vcp_testkit.asking import Json
from websockets.exceptions import WebSocketException

from vcp_runner.leaving import Ending, Exit
from vcp_runner.screen import Screen

PATIENCE_S = 45.0
"""Longer than the backend waits for the charge point's answer."""


class NoDesk(Ending):
    """No example backend takes orders at this address."""

    code = Exit.NOT_CONNECTED


class BadPayload(Ending):
    """The payload is no JSON object; the text says what to write."""

    code = Exit.USAGE


async def call(backend: str, charge_point: str, action: str, payload: str, screen: Screen) -> int:
    """Shows the charge point's answer. 0: it answered; 1: with an error, or not at all. Raises BadPayload, NoDesk."""
    answer = await ask_desk(backend, charge_point, action, _object(payload))
    if "error" in answer:
        text = ": ".join(str(part) for part in (answer["error"], answer.get("description")) if part)
        if screen.json:
            screen.result(text, **answer)
        else:
            screen.say(text)
        return Exit.FAILED
    screen.result(orjson.dumps(answer["result"]).decode(), **answer)
    return Exit.OK


async def ask_desk(backend: str, charge_point: str, action: str, payload: Mapping[str, object]) -> Json:
    """The answer of the example backend's desk: `result`, or `error` and `description`. Raises NoDesk."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await order(backend.rstrip("/"), charge_point, action, payload)
    except (OSError, TimeoutError, WebSocketException, ValueError) as failure:
        raise NoDesk(
            f"no example backend takes orders at {backend} ({failure or type(failure).__name__}): "
            "start one with the verb `backend` or `demo`, or name it with --backend ws://host:port"
        ) from None


def _object(payload: str) -> dict[str, object]:
    try:
        given = orjson.loads(payload)
    except orjson.JSONDecodeError as wrong:
        raise BadPayload(f'the payload is no JSON: {wrong}; write it like \'{{"type": "Soft"}}\'') from None
    if not isinstance(given, dict):
        raise BadPayload('the payload is a JSON object, like \'{"type": "Soft"}\'')
    return given
