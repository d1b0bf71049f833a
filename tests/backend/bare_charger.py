"""A charger made of a bare websocket, and the backend that it talks to. No code of the product's other rooms."""

import asyncio
from contextlib import AsyncExitStack
from urllib.parse import quote

import orjson
from vcp_backend import Backend, Behaviour, serve_backend
from websockets.asyncio.client import ClientConnection, connect


class Charger:
    """Sends and receives messages as they are."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, *message: object) -> None:
        await self.connection.send(orjson.dumps(message), text=True)

    async def receive(self) -> list[object]:
        async with asyncio.timeout(5):
            return orjson.loads(await self.connection.recv())

    async def ask(self, message_id: str, action: str, payload: dict[str, object]) -> list[object]:
        await self.send(2, message_id, action, payload)
        return await self.receive()

    async def closed(self) -> int | None:
        async with asyncio.timeout(5):
            await self.connection.wait_closed()
        return self.connection.close_code


class Dial:
    """Connects chargers, and takes them off the wire at the end of the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def __call__(
        self,
        backend: Backend,
        identity: str = "CP001",
        offers: tuple[str, ...] = ("ocpp1.6",),
        **options: object,
    ) -> Charger:
        client = connect(
            f"{backend.url}/{quote(identity, safe='')}",
            subprotocols=list(offers),
            proxy=None,
            compression=None,
            close_timeout=0.2,
            **options,
        )
        return Charger(await self._stack.enter_async_context(client))


class Host:
    """Starts backends for one test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def __call__(self, behaviour: Behaviour | None = None, **options: object) -> Backend:
        wanted = behaviour or Behaviour(strict=True)
        return await self._stack.enter_async_context(serve_backend(wanted, **options))
