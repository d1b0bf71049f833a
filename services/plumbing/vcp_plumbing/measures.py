"""What every working loop counts of itself: plain numbers, cheap to write. Says nothing to anyone."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class LoopMeasures:
    """Since the process started."""

    last_turn: float = 0.0
    """When the loop last came round, on the process's monotonic clock."""
    cycles: int = 0
    commits: int = 0
    fenced: int = 0
    """Commits that another owner's record refused."""
    full: int = 0
    """Commits that the server had no room for."""
    broken: int = 0
    """Commits that the server refused for another reason."""
    dead: int = 0
    """Entries that could not be read or applied."""
    recoveries: int = 0
    """Times that all memory was dropped, because the broker was away or another one."""
