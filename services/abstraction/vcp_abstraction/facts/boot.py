"""The backend's verdict on the charger, and a restart that was asked for."""

from datetime import datetime
from typing import Literal

from vcp_contracts.values import BootReason

from vcp_abstraction.facts.kept import Kept


class Registration(Kept):
    """The backend's verdict since the last start."""

    verdict: Literal["none", "accepted", "pending", "rejected"] = "none"
    at: datetime | None = None
    by_rule: bool = False
    """A rule gave the verdict, or altered it: the backend may know nothing of it."""
    ever_accepted: bool = False
    boot_reason: BootReason = "power_up"
    next_try: datetime | None = None


class Restart(Kept):
    """A restart that was asked for: it waits for idleness, then for the queue."""

    reason: BootReason
    when_idle: bool = False
    deadline: datetime | None = None
    tries: int = 0
    """Attempts that failed."""
    not_before: datetime | None = None
    """When it is tried again, in real time."""
