"""One physical session machine, and two small reporters over it.

A transaction begins when the first of its start points holds, and ends when the first of its stop points that has
held fails (2.0.1 E01, E06; 1.6 is the case start PowerPathClosed, stop Authorized).
"""

from datetime import datetime, timedelta

from vcp_contracts.actions import ReportTransaction, SessionNews
from vcp_contracts.events import TransactionEnded, TransactionStarted, TransactionUpdated
from vcp_contracts.manners import StartPoint
from vcp_contracts.values import ChargingState, Place, Sample, StopReason, Token, Trigger

from vcp_abstraction import installed, lanes, levels, limits, physics, reservations, status
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.authorization import Authorization, LockedFor
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.transactions import Telling, Transaction

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
        end(cp, evse, trigger, reason or evse.transaction.stop_reason or "other", token)
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
    state = charging_state(cp, evse)
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
    if not status.can_serve(cp, evse) or status.is_reserved(cp, evse):
        return
    if any(holds(cp, evse, point) for point in start_points(cp)):
        start(cp, evse, trigger)


def _over(cp: Charger, evse: EvseFacts) -> bool:
    assert evse.transaction is not None
    points = stop_points(cp)
    now_held = {point for point in points if holds(cp, evse, point)}
    if evse.transaction.held & points - now_held:
        return True
    evse.transaction.held |= now_held
    return False


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
    transaction.held = {point for point in stop_points(cp) if holds(cp, evse, point)}
    cp.facts.tellings[transaction.id] = Telling(
        evse=evse.id, subprotocol=cp.facts.link.subprotocol or cp.configuration.protocols[0]
    )
    if connector is not None and authorization is not None:
        lock(cp, evse)
        authorization.deadline = None
    cp.note(
        TransactionStarted,
        transaction=transaction.id,
        place=Place(evse=evse.id, connector=transaction.connector),
        register_wh=physics.register_wh(evse),
    )
    _supply(cp, evse)
    transaction.sample_due = next_sample(cp)
    transaction.end_sample_due = next_end_sample(cp)
    begin = physics.sample(cp, evse, end_measurands(cp), "begin")
    keep_for_end(cp, transaction, begin)
    first = physics.sample(cp, evse, cp.settings.members("SampledDataCtrlr.TxStartedMeasurands"), "begin")
    tell(cp, evse, "started", trigger, (first,) if first else ())
    _go_on(cp, evse, "charging_state_changed", None)


def _supply(cp: Charger, evse: EvseFacts) -> None:
    """Once cable and authorization are there, charging profiles count: what the car is offered follows from them."""
    transaction = evse.transaction
    assert transaction is not None
    if transaction.power_path_since is None and holds(cp, evse, "power_path_closed"):
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
            lock(cp, evse)
            authorization.deadline = None
    _supply(cp, evse)
    state = charging_state(cp, evse)
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
            tell(cp, evse, "updated", why, (), stop_token=token if why == trigger else None)


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
    measurands = end_measurands(cp)
    keep_for_end(cp, transaction, physics.sample(cp, evse, measurands, "end"))
    samples = _taken_for_end(cp, transaction)
    tell(cp, evse, "ended", trigger, samples if measurands else ())
    telling = cp.facts.tellings[transaction.id]
    telling.ended = True
    cp.note(
        TransactionEnded,
        transaction=transaction.id,
        place=Place(evse=evse.id, connector=transaction.connector),
        reason=transaction.stop_reason,
        register_wh=physics.register_wh(evse),
        energy_wh=physics.register_wh(evse) - int(transaction.start_wh + 1e-6),
        backend_name=telling.backend_name,
    )
    installed.forget(cp, transaction)
    evse.transaction = None
    evse.authorization = None
    evse.offer = None
    evse.finishing = cable_left(cp, evse)
    if transaction.stop_reason == "deauthorized":
        keep_locked(evse, transaction)
    else:
        unlock(evse)
    levels.carry_out(cp, evse)


def next_sample(cp: Charger) -> datetime | None:
    """When a transaction is sampled next."""
    return _after(cp, "SampledDataCtrlr.TxUpdatedInterval")


def next_end_sample(cp: Charger) -> datetime | None:
    """When it is sampled next for its end, where that has an interval of its own."""
    own = cp.manners.end_data_interval == "own_interval"
    return _after(cp, "SampledDataCtrlr.TxEndedInterval") if own else None


def _after(cp: Charger, setting: str) -> datetime | None:
    interval_s = cp.settings.seconds(setting)
    return cp.now + timedelta(seconds=interval_s) if interval_s > 0 else None


def end_measurands(cp: Charger) -> list[str]:
    """What is measured for the end of a transaction."""
    sampled = cp.settings.members("SampledDataCtrlr.TxEndedMeasurands")
    aligned = cp.settings.members("AlignedDataCtrlr.TxEndedMeasurands")
    return [*sampled, *(m for m in aligned if m not in sampled)]


def keep_for_end(cp: Charger, transaction: Transaction, reading: Sample | None) -> None:
    """Keeps a reading for the end of the transaction. Of too many, every second one between begin and end goes
    (1.6 StopTransactionMaxMeterValues, 2.0.1 E06.FR.12)."""
    if reading is None:
        return
    kept = cp.end_samples.of.setdefault(transaction.id, [])
    kept.append(reading)
    while len(kept) > cp.settings.seconds("Custom.StopTransactionMaxMeterValues"):
        del kept[1:-1:2]
    cp.touch("end_samples")


def _taken_for_end(cp: Charger, transaction: Transaction) -> tuple[Sample, ...]:
    """The readings kept for the end of a transaction; from here on they are no longer kept."""
    kept = cp.end_samples.of.pop(transaction.id, [])
    cp.touch("end_samples")
    return tuple(kept)


def tell(
    cp: Charger,
    evse: EvseFacts,
    phase: str,
    trigger: Trigger,
    samples: tuple[Sample, ...],
    *,
    stop_token: Token | None = None,
) -> None:
    """Queues a report of the transaction. It carries all facts; `news` says which were not told before."""
    transaction = evse.transaction
    assert transaction is not None
    news: set[SessionNews] = {"state"} if phase == "started" or trigger != "meter_periodic" else set()
    if transaction.connector is not None and "place" not in transaction.told:
        news.add("place")
    if transaction.token is not None and "token" not in transaction.told:
        news.add("token")
    if transaction.remote_start is not None and "remote_start" not in transaction.told:
        news.add("remote_start")
    if transaction.reservation is not None and "reservation" not in transaction.told:
        news.add("reservation")
    transaction.told |= news - {"state"}
    cp.enqueue(
        ReportTransaction(
            **cp.words(),
            phase=phase,  # type: ignore[arg-type]
            transaction=transaction.id,
            place=Place(evse=evse.id, connector=transaction.connector),
            token=transaction.token,
            state=transaction.state,
            seq=transaction.seq,
            offline=not cp.online,
            trigger=trigger,
            stop_reason=transaction.stop_reason if phase == "ended" else None,
            register_wh=physics.register_wh(evse),
            samples=samples,
            remote_start=transaction.remote_start,
            reservation=transaction.reservation,
            stop_token=stop_token or (transaction.stop_token if phase == "ended" else None),
            phases_used=_new_phases(cp, evse, transaction),
            news=frozenset(news),
        ),
        "transactions",
    )
    transaction.seq += 1
    lanes.thin_out(cp)


def _new_phases(cp: Charger, evse: EvseFacts, transaction: Transaction) -> int | None:
    """How many phases are in use, where that was not told before."""
    if transaction.state != "charging":
        return None
    phases = physics.offered(cp, evse).phases
    if phases == transaction.phases_told:
        return None
    transaction.phases_told = phases
    return phases


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
