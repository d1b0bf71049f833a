"""What the chores worker's loop counts of itself beyond what every loop does."""

from dataclasses import dataclass

from vcp_plumbing.measures import LoopMeasures


@dataclass(slots=True, kw_only=True)
class Measures(LoopMeasures):
    """Since the process started."""

    orders: int = 0
    results: int = 0
