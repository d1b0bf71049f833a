"""The charger's own clock: where it stands, how fast it runs, and what happens when it is set.

What the charger does by itself (sampling, reservations, timeouts, beats) follows its own clock. What belongs to the wire
(call timeouts, restarts that wait for answers) runs on real time.
"""

from datetime import UTC, datetime, timedelta

from vcp_contracts.commands import AdvanceClock, SetClock
from vcp_contracts.events import ClockChanged

from vcp_abstraction import due
from vcp_abstraction.blocks import security
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.clock import CLOCK_FROM, CLOCK_UP_TO, ClockFacts

SLACK = timedelta(seconds=1)
"""A backend's time that differs by less than this changes nothing: the answer was under way for a while."""

MOST_STEPS = 20_000
"""Things that may fall due while the clock is advanced by one command; it stops there."""


def set_clock(cp: Charger, it: SetClock) -> None:
    """Sets the clock's time, speed or source. What was about to happen in ten minutes still happens in ten minutes."""
    if it.time is not None and not may_show(it.time):
        raise Impossible(
            "no clock of a charger shows such a time", field="time", remedy="give a time from 1970 to 2999"
        )
    facts = cp.facts.clock
    if it.source is not None:
        facts.source = it.source
    if it.speed is not None:
        _anchor(cp, facts, cp.now)
        facts.speed = it.speed
    if it.time is not None:
        step(cp, it.time.astimezone(UTC))


def may_show(time: datetime) -> bool:
    """Whether a clock may be set to this time."""
    return CLOCK_FROM <= time < CLOCK_UP_TO


def heard(cp: Charger, backend_time: datetime) -> None:
    """The backend told the time (1.6 §4.2, §4.6; 2.0.1 B01.FR.06, G02): a charger that follows it sets its clock."""
    facts = cp.facts.clock
    if facts.source != "backend" or facts.speed != 1.0:
        return
    if "Heartbeat" not in cp.settings.members("ClockCtrlr.TimeSource"):
        return
    if not may_show(backend_time):
        # a backend that never set its clock says 0001-01-01: no charger would believe it
        return
    if abs(backend_time - cp.now) > SLACK:
        step(cp, backend_time.astimezone(UTC))


def step(cp: Charger, time: datetime) -> None:
    """The clock jumps to `time`; everything that is pending moves along."""
    by = time - cp.now
    if not by:
        return
    was = cp.now
    cp.note(ClockChanged, was=was, now=time)
    _anchor(cp, cp.facts.clock, time)
    cp.now = time
    due.move(cp, by)
    if abs(by).total_seconds() > cp.settings.seconds("ClockCtrlr.TimeAdjustmentReportingThreshold"):
        security.happened(cp, "time_set", f"was {was.isoformat(timespec='seconds')}")


def _anchor(cp: Charger, facts: ClockFacts, own: datetime) -> None:
    facts.real, facts.own = cp.real, own


def advance(cp: Charger, it: AdvanceClock) -> None:
    """Time passes at once: what falls due on the way happens at its time. The result says how far it came."""
    until = cp.now + timedelta(seconds=it.seconds)
    if not may_show(until):
        raise Impossible("the clock is at its end", field="seconds", remedy="set_clock to an earlier time")
    steps = 0
    while (when := due.next_own_due(cp)) is not None and when <= until and steps < MOST_STEPS:
        _pass(cp, max(when, cp.now))
        due.fire_due(cp)
        steps += 1
    if steps < MOST_STEPS:
        _pass(cp, until)
    cp.done(it.id, now=cp.now.isoformat(), steps=steps)


def _pass(cp: Charger, time: datetime) -> None:
    _anchor(cp, cp.facts.clock, time)
    cp.now = time
