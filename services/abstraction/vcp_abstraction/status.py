"""Status words, derived from facts at each change: the nine and the five. Which one is reported is a manner."""

from datetime import timedelta

from vcp_contracts.actions import ReportStatus, ReportTransaction
from vcp_contracts.events import StatusChanged
from vcp_contracts.values import STATION, CoarseStatus, Fault, FaultKind, FineStatus, Place

from vcp_abstraction import reservations
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import ConnectorFacts, EvseFacts
from vcp_abstraction.facts.reservations import Reservation
from vcp_abstraction.facts.status import ReportedStatus, Settling

VIA: dict[tuple[FineStatus, FineStatus], FineStatus] = {
    ("available", "charging"): "preparing",
    ("available", "suspended_ev"): "preparing",
    ("available", "suspended_evse"): "preparing",
    ("available", "finishing"): "preparing",
    ("preparing", "unavailable"): "available",
    ("preparing", "reserved"): "available",
    ("charging", "preparing"): "finishing",
    ("suspended_ev", "preparing"): "finishing",
    ("suspended_evse", "preparing"): "finishing",
    ("finishing", "charging"): "preparing",
    ("finishing", "suspended_ev"): "preparing",
    ("finishing", "suspended_evse"): "preparing",
    ("charging", "reserved"): "available",
    ("suspended_ev", "reserved"): "available",
    ("suspended_evse", "reserved"): "available",
    ("finishing", "reserved"): "available",
    ("reserved", "charging"): "preparing",
    ("reserved", "suspended_ev"): "preparing",
    ("reserved", "suspended_evse"): "preparing",
    ("reserved", "finishing"): "preparing",
    ("unavailable", "finishing"): "preparing",
    ("unavailable", "reserved"): "available",
}
"""Changes that the nine words do not know (1.6 §4.9, the transition table), and the word that lies between."""

CAR_FAULT: FaultKind = "ev_communication_error"
"""The fault of the car's side: it never makes the charger faulted."""

SHOWS_CAR_FAULT = frozenset({"preparing", "suspended_ev", "suspended_evse", "finishing"})
"""The words beside which that fault may be told (1.6 §7.6)."""

COARSE: dict[FineStatus, CoarseStatus] = {
    "available": "available",
    "unavailable": "unavailable",
    "faulted": "faulted",
}


def is_operative(cp: Charger, evse: EvseFacts, connector: ConnectorFacts | None = None) -> bool:
    """Whether a place is in service: every level above it must be."""
    if not (_station_is_operative(cp, evse) and evse.operative):
        return False
    if closed_for_update(cp, evse) or closed_for_restart(cp, evse):
        return False
    if connector is not None:
        return connector.operative
    return any(c.operative for c in evse.connectors)


def _station_is_operative(cp: Charger, evse: EvseFacts) -> bool:
    """Whether the station's level leaves an EVSE in service.

    Where it waits for transactions to end, it closes at once what nobody uses (2.0.1 G04). Where the whole station's
    availability is written onto every EVSE, the EVSE's own level says it (1.6 §4.9: no direct connection).
    """
    if cp.manners.station_availability == "overwrites":
        return True
    waits = cp.facts.becomes_operative is False
    return cp.facts.operative and not (waits and evse.transaction is None)


def can_serve(cp: Charger, evse: EvseFacts) -> bool:
    """Whether an EVSE is in service and not broken."""
    return is_operative(cp, evse) and blocking_fault(cp, evse) is None


def is_reserved(cp: Charger, evse: EvseFacts) -> bool:
    """Whether an EVSE is kept free for somebody who has not come yet."""
    return is_held(cp, evse, reservations.unused(cp.facts))


def is_held(cp: Charger, evse: EvseFacts, wishes: list[Reservation]) -> bool:
    """Whether an EVSE that nobody uses must be kept free for some of these reservations."""
    if not wishes or evse.authorization is not None or evse.transaction is not None:
        return False
    if not can_serve(cp, evse):
        return False
    free = {e.id for e in cp.facts.evses if reservations.is_untouched(e) and can_serve(cp, e)}
    return reservations.needs(cp.configuration, wishes, evse.id, free)


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


def closed_for_restart(cp: Charger, evse: EvseFacts) -> bool:
    """Whether an EVSE without transaction is unavailable while a restart waits for the transactions of others
    (2.0.1 B12)."""
    restart = cp.facts.restart
    return restart is not None and restart.closes and evse.transaction is None


def blocking_fault(cp: Charger, evse: EvseFacts, connector: ConnectorFacts | None = None) -> Fault | None:
    """The fault that prevents charging at a place, if there is one. A car that can't be talked to is none."""
    for fault in cp.facts.faults:
        if fault.blocking:
            return fault
    for part in [connector] if connector is not None else evse.connectors:
        for fault in part.faults:
            if fault.blocking and fault.kind != CAR_FAULT:
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
    if not is_operative(cp, evse, evse.connected):
        return "unavailable"
    if evse.authorization is not None:
        return "preparing"
    if is_reserved(cp, evse):
        return "reserved"
    if evse.finishing:
        return "finishing"
    return "preparing" if evse.connected is not None else "available"


def coarse_status(cp: Charger, evse: EvseFacts, connector: ConnectorFacts) -> CoarseStatus:
    """One of five words (2.0.1 G01). Out of service is told whatever is plugged in (G03.FR.06), but for a transaction:
    what waits for its end does not show before (G03.FR.05), nor before its cable is out (G01.FR.05)."""
    if blocking_fault(cp, evse, connector) is not None:
        return "faulted"
    if evse.transaction is not None and connector.connected:
        return "occupied"
    if not is_operative(cp, evse, connector) or _was_left(cp, evse, connector):
        return "unavailable"
    if is_reserved(cp, evse):
        return "reserved"
    return "occupied" if connector.connected else "available"


def _was_left(cp: Charger, evse: EvseFacts, connector: ConnectorFacts) -> bool:
    """Whether the car of a transaction is gone from a connector that is to become unavailable (2.0.1 G01.FR.05)."""
    transaction = evse.transaction
    if transaction is None or transaction.connector != connector.id or connector.connected:
        return False
    return any(level.becomes_operative is False for level in (cp.facts, evse, connector))


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
        if any(fault.kind == CAR_FAULT for fault in faults) and not _tells_car_fault(cp, place):
            faults = [fault for fault in faults if fault.kind != CAR_FAULT]
    faults.sort(key=lambda fault: not fault.blocking)
    return faults[0] if faults else None


def _tells_car_fault(cp: Charger, place: Place) -> bool:
    return fine_status(cp, cp.facts.evses[place.evse - 1]) in SHOWS_CAR_FAULT


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
        fault = _fault_key(shown := worst_fault(cp, place))
        key = f"{place.evse}.{place.connector or 0}"
        seen = f"{fine}/{coarse}/{fault}"
        changed = cp.facts.observed.get(key) != seen
        if changed:
            cp.facts.observed[key] = seen
            cp.note(StatusChanged, place=place, fine=fine, coarse=coarse, fault=shown)
        word = fine if manners.status_words == "fine" else coarse
        now = ReportedStatus(word=word, fault=fault if manners.status_carries_fault else None)
        if not (cp.online and cp.registered) or cp.facts.reported.get(key) == now:
            cp.facts.settling.pop(key, None)
        elif not _must_last(cp, key, now, changed=changed, note=note):
            _say(cp, place, key, now, note, through=changed)


def _must_last(cp: Charger, key: str, now: ReportedStatus, *, changed: bool, note: str | None) -> bool:
    """Whether a status is told only if it lasts. The first one after a start, or after a time offline, need not."""
    least = cp.settings.seconds("Custom.MinimumStatusDuration")
    settling = cp.facts.settling
    if least <= 0 or key not in cp.facts.reported:
        settling.pop(key, None)
        return False
    waits = settling.get(key)
    if changed and (waits is None or waits.status != now):
        settling[key] = Settling(status=now, until=cp.now + timedelta(seconds=least), note=note)
    return key in settling


def settled(cp: Charger) -> None:
    """Statuses that have lasted for MinimumStatusDuration are told (1.6 §4.9). The last one is always told."""
    for place in places(cp):
        key = f"{place.evse}.{place.connector or 0}"
        waits = cp.facts.settling.get(key)
        if waits is None or waits.until > cp.now:
            continue
        del cp.facts.settling[key]
        if cp.online and cp.registered:
            _say(cp, place, key, waits.status, waits.note, through=True)
    for key in [key for key, waits in cp.facts.settling.items() if waits.until <= cp.now]:
        # nothing is told of that place any more: other hardware, or a protocol with other places
        del cp.facts.settling[key]


def _say(
    cp: Charger, place: Place, key: str, now: ReportedStatus, note: str | None, *, through: bool
) -> None:
    """Reports a status; `through`: by the word between, where the nine words know no such change."""
    before = cp.facts.reported.get(key)
    if through and before is not None and cp.manners.status_words == "fine":
        via = VIA.get((before.word, now.word))  # type: ignore[arg-type]
        if via is not None:
            report(cp, place, fine=via)
    cp.facts.reported[key] = now
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
        behind=_report_of_the_end(cp, place),
    )


def _report_of_the_end(cp: Charger, place: Place) -> int | None:
    """The report that a transaction at the place has ended, where it is still to be told: what the place is then
    follows it (1.6 §4.9 and §4.10; 2.0.1 E09)."""
    for n in reversed(cp.facts.lanes.transactions):
        action = cp.queue[n].action
        if not isinstance(action, ReportTransaction):
            continue
        if action.offline:
            return None
        if action.phase == "ended" and action.place.evse == place.evse:
            return n
    return None


def _fault_key(fault: Fault | None) -> str | None:
    if fault is None:
        return None
    return f"{fault.kind}:{fault.blocking}:{fault.vendor_code or ''}"
