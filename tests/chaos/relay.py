"""A relay on the way to a TCP server, where connections can be cut and replies lost. Knows nothing of what it carries."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit


class Relay:
    """Listens on a free port. `cut` resets what stands; `lose_reply(n)` loses the n-th reply from now, with its line."""

    def __init__(self, url: str) -> None:
        self.lost = 0
        """Replies that were lost so far."""
        self._to = urlsplit(url)
        self._countdown = 0
        self._lines: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where the server is found by way of this relay."""
        host, port = self._listener.sockets[0].getsockname()[:2]
        return urlunsplit(self._to._replace(netloc=f"{host}:{port}"))

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.cut()
        for line in list(self._lines):
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    @property
    def standing(self) -> int:
        """How many connections there are now."""
        return len(self._ends) // 2

    def cut(self) -> int:
        """Resets every connection that stands; how many those were."""
        ends, self._ends = self._ends, set()
        for end in ends:
            end.transport.abort()
        return len(ends) // 2

    def lose_reply(self, nth: int = 1) -> None:
        """The nth piece that the server says from now on vanishes, and its connection with it."""
        self._countdown = nth

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(self._to.hostname, self._to.port)
        except OSError:
            writer.transport.abort()
            return
        self._ends |= {writer, to_server}
        self._run(self._carry(reader, to_server, writer, loses=False))
        self._run(self._carry(from_server, writer, to_server, loses=True))

    def _run(self, carrying: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.create_task(carrying)
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        other: asyncio.StreamWriter,
        *,
        loses: bool,
    ) -> None:
        with suppress(OSError):
            while some := await reader.read(1 << 16):
                if loses and self._is_lost():
                    break
                writer.write(some)
                await writer.drain()
        self._ends -= {writer, other}
        writer.close()
        other.close()

    def _is_lost(self) -> bool:
        self._countdown -= 1
        self.lost += self._countdown == 0
        return self._countdown == 0
