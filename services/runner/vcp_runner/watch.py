"""Follows the events and the wire of one charge point, remembers them, and lets a story wait for one. Prints nothing itself."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from vcp_testkit.asking import Json
from vcp_testkit.client import AsyncClient
from vcp_testkit.problems import Problem, Unreachable

from vcp_runner.leaving import Ending

RETRY_S = 0.5
OPEN_S = 10.0


class NotSeen(Ending):
    """What was waited for did not happen in time."""


class Watch:
    """The events and frames of one charge point from `async with` on; broken streams are resumed where they broke."""

    def __init__(self, client: AsyncClient, charge_point: str, tell: Callable[[Json], None]) -> None:
        """`tell` gets every event as it comes. The charge point must be set up already."""
        self.events: list[Json] = []
        self._client = client
        self._charge_point = charge_point
        self._tell = tell
        self._changed = asyncio.Condition()
        self._cursor: str | None = None
        self._after = "0"
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        begun = asyncio.Event()
        self._after = (await self._client.messages(self._charge_point, limit=1))["next"]
        self._tasks = [
            asyncio.create_task(self._repeated(self._read_frames)),
            asyncio.create_task(self._repeated(lambda: self._read_events(begun))),
        ]
        opened = asyncio.create_task(begun.wait())
        try:
            await asyncio.wait([*self._tasks, opened], timeout=OPEN_S, return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks:
                if task.done():
                    task.result()
            if not begun.is_set():
                raise NotSeen(f"the events of {self._charge_point} could not be followed within {OPEN_S:g} s")
        except BaseException:
            await self._end()
            raise
        finally:
            opened.cancel()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def seen(
        self, wanted: Callable[[Json], bool], what: str, *, after: int = 0, timeout_s: float = 20.0
    ) -> Json:
        """The first event from number `after` on that is `wanted`. Raises NotSeen, which names `what`."""
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                while True:
                    for event in self.events[after:]:
                        if wanted(event):
                            return event
                    after = len(self.events)
                    await self._changed.wait()
        except TimeoutError:
            raise NotSeen(f"{what} was not seen within {timeout_s:g} s") from None

    async def _repeated(self, read: Callable[[], Awaitable[None]]) -> None:
        """Goes on reading while the API is away or being started again."""
        while True:
            try:
                await read()
            except Unreachable:
                pass
            except Problem as problem:
                if problem.status < 500:
                    raise
            await asyncio.sleep(RETRY_S)

    async def _read_events(self, begun: asyncio.Event) -> None:
        async for event in self._client.events(self._charge_point, after=self._cursor):
            self._cursor = event.cursor or self._cursor
            begun.set()
            if event.word is not None:
                await self._take(event.word)

    async def _read_frames(self) -> None:
        # frames have a record of their own: they are no events
        while True:
            if await self._client.message(self._charge_point, after=self._after) is None:
                continue
            page = await self._client.messages(self._charge_point, after=self._after)
            self._after = page["next"]
            for frame in page["items"]:
                await self._take(frame)

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, event: Json) -> None:
        self._tell(event)
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()


def is_frame(direction: str, kind: str, action: str) -> Callable[[Json], bool]:
    """Matches a frame: `sent` or `received`, `call`, `result` or `error`, and its action."""
    return lambda event: (
        event.get("type") == f"frame_{direction}"
        and event.get("kind") == kind
        and event.get("action") == action
    )


def is_event(kind: str, **fields: Any) -> Callable[[Json], bool]:
    """Matches an event by its type and the values of some fields."""
    return lambda event: event.get("type") == kind and all(event.get(k) == v for k, v in fields.items())
