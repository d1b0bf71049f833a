"""The arithmetic of charging schedules: which limit holds when, and what several limits come to. Knows no charger.

`reference` is when a transaction could first draw energy: relative schedules start there.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from math import ceil, floor, inf
from typing import Literal, NamedTuple

from vcp_contracts.profiles import ChargingProfile, ProfilePurpose, RateUnit, SchedulePeriod
from vcp_contracts.values import LimitedBy

LONGEST_S = 3_155_760_000
"""The longest time that a schedule may span: a hundred years."""

RECURS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}

AT_ONCE = timedelta(0)

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
    """0: direct current."""
    most_a: float
    switches_phases: bool = True
    """Whether it can leave phases unused."""
    reading: Reading = "total"
    most_w: float = inf

    def current_a(self, phases: int) -> float:
        """Most current on each of so many phases."""
        return min(self.most_a, self.most_w / w_per_a(self.voltage_v, phases))


def w_per_a(voltage_v: float, phases: int) -> float:
    """Watts of each ampere, of all phases together; direct current flows on none (0), and only once."""
    return voltage_v * (phases or 1)


class Ceiling(NamedTuple):
    """What all limits together leave: amperes on each of so many phases, of direct current (0) in all."""

    current_a: float
    phases: int
    by: LimitedBy


# --- one profile -----------------------------------------------------------------------------------------------------


class Timetable:
    """One profile, made ready to be asked what it says when."""

    __slots__ = ("_length", "_profile", "_recurs", "_schedule", "_start", "_starts", "stack_level")

    def __init__(self, profile: ChargingProfile, reference: datetime) -> None:
        schedule = profile.schedules[0]
        self.stack_level = profile.stack_level
        self._profile, self._schedule = profile, schedule
        self._start = reference
        if profile.kind != "relative" and schedule.start is not None:
            self._start = schedule.start
        self._length = (
            timedelta.max if schedule.duration_s is None else timedelta(seconds=schedule.duration_s)
        )
        self._recurs: timedelta | None = None
        if profile.kind == "recurring" and profile.recurrency is not None:
            self._recurs = RECURS[profile.recurrency]
            # 1.6 §5.16.4: an occurrence is no longer than the time to the next
            self._length = min(self._length, self._recurs)
        self._starts = [period.start_s for period in schedule.periods]

    def limit_at(self, at: datetime) -> Limit | None:
        """The limit that the profile sets at a time; None where it sets none (K01.FR.36, .37)."""
        valid_from, valid_to = self._profile.valid_from, self._profile.valid_to
        if valid_from is not None and at < valid_from:
            return None
        if valid_to is not None and at >= valid_to:
            return None
        elapsed = self._elapsed(at)
        if elapsed < AT_ONCE or elapsed >= self._length:
            return None
        schedule = self._schedule
        period = schedule.periods[self._following(elapsed) - 1]
        return Limit(period.limit, schedule.unit, period.phases, self._profile.purpose, schedule.min_rate)

    def next_change(self, after: datetime) -> datetime | None:
        """The next time at which that may change by itself."""
        shortest = min((wait for wait in self._waits(after) if wait > AT_ONCE), default=None)
        return None if shortest is None or shortest > LATEST - after else after + shortest

    def _waits(self, after: datetime) -> Iterator[timedelta]:
        """Times from `after` to everything that may come next, and to some that has passed."""
        for bound in (self._profile.valid_from, self._profile.valid_to):
            if bound is not None:
                yield bound - after
        elapsed = self._elapsed(after)
        following = self._following(elapsed)
        if following < len(self._starts):
            start = timedelta(seconds=self._starts[following])
            if start < self._length:
                yield start - elapsed
        if self._length != timedelta.max:
            yield self._length - elapsed
        if self._recurs is not None:
            yield self._recurs - elapsed

    def _following(self, elapsed: timedelta) -> int:
        """The number of the next period."""
        return bisect_right(self._starts, elapsed.total_seconds())

    def _elapsed(self, at: datetime) -> timedelta:
        """How long the schedule, or its present occurrence, has run; negative before it starts (K01.FR.30)."""
        elapsed = at - self._start
        if self._recurs is not None and elapsed >= AT_ONCE:
            return elapsed % self._recurs
        return elapsed


# --- several ---------------------------------------------------------------------------------------------------------


def by_precedence(profiles: Iterable[ChargingProfile], reference: datetime) -> list[Timetable]:
    """Profiles of which the first that sets a limit prevails (1.6 §3.13.2): the highest stack level comes first."""
    return sorted((Timetable(profile, reference) for profile in profiles), key=lambda it: -it.stack_level)


def ceiling(limits: Iterable[Limit], hardware: Hardware) -> Ceiling:
    """The lowest of all limits, and of what the hardware can give (1.6 §3.13.3, K01.FR.50)."""
    limits = list(limits)
    phases = phases_left(limits, hardware)
    lowest = Ceiling(hardware.current_a(phases), phases, "hardware")
    for limit in limits:
        current_a = amperes(limit, hardware, phases)
        if current_a < lowest.current_a:
            lowest = Ceiling(current_a, phases, limit.purpose)
        elif limit.phases == phases < hardware.phases and lowest.by == "hardware":
            lowest = lowest._replace(by=limit.purpose)
    return lowest


def phases_left(limits: Iterable[Limit], hardware: Hardware) -> int:
    """The lowest number of phases; more than there are change nothing (1.6 errata 3.34, 2.0.1 errata 3.7).

    For direct current there are none, whatever a profile says of them (2.0.1 K01.FR.44).
    """
    if not hardware.switches_phases:
        return hardware.phases
    return min([hardware.phases, *(limit.phases for limit in limits if limit.phases is not None)])


def amperes(limit: Limit, hardware: Hardware, phases: int) -> float:
    """A limit as current on each of the `phases` in use.

    Three phases are assumed of alternating current alone (2.0.1 K01.FR.49, 1.6 §7.14 "if a number is needed").
    """
    if not hardware.phases:
        return limit.value / hardware.voltage_v if limit.unit == "W" else limit.value
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
