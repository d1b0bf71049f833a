"""Availability and the connector lock: what the backend may take out of service, and open."""

from vcp_contracts.requests import Availability, SetAvailability, Unlock, Unlocked, UnlockResult

from vcp_abstraction import levels, status
from vcp_abstraction.blocks import authorization, transactions
from vcp_abstraction.charger import Charger


def set_availability(cp: Charger, it: SetAvailability) -> Availability:
    """Takes a place into or out of service: now, or when its transaction is over (1.6 §5.2, 2.0.1 G03)."""
    if not cp.knows(it.place):
        return Availability(**cp.reply(it), result="rejected", detail="unknown place")
    waiting = False
    for level, evses in levels.at(cp, it.place):
        changes = level.operative and not it.operative
        busy = changes and any(evse.transaction is not None for evse in evses)
        level.becomes_operative = False if busy else None
        if busy:
            waiting = True
        else:
            level.operative = it.operative
    for evse in cp.evses_at(it.place):
        transactions.advance(cp, evse, "charging_state_changed")
    status.observe(cp)
    return Availability(**cp.reply(it), result="scheduled" if waiting else "accepted")


def unlock(cp: Charger, it: Unlock) -> Unlocked:
    """Opens the lock. The physical result is decided in the reply, which leaves before what it causes."""
    return Unlocked(**cp.reply(it), result=_unlock(cp, it))


def _unlock(cp: Charger, it: Unlock) -> UnlockResult:
    if it.place.evse == 0 or not cp.knows(it.place):
        return "unknown_place"
    evse = cp.facts.evses[it.place.evse - 1]
    # 1.6 knows no connectors of an EVSE: it means the one that is in use
    number = it.place.connector or (evse.connected.id if evse.connected is not None else 1)
    connector = evse.connectors[number - 1]
    # 2.0.1 F05.FR.02 means an authorized transaction at this very connector; any other lock may be tried
    busy = evse.transaction is not None and evse.authorization is not None
    here = evse.connected is None or evse.connected.id == number
    if busy and here and cp.manners.unlock_in_transaction == "refused":
        return "in_transaction"
    if cp.configuration.evses[evse.id - 1].connectors[number - 1].fixed_cable:
        return "no_lock"
    jams = cp.facts.behaviour.unlock == "fails"
    stays_locked = connector.locked and jams
    # 1.6 §5.18: what is going on ends first, whether the lock opens then or not
    if busy and cp.manners.unlock_in_transaction == "ends_it":
        authorization.withdraw(cp, evse, "unlock_command", "unlock_command")
    connector.locked = stays_locked
    if jams:
        return "failed"
    evse.locked_for = None
    return "unlocked"
