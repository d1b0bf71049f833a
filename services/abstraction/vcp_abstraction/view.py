"""The view of a charger: plain dictionaries in the shape of the contract, since it is made at every change."""

from functools import lru_cache

import orjson
from pydantic_core import to_json
from vcp_contracts.settings import BY_NAME
from vcp_contracts.values import Fault

from vcp_abstraction import status
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import ConnectorFacts, EvseFacts
from vcp_abstraction.facts.profiles import Installed, Offer
from vcp_abstraction.facts.reservations import Reservation
from vcp_abstraction.facts.rules import Rules
from vcp_abstraction.facts.transactions import Transaction
from vcp_abstraction.masking import mask

UNTOUCHED: dict[str, object] = {
    "rules": (),
    "held": (),
    "gates": {"handler": "closed", "abstraction": "closed"},
}
"""What the view shows of a charger on whose messages nobody has laid a hand."""


def view_of(cp: Charger) -> bytes:
    """JSON of `ChargePointView`."""
    facts = cp.facts
    lanes = facts.lanes
    link = facts.link
    whole = {
        "id": cp.id,
        "powered": facts.powered,
        "clock": {
            "source": facts.clock.source,
            "real": facts.clock.real,
            "own": facts.clock.own,
            "speed": facts.clock.speed,
        },
        "configuration": orjson.Fragment(cp.configuration_json),
        "link": {
            "wanted": link.wanted,
            "state": link.state,
            "link": link.id,
            "subprotocol": link.subprotocol,
            "since": link.since,
            "last_failure": link.last_failure,
        },
        "boot": {"verdict": facts.registration.verdict, "at": facts.registration.at},
        "status": status.station_status(cp),
        "faults": [_fault(fault) for fault in facts.faults],
        "evses": [_evse(cp, evse) for evse in facts.evses],
        "reservations": [_reservation(kept) for kept in facts.reservations],
        "token_list": {"version": cp.token_list.version, "entries": len(cp.token_list.entries)},
        "queue": {
            "boot": len(lanes.boot),
            "express": len(lanes.express),
            "transactions": len(lanes.transactions),
            "in_flight": lanes.in_flight.word if lanes.in_flight else None,
        },
        "settings": {_shown(name): value for name, value in cp.settings.values.items()},
        "profiles": [_profile(each) for each in cp.profiles.installed],
        "firmware": {
            "version": cp.firmware_version,
            "stage": facts.firmware.stage,
            "request_id": facts.firmware.request_id,
        },
        "upload": {
            "stage": facts.upload.stage,
            "file": facts.upload.file,
            "request_id": facts.upload.request_id,
        },
        "quarantined": facts.quarantined,
        **(UNTOUCHED if cp.rules is None else _rules(cp.rules)),
    }
    return orjson.dumps(whole, option=orjson.OPT_UTC_Z)


def _rules(rules: Rules) -> dict[str, object]:
    return {
        "rules": [orjson.Fragment(to_json(each, exclude_none=True)) for each in rules.standing],
        "held": [orjson.Fragment(to_json(each.frame)) for each in rules.held],
        "gates": {"handler": rules.handler_gate, "abstraction": rules.abstraction_gate},
    }


def _evse(cp: Charger, evse: EvseFacts) -> dict[str, object]:
    fine = status.fine_status(cp, evse)
    return {
        "id": evse.id,
        "operative": evse.operative,
        "connectors": [_connector(cp, evse, connector, fine) for connector in evse.connectors],
        "transaction": _transaction(cp, evse.transaction) if evse.transaction is not None else None,
        "register_wh": round(evse.register_wh, 3),
        "metered_at": evse.metered_at,
        "power_w": round(evse.power_w, 3),
        "soc_percent": round(100 * evse.ev.soc_wh / evse.ev.battery_wh, 1),
        "limit": _limit(evse.offer) if evse.offer is not None else None,
    }


def _limit(offer: Offer) -> dict[str, object]:
    return {"current_a": round(offer.current_a, 3), "phases": offer.phases or None, "by": offer.by}


def _profile(each: Installed) -> dict[str, object]:
    profile = each.profile
    return {
        "id": profile.id,
        "evse": each.evse,
        "purpose": profile.purpose,
        "stack_level": profile.stack_level,
        "kind": profile.kind,
        "transaction": each.transaction,
    }


def _connector(cp: Charger, evse: EvseFacts, connector: ConnectorFacts, fine: str) -> dict[str, object]:
    part = cp.configuration.evses[evse.id - 1].connectors[connector.id - 1]
    return {
        "id": connector.id,
        "type": part.type,
        "current": "dc" if part.direct_current else "ac",
        "phases": part.supply_phases or None,
        "fine": fine,
        "coarse": status.coarse_status(cp, evse, connector),
        "plugged_station": connector.plugged_station,
        "plugged_ev": connector.plugged_ev,
        "locked": connector.locked,
        "operative": connector.operative,
        "faults": [_fault(fault) for fault in connector.faults],
    }


def _transaction(cp: Charger, transaction: Transaction) -> dict[str, object]:
    token = transaction.token
    return {
        "transaction": transaction.id,
        "backend_name": cp.facts.tellings[transaction.id].backend_name,
        "connector": transaction.connector,
        "token": mask(token.value) if token is not None else None,
        "state": transaction.state,
        "started_at": transaction.started_at,
        "start_wh": int(transaction.start_wh + 1e-6),
        "seq": transaction.seq,
    }


def _reservation(kept: Reservation) -> dict[str, object]:
    return {
        "reservation": kept.id,
        "evse": kept.evse,
        "token": mask(kept.token.value),
        "until": kept.until,
    }


def _fault(fault: Fault) -> dict[str, object]:
    return fault.model_dump(mode="json")


@lru_cache(maxsize=1_000)
def _shown(name: str) -> str:
    """A setting by its key, where it has one."""
    row = BY_NAME.get(name.casefold())
    return row.key if row is not None and row.key else name
