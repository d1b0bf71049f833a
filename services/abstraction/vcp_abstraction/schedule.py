"""The arithmetic of charging schedules: which limit holds when, and what several limits come to. Knows no charger.

`reference` is when a transaction could first draw energy: relative schedules start there.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import Literal, NamedTuple

from vcp_contracts.profiles import ChargingProfile, ProfilePurpose, RateUnit, SchedulePeriod
from vcp_contracts.values import LimitedBy

LONGEST_S = 3_155_760_000
"""The longest time that a schedule may span: a hundred years."""

RECURS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}

LATEST = datetime.max.replace(tzinfo=UTC)

Reading = Literal["total", "per_phase"]
"""How a limit in watts counts for another number of phases: as the total of those in use, or phase by phase."""


class Limit(NamedTuple):
    """What one profile says at one time."""

    value: float
    unit: RateUnit
    phases: int | None
    purpose: ProfilePurpose
    min_rate: float | None = None


class Hardware(NamedTuple):
    """What a place could give without any limit."""

    voltage_v: float
    phases: int
    most_a: float
    switches_phases: bool = True
    """Whether it can leave phases unused."""
    reading: Reading = "total"


class Ceiling(NamedTuple):
    """What all limits together leave: amperes on each of so many phases."""

    current_a: float
    phases: int
    by: LimitedBy


# --- one profile -----------------------------------------------------------------------------------------------------


def limit_at(profile: ChargingProfile, at: datetime, reference: datetime) -> Limit | None:
    """The limit that a profile sets at a time; None where it sets none (K01.FR.36, .37)."""
    if profile.valid_from is not None and at < profile.valid_from:
        return None
    if profile.valid_to is not None and at >= profile.valid_to:
        return None
    elapsed = _elapsed(profile, at, reference)
    if elapsed < timedelta(0) or elapsed >= _length(profile):
        return None
    schedule = profile.schedules[0]
    seconds = elapsed.total_seconds()
    period = next(p for p in reversed(schedule.periods) if p.start_s <= seconds)
    return Limit(period.limit, schedule.unit, period.phases, profile.purpose, schedule.min_rate)


def next_change(profile: ChargingProfile, after: datetime, reference: datetime) -> datetime | None:
    """The next time at which the profile's limit may change by itself."""
    waits = [wait for wait in _waits(profile, after, reference) if wait > timedelta(0)]
    shortest = min(waits, default=None)
    if shortest is None or shortest > LATEST - after:
        return None
    return after + shortest


def _waits(profile: ChargingProfile, after: datetime, reference: datetime) -> Iterator[timedelta]:
    """Times from `after` to everything that may change the limit, also to what has passed."""
    for bound in (profile.valid_from, profile.valid_to):
        if bound is not None:
            yield bound - after
    elapsed = _elapsed(profile, after, reference)
    length = _length(profile)
    for period in profile.schedules[0].periods:
        if timedelta(seconds=period.start_s) < length:
            yield timedelta(seconds=period.start_s) - elapsed
    if length != timedelta.max:
        yield length - elapsed
    if profile.recurrency is not None and profile.kind == "recurring":
        yield RECURS[profile.recurrency] - elapsed


def _elapsed(profile: ChargingProfile, at: datetime, reference: datetime) -> timedelta:
    """How long the schedule, or its present occurrence, has run; negative before it starts (K01.FR.30)."""
    start = profile.schedules[0].start
    if profile.kind == "relative" or start is None:
        return at - reference
    elapsed = at - start
    if profile.kind == "recurring" and profile.recurrency is not None and elapsed >= timedelta(0):
        return elapsed % RECURS[profile.recurrency]
    return elapsed


def _length(profile: ChargingProfile) -> timedelta:
    """How long the schedule, or one occurrence of it, runs (1.6 §5.16.4: no longer than it recurs)."""
    duration_s = profile.schedules[0].duration_s
    length = timedelta.max if duration_s is None else timedelta(seconds=duration_s)
    if profile.kind == "recurring" and profile.recurrency is not None:
        return min(length, RECURS[profile.recurrency])
    return length


# --- several ---------------------------------------------------------------------------------------------------------


def prevailing(profiles: Iterable[ChargingProfile], at: datetime, reference: datetime) -> Limit | None:
    """The limit of the highest stack level that sets one now (1.6 §3.13.2): gaps fall through to lower levels."""
    for profile in sorted(profiles, key=lambda p: -p.stack_level):
        limit = limit_at(profile, at, reference)
        if limit is not None:
            return limit
    return None


def ceiling(limits: Iterable[Limit], hardware: Hardware) -> Ceiling:
    """The lowest of all limits, and of what the hardware can give (1.6 §3.13.3, K01.FR.50)."""
    limits = list(limits)
    phases = phases_left(limits, hardware)
    lowest = Ceiling(hardware.most_a, phases, "hardware")
    for limit in limits:
        current_a = amperes(limit, hardware, phases)
        if current_a < lowest.current_a:
            lowest = Ceiling(current_a, phases, limit.purpose)
        elif limit.phases == phases < hardware.phases and lowest.by == "hardware":
            lowest = lowest._replace(by=limit.purpose)
    return lowest


def phases_left(limits: Iterable[Limit], hardware: Hardware) -> int:
    """The lowest number of phases; more than there are change nothing (1.6 errata 3.34, 2.0.1 errata 3.7)."""
    if not hardware.switches_phases:
        return hardware.phases
    return min([hardware.phases, *(limit.phases for limit in limits if limit.phases is not None)])


def amperes(limit: Limit, hardware: Hardware, phases: int) -> float:
    """A limit as current on each of the `phases` in use."""
    own_phases = min(limit.phases or hardware.phases, 3)
    if limit.unit == "W":
        counted = phases if hardware.reading == "total" else own_phases
        current_a = limit.value / (hardware.voltage_v * counted)
        split = hardware.reading == "per_phase"
    else:
        current_a, split = limit.value, True
    if split and not hardware.switches_phases and own_phases < phases:
        # phases that can't be left unused share what fewer phases may have
        return current_a * own_phases / phases
    return current_a


# --- composites ------------------------------------------------------------------------------------------------------


def compose(
    value_at: Callable[[datetime], tuple[float, int | None]],
    change_after: Callable[[datetime], datetime | None],
    start: datetime,
    duration_s: int,
    most_steps: int,
) -> tuple[tuple[SchedulePeriod, ...], int]:
    """A limit over time as periods, and how far they reach: less than `duration_s` after too many changes.

    `value_at` gives limit and phases, `change_after` when they may change next. Limits are rounded to one decimal.
    """
    periods: list[SchedulePeriod] = []
    at: datetime | None = start
    for _ in range(most_steps):
        assert at is not None
        _add(periods, (at - start).total_seconds(), *value_at(at))
        at = change_after(at)
        if at is None or (at - start).total_seconds() >= duration_s:
            return tuple(periods), duration_s
    assert at is not None
    return tuple(periods), floor((at - start).total_seconds())


def _add(periods: list[SchedulePeriod], offset_s: float, limit: float, phases: int | None) -> None:
    rounded = round(limit, 1)
    last = periods[-1] if periods else None
    if last is not None and (last.limit, last.phases) == (rounded, phases):
        return
    # whole seconds that never promise more than there is
    start_s = floor(offset_s) if last is None or rounded < last.limit else ceil(offset_s)
    if last is not None and last.start_s >= start_s:
        periods.pop()
    periods.append(SchedulePeriod(start_s=start_s, limit=rounded, phases=phases))
