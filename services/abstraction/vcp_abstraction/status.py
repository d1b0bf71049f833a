"""Status words, derived from facts at each change: the nine and the five. Which one is reported is a manner."""

from vcp_contracts.actions import ReportStatus
from vcp_contracts.events import StatusChanged
from vcp_contracts.values import STATION, CoarseStatus, Fault, FineStatus, Place

from vcp_abstraction.charger import Charger
from vcp_abstraction.facts import ConnectorFacts, EvseFacts, ReportedStatus

VIA: dict[tuple[FineStatus, FineStatus], FineStatus] = {
    ("available", "charging"): "preparing",
    ("available", "suspended_ev"): "preparing",
    ("available", "suspended_evse"): "preparing",
    ("available", "finishing"): "preparing",
    ("preparing", "unavailable"): "available",
    ("charging", "preparing"): "finishing",
    ("suspended_ev", "preparing"): "finishing",
    ("suspended_evse", "preparing"): "finishing",
    ("finishing", "charging"): "preparing",
    ("finishing", "suspended_ev"): "preparing",
    ("finishing", "suspended_evse"): "preparing",
    ("unavailable", "finishing"): "preparing",
}
"""Changes that the nine words do not know (1.6 §4.9, the transition table), and the word that lies between."""

COARSE: dict[FineStatus, CoarseStatus] = {
    "available": "available",
    "unavailable": "unavailable",
    "faulted": "faulted",
}


def is_operative(cp: Charger, evse: EvseFacts, connector: ConnectorFacts | None = None) -> bool:
    """Whether a place is in service: every level above it must be."""
    if not (cp.facts.operative and evse.operative) or closed_for_update(cp, evse):
        return False
    if connector is not None:
        return connector.operative
    return any(c.operative for c in evse.connectors)


def closed_for_update(cp: Charger, evse: EvseFacts) -> bool:
    """Whether an EVSE is kept free for an installation: from when it waits for the last session (1.6 §5.19; 2.0.1
    L01.FR.07, AllowNewSessionsPendingFirmwareUpdate)."""
    update = cp.facts.firmware.update
    if update is None or not update.closes:
        return False
    if update.phase != "waiting":
        return True
    in_use = evse.transaction is not None or evse.authorization is not None or evse.awaiting is not None
    return not in_use and not cp.settings.flag("ChargingStation.AllowNewSessionsPendingFirmwareUpdate")


def blocking_fault(cp: Charger, evse: EvseFacts, connector: ConnectorFacts | None = None) -> Fault | None:
    """The fault that prevents charging at a place, if there is one."""
    for fault in cp.facts.faults:
        if fault.blocking:
            return fault
    for part in [connector] if connector is not None else evse.connectors:
        for fault in part.faults:
            if fault.blocking:
                return fault
    return None


def fine_status(cp: Charger, evse: EvseFacts) -> FineStatus:
    """One of nine words (1.6 §4.9). Faults and unavailability lie over the session's word."""
    if blocking_fault(cp, evse) is not None:
        return "faulted"
    transaction = evse.transaction
    if transaction is not None:
        match transaction.state:
            case "charging":
                return "charging"
            case "suspended_evse":
                return "suspended_evse"
            case "idle" | "suspended_ev" if transaction.connector is not None:
                return "suspended_ev"
            case "ev_connected" if evse.authorization is None and transaction.stop_reason is not None:
                return "finishing"
            case _:
                return "preparing"
    if not is_operative(cp, evse):
        return "unavailable"
    if evse.authorization is not None:
        return "preparing"
    if evse.finishing:
        return "finishing"
    return "preparing" if evse.connected is not None else "available"


def coarse_status(cp: Charger, evse: EvseFacts, connector: ConnectorFacts) -> CoarseStatus:
    """One of five words (2.0.1 G01)."""
    if blocking_fault(cp, evse, connector) is not None:
        return "faulted"
    if connector.connected:
        return "occupied"
    return "available" if is_operative(cp, evse, connector) else "unavailable"


def station_status(cp: Charger) -> FineStatus:
    """The station's own word: available, unavailable or faulted."""
    if any(fault.blocking for fault in cp.facts.faults):
        return "faulted"
    return "available" if cp.facts.operative else "unavailable"


def worst_fault(cp: Charger, place: Place) -> Fault | None:
    """The fault to show at a place: a blocking one first; clearing it reveals the next."""
    faults = list(cp.facts.faults) if place.evse == 0 else []
    if place.evse:
        for connector in cp.facts.evses[place.evse - 1].connectors:
            if place.connector in (None, connector.id):
                faults.extend(connector.faults)
    faults.sort(key=lambda fault: not fault.blocking)
    return faults[0] if faults else None


def places(cp: Charger) -> list[Place]:
    """The places whose status is told, by the manners at hand."""
    if cp.manners.status_scope == "station_and_evse":
        return [STATION, *(Place(evse=evse.id) for evse in cp.facts.evses)]
    return [
        Place(evse=evse.id, connector=connector.id)
        for evse in cp.facts.evses
        for connector in evse.connectors
    ]


def words_at(cp: Charger, place: Place) -> tuple[FineStatus, CoarseStatus]:
    """Both words of a place."""
    if place.evse == 0:
        fine = station_status(cp)
        return fine, COARSE[fine]
    evse = cp.facts.evses[place.evse - 1]
    connector = evse.connectors[(place.connector or 1) - 1]
    if place.connector is None and evse.connected is not None:
        connector = evse.connected
    return fine_status(cp, evse), coarse_status(cp, evse, connector)


def observe(cp: Charger, note: str | None = None) -> None:
    """Looks at every place; notes each change, and queues its report where the backend may hear it now."""
    manners = cp.manners
    for place in places(cp):
        fine, coarse = words_at(cp, place)
        fault = worst_fault(cp, place)
        key = f"{place.evse}.{place.connector or 0}"
        word = fine if manners.status_words == "fine" else coarse
        seen = f"{fine}/{coarse}/{_fault_key(fault)}"
        changed = cp.facts.observed.get(key) != seen
        if changed:
            cp.facts.observed[key] = seen
            cp.note(StatusChanged, place=place, fine=fine, coarse=coarse, fault=fault)
        before = cp.facts.reported.get(key)
        if not (cp.online and cp.registered):
            continue
        changed_now = changed and manners.status_words == "fine"
        via = VIA.get((before.word, fine)) if changed_now and before is not None else None  # type: ignore[arg-type]
        if via is not None:
            report(cp, place, fine=via)
        told = ReportedStatus(word=word, fault=_fault_key(fault) if manners.status_carries_fault else None)
        if before == told:
            continue
        cp.facts.reported[key] = told
        report(cp, place, note=note)


def report(
    cp: Charger,
    place: Place,
    *,
    note: str | None = None,
    command: str | None = None,
    fine: FineStatus | None = None,
) -> None:
    """Queues a report of a place's status as it is now, or of a word (`fine`) that it passes through."""
    now, coarse = words_at(cp, place)
    fine = fine or now
    cp.enqueue(
        ReportStatus(
            **cp.words(), place=place, fine=fine, coarse=coarse, fault=worst_fault(cp, place), note=note
        ),
        "express",
        command=command,
    )


def _fault_key(fault: Fault | None) -> str | None:
    if fault is None:
        return None
    return f"{fault.kind}:{fault.blocking}:{fault.vendor_code or ''}"
