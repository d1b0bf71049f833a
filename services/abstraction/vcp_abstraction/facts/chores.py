"""Slow work that is out."""

from datetime import datetime

from vcp_contracts.chores import AnyChore

from vcp_abstraction.facts.kept import Kept


class OpenChore(Kept):
    """Slow work that was ordered, and has not been told as done."""

    order: AnyChore
    guard: datetime
    """Past it, in real time, it is ordered again."""
    orders: int = 1
    until: datetime | None = None
    """Past it, in real time, it has failed; None: it may be ordered again."""
