"""The station's own meter, at its grid inlet: it reads what all EVSEs draw together, on the grid's phases also where
they make direct current of it. Knows no EVSE's physics."""

from vcp_contracts.values import Reading, ReadingContext, Sample

from vcp_abstraction import physics
from vcp_abstraction.charger import Charger

ADDS_UP = ("Energy.", "Power.Active.", "Power.Offered", "Current.")
"""Measurands of which the station has the sum of its EVSEs; of others, what the first EVSE has."""

OF_A_CAR = frozenset({"SoC"})


def sample(cp: Charger, measurands: list[str], context: ReadingContext) -> Sample | None:
    """Reads it; None where the station has no such meter, or nothing is to be read (1.6 connector 0, 2.0.1 EVSE 0)."""
    if not cp.configuration.main_meter:
        return None
    wanted = [measurand for measurand in measurands if measurand not in OF_A_CAR]
    sums: dict[tuple[str, str | None], Reading] = {}
    for evse in cp.facts.evses:
        own = physics.sample(cp, evse, wanted, context, at_inlet=True)
        for reading in own.readings if own is not None else ():
            key = (reading.measurand, reading.phase)
            sums[key] = _added(sums.get(key), reading)
    return Sample(at=cp.now, readings=tuple(sums.values())) if sums else None


def _added(total: Reading | None, one: Reading) -> Reading:
    if total is None:
        return one.model_copy(update={"location": "inlet"})
    if not one.measurand.startswith(ADDS_UP):
        return total
    return total.model_copy(update={"value": round(total.value + one.value, 3)})
