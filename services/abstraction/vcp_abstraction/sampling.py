"""When a transaction is sampled, and what is kept for its end. What a reading says is `physics`' affair."""

from datetime import datetime, timedelta

from vcp_contracts.values import Sample

from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.transactions import Transaction

SAMPLED = "SampledDataCtrlr.TxUpdatedMeasurands"
SAMPLED_FOR_END = "SampledDataCtrlr.TxEndedMeasurands"

UNLESS_SET = {"nothing": "", "register": "Energy.Active.Import.Register"}
"""What each of the manners has in that setting until it is written."""


USUAL = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage"
"""What is sampled in a transaction until that setting is written."""

OF_A_CAR = "SoC"
"""And this, where the car tells it: only with direct current, over the charging cable (ISO 15118, DIN 70121)."""


def sampled_text(cp: Charger) -> str:
    """The setting TxUpdatedMeasurands as it stands: written, or what the charger has while it is not."""
    written = cp.settings.values.get(SAMPLED)
    if written is not None:
        return written
    any_direct = any(part.direct_current for evse in cp.configuration.evses for part in evse.connectors)
    return f"{USUAL},{OF_A_CAR}" if any_direct else USUAL


def sampled(cp: Charger, evse: EvseFacts | None = None) -> list[str]:
    """What is sampled in a transaction at an EVSE; None: at the station's own meter."""
    if not cp.settings.flag("SampledDataCtrlr.Enabled"):
        return []
    measurands = [item for item in sampled_text(cp).split(",") if item]
    if SAMPLED in cp.settings.values or (evse is not None and _is_direct(cp, evse)):
        return measurands
    return [item for item in measurands if item != OF_A_CAR]


def _is_direct(cp: Charger, evse: EvseFacts) -> bool:
    used = evse.connected or evse.connectors[0]
    return cp.configuration.evses[evse.id - 1].connectors[used.id - 1].direct_current


def next_sample(cp: Charger) -> datetime | None:
    """When a transaction is sampled next."""
    return _after(cp, "SampledDataCtrlr.TxUpdatedInterval")


def next_end_sample(cp: Charger) -> datetime | None:
    """When it is sampled next for its end, where that has an interval of its own."""
    own = cp.manners.end_data_interval == "own_interval"
    return _after(cp, "SampledDataCtrlr.TxEndedInterval") if own else None


def _after(cp: Charger, setting: str) -> datetime | None:
    interval_s = cp.settings.interval_s(setting)
    return cp.now + timedelta(seconds=interval_s) if interval_s > 0 else None


def sampled_for_end_text(cp: Charger) -> str:
    """The setting TxEndedMeasurands as it stands: written, or what the manners have while it is not."""
    written = cp.settings.values.get(SAMPLED_FOR_END)
    return UNLESS_SET[cp.manners.end_data_unless_set] if written is None else written


def sampled_for_end(cp: Charger) -> list[str]:
    """What is sampled for the end of a transaction, at its interval."""
    if not cp.settings.flag("SampledDataCtrlr.Enabled"):
        return []
    return [item for item in sampled_for_end_text(cp).split(",") if item]


def end_measurands(cp: Charger) -> list[str]:
    """What is measured for the end of a transaction."""
    sampled = sampled_for_end(cp)
    aligned = cp.settings.measurands("AlignedDataCtrlr.TxEndedMeasurands")
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


def taken_for_end(cp: Charger, transaction: Transaction) -> tuple[Sample, ...]:
    """The readings kept for the end of a transaction; from here on they are no longer kept."""
    kept = cp.end_samples.of.pop(transaction.id, [])
    cp.touch("end_samples")
    return tuple(kept)
