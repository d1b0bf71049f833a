"""What the Abstraction's loop counts of itself beyond what every loop does."""

from dataclasses import dataclass

from vcp_plumbing.measures import LoopMeasures


@dataclass(slots=True, kw_only=True)
class Measures(LoopMeasures):
    """Since the process started."""

    entries: int = 0
    timers: int = 0
    loads: int = 0
    """Partitions loaded."""
    busy_s: float = 0.0
    """Time spent deciding and writing."""
    longest_cycle_s: float = 0.0
    """The longest time that deciding and writing one cycle took."""
