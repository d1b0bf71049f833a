"""What is to be done later on one link. Has no clock of its own and no timer: it is asked when it is due next."""

import heapq
from collections.abc import Callable
from itertools import count

Do = Callable[[], None]

_SPARE = 64
"""How many that were called off may be carried along."""


class Agenda:
    """Deeds by the monotonic time at which they are due; those of one time in the order in which they were put down."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int]] = []
        self._deeds: dict[int, Do] = {}
        self._numbers = count(1)

    def put(self, at: float, do: Do) -> int:
        """To be done then. Returns the number to call it off with."""
        number = next(self._numbers)
        self._deeds[number] = do
        heapq.heappush(self._due, (at, number))
        return number

    def call_off(self, number: int) -> None:
        """Not to be done any more."""
        self._deeds.pop(number, None)
        if len(self._due) > 2 * len(self._deeds) + _SPARE:
            self._due = [entry for entry in self._due if entry[1] in self._deeds]
            heapq.heapify(self._due)

    def next_due(self) -> float | None:
        """When to look at `tick` next."""
        while self._due and self._due[0][1] not in self._deeds:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def tick(self, now: float) -> None:
        """Does what is due."""
        while (at := self.next_due()) is not None and at <= now:
            number = heapq.heappop(self._due)[1]
            self._deeds.pop(number)()
