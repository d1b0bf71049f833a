"""Meter readings: sampled in transactions, aligned with the clock, and on command."""

from datetime import UTC, datetime, timedelta

from vcp_contracts.actions import ReportMeter
from vcp_contracts.commands import MeterNow
from vcp_contracts.events import MeterSampled
from vcp_contracts.values import STATION, Place, ReadingContext, Sample, Trigger

from vcp_abstraction import main_meter, physics, sampling
from vcp_abstraction.blocks import telling
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts

MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)


def sampled(cp: Charger, evse: EvseFacts) -> None:
    """The sampling interval of a transaction is over (1.6 §3.16.2, 2.0.1 J02)."""
    transaction = evse.transaction
    assert transaction is not None
    reading = _report(cp, evse, sampling.sampled(cp, evse), "periodic", "meter_periodic")
    if not _own_interval(cp):
        kept = sampling.sampled_for_end(cp)
        if kept != sampling.sampled(cp, evse):
            reading = physics.sample(cp, evse, kept, "periodic")
        sampling.keep_for_end(cp, transaction, reading)
    evse.sampled_wh = evse.register_wh
    transaction.sample_due = sampling.next_sample(cp)


def sampled_for_end(cp: Charger, evse: EvseFacts) -> None:
    """The interval of what is kept for the transaction's end is over, where that is one of its own (2.0.1 J02)."""
    transaction = evse.transaction
    assert transaction is not None
    kept = sampling.sampled_for_end(cp)
    sampling.keep_for_end(cp, transaction, physics.sample(cp, evse, kept, "periodic"))
    transaction.end_sample_due = sampling.next_end_sample(cp)


def _own_interval(cp: Charger) -> bool:
    return cp.manners.end_data_interval == "own_interval"


def reschedule(cp: Charger) -> None:
    """The intervals have changed: from now on the new ones hold."""
    for evse in cp.running():
        assert evse.transaction is not None
        evse.transaction.sample_due = sampling.next_sample(cp)
        evse.transaction.end_sample_due = sampling.next_end_sample(cp)
    align(cp)


def align(cp: Charger) -> None:
    """Finds the next clock-aligned slots anew."""
    if cp.facts.aligned_due is None:
        for evse in cp.facts.evses:
            physics.advance_meter(evse, cp.now)
            evse.aligned_wh = evse.register_wh
    cp.facts.aligned_due = _next(cp, "AlignedDataCtrlr.Interval")
    cp.facts.aligned_end_due = _next(cp, "AlignedDataCtrlr.TxEndedInterval") if _own_interval(cp) else None


def _next(cp: Charger, setting: str) -> datetime | None:
    interval_s = cp.settings.interval_s(setting)
    return next_slot(cp.now, interval_s) if interval_s > 0 else None


def next_slot(now: datetime, interval_s: int) -> datetime:
    """The next clock-aligned slot: counted from midnight UTC (1.6 §3.16.1)."""
    since_midnight = (now - MIDNIGHT).total_seconds() % 86_400
    midnight = now - timedelta(seconds=since_midnight)
    slot = midnight + timedelta(seconds=(since_midnight // interval_s + 1) * interval_s)
    return min(slot, midnight + timedelta(days=1))


def aligned(cp: Charger) -> None:
    """A clock-aligned slot: every EVSE is read, with or without a transaction, and the station's own meter."""
    cp.facts.aligned_due = _next(cp, "AlignedDataCtrlr.Interval")
    measurands = cp.settings.measurands("AlignedDataCtrlr.Measurands")
    main = main_meter.sample(cp, measurands, "clock")
    for evse in cp.facts.evses:
        _report(cp, evse, measurands, "clock", "meter_clock")
        evse.aligned_wh = evse.register_wh
    if not _own_interval(cp):
        _keep_aligned(cp)
    if main is not None:
        cp.note(MeterSampled, place=STATION, sample=main)
        idle(cp, STATION, main)


def aligned_for_end(cp: Charger) -> None:
    """A slot of what is kept for the ends of transactions, where that has an interval of its own (2.0.1 J01)."""
    align(cp)
    if _own_interval(cp):
        _keep_aligned(cp)


def _keep_aligned(cp: Charger) -> None:
    kept = cp.settings.measurands("AlignedDataCtrlr.TxEndedMeasurands")
    for evse in cp.running():
        assert evse.transaction is not None
        sampling.keep_for_end(cp, evse.transaction, physics.sample(cp, evse, kept, "clock"))


def interrupted(cp: Charger, evse: EvseFacts) -> None:
    """The mains fail, and the transaction stays open: the last reading before (1.6 §7.30 Interruption.Begin)."""
    _report(cp, evse, sampling.sampled(cp, evse), "interruption_begin", "abnormal_condition")
    evse.power_w = 0.0


def resumed(cp: Charger, evse: EvseFacts) -> None:
    """The mains are back, and the transaction goes on: the first reading after it (Interruption.End)."""
    _report(cp, evse, sampling.sampled(cp, evse), "interruption_end", "abnormal_condition")


def meter_now(cp: Charger, it: MeterNow) -> None:
    """Reads the meter on command."""
    evse = cp.evse(it.evse)
    if it.context == "clock":
        _report(cp, evse, cp.settings.measurands("AlignedDataCtrlr.Measurands"), "clock", "meter_clock")
    else:
        _report(cp, evse, sampling.sampled(cp, evse), it.context, "meter_periodic")


def _report(
    cp: Charger, evse: EvseFacts, measurands: list[str], context: ReadingContext, trigger: Trigger
) -> Sample | None:
    """Reads the meter and tells it; the reading, None where nothing is to be read."""
    reading = physics.sample(cp, evse, measurands, context)
    if reading is None:
        return None
    transaction = evse.transaction
    cp.note(
        MeterSampled,
        place=Place(evse=evse.id),
        sample=reading,
        transaction=transaction.id if transaction is not None else None,
    )
    if transaction is not None:
        telling.tell(cp, evse, "updated", trigger, (reading,))
    else:
        idle(cp, Place(evse=evse.id), reading)
    return reading


def idle(cp: Charger, place: Place, reading: Sample) -> None:
    """A reading outside transactions: kept while offline only where manners say so."""
    durable = cp.manners.idle_meter_is_durable or cp.settings.flag("OCPPCommCtrlr.QueueAllMessages")
    if not durable and not (cp.online and cp.registered):
        return
    action = ReportMeter(**cp.words(), place=place, samples=(reading,))
    cp.enqueue(action, "transactions" if durable else "express")
