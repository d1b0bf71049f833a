"""The physical world of an EVSE, integrated lazily: nothing ticks; power is constant between two things that happen."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from vcp_contracts.settings import PHASES
from vcp_contracts.values import Reading, ReadingContext, Sample

from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import ConnectorFacts, EvseFacts

NOMINAL_FREQUENCY_HZ = 50.0

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
    most_a: float

    @property
    def most_w(self) -> float:
        """Most power over all phases."""
        return self.voltage_v * self.phases * self.most_a


def outlet(cp: Charger, evse: EvseFacts, connector: ConnectorFacts | None = None) -> Outlet:
    """The outlet in use, else the EVSE's first."""
    used = connector or evse.connected or evse.connectors[0]
    hardware = cp.configuration.evses[evse.id - 1].connectors[used.id - 1]
    phases = min(hardware.phases, evse.ev.phases)
    return Outlet(voltage_v=hardware.voltage_v, phases=phases, most_a=hardware.max_current_a)


def offered(cp: Charger, evse: EvseFacts) -> Outlet:
    """What the station offers the car now: the outlet within the charging profiles' limits."""
    given = outlet(cp, evse)
    offer = evse.offer
    if offer is None:
        return given
    return Outlet(
        voltage_v=given.voltage_v,
        phases=min(given.phases, offer.phases),
        most_a=min(given.most_a, offer.current_a),
    )


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


def sample(cp: Charger, evse: EvseFacts, measurands: list[str], context: ReadingContext) -> Sample | None:
    """Reads the meter. Voltage, current, power and energy agree with each other. None where nothing is to be read."""
    advance_meter(evse, cp.now)
    readings = _readings(cp, evse, measurands, context)
    return Sample(at=cp.now, readings=tuple(readings)) if readings else None


def reads_anything(cp: Charger, evse: EvseFacts, measurands: list[str]) -> bool:
    """Whether some of them can be read there. Changes nothing, the meter neither."""
    return bool(_readings(cp, evse, measurands, "other"))


def _readings(cp: Charger, evse: EvseFacts, measurands: list[str], context: ReadingContext) -> list[Reading]:
    given = offered(cp, evse)
    return [reading for measurand in measurands for reading in _read(evse, given, measurand, context)]


def _read(evse: EvseFacts, given: Outlet, measurand: str, context: ReadingContext) -> list[Reading]:
    name, _, phase = measurand.rpartition(".")
    if phase in PHASES.get(name, ()):
        return _on_phase(evse, given, name, phase, context)
    if measurand in ("Voltage", "Current.Import"):
        return [
            r for n in range(given.phases) for r in _on_phase(evse, given, measurand, f"L{n + 1}", context)
        ]
    value, unit = _scalar(evse, given, measurand, context)
    if value is None:
        return []
    location = "ev" if measurand == "SoC" else "outlet"
    return [
        Reading.model_construct(
            value=value, measurand=measurand, unit=unit, phase=None, location=location, context=context
        )
    ]


def _on_phase(
    evse: EvseFacts, given: Outlet, measurand: str, phase: str, context: ReadingContext
) -> list[Reading]:
    """What is measured on one phase, or between two; nothing on a phase that is not in use. The load is balanced."""
    ends = [end for end in phase.split("-") if end != "N"]
    if any(int(end[1]) > given.phases for end in ends):
        return []
    match measurand:
        case "Voltage":
            value, unit = given.voltage_v * (math.sqrt(3) if len(ends) == 2 else 1), "V"
        case "Current.Import":
            value, unit = evse.power_w / (given.voltage_v * given.phases), "A"
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
