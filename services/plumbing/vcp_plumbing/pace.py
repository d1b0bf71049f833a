"""How long a reader waits before it reads again. Pure; knows no clock and no stream."""

_MEMORY_MS = 50.0
"""Over how long the rate is averaged."""
_FEW = 2.0
"""Fewer entries than this in the longest wait are not worth any."""
_ENOUGH = 8.0
"""With this many entries in hand a cycle's own cost hardly shows: no reason to wait for more."""


class Pace:
    """A cycle costs ten times what an entry costs, so when entries keep coming it pays to let some gather.

    No wait at all while idle or nearly so (latency); up to `longest_ms` at rates at which that gathers some entries
    (cost); none when they gather by themselves, while the last ones are worked on (throughput).
    """

    __slots__ = ("_longest_ms", "_rate", "wait_ms")

    def __init__(self, *, longest_ms: float = 5.0) -> None:
        self.wait_ms = 0.0
        """How long to wait before the next read."""
        self._longest_ms = longest_ms
        self._rate = 0.0
        """Entries a millisecond, lately."""

    def observe(
        self, entries: int, blocked_ms: float, *, worked_ms: float = 0.5, more: bool = False
    ) -> float:
        """Told what the last read found, how long it blocked, and how long the work on it took; the wait before the
        next one, in ms.

        `more` means that the read was cut at its bound: then there is work, and no reason to wait for any.
        """
        took_ms = self.wait_ms + blocked_ms + worked_ms
        self._rate += (entries / max(took_ms, 0.1) - self._rate) * min(1.0, took_ms / _MEMORY_MS)
        expected = self._rate * self._longest_ms
        if more or expected <= _FEW:
            self.wait_ms = 0.0
        else:
            some = self._longest_ms * min(1.0, expected - _FEW)
            self.wait_ms = max(0.0, min(some, _ENOUGH / self._rate - worked_ms))
        return self.wait_ms
