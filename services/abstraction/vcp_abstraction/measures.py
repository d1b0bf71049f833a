"""What the working loop counts of itself: plain numbers, cheap to write. Says nothing to anyone."""

from dataclasses import dataclass


@dataclass(slots=True)
class Measures:
    """Since the process started."""

    cycles: int = 0
    entries: int = 0
    timers: int = 0
    commits: int = 0
    fenced: int = 0
    """Commits that another owner's record refused."""
    full: int = 0
    """Commits that the server had no room for."""
    broken: int = 0
    """Commits that the server refused for another reason."""
    recoveries: int = 0
    """Times that all memory was dropped, because the broker was away or another one."""
    dead: int = 0
    loads: int = 0
    """Partitions loaded."""
    busy_s: float = 0.0
    """Time spent deciding and writing."""
    longest_cycle_s: float = 0.0
    """The longest time that deciding and writing one cycle took."""
    last_turn: float = 0.0
    """When the loop last came round, on the process's monotonic clock."""
