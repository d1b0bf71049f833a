"""The lock that holds a cable at the station's end. Who may open it is decided elsewhere."""

from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.authorization import LockedFor
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.transactions import Transaction


def cable_left(cp: Charger, evse: EvseFacts) -> bool:
    """Whether a cable is left that the driver has yet to pull; the station's end of a fixed one stays."""
    hardware = cp.configuration.evses[evse.id - 1].connectors
    return any(
        c.plugged_ev or (c.plugged_station and not part.fixed_cable)
        for c, part in zip(evse.connectors, hardware, strict=True)
    )


def lock(cp: Charger, evse: EvseFacts) -> None:
    """Holds the connected cable's station end, where it has one."""
    connector = evse.connected
    if (
        connector is not None
        and not cp.configuration.evses[evse.id - 1].connectors[connector.id - 1].fixed_cable
    ):
        connector.locked = True


def unlock(evse: EvseFacts) -> None:
    """Lets go of the cable."""
    evse.locked_for = None
    for connector in evse.connectors:
        connector.locked = False


def keep_locked(evse: EvseFacts, transaction: Transaction) -> None:
    """The cable stays locked until its owner shows his token again (1.6 errata 3.17)."""
    if transaction.token is not None and any(connector.locked for connector in evse.connectors):
        evse.locked_for = LockedFor(token=transaction.token, group=transaction.group)
