"""The server's time, as far as it can be known without asking. Pure; told, never looked up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf

from vcp_abstraction.shell.merge import EPOCH

_MILLISECOND = timedelta(milliseconds=1)


class ServerClock:
    """Follows the server by its last answer and the process's own monotonic `clock`. Runs late by the answer's way
    here at most, never early: so what is due by this clock is due by the server's."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead_ms: float | None = None

    def note(self, time_ms: int) -> None:
        """The server has just told its time."""
        self._ahead_ms = time_ms - self._clock() * 1000

    def ms_until(self, due: datetime) -> float:
        """How long until the server's clock shows `due`; negative where that is past, or no time was told yet."""
        if self._ahead_ms is None:
            return -inf
        server = EPOCH + (self._ahead_ms + self._clock() * 1000) * _MILLISECOND
        return (due - server) / _MILLISECOND
