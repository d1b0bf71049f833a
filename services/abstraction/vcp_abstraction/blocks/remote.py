"""Remote control: the backend starts, stops and triggers. The answer leaves first, what it causes comes after."""

from vcp_contracts.actions import Beat, ReportMeter
from vcp_contracts.requests import (
    ChargingStart,
    ChargingStop,
    StartCharging,
    StopCharging,
    Trigger,
    Triggered,
    TriggerResult,
)
from vcp_contracts.values import STATION, Place, Token, TokenInfo

from vcp_abstraction import main_meter, physics, sampling, session_guard, status
from vcp_abstraction.blocks import (
    authorization,
    boot,
    breaches,
    diagnostics,
    firmware_stages,
    known_tokens,
    own_certificate,
    reservation,
    smart_charging,
    telling,
)
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts

AT_A_PLACE = frozenset({"status", "meter", "transaction"})
"""What can be triggered of one place; of all else a place that came along is ignored (1.6 §5.17)."""

MOST_WAITING = 1000
"""Messages that wait to be sent at most; beyond it none is triggered."""


def start_charging(cp: Charger, it: StartCharging) -> ChargingStart:
    """Will try, if the place can serve (1.6 §5.11, 2.0.1 F01)."""
    breaches.judge_session(cp, it)
    evse, why_not = _chosen(cp, it)
    if evse is None:
        return ChargingStart(**cp.reply(it), result="rejected", detail=why_not)
    flaw = smart_charging.hold(cp, evse, it)
    if flaw is not None:
        return ChargingStart(**cp.reply(it), result="rejected", flaw=flaw.kind, detail=flaw.detail)
    open_transaction = evse.transaction.id if evse.transaction is not None else None
    asks = cp.settings.flag("AuthCtrlr.AuthorizeRemoteStart") and it.token.kind not in (
        "central",
        "no_authorization",
    )
    asks = asks or reservation.asks_first(cp, evse, it.token, _group(cp, it))
    remote_start = it.remote_start if it.remote_start is not None else 0
    if asks:
        authorization.begin(cp, evse, it.token, "remote", remote_start=remote_start)
    else:
        info = TokenInfo(status="accepted", group=it.group) if it.group is not None else None
        authorization.accept(cp, evse, it.token, info, "none", remote_start=remote_start)
    return ChargingStart(**cp.reply(it), result="accepted", transaction=open_transaction)


def _chosen(cp: Charger, it: StartCharging) -> tuple[EvseFacts | None, str]:
    if not cp.registered:
        return None, "not accepted by the backend"
    if it.token.is_blank:
        return None, "a blank token names nobody"
    if known_tokens.is_master(cp, _group(cp, it)):
        # 2.0.1 C16.FR.03
        return None, "a master pass starts no transaction"
    if it.place is None:
        free = [evse for evse in cp.facts.evses if _obstacle(cp, evse, it) is None]
        group = _group(cp, it)
        free = [e for e in free if not reservation.asks_first(cp, e, it.token, group)] or free
        kept = reservation.reserved_for(cp, it.token)
        plugged = [evse for evse in free if evse.connected is not None]
        chosen = ([kept] if kept in free else plugged or free)[:1]
        return (chosen[0], "") if chosen else (None, "no EVSE is free")
    if it.place.evse == 0:
        # 1.6 §6.33, 2.0.1 §1.44.1: whoever leaves the choice to the charger names nothing
        return None, "a session needs an EVSE, not the station"
    if not cp.knows(it.place):
        return None, "unknown EVSE"
    evse = cp.facts.evses[it.place.evse - 1]
    obstacle = _obstacle(cp, evse, it)
    return (evse, "") if obstacle is None else (None, obstacle)


def _obstacle(cp: Charger, evse: EvseFacts, it: StartCharging) -> str | None:
    obstacle = session_guard.obstacle(cp, evse)
    if obstacle is not None:
        return obstacle.reason
    if evse.authorization is not None or evse.awaiting is not None:
        return "in use"
    group = _group(cp, it)
    if reservation.bars(cp, evse, it.token, group) and not reservation.asks_first(cp, evse, it.token, group):
        return "reserved"
    return None


def _group(cp: Charger, it: StartCharging) -> Token | None:
    """The group of whoever shall charge: as it came along, or as far as the charger knows."""
    return it.group or known_tokens.group_of(cp, it.token)


def stop_charging(cp: Charger, it: StopCharging) -> ChargingStop:
    """Stops the running transaction that the wire knows by this name (1.6 §5.12, 2.0.1 F03)."""
    breaches.judge_session(cp, it)
    if not cp.registered:
        # 1.6 §4.2: not while the boot is pending
        return ChargingStop(**cp.reply(it), result="rejected", detail="not accepted by the backend")
    evse = _named(cp, it.transaction)
    if evse is None:
        return ChargingStop(**cp.reply(it), result="rejected", detail="no such transaction")
    authorization.withdraw(cp, evse, "remote_stop", "remote")
    return ChargingStop(**cp.reply(it), result="accepted")


def _named(cp: Charger, name: str) -> EvseFacts | None:
    for evse in cp.running():
        transaction = evse.transaction
        assert transaction is not None
        by_backend = cp.manners.transactions_named_by == "backend"
        known_as = cp.facts.tellings[transaction.id].backend_name if by_backend else transaction.id
        if known_as == name:
            return evse
    return None


def trigger(cp: Charger, it: Trigger) -> Triggered:
    """A message on demand, with what is true now (1.6 §5.17, 2.0.1 F06)."""
    return Triggered(**cp.reply(it), result=_trigger(cp, it))


def _trigger(cp: Charger, it: Trigger) -> TriggerResult:
    if it.what in AT_A_PLACE and it.place is not None and not cp.knows(it.place):
        return "rejected"
    if len(cp.facts.lanes.express) >= MOST_WAITING:
        return "rejected"
    cp.origin = "triggered"
    match it.what:
        case "boot":
            if not boot.may_be_triggered(cp):
                return "rejected"
            boot.boot(cp, "triggered")
        case "beat":
            cp.enqueue(Beat(**cp.words()), "express")
        case "status":
            for place in _covered(cp, it.place):
                status.report(cp, place)
        case "meter":
            return _trigger_meter(cp, it.place)
        case "transaction":
            return _trigger_transaction(cp, it.place)
        case "firmware":
            return firmware_stages.trigger(cp, tracked=it.tracked)
        case "upload":
            return diagnostics.trigger(cp, tracked=it.tracked)
        case "certificate":
            return own_certificate.trigger(cp)
        case _:
            return "not_implemented"
    return "accepted"


def _covered(cp: Charger, place: Place | None) -> list[Place]:
    every = status.places(cp)
    if place is None:
        return every
    return [p for p in every if p.evse == place.evse and place.connector in (None, p.connector)] or [place]


def _trigger_meter(cp: Charger, place: Place | None) -> TriggerResult:
    sampled = cp.manners.triggered_meter_uses == "sampled"

    def measurands(evse: EvseFacts | None = None) -> list[str]:
        if sampled:
            return sampling.sampled(cp, evse)
        return cp.settings.measurands("AlignedDataCtrlr.Measurands")

    readings = [(evse, physics.sample(cp, evse, measurands(evse), "trigger")) for evse in cp.evses_at(place)]
    if any(reading is None for _, reading in readings):
        return "rejected"
    for evse, reading in readings:
        assert reading is not None
        if sampled and evse.transaction is not None:
            telling.tell(cp, evse, "updated", "trigger", (reading,))
        else:
            at = Place(evse=evse.id)
            cp.enqueue(ReportMeter(**cp.words(), place=at, samples=(reading,)), "express")
    main = main_meter.sample(cp, measurands(), "trigger") if place in (None, STATION) else None
    if main is not None:
        cp.enqueue(ReportMeter(**cp.words(), place=STATION, samples=(main,)), "express")
    return "accepted"


def _trigger_transaction(cp: Charger, place: Place | None) -> TriggerResult:
    busy = [evse for evse in cp.evses_at(place) if evse.transaction is not None]
    for evse in busy:
        reading = physics.sample(cp, evse, sampling.sampled(cp, evse), "trigger")
        telling.tell(cp, evse, "updated", "trigger", (reading,) if reading else ())
    return "accepted" if busy else "rejected"
