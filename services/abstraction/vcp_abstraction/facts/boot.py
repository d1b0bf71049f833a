"""The backend's verdict on the charger, and a restart that was asked for."""

from datetime import datetime
from typing import Literal

from vcp_contracts.values import BootReason

from vcp_abstraction.facts.kept import Kept


class Registration(Kept):
    """The backend's verdict since the last start."""

    verdict: Literal["none", "accepted", "pending", "rejected"] = "none"
    at: datetime | None = None
    link: str | None = None
    """The link that it came over."""
    by_rule: bool = False
    """A rule gave the verdict, or altered it: the backend may know nothing of it."""
    ever_accepted: bool = False
    boot_reason: BootReason = "power_up"
    next_try: datetime | None = None
    starting: bool = False
    """The restart is under way: nobody is served until the charger is back."""


class Restart(Kept):
    """A restart that was asked for: it waits for idleness, then for the queue."""

    reason: BootReason
    when_idle: bool = False
    deadline: datetime | None = None
    tries: int = 0
    """Attempts that failed."""
    not_before: datetime | None = None
    """When it is tried again, in real time."""

    @property
    def closes(self) -> bool:
        """Whether EVSEs that nobody uses are unavailable until then: it was told to wait for the others (2.0.1 B12)."""
        return self.reason == "scheduled_reset"
