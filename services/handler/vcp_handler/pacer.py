"""How fast connections are opened: so many a second, so many handshakes at once. Opens none itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

PER_SECOND = 500
AT_ONCE = 200


class Pacer:
    """Turns for handshakes, in the order in which they were asked for."""

    def __init__(
        self,
        *,
        per_second: float = PER_SECOND,
        at_once: int = AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap_s = 1 / per_second
        self._room = asyncio.Semaphore(at_once)
        self._clock = clock
        self._next = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a turn; it lasts as long as the block."""
        async with self._room:
            now = self._clock()
            mine = max(self._next, now)
            self._next = mine + self._gap_s
            if mine > now:
                await asyncio.sleep(mine - now)
            yield
