"""The wire of one charge point as a test follows it: the frames so far, how far they are used up, waiting for more."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from vcp_testkit.asking import Steps
from vcp_testkit.control_api import message, messages
from vcp_testkit.frames import WireFrame, frame_of

PAGE = 1_000
START = "0"
LONGEST_ASK_S = 20.0
PATIENCE_S = 5.0


S = TypeVar("S")


class Wire(Generic[S]):
    """Reads on from a cursor, so that nothing is missed and nothing is read twice. Every wait has an end."""

    def __init__(self, charge_point: str, seen: Callable[[WireFrame], S]) -> None:
        """`seen` makes of a frame what a test is given for it."""
        self.charge_point = charge_point
        self.seen = seen
        self.frames: list[WireFrame] = []
        self.used = 0
        """How many of the frames lie before what is expected next."""
        self.patience_s = PATIENCE_S
        """How long an answer is waited for."""
        self._cursor = START

    def read(self) -> Steps[bool]:
        """Takes in what has come since; whether anything has."""
        before = len(self.frames)
        while True:
            page = yield from messages(self.charge_point, after=self._cursor, limit=PAGE)
            items = page["items"]
            self.frames += [frame_of(item) for item in items]
            if items:
                self._cursor = str(page["next"])
            if len(items) < PAGE:
                return len(self.frames) > before

    def more(self, until: float) -> Steps[bool]:
        """Takes in what comes, waiting for it until that monotonic time; whether anything came."""
        if (yield from self.read()):
            return True
        while (left := until - time.monotonic()) > 0:
            wait_s = min(left, LONGEST_ASK_S)
            came = yield from message(self.charge_point, wait_s=wait_s, after=self._cursor)
            if came is not None:
                return (yield from self.read())
        return (yield from self.read())
