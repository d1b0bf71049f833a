"""What falls due by itself: times lie in the facts, nothing ticks."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from vcp_contracts.actions import Beat

from vcp_abstraction import physics
from vcp_abstraction.blocks import authorization, link, metering, provisioning, transactions
from vcp_abstraction.charger import Charger

Task = Callable[[Charger], None]


def next_due(cp: Charger) -> datetime | None:
    """When something next falls due; None: only when somebody does something."""
    if cp.setup is None or cp.facts.quarantined:
        return None
    return min((when for when, _ in timers(cp)), default=None)


def fire_due(cp: Charger) -> None:
    """Does what is due at `cp.now`, in the order in which it fell due."""
    due = sorted(
        ((when, i, task) for i, (when, task) in enumerate(timers(cp)) if when <= cp.now), key=lambda t: t[:2]
    )
    for _, _, task in due:
        task(cp)


def timers(cp: Charger) -> Iterator[tuple[datetime, Task]]:
    """Everything that has a time, with what is to be done then."""
    facts = cp.facts
    if facts.link.back_at is not None:
        yield facts.link.back_at, link.network_back
    if not facts.powered:
        return
    flight = facts.lanes.in_flight
    if flight is not None:
        yield flight.guard, lambda c: link.reopen(c, "no outcome of an action in time")
    if facts.restart is not None and facts.restart.deadline is not None:
        yield facts.restart.deadline, provisioning.perhaps_restart
    if facts.link.state == "up":
        yield from _on_line(cp)
    if facts.aligned_due is not None:
        yield facts.aligned_due, metering.aligned
    for evse in facts.evses:
        yield from _at(evse.id, cp)


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
        yield evse.authorization.deadline, lambda c: authorization.timed_out(c, c.facts.evses[number - 1])
    if evse.plug_deadline is not None:
        yield evse.plug_deadline, lambda c: authorization.no_token_came(c, c.facts.evses[number - 1])
    if evse.transaction is None:
        return
    if evse.transaction.sample_due is not None:
        yield evse.transaction.sample_due, lambda c: _sample(c, number)
    full = physics.battery_full_at(evse)
    if full is not None:
        yield full, lambda c: transactions.energy_used_up(c, c.facts.evses[number - 1])


def _sample(cp: Charger, number: int) -> None:
    evse = cp.facts.evses[number - 1]
    if evse.transaction is not None:
        metering.sampled(cp, evse)


def _boot_again(cp: Charger) -> None:
    cp.facts.registration.next_try = None
    provisioning.boot(cp)


def _try_again(cp: Charger) -> None:
    """The wait of the transaction lane is over; the release that follows sends its head."""
    cp.facts.lanes.not_before = None


def _beat(cp: Charger) -> None:
    cp.enqueue(Beat(**cp.words()), "express")
