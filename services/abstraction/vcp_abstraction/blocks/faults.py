"""Faults: raised, told, mended. Several may lie at one place; status shows the worst."""

from vcp_contracts.actions import ReportEvents
from vcp_contracts.commands import ClearFault, RaiseFault
from vcp_contracts.events import FaultCleared, FaultRaised
from vcp_contracts.settings import component_at_fault
from vcp_contracts.values import STATION, Fault, FaultKind, Place

from vcp_abstraction import status
from vcp_abstraction.blocks import transactions
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.places import ConnectorFacts


def _faults_at(cp: Charger, evse: int, connector: int | None) -> tuple[Place, list[Fault]]:
    if evse == 0:
        return Place(), cp.facts.faults
    if connector is None and len(cp.evse(evse).connectors) == 1:
        connector = 1
    if connector is None:
        raise Impossible(
            f"EVSE {evse} has several connectors", field="connector", remedy="name the connector"
        )
    return Place(evse=evse, connector=connector), cp.connector(evse, connector).faults


def raise_fault(cp: Charger, it: RaiseFault) -> None:
    """Something breaks. A blocking fault stops the energy; the transaction stays open until someone ends it."""
    place, faults = _faults_at(cp, it.evse, it.connector)
    if any(fault.kind == it.kind for fault in faults):
        raise Impossible(f"{it.kind} is there already", field="kind", remedy="clear_fault first")
    if it.kind == status.CAR_FAULT:
        _must_have_a_car(cp, place)
    fault = Fault(
        kind=it.kind, blocking=it.blocking, info=it.info, vendor=it.vendor, vendor_code=it.vendor_code
    )
    faults.append(fault)
    cp.note(FaultRaised, place=place, fault=fault)
    tell(cp, place, fault, active=True)
    _settle(cp, place)


def _must_have_a_car(cp: Charger, place: Place) -> None:
    if place.connector is None or not cp.connector(place.evse, place.connector).connected:
        raise Impossible(
            "no car is connected there to have a communication error with",
            field="evse",
            remedy="plug_in first, and name the EVSE",
        )


def car_left(cp: Charger, evse: int, connector: ConnectorFacts) -> None:
    """The car is gone, and with it what was wrong with it."""
    mend(cp, Place(evse=evse, connector=connector.id), status.CAR_FAULT)


def warn(cp: Charger, fault: Fault) -> None:
    """The station itself finds something wrong, and goes on."""
    if any(known.kind == fault.kind for known in cp.facts.faults):
        return
    cp.facts.faults.append(fault)
    cp.note(FaultRaised, place=STATION, fault=fault)
    tell(cp, STATION, fault, active=True)
    status.observe(cp)


def mend(cp: Charger, place: Place, kind: FaultKind) -> None:
    """What the charger found wrong by itself is over; nothing happens where it was not there."""
    faults = cp.facts.faults
    if place.connector is not None:
        faults = cp.connector(place.evse, place.connector).faults
    for fault in [fault for fault in faults if fault.kind == kind]:
        faults.remove(fault)
        cp.note(FaultCleared, place=place, fault=fault)
        tell(cp, place, fault, active=False)
        status.observe(cp)


def clear_fault(cp: Charger, it: ClearFault) -> None:
    """A fault is mended: what it stopped goes on."""
    place, faults = _faults_at(cp, it.evse, it.connector)
    gone = [fault for fault in faults if it.kind in (None, fault.kind)]
    if not gone:
        raise Impossible("there is no such fault", field="kind", remedy="look at the view's faults")
    for fault in gone:
        faults.remove(fault)
        cp.note(FaultCleared, place=place, fault=fault)
        tell(cp, place, fault, active=False)
    _settle(cp, place)


def _settle(cp: Charger, place: Place) -> None:
    for evse in cp.evses_at(place):
        transactions.advance(cp, evse, "charging_state_changed")
    status.observe(cp)


def tell(cp: Charger, place: Place, fault: Fault, *, active: bool) -> None:
    """Where the status carries no fault, it is an event of its own (2.0.1 G05, N07)."""
    if cp.manners.status_carries_fault or "report_events" not in cp.manners.speaks:
        return
    if not active and _still_wrong(cp, place, fault):
        return
    cp.facts.event_number += 1
    cp.enqueue(
        ReportEvents(
            **cp.words(),
            event_number=cp.facts.event_number,
            place=place,
            fault=fault,
            active=active,
        ),
        "express",
    )


def _still_wrong(cp: Charger, place: Place, mended: Fault) -> bool:
    """Whether something else is wrong with the component: then it still has a problem."""
    _, left = _faults_at(cp, place.evse, place.connector)
    component = component_at_fault(mended.kind, place)
    return any(component_at_fault(fault.kind, place) == component for fault in left)
