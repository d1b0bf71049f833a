"""Whether a charging profile is one that a charger can follow. Judges the profile itself; knows no charger."""

from itertools import pairwise
from typing import NamedTuple

from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, ProfileFlaw, RateUnit, SchedulePeriod

from vcp_abstraction.schedule import LONGEST_S


class Capability(NamedTuple):
    """What a charger can take."""

    stack_levels: int
    """The highest."""
    periods: int
    units: frozenset[RateUnit]
    strict_start: bool
    """Absolute schedules must have a start, relative ones must not."""
    relative_station_limit: bool = False
    """Whether the station's limit may start with a transaction."""
    direct_current: bool = False
    """There are no phases where the profile is for."""


class Flaw(NamedTuple):
    """What is wrong with a profile."""

    kind: ProfileFlaw
    detail: str


def flaw_of(profile: ChargingProfile, can: Capability) -> Flaw | None:
    """The first flaw of a profile, or None (1.6 §5.16, §7.8 to §7.14; 2.0.1 K01)."""
    if profile.purpose == "external":
        return Flaw("bad_profile", "external constraints are not the backend's to set")  # K01.FR.22
    if not 0 <= profile.stack_level <= can.stack_levels:
        return Flaw("bad_stack_level", f"stack levels are 0 to {can.stack_levels}")
    if len(profile.schedules) != 1:
        return Flaw("bad_schedule", "one schedule, as no car is there that chooses among several")
    valid_from, valid_to = profile.valid_from, profile.valid_to
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        return Flaw("bad_profile", "valid_to must be after valid_from")
    schedule = profile.schedules[0]
    return _flaw_of_kind(profile, schedule, can) or _flaw_of_schedule(schedule, can)


def _flaw_of_kind(profile: ChargingProfile, schedule: ChargingSchedule, can: Capability) -> Flaw | None:
    if profile.kind == "relative":
        if profile.purpose == "station_max" and not can.relative_station_limit:
            return Flaw("bad_profile", "the station's limit can't be relative to a transaction")  # K01.FR.38
        if can.strict_start and schedule.start is not None:
            return Flaw("bad_schedule", "a relative schedule has no start of its own")
        return None
    if profile.kind == "recurring":
        if profile.recurrency is None:
            return Flaw("bad_profile", "a recurring profile must say how often")
        if schedule.start is None:
            return Flaw("bad_schedule", "a recurring schedule must have a start")
    if schedule.start is None and can.strict_start:
        return Flaw("bad_schedule", "an absolute schedule must have a start")
    return None


def _flaw_of_schedule(schedule: ChargingSchedule, can: Capability) -> Flaw | None:
    if schedule.unit not in can.units:
        return Flaw("bad_unit", f"the charger takes limits in {' or '.join(sorted(can.units))}")
    if schedule.duration_s is not None and not 0 < schedule.duration_s <= LONGEST_S:
        return Flaw("bad_schedule", f"the duration must be 1 to {LONGEST_S} seconds")
    if schedule.min_rate is not None and schedule.min_rate < 0:
        return Flaw("bad_schedule", "the least rate can't be negative")
    if not 1 <= len(schedule.periods) <= can.periods:
        return Flaw("bad_schedule", f"a schedule has 1 to {can.periods} periods")
    starts = [period.start_s for period in schedule.periods]
    if starts[0] != 0:
        return Flaw("bad_schedule", "the first period must start at 0")
    if any(later <= earlier for earlier, later in pairwise(starts)):
        return Flaw("bad_schedule", "the periods must ascend")
    if starts[-1] > LONGEST_S:
        return Flaw("bad_schedule", f"a period must start within {LONGEST_S} seconds")
    return next((flaw for period in schedule.periods if (flaw := _flaw_of_period(period, can))), None)


def _flaw_of_period(period: SchedulePeriod, can: Capability) -> Flaw | None:
    if period.limit < 0:
        return Flaw("bad_schedule", "a limit can't be negative")
    if can.direct_current:
        # 2.0.1 K01.FR.44: accepted, and what it says of phases is not heeded
        return None
    if period.phases is not None and not 1 <= period.phases <= 3:
        return Flaw("bad_schedule", "phases are 1 to 3")
    if period.phase_to_use is not None:
        return Flaw("bad_schedule", "the charger can't choose which phase to use")
    return None
