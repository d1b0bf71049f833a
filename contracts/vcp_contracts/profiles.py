"""Charging profiles: how much may be charged, and when. Values only; what they mean together is the charger's business."""

from typing import Literal

from pydantic import AwareDatetime

from vcp_contracts.words import Value

ProfilePurpose = Literal["station_max", "external", "tx_default", "tx"]
"""What a profile limits: all EVSEs together; the same, by somebody other than the backend; transactions without a
profile of their own; one transaction."""

LimitSource = Literal["backend", "energy_manager", "grid_operator", "other"]
"""Who has set a limit."""

RateUnit = Literal["A", "W"]
"""Amperes of each phase (direct current: in all), or watts of all phases together."""


class SchedulePeriod(Value):
    """A limit that holds from `start_s` seconds after the schedule's start until the next period or the end."""

    start_s: int
    limit: float
    """In the schedule's unit."""
    phases: int | None = None
    """How many phases may be used; absent: all. Nothing to direct current."""
    phase_to_use: int | None = None
    """Which one, where `phases` is 1."""


class ChargingSchedule(Value):
    """A list of limits. Without `duration_s` its last period has no end."""

    id: int | None = None
    """The backend's number of it, where the version has one."""
    start: AwareDatetime | None = None
    duration_s: int | None = None
    unit: RateUnit
    periods: tuple[SchedulePeriod, ...]
    min_rate: float | None = None
    """Below this charging is inefficient: a hint for sharing, no limit. In the schedule's unit."""


class ChargingProfile(Value):
    """A schedule with its purpose and precedence. Of several that hold at a time, the highest stack level prevails."""

    id: int
    stack_level: int
    purpose: ProfilePurpose
    kind: Literal["absolute", "recurring", "relative"]
    """`relative`: the schedule starts when charging can start."""
    recurrency: Literal["daily", "weekly"] | None = None
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None
    transaction: str | None = None
    """The transaction it is for, by the name that the wire has for it."""
    schedules: tuple[ChargingSchedule, ...]
    """Exactly one; more are for cars that choose among them."""


ProfileFlaw = Literal[
    "duplicate",
    "bad_profile",
    "bad_schedule",
    "bad_stack_level",
    "bad_unit",
    "no_transaction",
    "too_many",
]
"""Why a charger can't take a profile."""
