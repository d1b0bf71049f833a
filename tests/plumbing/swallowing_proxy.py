"""A relay before the server that can lose replies or requests, as a network does. Knows no command."""

import asyncio
import tempfile
from contextlib import suppress
from urllib.parse import urlsplit


class SwallowingProxy:
    """Relays to a server. `lose_reply = 2` makes the second reply from now vanish and cuts its connection."""

    def __init__(self, server_url: str) -> None:
        self.lose_reply = 0
        self.lose_request = 0
        self.lost = 0
        self._server = urlsplit(server_url)
        self._relays: set[asyncio.Task[None]] = set()
        # The path of a unix socket must be short, so not pytest's own directory.
        self._folder = tempfile.TemporaryDirectory(prefix="vcp")

    @property
    def url(self) -> str:
        """Where the proxy is reached, by as many clients as wanted."""
        return f"unix://{self._folder.name}/p"

    async def __aenter__(self) -> "SwallowingProxy":
        self._listener = await asyncio.start_unix_server(self._accept, f"{self._folder.name}/p")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        for relay in list(self._relays):
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)
        self._folder.cleanup()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await self._reach_server()
        for relay in (self._requests(reader, to_server, writer), self._replies(from_server, writer)):
            task = asyncio.create_task(relay)
            self._relays.add(task)
            task.add_done_callback(self._relays.discard)

    async def _reach_server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._server.scheme == "unix":
            return await asyncio.open_unix_connection(self._server.path)
        return await asyncio.open_connection(self._server.hostname, self._server.port)

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
