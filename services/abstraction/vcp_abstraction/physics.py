"""The physical world of an EVSE, integrated lazily: nothing ticks; power is constant between two things that happen."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from vcp_contracts.configuration import ConnectorConfiguration
from vcp_contracts.settings import PHASES
from vcp_contracts.values import Reading, ReadingContext, Sample

from vcp_abstraction import schedule
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import ConnectorFacts, EvseFacts

NOMINAL_FREQUENCY_HZ = 50.0

GRID_VOLTAGE_V = 230.0
"""Between a phase of the grid and neutral, where no outlet has alternating current of its own."""

GRID_PHASES = 3
"""From as many phases of the grid a charger makes its direct current."""

OF_ALTERNATING_CURRENT = frozenset({"Frequency", "Power.Factor"})
"""Measurands that direct current has not: they are read at the inlet of an EVSE that makes it."""

FORESEEN_HOURS = 100_000
"""A battery that would be full later than this is not waited for: a limit may leave next to nothing."""


def advance_meter(evse: EvseFacts, now: datetime) -> None:
    """Brings the register (and the car's battery) up to `now` with the power that has flowed since."""
    seconds = (now - evse.metered_at).total_seconds()
    if seconds <= 0:
        return
    energy_wh = drawn_since_wh(evse, now)
    if energy_wh > 0:
        evse.register_wh += energy_wh
        evse.ev.soc_wh = min(evse.ev.battery_wh, evse.ev.soc_wh + energy_wh)
        transaction = evse.transaction
        if transaction is not None and transaction.energy_left_wh is not None:
            transaction.energy_left_wh = max(0.0, transaction.energy_left_wh - energy_wh)
    evse.metered_at = now


def drawn_since_wh(evse: EvseFacts, now: datetime) -> float:
    """What has flowed up to `now` and is not in the register yet."""
    return max(0.0, evse.power_w) * max(0.0, (now - evse.metered_at).total_seconds()) / 3600


@dataclass(frozen=True, slots=True)
class Outlet:
    """What an EVSE's connector can give."""

    voltage_v: float
    phases: int
    """0: direct current."""
    most_a: float
    """On each phase; of direct current in all."""

    @property
    def w_per_a(self) -> float:
        """Watts of each ampere, over all phases."""
        return schedule.w_per_a(self.voltage_v, self.phases)

    @property
    def most_w(self) -> float:
        """Most power over all phases."""
        return self.w_per_a * self.most_a


def part_in_use(
    cp: Charger, evse: EvseFacts, otherwise: ConnectorFacts | None = None
) -> ConnectorConfiguration:
    """The connector in use: the car's, else that of the transaction, else `otherwise` or the EVSE's first."""
    connectors = cp.configuration.evses[evse.id - 1].connectors
    transaction = evse.transaction
    if evse.connected is not None:
        return connectors[evse.connected.id - 1]
    if transaction is not None and transaction.connector is not None:
        return connectors[transaction.connector - 1]
    return connectors[otherwise.id - 1 if otherwise is not None else 0]


def outlet(cp: Charger, evse: EvseFacts, otherwise: ConnectorFacts | None = None) -> Outlet:
    """The outlet in use, else `otherwise` or the EVSE's first, with as many phases as the car has."""
    part = part_in_use(cp, evse, otherwise)
    return _outlet(part, min(part.supply_phases, evse.ev.phases))


def _outlet(part: ConnectorConfiguration, phases: int) -> Outlet:
    by_power_a = part.most_power_w / schedule.w_per_a(part.voltage_v, phases)
    return Outlet(voltage_v=part.voltage_v, phases=phases, most_a=min(part.most_current_a, by_power_a))


def offered(cp: Charger, evse: EvseFacts) -> Outlet:
    """What the station offers the car now: the outlet within the charging profiles' limits."""
    given = outlet(cp, evse)
    offer = evse.offer
    if offer is None:
        return given
    phases = min(given.phases, offer.phases or given.phases)
    if phases != given.phases:
        given = _outlet(part_in_use(cp, evse), phases)
    return Outlet(
        voltage_v=given.voltage_v,
        phases=phases,
        most_a=min(given.most_a, offer.current_a),
    )


def grid_voltage_v(cp: Charger) -> float:
    """The voltage of the station's feed: what its outlets for alternating current pass on."""
    parts = (part for evse in cp.configuration.evses for part in evse.connectors)
    return next((part.voltage_v for part in parts if not part.direct_current), GRID_VOLTAGE_V)


def _at_inlet(cp: Charger, given: Outlet) -> Outlet:
    """The same, seen from the grid: direct current is made from all its phases, without loss."""
    if given.phases:
        return given
    voltage_v = grid_voltage_v(cp)
    most_a = given.most_w / schedule.w_per_a(voltage_v, GRID_PHASES)
    return Outlet(voltage_v=voltage_v, phases=GRID_PHASES, most_a=most_a)


def drawn_w(cp: Charger, evse: EvseFacts) -> float:
    """What the car would draw now if the station lets it: the least of its wish, the connector and the limits."""
    ev = evse.ev
    if not ev.ready or ev.soc_wh >= ev.battery_wh:
        return 0.0
    most = offered(cp, evse).most_w
    return most if ev.wish_w is None else min(most, ev.wish_w)


def battery_full_at(evse: EvseFacts) -> datetime | None:
    """When the battery will be full, or the energy allowed used up, at the present power."""
    if evse.power_w <= 0:
        return None
    left_wh = evse.ev.battery_wh - evse.ev.soc_wh
    transaction = evse.transaction
    if transaction is not None and transaction.energy_left_wh is not None:
        left_wh = min(left_wh, transaction.energy_left_wh)
    if left_wh > evse.power_w * FORESEEN_HOURS:
        return None
    # rounded up to the next millisecond, so that at that time it is truly reached
    milliseconds = int(left_wh * 3_600_000 / evse.power_w) + 1
    return evse.metered_at + timedelta(milliseconds=milliseconds)


def register_wh(evse: EvseFacts) -> int:
    """The register as a meter shows it: whole Wh, never rounded up."""
    return int(evse.register_wh + 1e-6)


def sample(
    cp: Charger, evse: EvseFacts, measurands: list[str], context: ReadingContext, *, at_inlet: bool = False
) -> Sample | None:
    """Reads the meter, or what it would read where the EVSE takes its power from the grid. Voltage, current, power and
    energy agree with each other. None where nothing is to be read."""
    advance_meter(evse, cp.now)
    readings = _readings(cp, evse, measurands, context, at_inlet=at_inlet)
    return Sample(at=cp.now, readings=tuple(readings)) if readings else None


def reads_anything(cp: Charger, evse: EvseFacts, measurands: list[str]) -> bool:
    """Whether some of them can be read there. Changes nothing, the meter neither."""
    return bool(_readings(cp, evse, measurands, "other"))


def _readings(
    cp: Charger, evse: EvseFacts, measurands: list[str], context: ReadingContext, *, at_inlet: bool = False
) -> list[Reading]:
    given = offered(cp, evse)
    if at_inlet:
        given = _at_inlet(cp, given)
    return [reading for measurand in measurands for reading in _read(evse, given, measurand, context)]


def _read(evse: EvseFacts, given: Outlet, measurand: str, context: ReadingContext) -> list[Reading]:
    name, _, phase = measurand.rpartition(".")
    if phase in PHASES.get(name, ()):
        return _on_phase(evse, given, name, phase, context)
    if measurand in ("Voltage", "Current.Import"):
        lines: list[str | None] = [f"L{n + 1}" for n in range(given.phases)]
        return [r for line in lines or [None] for r in _on_phase(evse, given, measurand, line, context)]
    value, unit = _scalar(evse, given, measurand, context)
    if value is None:
        return []
    location = "ev" if measurand == "SoC" else "outlet"
    if not given.phases and measurand in OF_ALTERNATING_CURRENT:
        location = "inlet"
    return [
        Reading.model_construct(
            value=value, measurand=measurand, unit=unit, phase=None, location=location, context=context
        )
    ]


def _on_phase(
    evse: EvseFacts, given: Outlet, measurand: str, phase: str | None, context: ReadingContext
) -> list[Reading]:
    """What is measured on one phase, or between two; nothing on a phase that is not in use. The load is balanced.
    `phase` None: direct current, which has none (1.6 §7.43, 2.0.1 SampledValueType)."""
    ends = [end for end in (phase or "").split("-") if end not in ("", "N")]
    if any(int(end[1]) > given.phases for end in ends) or (phase is not None and not given.phases):
        return []
    match measurand:
        case "Voltage":
            value, unit = given.voltage_v * (math.sqrt(3) if len(ends) == 2 else 1), "V"
        case "Current.Import":
            value, unit = evse.power_w / given.w_per_a, "A"
            if phase == "N" and given.phases == 3:
                value = 0.0
        case _:
            value, unit = evse.power_w / given.phases, "W"
    return [
        Reading.model_construct(
            value=round(value, 3),
            measurand=measurand,
            unit=unit,
            phase=phase,
            location="outlet",
            context=context,
        )
    ]


def _scalar(
    evse: EvseFacts, given: Outlet, measurand: str, context: ReadingContext
) -> tuple[float | None, str | None]:
    match measurand:
        case "Energy.Active.Import.Interval":
            since = evse.aligned_wh if context == "clock" else evse.sampled_wh
            return round(max(0.0, evse.register_wh - since), 3), "Wh"
        case "Energy.Active.Import.Register":
            return float(register_wh(evse)), "Wh"
        case "Energy.Active.Export.Register" | "Power.Active.Export" | "Current.Export":
            return 0.0, {"E": "Wh", "P": "W", "C": "A"}[measurand[0]]
        case "Power.Active.Import":
            return round(evse.power_w, 3), "W"
        case "Power.Offered":
            return round(given.most_w, 3), "W"
        case "Current.Offered":
            return given.most_a, "A"
        case "Power.Factor":
            return 1.0, None
        case "Frequency":
            return NOMINAL_FREQUENCY_HZ, "Hz"
        case "SoC":
            return round(100 * evse.ev.soc_wh / evse.ev.battery_wh, 1), "Percent"
        case _:
            return None, None
