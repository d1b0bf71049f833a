"""What one cycle of a partition leaves to be written, in one commit. Pure data; knows no key."""

from dataclasses import dataclass, field
from datetime import datetime

from vcp_abstraction.core import Handling

BODY_KEPT = 4_096
"""How much of a dead entry's body is kept, in bytes."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What to write of one charger. `forget`: delete all that is stored of it first; `exists`: then write the rest."""

    charge_point: str
    exists: bool
    forget: bool = False
    new: bool = False
    sections: dict[str, bytes] = field(default_factory=dict)
    sections_removed: list[str] = field(default_factory=list)
    queue_written: dict[str, bytes] = field(default_factory=dict)
    queue_removed: list[str] = field(default_factory=list)
    view: bytes | None = None
    """None where it has not changed."""

    @property
    def says_something(self) -> bool:
        """Whether there is anything to write."""
        return bool(
            self.forget
            or self.sections
            or self.sections_removed
            or self.queue_written
            or self.queue_removed
            or self.view is not None
        )


@dataclass(frozen=True, slots=True)
class Dead:
    """An entry (or a timer) that could not be read or applied."""

    entry: str
    charge_point: str | None
    reason: str
    body: bytes = b""
    trace: str | None = None
    """Where the code failed, for the log alone."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A load of the partition: from which position and time on which nonce made the ids."""

    position: str
    horizon: datetime
    nonce: str


@dataclass(slots=True)
class Changes:
    """All of one cycle. `position` is None where no entry was taken, only timers."""

    position: str | None = None
    horizon: datetime | None = None
    entries: int = 0
    timers: int = 0
    to_handler: list[bytes] = field(default_factory=list)
    to_chores: list[bytes] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    results: list[tuple[str, bytes]] = field(default_factory=list)
    dead: list[Dead] = field(default_factory=list)
    keepings: list[Keeping] = field(default_factory=list)
    handling: Handling | None = None
    epoch: Epoch | None = None
