"""Meter readings: sampled in transactions, aligned with the clock, and on command."""

from datetime import UTC, datetime, timedelta

from vcp_contracts.actions import ReportMeter
from vcp_contracts.commands import MeterNow
from vcp_contracts.events import MeterSampled
from vcp_contracts.values import Place, ReadingContext, Sample, Trigger

from vcp_abstraction import physics
from vcp_abstraction.blocks import transactions
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts import EvseFacts

MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)


def sampled(cp: Charger, evse: EvseFacts) -> None:
    """The sampling interval of a transaction is over (1.6 §3.16.2, 2.0.1 J02)."""
    transaction = evse.transaction
    assert transaction is not None
    reading = _report(cp, evse, "SampledDataCtrlr.TxUpdatedMeasurands", "periodic", "meter_periodic")
    measurands = transactions.end_measurands(cp)
    if measurands != cp.settings.members("SampledDataCtrlr.TxUpdatedMeasurands"):
        reading = physics.sample(cp, evse, measurands, "periodic")
    transactions.keep_for_end(cp, transaction, reading)
    interval = cp.settings.seconds("SampledDataCtrlr.TxUpdatedInterval")
    transaction.sample_due = cp.now + timedelta(seconds=interval) if interval > 0 else None


def reschedule(cp: Charger) -> None:
    """The intervals have changed: from now on the new ones hold."""
    interval = cp.settings.seconds("SampledDataCtrlr.TxUpdatedInterval")
    for evse in cp.running():
        assert evse.transaction is not None
        evse.transaction.sample_due = cp.now + timedelta(seconds=interval) if interval > 0 else None
    align(cp)


def align(cp: Charger) -> None:
    """Finds the next clock-aligned slot anew."""
    aligned = cp.settings.seconds("AlignedDataCtrlr.Interval")
    cp.facts.aligned_due = next_slot(cp.now, aligned) if aligned > 0 else None


def next_slot(now: datetime, interval_s: int) -> datetime:
    """The next clock-aligned slot: counted from midnight UTC (1.6 §3.16.1)."""
    since_midnight = (now - MIDNIGHT).total_seconds() % 86_400
    midnight = now - timedelta(seconds=since_midnight)
    slot = midnight + timedelta(seconds=(since_midnight // interval_s + 1) * interval_s)
    return min(slot, midnight + timedelta(days=1))


def aligned(cp: Charger) -> None:
    """A clock-aligned slot: every EVSE is read, with or without a transaction."""
    cp.facts.aligned_due = next_slot(cp.now, max(1, cp.settings.seconds("AlignedDataCtrlr.Interval")))
    for evse in cp.facts.evses:
        _report(cp, evse, "AlignedDataCtrlr.Measurands", "clock", "meter_clock")


def meter_now(cp: Charger, it: MeterNow) -> None:
    """Reads the meter on command."""
    evse = cp.evse(it.evse)
    if it.context == "clock":
        _report(cp, evse, "AlignedDataCtrlr.Measurands", "clock", "meter_clock")
    else:
        _report(cp, evse, "SampledDataCtrlr.TxUpdatedMeasurands", "periodic", "meter_periodic")


def _report(
    cp: Charger, evse: EvseFacts, measurands: str, context: ReadingContext, trigger: Trigger
) -> Sample | None:
    """Reads the meter and tells it; the reading, None where nothing is to be read."""
    reading = physics.sample(cp, evse, cp.settings.members(measurands), context)
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
        transactions.tell(cp, evse, "updated", trigger, (reading,))
    else:
        idle(cp, evse, reading)
    return reading


def idle(cp: Charger, evse: EvseFacts, reading: Sample) -> None:
    """A reading outside transactions: kept while offline only where manners say so."""
    durable = cp.manners.idle_meter_is_durable or cp.settings.flag("OCPPCommCtrlr.QueueAllMessages")
    if not durable and not (cp.online and cp.registered):
        return
    action = ReportMeter(**cp.words(), place=Place(evse=evse.id), samples=(reading,))
    cp.enqueue(action, "transactions" if durable else "express")
