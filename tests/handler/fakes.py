"""A backend in this process: a real websocket server that answers what the test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

Answer = Callable[[list[Any]], str | None]

NOW = "2026-01-01T12:00:00Z"


def answer_beats(call: list[Any]) -> str | None:
    """Answers heartbeats and nothing else."""
    if call[0] == 2 and call[2] == "Heartbeat":
        return orjson.dumps([3, call[1], {"currentTime": NOW}]).decode()
    return None


@dataclass
class Backend:
    """What came in, in order, and the connections that stand."""

    url: str
    connections: asyncio.Queue[ServerConnection] = field(default_factory=asyncio.Queue)
    got: asyncio.Queue[list[Any]] = field(default_factory=asyncio.Queue)
    ended: asyncio.Queue[int | None] = field(default_factory=asyncio.Queue)
    """The close code of each connection that ended."""


@asynccontextmanager
async def a_backend(
    answer: Answer = answer_beats,
    *,
    speaks: tuple[str, ...] = ("ocpp2.0.1", "ocpp1.6"),
    welcome: Callable[[ServerConnection], Awaitable[None]] | None = None,
) -> AsyncIterator[Backend]:
    """A backend on a free port of this machine."""

    async def talk(connection: ServerConnection) -> None:
        backend.connections.put_nowait(connection)
        if welcome is not None:
            await welcome(connection)
        async for text in connection:
            frame = orjson.loads(text)
            backend.got.put_nowait(frame)
            reply = answer(frame)
            if reply is not None:
                await connection.send(reply)
        backend.ended.put_nowait(connection.close_code)

    def named(server: Server) -> str:
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"

    names = [Subprotocol(name) for name in speaks]
    async with serve(talk, "127.0.0.1", 0, subprotocols=names, close_timeout=1) as server:
        backend = Backend(named(server))
        yield backend
