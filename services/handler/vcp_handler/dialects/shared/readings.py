"""Readings of meters: what all versions say of them in the same words. Numbers and units are each version's own."""

from collections.abc import Callable, Iterable

from vcp_contracts.values import Reading, Sample

from vcp_handler.dialects import instants
from vcp_handler.dialects.table import Payload

CONTEXT = {
    "begin": "Transaction.Begin",
    "end": "Transaction.End",
    "periodic": "Sample.Periodic",
    "clock": "Sample.Clock",
    "trigger": "Trigger",
    "interruption_begin": "Interruption.Begin",
    "interruption_end": "Interruption.End",
    "other": "Other",
}

LOCATION = {"outlet": "Outlet", "inlet": "Inlet", "body": "Body", "cable": "Cable", "ev": "EV"}


def measured(samples: Iterable[Sample]) -> bool:
    """Whether there is anything to put into `meterValue`."""
    return any(sample.readings for sample in samples)


def meter_values(samples: Iterable[Sample], write: Callable[[Reading], Payload]) -> list[Payload]:
    """Samples as MeterValue items; one without readings has no form on the wire. `write`: one reading."""
    return [
        {
            "timestamp": instants.written(sample.at),
            "sampledValue": [write(reading) for reading in sample.readings],
        }
        for sample in samples
        if sample.readings
    ]


def described(reading: Reading, value: object) -> Payload:
    """A reading without its unit; the outlet is where one is taken unless it is said otherwise."""
    written: Payload = {"value": value, "context": CONTEXT[reading.context], "measurand": reading.measurand}
    if reading.phase is not None:
        written["phase"] = reading.phase
    if reading.location != "outlet":
        written["location"] = LOCATION[reading.location]
    return written
