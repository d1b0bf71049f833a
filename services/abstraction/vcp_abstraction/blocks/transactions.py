"""The one physical session machine: transactions start, go on, and end. How that is told is `telling`'s affair.

A transaction begins when the first of its start points holds, and ends when the first of its stop points that has
held fails (2.0.1 E01, E06; 1.6 is the case start PowerPathClosed, stop Authorized).
"""

from vcp_contracts.events import TransactionEnded, TransactionStarted, TransactionUpdated
from vcp_contracts.values import ChargingState, FaultKind, Place, StopReason, Token, Trigger

from vcp_abstraction import (
    cable_lock,
    installed,
    levels,
    limits,
    physics,
    reservations,
    sampling,
    session_guard,
    session_points,
    status,
)
from vcp_abstraction.blocks import telling
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.authorization import Authorization
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.transactions import Telling, Transaction

OF_FAULT: dict[FaultKind, StopReason] = {
    "ground_failure": "ground_fault",
    "over_current_failure": "overcurrent_fault",
}
"""Faults that have a reason of their own for the end of a transaction."""


def advance(
    cp: Charger,
    evse: EvseFacts,
    trigger: Trigger,
    *,
    reason: StopReason | None = None,
    token: Token | None = None,
    note: str | None = None,
) -> None:
    """Something happened at an EVSE: starts, goes on with or ends its transaction, and lets energy flow or not."""
    physics.advance_meter(evse, cp.now)
    if evse.transaction is None:
        _perhaps_start(cp, evse, trigger)
    elif _over(cp, evse):
        why = reason or evse.transaction.stop_reason or _why_over(cp, evse)
        broken = trigger == "charging_state_changed" and status.blocking_fault(cp, evse) is not None
        # 2.0.1 E06.FR.16
        end(cp, evse, "abnormal_condition" if broken else trigger, why, token)
    else:
        _go_on(cp, evse, trigger, token)
    _let_flow(cp, evse)
    status.observe(cp, note)
    if cp.profiles.installed:
        follow_limits(cp)


def follow_limits(cp: Charger) -> None:
    """Lets every running transaction do what the charging profiles say now: one may have changed another's share."""
    limits.settle(cp)
    for evse in list(cp.running()):
        trigger = _behind(cp, evse)
        if trigger is not None:
            advance(cp, evse, trigger)


def _behind(cp: Charger, evse: EvseFacts) -> Trigger | None:
    """Why a transaction must go on: its state or its power is not what the facts say; None if they are."""
    transaction = evse.transaction
    if transaction is None:
        return None
    physics.advance_meter(evse, cp.now)
    state = session_points.charging_state(cp, evse)
    if state != transaction.state:
        return "charging_state_changed"
    flows_w = physics.drawn_w(cp, evse) if state == "charging" else 0.0
    if flows_w == evse.power_w:
        return None
    # 2.0.1 TriggerReasonEnumType: told where the rate changes by more than LimitChangeSignificance
    significance = float(cp.settings.text("SmartChargingCtrlr.LimitChangeSignificance"))
    significant = abs(flows_w - evse.power_w) > evse.power_w * significance / 100
    return "charging_rate_changed" if significant else "charging_state_changed"


def _let_flow(cp: Charger, evse: EvseFacts) -> None:
    flows = evse.transaction is not None and evse.transaction.state == "charging"
    evse.power_w = physics.drawn_w(cp, evse) if flows else 0.0


def _perhaps_start(cp: Charger, evse: EvseFacts, trigger: Trigger) -> None:
    if _may_start(cp, evse):
        start(cp, evse, trigger)


def _may_start(cp: Charger, evse: EvseFacts) -> bool:
    if not session_points.begins(cp, evse):
        return False
    known = evse.authorization
    token, group = (known.token, known.group) if known is not None else (None, None)
    return session_guard.obstacle_to(cp, evse, token, group) is None


def begin_what_waits(cp: Charger) -> None:
    """What only an obstacle kept from beginning begins once it is gone, whatever took it away."""
    for evse in cp.facts.evses:
        if evse.transaction is None and _may_start(cp, evse):
            known = evse.authorization
            advance(cp, evse, known.trigger if known is not None else "cable_plugged_in")


def _over(cp: Charger, evse: EvseFacts) -> bool:
    assert evse.transaction is not None
    points = session_points.stop_points(cp)
    now_held = {point for point in points if session_points.holds(cp, evse, point)}
    if evse.transaction.held & points - now_held:
        return True
    evse.transaction.held |= now_held
    return False


def _why_over(cp: Charger, evse: EvseFacts) -> StopReason:
    """Why energy no longer flows, where that ends a transaction (2.0.1 E06.FR.07, ReasonEnumType)."""
    fault = status.blocking_fault(cp, evse)
    if fault is not None:
        return OF_FAULT.get(fault.kind, "other")
    transaction = evse.transaction
    if transaction is not None and transaction.suspended:
        return "deauthorized"
    return "stopped_by_ev" if session_points.charging_state(cp, evse) == "suspended_ev" else "other"


def start(cp: Charger, evse: EvseFacts, trigger: Trigger) -> None:
    """A transaction begins."""
    authorization = evse.authorization
    connector = evse.connected
    transaction = Transaction(
        id=cp.mint_uuid(),
        connector=connector.id if connector else None,
        token=authorization.token if authorization else None,
        group=authorization.group if authorization else None,
        remote_start=authorization.remote_start if authorization else None,
        reservation=_taken_up(cp, authorization),
        state="ev_connected" if connector else "idle",
        started_at=cp.now,
        start_wh=evse.register_wh,
    )
    evse.transaction = transaction
    evse.finishing = False
    evse.locked_for = None
    evse.sampled_wh = evse.register_wh
    evse.plug_deadline = None
    transaction.held = {
        point for point in session_points.stop_points(cp) if session_points.holds(cp, evse, point)
    }
    cp.facts.tellings[transaction.id] = Telling(
        evse=evse.id, subprotocol=cp.facts.link.subprotocol or cp.configuration.protocols[0]
    )
    if connector is not None and authorization is not None:
        cable_lock.lock(cp, evse)
        authorization.deadline = None
    cp.note(
        TransactionStarted,
        transaction=transaction.id,
        place=Place(evse=evse.id, connector=transaction.connector),
        register_wh=physics.register_wh(evse),
    )
    _supply(cp, evse)
    transaction.sample_due = sampling.next_sample(cp)
    transaction.end_sample_due = sampling.next_end_sample(cp)
    begin = physics.sample(cp, evse, sampling.end_measurands(cp), "begin")
    sampling.keep_for_end(cp, transaction, begin)
    first = physics.sample(cp, evse, cp.settings.measurands("SampledDataCtrlr.TxStartedMeasurands"), "begin")
    telling.tell(cp, evse, "started", trigger, (first,) if first else ())
    _go_on(cp, evse, "charging_state_changed", None)


def _supply(cp: Charger, evse: EvseFacts) -> None:
    """Once cable and authorization are there, charging profiles count: what the car is offered follows from them."""
    transaction = evse.transaction
    assert transaction is not None
    if transaction.power_path_since is None and session_points.holds(cp, evse, "power_path_closed"):
        transaction.power_path_since = cp.now.replace(microsecond=0)
    if evse.held is not None and transaction.token is not None:
        installed.adopt(cp, evse)
    limits.settle(cp)


def _taken_up(cp: Charger, authorization: Authorization | None) -> int | None:
    """The reservation that a transaction fulfils; it ends with that."""
    number = authorization.reservation if authorization is not None else None
    return number if number is not None and reservations.use(cp, number) else None


def _go_on(cp: Charger, evse: EvseFacts, trigger: Trigger, token: Token | None) -> None:
    """The transaction is still open: tells what is new about it."""
    transaction = evse.transaction
    assert transaction is not None
    authorization = evse.authorization
    if authorization is not None and transaction.token is None:
        transaction.token, transaction.group = authorization.token, authorization.group
        transaction.remote_start = authorization.remote_start
        transaction.reservation = _taken_up(cp, authorization)
    if evse.connected is not None:
        transaction.connector = evse.connected.id
        if authorization is not None:
            cable_lock.lock(cp, evse)
            authorization.deadline = None
    _supply(cp, evse)
    state = session_points.charging_state(cp, evse)
    specific = trigger != "charging_state_changed" or token is not None
    if state == transaction.state and not specific:
        return
    steps = _steps(transaction.state, state, trigger)
    for step, why in steps:
        transaction.state = step
        cp.note(
            TransactionUpdated,
            transaction=transaction.id,
            place=Place(evse=evse.id, connector=transaction.connector),
            state=step,
            backend_name=cp.facts.tellings[transaction.id].backend_name,
        )
        if cp.manners.transaction_updates == "every_change":
            telling.tell(cp, evse, "updated", why, (), stop_token=token if why == trigger else None)


def _steps(was: ChargingState, now: ChargingState, trigger: Trigger) -> list[tuple[ChargingState, Trigger]]:
    """A cable or a token is told with the state it leads to; energy that then flows is a second event (2.0.1 E03)."""
    leads_to_energy = now in ("charging", "suspended_ev", "suspended_evse")
    if trigger in ("cable_plugged_in", "authorized", "remote_start") and leads_to_energy:
        return [("ev_connected", trigger), (now, "charging_state_changed")]
    return [(now, trigger)]


def end(
    cp: Charger, evse: EvseFacts, trigger: Trigger, reason: StopReason, token: Token | None = None
) -> None:
    """The transaction is over: whatever it was."""
    transaction = evse.transaction
    assert transaction is not None
    physics.advance_meter(evse, cp.now)
    evse.power_w = 0.0
    transaction.stop_reason = transaction.stop_reason or reason
    transaction.stop_token = token or transaction.stop_token
    transaction.state = "ev_connected" if evse.connected is not None else "idle"
    measurands = sampling.end_measurands(cp)
    sampling.keep_for_end(cp, transaction, physics.sample(cp, evse, measurands, "end"))
    samples = sampling.taken_for_end(cp, transaction)
    telling.tell(cp, evse, "ended", trigger, samples if measurands else ())
    told = cp.facts.tellings[transaction.id]
    told.ended = True
    cp.note(
        TransactionEnded,
        transaction=transaction.id,
        place=Place(evse=evse.id, connector=transaction.connector),
        reason=transaction.stop_reason,
        register_wh=physics.register_wh(evse),
        energy_wh=physics.register_wh(evse) - int(transaction.start_wh + 1e-6),
        backend_name=told.backend_name,
    )
    installed.forget(cp, transaction)
    evse.transaction = None
    evse.authorization = None
    evse.offer = None
    evse.finishing = cable_lock.cable_left(cp, evse)
    if transaction.stop_reason == "deauthorized":
        cable_lock.keep_locked(evse, transaction)
    else:
        cable_lock.unlock(evse)
    levels.carry_out(cp, evse)


def energy_used_up(cp: Charger, evse: EvseFacts) -> None:
    """The battery is full, or the energy allowed to a refused token is used up."""
    physics.advance_meter(evse, cp.now)
    transaction = evse.transaction
    if (
        transaction is not None
        and transaction.energy_left_wh is not None
        and transaction.energy_left_wh <= 1e-6
    ):
        transaction.energy_left_wh = None
        transaction.suspended = True
    advance(cp, evse, "charging_state_changed")
