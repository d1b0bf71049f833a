"""Follows the events of one charge point, remembers them, and lets a story wait for one. Prints nothing itself."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from vcp_runner.client import ControlClient, Json, Problem, Unreachable
from vcp_runner.leaving import Ending

RETRY_S = 0.5
OPEN_S = 10.0


class NotSeen(Ending):
    """What was waited for did not happen in time."""


class Watch:
    """The events of one charge point from `async with` on; broken streams are resumed at their cursor."""

    def __init__(self, client: ControlClient, charge_point: str, tell: Callable[[Json], None]) -> None:
        """`tell` gets every event as it comes."""
        self.events: list[Json] = []
        self._client = client
        self._charge_point = charge_point
        self._tell = tell
        self._changed = asyncio.Condition()
        self._open = asyncio.Event()
        self._trouble = "the stream ended at once"
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        opened = asyncio.create_task(self._open.wait())
        try:
            await asyncio.wait([self._task, opened], timeout=OPEN_S, return_when=asyncio.FIRST_COMPLETED)
            if self._task.done():
                self._task.result()
            if not self._open.is_set():
                raise NotSeen(f"the events of {self._charge_point} could not be followed: {self._trouble}")
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

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

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

    async def _follow(self) -> None:
        cursor: str | None = None
        while True:
            try:
                async for event in self._client.events(self._charge_point, after=cursor):
                    cursor = event.cursor or cursor
                    self._open.set()
                    if event.word is not None:
                        await self._take(event.word)
            except Unreachable as gone:
                self._trouble = str(gone)  # the API is being started again: resume below
            except Problem as problem:
                if problem.status < 500:
                    raise
                self._trouble = str(problem)
            await asyncio.sleep(RETRY_S)

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
