"""What the Handler's loop counts of itself beyond what every loop does."""

from dataclasses import dataclass

from vcp_plumbing.measures import LoopMeasures


@dataclass(slots=True, kw_only=True)
class Measures(LoopMeasures):
    """Since the process started."""

    entries: int = 0
    """Words of the Abstraction."""
    facts: int = 0
    frames: int = 0
    violations: int = 0
    """Breaches of protocol, the backends' and our own."""
    lost: int = 0
    """Partitions whose links were cut because their ownership had ended or was in doubt."""
