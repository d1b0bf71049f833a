"""Composite schedules: what all charging profiles together will allow an EVSE, or the station as a whole."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from vcp_contracts.profiles import RateUnit, SchedulePeriod

from vcp_abstraction import limits, schedule
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.limits import Stack
from vcp_abstraction.schedule import Hardware, Limit

Composite = tuple[tuple[SchedulePeriod, ...], int]
"""Periods, and how many seconds they reach."""


def of_evse(cp: Charger, evse: EvseFacts, unit: RateUnit, duration_s: int, most_steps: int) -> Composite:
    """One EVSE's limits from now on, the station's undivided limit among them."""
    start = cp.now
    cap, own = limits.of_station(cp, start), limits.of_evse(cp, evse, _reference(evse, start))
    hardware = limits.hardware_of(cp, evse)
    whole = limits.station_hardware(cp)

    def value_at(at: datetime) -> tuple[float, int | None]:
        station = limits.at_evse(limits.limits_at(cap, at), hardware, whole)
        current_a, phases, _ = schedule.ceiling([*station, *limits.limits_at(own, at)], hardware)
        value = current_a if unit == "A" else current_a * schedule.w_per_a(hardware.voltage_v, phases)
        # 2.0.1 ChargingSchedulePeriodType: for direct current the number is left out
        return value, phases or None

    stacks = [*cap, *own]
    return schedule.compose(value_at, _changes(stacks), start, duration_s, most_steps)


def of_station(cp: Charger, unit: RateUnit, duration_s: int, most_steps: int) -> Composite:
    """What the station as a whole may draw from now on."""
    start = cp.now
    cap = limits.of_station(cp, start)
    parts = [
        _Part(limits.hardware_of(cp, evse), limits.of_evse(cp, evse, _reference(evse, start)))
        for evse in cp.facts.evses
    ]
    whole = limits.station_hardware(cp)
    direct = any(limits.is_direct_current(cp, evse) for evse in cp.facts.evses)

    def value_at(at: datetime) -> tuple[float, int | None]:
        value, phases = _together(whole, parts, limits.limits_at(cap, at), unit, at)
        return value, None if direct else phases

    stacks = [*cap, *chain(*(part.stacks for part in parts))]
    return schedule.compose(value_at, _changes(stacks), start, duration_s, most_steps)


class _Part(NamedTuple):
    """One EVSE of a station."""

    hardware: Hardware
    stacks: tuple[Stack, ...]


def _reference(evse: EvseFacts, otherwise: datetime) -> datetime:
    """When the running transaction could first draw energy; without one, as if it were now (2.0.1 K08.FR.06)."""
    transaction = evse.transaction
    since = transaction.power_path_since if transaction is not None else None
    return otherwise if since is None else since


def _changes(stacks: Sequence[Stack]) -> Callable[[datetime], datetime | None]:
    return lambda after: limits.earliest(stack.next_change(after) for stack in stacks)


def _together(
    whole: Hardware, parts: Sequence[_Part], cap: Sequence[Limit], unit: RateUnit, at: datetime
) -> tuple[float, int]:
    """What all EVSEs together may draw: the sum of what each may, within the station's limits."""
    phases = schedule.phases_left(cap, whole)
    total = 0.0
    for part in parts:
        current_a, used, _ = schedule.ceiling(limits.limits_at(part.stacks, at), part.hardware)
        if unit == "W":
            total += current_a * schedule.w_per_a(part.hardware.voltage_v, min(used, phases))
        else:
            total += current_a * limits.feed_a(part.hardware, whole)
    most_a, most_w = limits.budget(cap, whole)
    # direct current is made of all phases of the feed, however many a limit names
    direct = any(not part.hardware.phases for part in parts)
    per_a = schedule.w_per_a(whole.voltage_v, whole.phases if direct else phases)
    most = min(most_w, most_a * per_a) if unit == "W" else min(most_a, most_w / per_a)
    return min(total, most), phases
