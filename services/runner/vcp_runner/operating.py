"""Carries an operator's requests to a backend, also by websocket. Knows no call and no scenario."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from vcp_testkit.scenarios import operator
from vcp_testkit.scenarios.operator import ANSWER_S, OperatorFailed, bare
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol


async def send(method: str, url: str, headers: Mapping[str, str], body: Any, subprotocol: str | None) -> str:
    """Sends a request; the text of its answer. Raises OperatorFailed."""
    if method != "websocket":
        return await operator.send(method, url, headers, body, subprotocol)
    offered = [Subprotocol(subprotocol)] if subprotocol else None
    try:
        async with (
            asyncio.timeout(ANSWER_S),
            connect(
                url, subprotocols=offered, additional_headers=dict(headers), compression=None, proxy=None
            ) as socket,
        ):
            await socket.send(orjson.dumps(body).decode())
            answer = await socket.recv()
    except (OSError, WebSocketException, TimeoutError) as failure:
        raise OperatorFailed(f"{bare(url)}: {failure or type(failure).__name__}") from failure
    return answer if isinstance(answer, str) else answer.decode(errors="replace")
