"""Life of the charger: set up, with and without power, retired."""

from datetime import UTC

from vcp_contracts.actions import ReportStatus
from vcp_contracts.commands import PowerCycle, PowerOff, PowerOn, Provision, Retire
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.events import ChargePointChanged, FaultCleared, SettingChanged
from vcp_contracts.settings import BY_NAME, find
from vcp_contracts.values import BootReason, Fault, Place

from vcp_abstraction import errands, installed, lanes, status
from vcp_abstraction.blocks import (
    authorization,
    boot,
    cable,
    credentials,
    diagnostics,
    faults,
    firmware_phases,
    link,
    metering,
    own_certificate,
    restart_keys,
    rules,
    security,
    transactions,
)
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.boot import Registration
from vcp_abstraction.facts.charger import Facts, Setup
from vcp_abstraction.facts.clock import CLOCK_FROM, CLOCK_UP_TO, ClockFacts
from vcp_abstraction.facts.places import ConnectorFacts, EvseFacts
from vcp_abstraction.facts.profiles import Profiles
from vcp_abstraction.facts.security import Certificates, SecurityFacts
from vcp_abstraction.nameplate import counted_wh, firmware_of
from vcp_abstraction.setting_rules import PHASE_ROTATION, broken_rule, rotations_left
from vcp_abstraction.settings import Settings, normal

# --- set up ----------------------------------------------------------------------------------------------------------


def provision(cp: Charger, it: Provision) -> None:
    """Sets the charger up, or changes how it is set up."""
    new = it.configuration
    values = _checked_settings(new)
    _check_clock(new)
    credentials.check(new)
    cp.decision.not_heeded.update(_not_heeded(new))
    if cp.setup is None:
        rules.check_all(it.rules, len(new.evses))
        _first(cp, new, values)
        rules.begin_with(cp, it.rules)
        if new.online and new.url is not None:
            link.want(cp)
        cp.done(it.id, change="provisioned")
        return
    if new == cp.configuration:
        cp.facts.quarantined = False
        cp.done(it.id, change="none")
        return
    _change(cp, new, values)
    cp.facts.quarantined = False
    cp.done(it.id, change="configured")


def _not_heeded(configuration: ChargePointConfiguration) -> dict[str, str]:
    """What means nothing in a configuration, though it breaks nothing."""
    return {
        f"evses[{e}].connectors[{n}].phases": cable.NO_PHASES
        for e, evse in enumerate(configuration.evses)
        for n, connector in enumerate(evse.connectors)
        if connector.direct_current and connector.phases is not None
    }


def _checked_settings(configuration: ChargePointConfiguration) -> dict[str, str]:
    """The settings by full name; raises Impossible naming the one that is wrong."""
    values: dict[str, str] = {}
    for name, value in configuration.settings.items():
        row = find(name)
        if row is None or row.derived:
            raise Impossible(
                f"there is no setting {name} that can be set",
                field=f"settings.{name}",
                remedy="see the settings in the view",
            )
        if row.access == "write_only":
            raise Impossible(
                f"{name} is a secret", field=f"settings.{name}", remedy="put it into VCP_KEYS, under a label"
            )
        good, rule = normal(row, value)
        if good is None:
            raise Impossible(f"{name} {rule}", field=f"settings.{name}", remedy=f"give a value that {rule}")
        values[row.name] = good
    together = Settings(values=values)
    for name in configuration.settings:
        row = find(name)
        assert row is not None
        rule = broken_rule(configuration, together, row, values[row.name])
        if rule:
            raise Impossible(f"{name} {rule}", field=f"settings.{name}", remedy=f"give a value that {rule}")
    return values


def _check_clock(configuration: ChargePointConfiguration) -> None:
    start = configuration.clock.start
    if start is not None and not CLOCK_FROM <= start < CLOCK_UP_TO:
        raise Impossible(
            "no clock of a charger shows such a time",
            field="clock.start",
            remedy="give a time from 1970 to 2999",
        )


def _first(cp: Charger, new: ChargePointConfiguration, values: dict[str, str]) -> None:
    cp.setup = Setup(configuration=new)
    cp.touch("setup")
    cp.facts = Facts(clock=_clock(cp, new))
    cp.now = cp.facts.clock.at(cp.real)
    cp.facts.evses = _hardware(cp, new)
    cp.profiles = Profiles()
    cp.certificates = Certificates()
    cp.touch("certificates")
    cp.settings = Settings(changed=True)
    _put_all(cp, values)
    metering.reschedule(cp)
    cp.note(ChargePointChanged, change="provisioned")
    status.observe(cp)
    cable.find_cars(cp)
    security.happened(cp, "started", "set up")


def _clock(cp: Charger, configuration: ChargePointConfiguration) -> ClockFacts:
    wanted = configuration.clock
    own = wanted.start.astimezone(UTC) if wanted.start is not None else cp.real
    return ClockFacts(source=wanted.source, real=cp.real, own=own, speed=wanted.speed)


def _hardware(cp: Charger, configuration: ChargePointConfiguration) -> list[EvseFacts]:
    evses = []
    for number, hardware in enumerate(configuration.evses, 1):
        register_wh = counted_wh(cp.id, configuration, number)
        connectors = [
            ConnectorFacts(
                id=n,
                plugged_station=part.plugged or part.fixed_cable,
                plugged_ev=part.plugged,
                operative=not part.inoperative,
                faults=[Fault(**part.fault.model_dump())] if part.fault else [],
            )
            for n, part in enumerate(hardware.connectors, 1)
        ]
        evses.append(
            EvseFacts(
                id=number,
                connectors=connectors,
                register_wh=register_wh,
                sampled_wh=register_wh,
                aligned_wh=register_wh,
                metered_at=cp.now,
            )
        )
    return evses


def _put_all(cp: Charger, values: dict[str, str]) -> None:
    for name, value in values.items():
        cp.settings.put(BY_NAME[name.casefold()], value)


def _as_they_were(configuration: ChargePointConfiguration) -> dict[str, str]:
    """The settings of an earlier configuration by full name. One that is no longer good is left out: nobody asks for it
    now."""
    rows = [(find(name), value) for name, value in configuration.settings.items()]
    return {row.name: good for row, value in rows if row and (good := normal(row, value)[0]) is not None}


def _change(cp: Charger, new: ChargePointConfiguration, values: dict[str, str]) -> None:
    """Whatever may be refused is refused first; from then on nothing is."""
    old = cp.configuration
    other_hardware = new.evses != old.evses
    if other_hardware and any(True for _ in cp.running()):
        raise Impossible(
            "a transaction is open", field="evses", remedy="end it before you change the hardware"
        )
    before = _as_they_were(old)
    if other_hardware:
        _take_away(cp)
        cp.facts.evses = _hardware(cp, new)
    cp.setup = Setup(configuration=new)
    cp.touch("setup")
    _put_all(cp, {name: value for name, value in values.items() if before.get(name) != value})
    if other_hardware:
        _forget_places(cp)
    metering.reschedule(cp)
    own_certificate.plan_renewal(cp)
    cp.note(ChargePointChanged, change="configured")
    status.observe(cp)
    if other_hardware and cp.facts.powered:
        cable.find_cars(cp)
    if firmware_of(new) != firmware_of(old):
        cp.facts.firmware.version = None
    booted_as_another = boot.tells_otherwise(cp, old, new)
    if booted_as_another:
        # OCPP-J 1.6 §5.4: boot again when the boot's data have changed
        cp.facts.registration.verdict = "none"
    elsewhere = (new.url, new.protocols, new.security) != (old.url, old.protocols, old.security)
    if elsewhere:
        cp.facts.security = SecurityFacts()
    if cp.facts.link.wanted and (elsewhere or booted_as_another):
        link.reopen(cp, "configured anew")
    elif new.online and not (old.online or cp.facts.link.wanted) and new.url is not None:
        link.want(cp)


def _take_away(cp: Charger) -> None:
    """The EVSEs and connectors go, and with them what was wrong with them."""
    for evse in cp.facts.evses:
        for connector in evse.connectors:
            place = Place(evse=evse.id, connector=connector.id)
            while connector.faults:
                fault = connector.faults.pop(0)
                cp.note(FaultCleared, place=place, fault=fault)
                faults.tell(cp, place, fault, active=False)


def _forget_places(cp: Charger) -> None:
    """What was kept of places by their numbers means others now, or none. Reservations are reviewed after each message;
    reports of transactions that are over are still told, whatever became of their EVSE."""
    facts = cp.facts
    facts.reported.clear()
    facts.settling.clear()
    _drop_statuses(cp)
    there = {f"{evse.id}.{n}" for evse in facts.evses for n in range(len(evse.connectors) + 1)}
    facts.observed = {key: seen for key, seen in facts.observed.items() if key in there | {"0.0"}}
    installed.keep_within(cp, len(facts.evses))
    rules.keep_within(cp, len(facts.evses))
    _keep_rotations(cp)


def _drop_statuses(cp: Charger) -> None:
    """What was still to be told of a place that is gone now would be news of nothing."""
    flight = cp.facts.lanes.in_flight
    for n in list(cp.facts.lanes.express):
        action = cp.queue[n].action
        if not isinstance(action, ReportStatus) or action.past_gate or cp.knows(action.place):
            continue
        if flight is None or flight.n != n:
            entry = cp.dequeue(n)
            lanes.tell_command(cp, entry, "failed", {"detail": "the place is gone"})


def _keep_rotations(cp: Charger) -> None:
    row = BY_NAME[PHASE_ROTATION.casefold()]
    rotations = cp.settings.text(row.name)
    left = rotations_left(cp.configuration, rotations)
    waiting = cp.settings.waiting.get(row.name)
    if left != rotations:
        cp.settings.put(row, left)
        cp.note(SettingChanged, name=row.name, value=left, by="command")
    if waiting is not None:
        cp.settings.put_off(row, rotations_left(cp.configuration, waiting))


def retire(cp: Charger, it: Retire) -> None:
    """Takes the charger out of the world."""
    if cp.facts.link.wanted or cp.facts.link.state != "down":
        link.close(cp, "close", "retired")
    errands.drop_all(cp)
    cp.note(ChargePointChanged, change="retired")
    cp.done(it.id)
    cp.setup = None
    cp.rules = None


# --- power -----------------------------------------------------------------------------------------------------------


def power_off(cp: Charger, it: PowerOff) -> None:
    """The mains fail: nothing is told now; what was going on has ended."""
    if not cp.facts.powered:
        raise Impossible("the charger has no power already", remedy="power_on first")
    _lose_power(cp)


def _drop_link(cp: Charger) -> None:
    if cp.facts.link.wanted:
        link.close(cp, "reset", "power lost")


def _lose_power(cp: Charger) -> None:
    cp.facts.powered = False
    _drop_link(cp)
    for evse in cp.facts.evses:
        evse.awaiting = None
        if evse.transaction is not None and cp.facts.behaviour.after_power_loss == "resume":
            metering.interrupted(cp, evse)
            continue
        if evse.transaction is not None:
            transactions.end(cp, evse, "abnormal_condition", "power_loss")
        evse.authorization = None
        evse.plug_deadline = None
    cp.facts.restart = None
    firmware_phases.power_lost(cp)
    diagnostics.power_lost(cp)


def power_on(cp: Charger, it: PowerOn) -> None:
    """The mains are back: the charger boots."""
    if cp.facts.powered and not cp.facts.quarantined:
        raise Impossible("the charger has power already", remedy="power_cycle, if it shall boot again")
    if cp.facts.powered:
        # it stood still, and what its link has brought since is lost
        authorization.forget_all(cp)
        _drop_link(cp)
    _wake(cp, "power_up")


def power_cycle(cp: Charger, it: PowerCycle) -> None:
    """Off and on again."""
    if cp.facts.powered:
        _lose_power(cp)
    _wake(cp, "power_up")


def _wake(cp: Charger, reason: BootReason) -> None:
    cp.facts.powered = True
    cp.facts.quarantined = False
    before = cp.facts.registration
    cp.facts.registration = Registration(
        boot_reason=reason, ever_accepted=before.ever_accepted, starting=before.starting
    )
    restart_keys.take_over(cp)
    cp.facts.reported.clear()
    for evse in cp.facts.evses:
        evse.metered_at = cp.now
        evse.power_w = 0.0
    metering.reschedule(cp)
    status.observe(cp)
    for evse in cp.running():
        metering.resumed(cp, evse)
        transactions.advance(cp, evse, "charging_state_changed")
    if cp.configuration.restart_s > 0:
        link.come_back(cp)
    else:
        link.order(cp)
    cable.find_cars(cp)
    security.happened(cp, "started", reason)
