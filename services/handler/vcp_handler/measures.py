"""What the working loop counts of itself: plain numbers, cheap to write. Says nothing to anyone."""

from dataclasses import dataclass


@dataclass(slots=True)
class Measures:
    """Since the process started."""

    last_turn: float = 0.0
    """When the loop last came round, on the process's monotonic clock."""
    cycles: int = 0
    entries: int = 0
    """Words of the Abstraction."""
    facts: int = 0
    frames: int = 0
    violations: int = 0
    """Breaches of protocol, the backends' and our own."""
    commits: int = 0
    fenced: int = 0
    """Commits that another owner's record refused."""
    full: int = 0
    """Commits that the server had no room for."""
    broken: int = 0
    """Commits that the server refused for another reason."""
    lost: int = 0
    """Partitions whose links were cut because their ownership had ended or was in doubt."""
    dead: int = 0
    """Entries that could not be read or passed on."""
