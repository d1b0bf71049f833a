"""How long a reader waits before it reads again. Pure; knows no clock and no stream."""


class Pace:
    """A cycle costs ten times what an entry costs, so when entries keep coming it pays to let some gather.

    No wait at all while idle or nearly so (latency); up to `longest_ms` while entries are always there (cost).
    """

    __slots__ = ("_busy_ms", "_longest_ms", "wait_ms")

    def __init__(self, *, longest_ms: float = 5.0, busy_ms: float = 1.0) -> None:
        self.wait_ms = 0.0
        """How long to wait before the next read."""
        self._longest_ms = longest_ms
        self._busy_ms = busy_ms

    def observe(self, entries: int, blocked_ms: float, *, more: bool = False) -> float:
        """Told what the last read found and how long it blocked; the wait before the next one, in ms.

        `more` means that the read was cut at its bound: then there is work, and no reason to wait for any.
        """
        if entries == 0 or blocked_ms >= self._busy_ms:
            self.wait_ms = 0.0
        elif entries == 1 and self.wait_ms > 0:
            self.wait_ms /= 2
        else:
            self.wait_ms = min(self._longest_ms, self.wait_ms + 1.0)
        return 0.0 if more else self.wait_ms
