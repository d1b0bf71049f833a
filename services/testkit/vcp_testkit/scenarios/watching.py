"""What a scenario needs of the control API, and the wire of one charge point while it runs. Judges no frame."""

import time
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from vcp_testkit import following
from vcp_testkit.asking import Steps
from vcp_testkit.frames import WireFrame

T = TypeVar("T")


class Control(Protocol):
    """The control API's client."""

    async def configure(self, charge_point: str, /, configuration: Mapping[str, Any]) -> dict[str, Any]: ...

    async def command(
        self, charge_point: str, /, verb: str, body: Mapping[str, Any] | None = None, *, wait_s: float = ...
    ) -> dict[str, Any]: ...

    async def result(
        self, charge_point: str, command: str, *, wait_s: float = ...
    ) -> dict[str, Any] | None: ...

    async def view(self, charge_point: str, /) -> dict[str, Any]: ...

    async def retire(self, charge_point: str, /) -> None: ...

    async def walk(self, steps: Steps[T]) -> T: ...


class Wire:
    """The frames so far, and waiting for more: nothing is missed and nothing is read twice."""

    def __init__(self, control: Control, charge_point: str) -> None:
        self._control = control
        self._wire = following.Wire[WireFrame](charge_point, lambda frame: frame)

    @property
    def frames(self) -> list[WireFrame]:
        return self._wire.frames

    async def read(self) -> bool:
        """Takes in what has come since; whether anything has."""
        return await self._control.walk(self._wire.read())

    async def more(self, wait_s: float) -> bool:
        """Takes in what comes, waiting so long for it; whether anything came."""
        return await self._control.walk(self._wire.more(time.monotonic() + wait_s))
