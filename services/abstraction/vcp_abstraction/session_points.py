"""What starts a transaction, what keeps it up, and what its energy does. Derived; changes nothing."""

from vcp_contracts.manners import StartPoint
from vcp_contracts.values import ChargingState

from vcp_abstraction import physics, status
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts

POINTS: dict[str, StartPoint] = {
    "ParkingBayOccupancy": "parking_bay_occupancy",
    "EVConnected": "ev_connected",
    "Authorized": "authorized",
    "PowerPathClosed": "power_path_closed",
    "EnergyTransfer": "energy_transfer",
}


def start_points(cp: Charger) -> frozenset[StartPoint]:
    """What starts a transaction."""
    fixed = cp.manners.start_points
    return (
        fixed
        if fixed is not None
        else frozenset(POINTS[p] for p in cp.settings.members("TxCtrlr.TxStartPoint"))
    )


def stop_points(cp: Charger) -> frozenset[StartPoint]:
    """What a transaction needs to go on."""
    fixed = cp.manners.stop_points
    return (
        fixed
        if fixed is not None
        else frozenset(POINTS[p] for p in cp.settings.members("TxCtrlr.TxStopPoint"))
    )


def begins(cp: Charger, evse: EvseFacts) -> bool:
    """Whether a start point holds. A cable that is left from the session before begins none."""
    if evse.finishing or (evse.authorization is None and evse.connected is None):
        return False
    return any(holds(cp, evse, point) for point in start_points(cp))


def holds(cp: Charger, evse: EvseFacts, point: StartPoint) -> bool:
    """Whether a start or stop point holds now."""
    connected = evse.connected is not None
    authorized = evse.authorization is not None
    match point:
        case "ev_connected" | "parking_bay_occupancy":
            return connected
        case "authorized":
            return authorized
        case "power_path_closed":
            return connected and authorized
        case "energy_transfer":
            return charging_state(cp, evse) == "charging"


def charging_state(cp: Charger, evse: EvseFacts) -> ChargingState:
    """What the facts say of the energy. If both sides suspend, the station's word wins (1.6 §4.9)."""
    if evse.connected is None:
        return "idle"
    if evse.authorization is None or not cp.facts.powered:
        return "ev_connected"
    transaction = evse.transaction
    withheld = transaction is not None and transaction.suspended
    if evse.offer is not None and evse.offer.current_a <= 0:
        withheld = True
    if withheld or status.blocking_fault(cp, evse) is not None:
        return "suspended_evse"
    if any(fault.kind == status.CAR_FAULT for fault in evse.connected.faults):
        return "suspended_ev"
    return "charging" if physics.drawn_w(cp, evse) > 0 else "suspended_ev"
