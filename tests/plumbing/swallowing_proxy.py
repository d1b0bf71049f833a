"""A relay before the server that can lose replies or requests, as a network does. Knows no command."""

import asyncio
from contextlib import suppress
from pathlib import Path


class SwallowingProxy:
    """Relays a unix socket. `lose_reply = 2` makes the second reply from now vanish and cuts its connection."""

    def __init__(self, listens_at: Path, server_at: Path) -> None:
        self.path = listens_at
        self.lose_reply = 0
        self.lose_request = 0
        self.lost = 0
        self._server_at = server_at
        self._relays: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "SwallowingProxy":
        self._listener = await asyncio.start_unix_server(self._accept, self.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        for relay in list(self._relays):
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._server_at)
        for relay in (self._requests(reader, to_server, writer), self._replies(from_server, writer)):
            task = asyncio.create_task(relay)
            self._relays.add(task)
            task.add_done_callback(self._relays.discard)

    async def _requests(
        self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while some := await reader.read(1 << 20):
                self.lose_request -= 1
                if self.lose_request == 0:
                    self.lost += 1
                    back.close()
                    break
                to_server.write(some)
                await to_server.drain()
        to_server.close()

    async def _replies(self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while some := await from_server.read(1 << 20):
                self.lose_reply -= 1
                if self.lose_reply == 0:
                    self.lost += 1
                    break
                writer.write(some)
                await writer.drain()
        writer.close()
