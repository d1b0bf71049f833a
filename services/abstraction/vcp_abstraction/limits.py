"""What charging profiles let a charger's EVSEs draw: which of them count where, and what is offered to each car now."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from math import inf
from typing import NamedTuple

from vcp_contracts.events import LimitChanged
from vcp_contracts.profiles import ChargingProfile, ProfilePurpose
from vcp_contracts.values import Place

from vcp_abstraction import physics, schedule, sharing, status
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.profiles import Offer
from vcp_abstraction.facts.transactions import Transaction
from vcp_abstraction.schedule import Ceiling, Hardware, Limit


def count(cp: Charger) -> bool:
    """Whether charging profiles mean anything here."""
    return cp.settings.flag("SmartChargingCtrlr.Available") and cp.settings.flag("SmartChargingCtrlr.Enabled")


# --- which profiles count --------------------------------------------------------------------------------------------


class Stack:
    """Profiles of which one prevails: by their stack level, and those of a first group before those of a second."""

    __slots__ = ("timetables",)

    def __init__(self, *groups: Iterable[ChargingProfile], reference: datetime) -> None:
        self.timetables = [it for group in groups for it in schedule.by_precedence(group, reference)]

    def limit_at(self, at: datetime) -> Limit | None:
        """What prevails; gaps fall through to what comes next."""
        return next((limit for it in self.timetables if (limit := it.limit_at(at)) is not None), None)

    def next_change(self, after: datetime) -> datetime | None:
        """When that may change."""
        return earliest(it.next_change(after) for it in self.timetables)


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def limits_at(stacks: Iterable[Stack], at: datetime) -> list[Limit]:
    """One limit of each stack that has one."""
    return [limit for stack in stacks if (limit := stack.limit_at(at)) is not None]


def of_station(cp: Charger, reference: datetime) -> tuple[Stack, ...]:
    """What limits all EVSEs together; nothing else does."""
    since = [t.power_path_since for evse in cp.running() if (t := evse.transaction) and t.power_path_since]
    reference = min([reference, *since])
    return _stacks(
        Stack(_installed(cp, "station_max", 0), reference=reference),
        Stack(_installed(cp, "external", 0), reference=reference),
    )


def of_evse(cp: Charger, evse: EvseFacts, reference: datetime) -> tuple[Stack, ...]:
    """What limits one EVSE, apart from the station."""
    mine = _of_transaction(cp, evse.transaction)
    own = _installed(cp, "tx_default", evse.id)
    station = _installed(cp, "tx_default", 0)
    if cp.manners.own_default_profile == "pooled":
        session = Stack(mine, (*own, *station), reference=reference)
    else:
        # 1.6 §3.13.1: a connector's own default replaces that of the station there
        session = Stack(mine, own, station, reference=reference)
    return _stacks(session, Stack(_installed(cp, "external", evse.id), reference=reference))


def _stacks(*stacks: Stack) -> tuple[Stack, ...]:
    return tuple(stack for stack in stacks if stack.timetables)


def _installed(cp: Charger, purpose: ProfilePurpose, evse: int) -> tuple[ChargingProfile, ...]:
    return tuple(
        each.profile
        for each in cp.profiles.installed
        if each.profile.purpose == purpose and each.evse == evse
    )


def _of_transaction(cp: Charger, transaction: Transaction | None) -> tuple[ChargingProfile, ...]:
    if transaction is None:
        return ()
    return tuple(each.profile for each in cp.profiles.installed if each.transaction == transaction.id)


# --- what the hardware can give --------------------------------------------------------------------------------------


def hardware_of(cp: Charger, evse: EvseFacts) -> Hardware:
    """An EVSE's outlet in use, with as many phases as the car has that is connected."""
    part = physics.part_in_use(cp, evse)
    phases = part.supply_phases
    if evse.connected is not None:
        phases = min(phases, evse.ev.phases)
    return Hardware(
        voltage_v=part.voltage_v,
        phases=phases,
        most_a=part.most_current_a,
        switches_phases=cp.settings.flag("SmartChargingCtrlr.Phases3to1"),
        reading=_reading(cp),
        most_w=part.most_power_w,
    )


def _reading(cp: Charger) -> schedule.Reading:
    chosen = cp.settings.text("Custom.PowerLimitReading")
    return cp.manners.power_limit_reading if not chosen else "total" if chosen == "total" else "per_phase"


def is_direct_current(cp: Charger, evse: EvseFacts) -> bool:
    """Whether it gives direct current: what counts is the connector in use."""
    return physics.part_in_use(cp, evse).direct_current


def least_a(cp: Charger, evse: EvseFacts) -> float:
    """The least current that a pilot signal can offer (IEC 61851: 6 A)."""
    return 0.0 if is_direct_current(cp, evse) else float(cp.settings.seconds("Custom.LeastPilotCurrent"))


# --- what is offered now ---------------------------------------------------------------------------------------------


def settle(cp: Charger) -> None:
    """Offers every running transaction what the profiles let it have now, and finds out when that may change."""
    evses = cp.facts.evses
    if not cp.profiles.installed and all(evse.offer is None for evse in evses):
        cp.facts.limit_due = None
        return
    running = list(_supplied(cp)) if cp.profiles.installed and count(cp) else []
    station = of_station(cp, cp.now) if running else ()
    own = {evse.id: of_evse(cp, evse, _since(evse)) for evse in running}
    offers = _offers(cp, running, station, own)
    for evse in evses:
        _offer(cp, evse, offers.get(evse.id))
    cp.facts.limit_due = earliest(it.next_change(cp.now) for it in chain(station, *own.values()))


def _supplied(cp: Charger) -> Iterator[EvseFacts]:
    return (e for e in cp.running() if e.transaction is not None and e.transaction.power_path_since)


def _since(evse: EvseFacts) -> datetime:
    transaction = evse.transaction
    assert transaction is not None
    assert transaction.power_path_since is not None
    return transaction.power_path_since


class _Own(NamedTuple):
    """One EVSE before sharing."""

    evse: EvseFacts
    hardware: Hardware
    ceiling: Ceiling
    min_rate_a: float


def _offers(
    cp: Charger, running: list[EvseFacts], station: Sequence[Stack], own_stacks: dict[int, tuple[Stack, ...]]
) -> dict[int, Offer]:
    cap = limits_at(station, cp.now)
    whole = station_hardware(cp)
    owns = [_own(cp, evse, own_stacks[evse.id], cap, whole) for evse in running]
    offers = {own.evse.id: _on_pilot(cp, own) for own in owns}
    if cap:
        offers |= _shared(cp, owns, offers, cap, whole)
    return {
        own.evse.id: offer
        for own in owns
        if (offer := offers[own.evse.id]).by != "hardware"
        or offer.current_a < own.hardware.current_a(own.hardware.phases)
    }


def _own(cp: Charger, evse: EvseFacts, stacks: Iterable[Stack], cap: list[Limit], whole: Hardware) -> _Own:
    hardware = hardware_of(cp, evse)
    limits = limits_at(stacks, cp.now)
    ceiling = schedule.ceiling([*limits, *at_evse(cap, hardware, whole)], hardware)
    rates = [
        schedule.amperes(limit._replace(value=limit.min_rate), hardware, ceiling.phases)
        for limit in limits
        if limit.min_rate is not None
    ]
    return _Own(evse, hardware, ceiling, max(rates, default=0.0))


def _on_pilot(cp: Charger, own: _Own) -> Offer:
    """Less than a pilot signal can say is nothing."""
    current_a, phases, by = own.ceiling
    if current_a < least_a(cp, own.evse):
        current_a = 0.0
    return Offer(current_a=current_a, phases=phases, by=by)


def _shared(
    cp: Charger, owns: list[_Own], offers: dict[int, Offer], cap: list[Limit], whole: Hardware
) -> dict[int, Offer]:
    """The station's limit is for all EVSEs together (1.6 §3.13.3): those whose cars draw share it."""
    claims = []
    for own in sorted(owns, key=lambda own: (_since(own.evse), own.evse.id)):
        allowed_a = offers[own.evse.id].current_a
        if allowed_a > 0 and _draws(cp, own.evse):
            claims.append(_claim(cp, own, allowed_a, whole))
    most_a, most_w = budget(cap, whole)
    shared = {}
    for evse, current_a in sharing.share(claims, most_a, most_w).items():
        if current_a < offers[evse].current_a:
            shared[evse] = offers[evse].model_copy(update={"current_a": current_a, "by": "shared"})
    return shared


def _claim(cp: Charger, own: _Own, allowed_a: float, whole: Hardware) -> sharing.Claim:
    w_per_a = schedule.w_per_a(own.hardware.voltage_v, own.ceiling.phases)
    wish_w = own.evse.ev.wish_w
    least = max(least_a(cp, own.evse), own.min_rate_a)
    return sharing.Claim(
        evse=own.evse.id,
        allowed_a=allowed_a,
        wanted_a=allowed_a if wish_w is None else min(allowed_a, wish_w / w_per_a),
        # an EVSE that may have less by its own limits is content with that
        least_a=min(least, allowed_a),
        w_per_a=w_per_a,
        feed_a=feed_a(own.hardware, whole),
    )


def _draws(cp: Charger, evse: EvseFacts) -> bool:
    """Whether, limits aside, energy would flow."""
    transaction = evse.transaction
    let = evse.connected is not None and evse.authorization is not None and cp.facts.powered
    withheld = transaction is None or transaction.suspended or status.blocking_fault(cp, evse) is not None
    return let and not withheld and evse.ev.ready and evse.ev.soc_wh < evse.ev.battery_wh


def _offer(cp: Charger, evse: EvseFacts, offer: Offer | None) -> None:
    if offer == evse.offer:
        return
    physics.advance_meter(evse, cp.now)
    evse.offer = offer
    transaction = evse.transaction
    if transaction is None:
        return
    given = physics.offered(cp, evse)
    cp.note(
        LimitChanged,
        place=Place(evse=evse.id, connector=transaction.connector),
        transaction=transaction.id,
        current_a=round(given.most_a, 3),
        power_w=round(given.most_w, 3),
        phases=given.phases or None,
        by=offer.by if offer is not None else "hardware",
    )


# --- the station -----------------------------------------------------------------------------------------------------


def station_hardware(cp: Charger) -> Hardware:
    """The station as a whole: as many phases as its best EVSE. Its current is the sum of all of them.

    Its feed is alternating current, of all phases where some EVSE makes direct current of it. Only where all EVSEs give
    direct current does a limit in amperes mean that (0 phases), as nothing else is told of such a station.
    """
    parts = [hardware_of(cp, evse) for evse in cp.facts.evses]
    best = max(parts, key=lambda part: part.phases)
    if best.phases and any(not part.phases for part in parts):
        best = best._replace(phases=physics.GRID_PHASES)
    return best._replace(most_a=sum(part.most_a * feed_a(part, best) for part in parts), most_w=inf)


def feed_a(part: Hardware, whole: Hardware) -> float:
    """Amperes of each phase of the station's feed for each that an EVSE gives."""
    if part.phases or not whole.phases:
        return 1.0
    return part.voltage_v / schedule.w_per_a(whole.voltage_v, whole.phases)


def at_evse(cap: Iterable[Limit], part: Hardware, whole: Hardware) -> list[Limit]:
    """The station's limits as they bind one EVSE: amperes of the feed are others where direct current is made of it."""
    each = feed_a(part, whole)
    return [limit._replace(value=limit.value / each) if limit.unit == "A" else limit for limit in cap]


def budget(cap: Sequence[Limit], hardware: Hardware) -> tuple[float, float]:
    """The station's limits as most amperes of each phase of its feed, and most watts in all."""
    most_a = most_w = inf
    for limit in cap:
        if limit.unit == "W":
            # no reading lets more watts flow than a limit has; and direct current has no phase to count them by
            most_w = min(most_w, limit.value)
        if limit.unit == "A" or (hardware.reading == "per_phase" and hardware.phases):
            phases = min(limit.phases or hardware.phases, hardware.phases)
            most_a = min(most_a, schedule.amperes(limit, hardware, phases))
    return most_a, most_w
