"""Messages of which a rule made that the backend can't do right by them: what follows is no violation of its own."""

from typing import Literal

MOST = 64
"""How many are remembered."""

Excuse = Literal["missing", "stray"]
"""Its answer will be missing; or an answer under this id will be one to no open call."""


class Excuses:
    """By message id; the oldest are forgotten."""

    def __init__(self) -> None:
        self._known: dict[tuple[Excuse, str], None] = {}

    def add(self, excuse: Excuse, message_id: str) -> None:
        """From now on this is not held against the backend."""
        self._known[excuse, message_id] = None
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def holds(self, excuse: Excuse, message_id: str) -> bool:
        """Whether this is not to be held against the backend."""
        return (excuse, message_id) in self._known
