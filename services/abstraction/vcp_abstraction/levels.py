"""The levels of a charger that can be in or out of service: station, EVSE, connector; and changes that had to wait."""

from vcp_contracts.values import Place

from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.charger import Facts
from vcp_abstraction.facts.places import ConnectorFacts, EvseFacts

Level = Facts | EvseFacts | ConnectorFacts


def at(cp: Charger, place: Place) -> list[tuple[Level, list[EvseFacts]]]:
    """The levels that a change touches, each with the EVSEs whose transactions it must wait for."""
    if place.evse:
        evse = cp.facts.evses[place.evse - 1]
        if place.connector is not None:
            connector = evse.connectors[place.connector - 1]
            in_use = evse.transaction is not None and evse.transaction.connector == connector.id
            return [(connector, [evse] if in_use else [])]
        return [(evse, [evse])]
    if cp.manners.station_availability == "own_level":
        return [(cp.facts, cp.facts.evses)]
    # 1.6 §5.2: connector 0 stands for the charge point and all its connectors
    return [(cp.facts, []), *((evse, [evse]) for evse in cp.facts.evses)]


def carry_out(cp: Charger, evse: EvseFacts) -> None:
    """A transaction is over: what had to wait for it happens now."""
    levels: list[Level] = [evse, *evse.connectors]
    if not any(True for _ in cp.running()):
        levels.append(cp.facts)
    for level in levels:
        if level.becomes_operative is not None:
            level.operative = level.becomes_operative
            level.becomes_operative = None
