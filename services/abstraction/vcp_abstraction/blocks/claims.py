"""What the charger says although it is not so, because somebody has opened its gate and asked it to. Its own state stays
as it is, and takes no notice of what is answered."""

from vcp_contracts.actions import ReportStatus, ReportTransaction
from vcp_contracts.commands import ClaimStatus, ClaimTransaction
from vcp_contracts.values import (
    ChargingState,
    CoarseStatus,
    Fault,
    FineStatus,
    Place,
    Reading,
    ReadingContext,
    Sample,
    StopReason,
    Token,
    Trigger,
)

from vcp_abstraction import physics, standing, status
from vcp_abstraction.blocks import data
from vcp_abstraction.charger import Charger, Impossible

COARSE: dict[FineStatus, CoarseStatus] = {**status.COARSE, "reserved": "reserved"}
TRIGGER: dict[str, Trigger] = {
    "started": "authorized",
    "updated": "meter_periodic",
    "ended": "stop_authorized",
}
STATE: dict[str, ChargingState] = {"started": "charging", "updated": "charging", "ended": "ev_connected"}
CONTEXT: dict[str, ReadingContext] = {"started": "begin", "updated": "periodic", "ended": "end"}
STOP_REASON: dict[str, StopReason | None] = {"started": None, "updated": None, "ended": "local"}


def claim_status(cp: Charger, it: ClaimStatus) -> None:
    """A status of any place, also of one that is not there."""
    _gate_must_be_open(cp)
    action = ReportStatus(
        **cp.words(),
        past_gate=True,
        place=Place(evse=it.evse, connector=it.connector if it.evse else None),
        fine=it.status,
        coarse=COARSE.get(it.status, "occupied"),
        fault=Fault(kind=it.fault) if it.fault is not None else None,
    )
    cp.enqueue(action, "express", command=it.id, origin="command")


def claim_transaction(cp: Charger, it: ClaimTransaction) -> None:
    """A report of a transaction that has no session behind it."""
    _gate_must_be_open(cp)
    name = it.transaction or cp.mint_uuid()
    register_wh = it.register_wh if it.register_wh is not None else _shown(cp, it.evse)
    token = Token(value=it.token) if it.token is not None else None
    reading = Reading(value=register_wh, unit="Wh", context=CONTEXT[it.phase])
    action = ReportTransaction(
        **cp.words(),
        past_gate=True,
        phase=it.phase,
        transaction=name,
        backend_name=it.backend_name,
        place=Place(evse=it.evse, connector=it.connector),
        token=token,
        state=it.state or STATE[it.phase],
        seq=it.seq,
        trigger=it.trigger or TRIGGER[it.phase],
        stop_reason=it.stop_reason or STOP_REASON[it.phase],
        stop_token=token if it.phase == "ended" else None,
        register_wh=register_wh,
        samples=(Sample(at=cp.now, readings=(reading,)),),
        news=frozenset({"place", "token", "state"}),
    )
    cp.enqueue(action, "express", command=it.id, origin="command")


def _shown(cp: Charger, number: int) -> int:
    """What the meter of an EVSE shows; 0 where there is none."""
    if number > len(cp.facts.evses):
        return 0
    evse = cp.facts.evses[number - 1]
    physics.advance_meter(evse, cp.now)
    return physics.register_wh(evse)


def _gate_must_be_open(cp: Charger) -> None:
    if not standing.gate_is_open(cp):
        raise Impossible(
            "it is not so, and the charger's own gate is closed to what is not so",
            remedy="open it with set_gates, abstraction: open",
        )
    data.must_talk(cp)
