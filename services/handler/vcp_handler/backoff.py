"""How long to wait between attempts to connect. Pure; the random source is the caller's."""

from collections.abc import Callable

STEADY_S = 10.0
"""A link that lasted this long was no failure; one that was closed sooner counts as one more (s)."""


class Attempts:
    """One series of attempts: 2.0.1 part 4 §5.3, used for 1.6 too, which names no formula.

    The wait before the n-th retry is the minimum, doubled with each failure but at most `repeats` times, plus a fresh
    random part of up to `random_s`.
    """

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self.failures = 0

    def failed(self, minimum_s: float, random_s: float, repeats: int) -> float:
        """An attempt failed: seconds until the next."""
        doublings = min(self.failures, repeats)
        self.failures += 1
        return float(minimum_s * 2**doublings + random_s * self._random())

    def ended(self, lasted_s: float) -> None:
        """A link ended. If it lasted, the series starts anew; accepted and closed at once is a failure like another."""
        if lasted_s >= STEADY_S:
            self.failures = 0
