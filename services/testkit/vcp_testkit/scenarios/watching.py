"""The wire of one charge point while a scenario runs: its frames so far, and waiting for more. Judges no frame."""

from collections.abc import Mapping
from typing import Any, Protocol

from vcp_testkit.frames import WireFrame, frame_of

PAGE = 1_000
START = "0"


class Control(Protocol):
    """What a scenario needs of the control API's client."""

    async def configure(self, charge_point: str, /, configuration: Mapping[str, Any]) -> dict[str, Any]: ...

    async def command(
        self, charge_point: str, /, verb: str, body: Mapping[str, Any] | None = None, *, wait_s: float = ...
    ) -> dict[str, Any]: ...

    async def result(
        self, charge_point: str, command: str, *, wait_s: float = ...
    ) -> dict[str, Any] | None: ...

    async def view(self, charge_point: str, /) -> dict[str, Any]: ...

    async def messages(self, charge_point: str, /, **filters: str | int) -> dict[str, Any]: ...

    async def message(
        self, charge_point: str, /, *, wait_s: float = ..., **filters: str | int
    ) -> dict[str, Any] | None: ...

    async def retire(self, charge_point: str, /) -> None: ...


class Wire:
    """Reads on from a cursor, so that nothing is missed and nothing is read twice."""

    def __init__(self, control: Control, charge_point: str) -> None:
        self._control = control
        self.charge_point = charge_point
        self.frames: list[WireFrame] = []
        self._cursor = START

    async def read(self) -> bool:
        """Takes in what has come since; whether anything has."""
        before = len(self.frames)
        while True:
            page = await self._control.messages(self.charge_point, after=self._cursor, limit=PAGE)
            items = page["items"]
            self.frames += [frame_of(item) for item in items]
            if items:
                self._cursor = str(page["next"])
            if len(items) < PAGE:
                return len(self.frames) > before

    async def more(self, wait_s: float) -> bool:
        """Waits for the next frame, and takes in all there is; whether anything came."""
        if await self.read():
            return True
        if await self._control.message(self.charge_point, wait_s=wait_s, after=self._cursor) is None:
            return False
        return await self.read()
