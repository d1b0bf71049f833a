"""Cables and cars: plugging in and out, and what the car draws."""

from datetime import timedelta

from vcp_contracts.commands import PlugIn, SetEv, SetMeter, Unplug

from vcp_abstraction import cable_lock, physics, status
from vcp_abstraction.blocks import faults, transactions
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.places import ConnectorFacts, EvseFacts
from vcp_abstraction.facts.transactions import Transaction

NO_PHASES = "direct current has no phases"
"""Why a number of phases means nothing there."""


def plug_in(cp: Charger, it: PlugIn) -> None:
    """A cable goes in. Both ends in: the car is connected."""
    evse = cp.evse(it.evse)
    connector = cp.connector(it.evse, it.connector)
    _must_be_free(evse, connector, it)
    if it.end in ("station", "both"):
        connector.plugged_station = True
    if it.end in ("ev", "both"):
        connector.plugged_ev = True
    if connector.connected:
        connected(cp, evse)


def _must_be_free(evse: EvseFacts, connector: ConnectorFacts, it: PlugIn) -> None:
    taken = (
        connector.connected
        or {
            "both": connector.plugged_station and connector.plugged_ev,
            "station": connector.plugged_station,
            "ev": connector.plugged_ev,
        }[it.end]
    )
    if taken:
        raise Impossible(
            f"connector {connector.id} of EVSE {evse.id} is plugged in already",
            field="connector",
            remedy="unplug first",
        )
    other = evse.connected
    if other is not None and other.id != connector.id:
        raise Impossible(
            f"EVSE {evse.id} is in use at connector {other.id}; it charges one car at a time",
            field="connector",
            remedy="unplug that one first",
        )


def connected(cp: Charger, evse: EvseFacts) -> None:
    """The car is connected: a session may start, or the wait for a token begins."""
    evse.finishing = False
    if not cp.facts.powered:
        return
    timeout = cp.settings.seconds("TxCtrlr.EVConnectionTimeOut")
    if evse.authorization is None and timeout > 0:
        evse.plug_deadline = cp.now + timedelta(seconds=timeout)
    transactions.advance(cp, evse, "cable_plugged_in")


def find_cars(cp: Charger) -> None:
    """The charger starts, and some cars are connected already: it knows of no session of theirs that has ended."""
    for evse in cp.facts.evses:
        if evse.connected is not None and evse.transaction is None:
            connected(cp, evse)


def unplug(cp: Charger, it: Unplug) -> None:
    """The cable comes out. The car's end can always be pulled; the station's end only where it is not locked."""
    evse = cp.evse(it.evse)
    connector = cp.connector(it.evse, it.connector)
    fixed = cp.configuration.evses[evse.id - 1].connectors[connector.id - 1].fixed_cable
    _must_be_plugged(connector, it, fixed=fixed)
    if it.end == "station" and connector.locked and not it.force:
        raise Impossible(
            f"connector {connector.id} of EVSE {evse.id} is locked",
            field="end",
            remedy="end the session first, pull the EV's end, or use force",
        )
    was_connected = connector.connected
    if it.end in ("ev", "both") and connector.plugged_ev:
        connector.plugged_ev = False
        if was_connected and cp.facts.powered:
            _ev_side_gone(cp, evse)
    if it.end in ("station", "both") and not fixed and (it.force or not connector.locked):
        connector.plugged_station = False
        connector.locked = False
        if it.end == "station" and was_connected and cp.facts.powered:
            _ev_side_gone(cp, evse)
    if not connector.connected:
        faults.car_left(cp, evse.id, connector)
    _await_cable(cp, evse, connector, fixed=fixed)
    if not any(c.locked for c in evse.connectors):
        evse.locked_for = None
    if not cable_lock.cable_left(cp, evse):
        evse.finishing = False
        evse.plug_deadline = None
    if cp.facts.powered:
        status.observe(cp)


def _must_be_plugged(connector: ConnectorFacts, it: Unplug, *, fixed: bool) -> None:
    if fixed and it.end == "station":
        raise Impossible(
            "the station's end of a fixed cable can't be pulled", field="end", remedy="pull the EV's end"
        )
    there = {
        "ev": connector.plugged_ev,
        "station": connector.plugged_station,
        "both": connector.plugged_ev or (connector.plugged_station and not fixed),
    }[it.end]
    if not there:
        raise Impossible(
            f"nothing is plugged in at connector {connector.id} of EVSE {it.evse}",
            field="connector",
            remedy="plug_in first",
        )


def _ev_side_gone(cp: Charger, evse: EvseFacts) -> None:
    """1.6 §3.15 (StopTransactionOnEVSideDisconnect), 2.0.1 E09 and E10."""
    stops = cp.settings.flag("TxCtrlr.StopTxOnEVSideDisconnect")
    unlocks = cp.settings.flag("OCPPCommCtrlr.UnlockOnEVSideDisconnect")
    transaction = evse.transaction
    if transaction is None:
        transactions.advance(cp, evse, "ev_communication_lost")
        return
    if stops:
        evse.authorization = None
    note = "EV side disconnected"
    transactions.advance(cp, evse, "ev_communication_lost", reason="ev_disconnected", note=note)
    if stops and unlocks:
        cable_lock.unlock(evse)
    elif stops and not unlocks:
        _stay_locked(cp, evse, transaction)


def _await_cable(cp: Charger, evse: EvseFacts, connector: ConnectorFacts, *, fixed: bool) -> None:
    """A transaction goes on without its cable: for a while, or for as long as it likes (1.6 §4.10, where nothing but
    the driver stops it). A cable that is locked at the station waits for its driver's token (2.0.1 E10.FR.01, FR.02).
    """
    authorization = evse.authorization
    timeout = cp.settings.seconds("TxCtrlr.EVConnectionTimeOut")
    gone = evse.connected is None and (fixed or not connector.plugged_station)
    waits = evse.transaction is not None and authorization is not None and authorization.deadline is None
    if (
        gone
        and waits
        and timeout > 0
        and cp.facts.powered
        and cp.manners.unplugged_transaction == "times_out"
    ):
        assert authorization is not None
        authorization.deadline = cp.now + timedelta(seconds=timeout)


def _stay_locked(cp: Charger, evse: EvseFacts, transaction: Transaction) -> None:
    """The station's end stays locked until the driver shows his token (1.6 UnlockConnectorOnEVSideDisconnect)."""
    hardware = cp.configuration.evses[evse.id - 1].connectors
    for connector, part in zip(evse.connectors, hardware, strict=True):
        connector.locked = connector.plugged_station and not part.fixed_cable
    cable_lock.keep_locked(evse, transaction)


def set_ev(cp: Charger, it: SetEv) -> None:
    """Changes what the car draws; meter readings from now on show it. A car that is connected draws at its connector,
    whichever the command names."""
    evse = cp.evse(it.evse)
    connector = cp.connector(it.evse, it.connector)
    if it.power_w is not None and it.current_a is not None:
        raise Impossible(
            "give power_w or current_a, not both", field="current_a", remedy="leave one of them out"
        )
    physics.advance_meter(evse, cp.now)
    ev = evse.ev
    if it.phases is not None:
        ev.phases = it.phases
        if physics.part_in_use(cp, evse, connector).direct_current:
            cp.decision.not_heeded["phases"] = NO_PHASES
    if it.power_w is not None:
        ev.wish_w = it.power_w
    if it.current_a is not None:
        given = physics.outlet(cp, evse, connector)
        ev.wish_w = it.current_a * given.w_per_a
    if it.battery_wh is not None:
        share = ev.soc_wh / ev.battery_wh
        ev.battery_wh, ev.soc_wh = it.battery_wh, it.battery_wh * share
    if it.soc_percent is not None:
        ev.soc_wh = ev.battery_wh * it.soc_percent / 100
    if it.ready is not None:
        ev.ready = it.ready
    transactions.advance(cp, evse, "charging_state_changed")


def set_meter(cp: Charger, it: SetMeter) -> None:
    """Sets the register."""
    evse = cp.evse(it.evse)
    stands_wh = evse.register_wh + physics.drawn_since_wh(evse, cp.now)
    if evse.transaction is not None and it.register_wh < stands_wh:
        raise Impossible(
            f"a transaction is open, and the register stands at {int(stands_wh + 1e-6)} Wh",
            field="register_wh",
            remedy="set a higher value, or end the transaction first",
        )
    physics.advance_meter(evse, cp.now)
    evse.register_wh = it.register_wh
