"""A file that arrives: written to disk within a bound, measured on the way. Knows no protocol."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from vcp_chores.failing import Failed

BLOCK = 256 * 1024
"""Bytes that are written at once: each write leaves the loop."""


class Arrival:
    """Use it as a context manager around `take`; after that `size` and `digest` hold."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self.size = 0
        self._most = most_bytes
        self._digest = sha256()
        self._path = path
        self._waiting = bytearray()

    async def __aenter__(self) -> Self:
        self._file = await asyncio.to_thread(self._path.open, "wb")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._write()
        finally:
            await asyncio.to_thread(self._file.close)

    @property
    def digest(self) -> bytes:
        """SHA-256 of all that came."""
        return self._digest.digest()

    def must_fit(self, announced: int | None) -> None:
        """Raises Failed for a file that would be too long."""
        if announced is not None and announced > self._most:
            raise Failed("too_large", f"{announced} bytes, and at most {self._most} are fetched")

    async def take(self, block: bytes) -> None:
        """More of it. Raises Failed beyond the bound."""
        self.size += len(block)
        if self.size > self._most:
            raise Failed("too_large", f"at most {self._most} bytes are fetched")
        self._waiting += block
        if len(self._waiting) >= BLOCK:
            await self._write()

    async def _write(self) -> None:
        block, self._waiting = bytes(self._waiting), bytearray()
        await asyncio.to_thread(self._keep, block)

    def _keep(self, block: bytes) -> None:
        self._digest.update(block)
        self._file.write(block)


class Departure:
    """A file that leaves, block by block; may be read again from the start, when a server sends it elsewhere."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = path.stat().st_size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(self._path.open, "rb")
        try:
            while block := await asyncio.to_thread(file.read, BLOCK):
                yield block
        finally:
            await asyncio.to_thread(file.close)
