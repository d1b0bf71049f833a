"""What falls due by itself: times lie in the facts, nothing ticks."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from vcp_contracts.actions import Beat

from vcp_abstraction import physics, status
from vcp_abstraction.blocks import (
    authorization,
    boot,
    chores,
    diagnostics,
    firmware_phases,
    link,
    metering,
    own_certificate,
    reservation,
    restart,
    rules,
    transactions,
)
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.charger import Facts
from vcp_abstraction.facts.kept import Kept
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.rules import Rules

Task = Callable[[Charger], None]


def next_due(cp: Charger) -> datetime | None:
    """When something next falls due, in real time; None: only when somebody does something."""
    if cp.setup is None or cp.facts.quarantined:
        return None
    own = next_own_due(cp)
    real = min((when for when, _ in wire_timers(cp)), default=None)
    reached = cp.facts.clock.reaches(own) if own is not None else None
    return min((when for when in (reached, real) if when is not None), default=None)


def next_own_due(cp: Charger) -> datetime | None:
    """When something next falls due by the charger's own clock."""
    return min((when for when, _ in timers(cp)), default=None)


def fire_due(cp: Charger) -> None:
    """Does what is due now by either clock, in the order in which it fell due."""
    own = [(when, task) for when, task in timers(cp) if when <= cp.now]
    real = [(when, task) for when, task in wire_timers(cp) if when <= cp.real]
    for _, task in [*sorted(real, key=_when), *sorted(own, key=_when)]:
        task(cp)


def _has_come(cp: Charger, when: datetime | None) -> bool:
    """Whether it is still due: what fell due before it may have ended or moved it."""
    return when is not None and when <= cp.now


def _when(timer: tuple[datetime, Task]) -> datetime:
    return timer[0]


def wire_timers(cp: Charger) -> Iterator[tuple[datetime, Task]]:
    """What belongs to the wire: it runs on real time, however fast the charger's clock runs."""
    facts = cp.facts
    if cp.rules is not None:
        yield from _of_rules(cp.rules)
    if not facts.powered:
        return
    flight = facts.lanes.in_flight
    if flight is not None:
        yield flight.guard, _give_link_up
    if facts.restart is not None:
        # a deadline that has passed is due no more while the next try waits
        when = facts.restart.not_before or facts.restart.deadline
        if when is not None:
            yield when, restart.perhaps_restart
    for kept in facts.chores.values():
        yield kept.guard, chores.overdue


def _of_rules(kept: Rules) -> Iterator[tuple[datetime, Task]]:
    for each in kept.standing:
        if each.until is not None:
            yield each.until, rules.expire
    for raw in kept.raw.values():
        yield raw.guard, _give_link_up_for_raw


def _give_link_up(cp: Charger) -> None:
    flight = cp.facts.lanes.in_flight
    if flight is not None and flight.guard <= cp.real:
        link.reopen(cp, "no outcome of an action in time")


def _give_link_up_for_raw(cp: Charger) -> None:
    if cp.rules is not None and any(raw.guard <= cp.real for raw in cp.rules.raw.values()):
        link.reopen(cp, "no outcome of a raw message in time")


def timers(cp: Charger) -> Iterator[tuple[datetime, Task]]:
    """Everything that has a time by the charger's own clock, with what is to be done then."""
    facts = cp.facts
    if facts.link.back_at is not None:
        yield facts.link.back_at, _network_back
    if not facts.powered:
        return
    if facts.link.state == "up":
        yield from _on_line(cp)
    if facts.aligned_due is not None:
        yield facts.aligned_due, metering.aligned
    if facts.limit_due is not None:
        yield facts.limit_due, transactions.follow_limits
    if facts.aligned_end_due is not None:
        yield facts.aligned_end_due, metering.aligned_for_end
    yield from _of_certificates(cp)
    ends = reservation.next_end(cp)
    if ends is not None:
        yield ends, reservation.expire
    for settling in facts.settling.values():
        yield settling.until, status.settled
    if facts.firmware.update is not None and facts.firmware.update.due is not None:
        yield facts.firmware.update.due, _update_phase_over
    if facts.upload.current is not None and facts.upload.current.due is not None:
        yield facts.upload.current.due, _upload_phase_over
    for evse in facts.evses:
        yield from _at(evse.id, cp)


def move(cp: Charger, by: timedelta) -> None:
    """The clock was set: what is pending moves along, so that it happens as late as it would have."""
    facts = cp.facts
    for holder, names in _times(facts):
        for name in names:
            when = getattr(holder, name)
            if when is not None:
                setattr(holder, name, when + by)
    own_certificate.clock_moved(cp, by)
    metering.align(cp)
    if cp.profiles.installed:
        # another time, other limits: looked at at once
        facts.limit_due = cp.now


def _times(facts: Facts) -> Iterator[tuple[Kept, tuple[str, ...]]]:
    yield facts, ("last_spoken",)
    yield facts.link, ("back_at", "down_since", "since")
    yield facts.registration, ("next_try",)
    yield facts.lanes, ("not_before",)
    for settling in facts.settling.values():
        yield settling, ("until",)
    # a date that the backend named stays that date
    if facts.firmware.update is not None and facts.firmware.update.phase not in ("scheduled", "dated"):
        yield facts.firmware.update, ("due", "not_before")
    if facts.upload.current is not None:
        yield facts.upload.current, ("due", "not_before")
    for evse in facts.evses:
        yield evse, ("metered_at", "plug_deadline")
        if evse.authorization is not None:
            yield evse.authorization, ("deadline",)
        if evse.transaction is not None:
            yield evse.transaction, ("sample_due", "end_sample_due", "power_path_since")


def _of_certificates(cp: Charger) -> Iterator[tuple[datetime, Task]]:
    held = cp.certificates
    if held.renewal_due is not None:
        yield held.renewal_due, own_certificate.renewal_due
    if held.takes_over_at is not None:
        yield held.takes_over_at, own_certificate.takes_over
    if held.signing is not None and held.signing.ask_again_at is not None:
        yield held.signing.ask_again_at, _ask_signing_again


def _on_line(cp: Charger) -> Iterator[tuple[datetime, Task]]:
    facts = cp.facts
    registration = facts.registration
    if registration.next_try is not None and not facts.lanes.boot:
        yield registration.next_try, _boot_again
    if registration.verdict != "accepted" or facts.lanes.in_flight is not None:
        return
    if facts.lanes.transactions and facts.lanes.not_before is not None:
        yield facts.lanes.not_before, _try_again
    interval = cp.settings.seconds("OCPPCommCtrlr.HeartbeatInterval")
    if interval > 0 and facts.last_spoken is not None and not facts.lanes.express:
        yield facts.last_spoken + timedelta(seconds=interval), _beat


def _at(number: int, cp: Charger) -> Iterator[tuple[datetime, Task]]:
    evse = cp.facts.evses[number - 1]
    if evse.authorization is not None and evse.authorization.deadline is not None:
        yield evse.authorization.deadline, lambda c: _no_cable(c, c.facts.evses[number - 1])
    if evse.plug_deadline is not None:
        yield evse.plug_deadline, lambda c: authorization.no_token_came(c, c.facts.evses[number - 1])
    if evse.transaction is None:
        return
    if evse.transaction.sample_due is not None:
        yield evse.transaction.sample_due, lambda c: _sample(c, number, metering.sampled)
    if evse.transaction.end_sample_due is not None:
        yield evse.transaction.end_sample_due, lambda c: _sample(c, number, metering.sampled_for_end)
    full = physics.battery_full_at(evse)
    if full is not None:
        yield full, lambda c: transactions.energy_used_up(c, c.facts.evses[number - 1])


def _no_cable(cp: Charger, evse: EvseFacts) -> None:
    if evse.authorization is not None and _has_come(cp, evse.authorization.deadline):
        authorization.timed_out(cp, evse)


def _sample(cp: Charger, number: int, take: Callable[[Charger, EvseFacts], None]) -> None:
    evse = cp.facts.evses[number - 1]
    if evse.transaction is not None:
        take(cp, evse)


def _network_back(cp: Charger) -> None:
    if _has_come(cp, cp.facts.link.back_at):
        link.network_back(cp)


def _update_phase_over(cp: Charger) -> None:
    if cp.facts.firmware.update is not None and _has_come(cp, cp.facts.firmware.update.due):
        firmware_phases.phase_over(cp)


def _upload_phase_over(cp: Charger) -> None:
    if cp.facts.upload.current is not None and _has_come(cp, cp.facts.upload.current.due):
        diagnostics.phase_over(cp)


def _ask_signing_again(cp: Charger) -> None:
    signing = cp.certificates.signing
    if signing is not None and _has_come(cp, signing.ask_again_at):
        own_certificate.ask_again(cp)


def _boot_again(cp: Charger) -> None:
    cp.facts.registration.next_try = None
    boot.boot(cp)


def _try_again(cp: Charger) -> None:
    """The wait of the transaction lane is over; the release that follows sends its head."""
    cp.facts.lanes.not_before = None


def _beat(cp: Charger) -> None:
    cp.enqueue(Beat(**cp.words()), "express")
