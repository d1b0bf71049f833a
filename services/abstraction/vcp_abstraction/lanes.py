"""The three lanes: which queued action leaves next, and what becomes of one when its outcome or the link's end is known.

Boot; express (answers that were promised, triggered messages, authorization, status, beats, reports); transactions
(strict order, durable, with waits between tries). One call is open in all (OCPP-J 1.6 §4.1.1); a waiting lane blocks
no other.
"""

from datetime import timedelta
from typing import NamedTuple

from vcp_contracts.actions import Action, RawCall, RawText, ReportMeter, ReportStatus, ReportTransaction
from vcp_contracts.events import ActionEnded
from vcp_contracts.outcomes import Misanswered, Refused, Unanswered

from vcp_abstraction import standing
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.lanes import InFlight, Queued

GUARD = timedelta(seconds=10)
"""How much longer than the call's timeout an outcome may take before the link is given up."""

MOST_QUEUED = 1000
"""Entries of the transaction lane beyond which meter readings in the middle are thinned out."""

BEFORE_ACCEPTANCE = frozenset({"triggered", "answer_to"})
"""What may leave before the backend has accepted the boot (1.6 §4.2.1, 2.0.1 B02)."""

ASKED_FOR = frozenset({"command"})
"""What leaves whatever the backend has said of the boot, while the charger's own gate is open on purpose."""


class Stuck(NamedTuple):
    """A queued action that can't be made ready to leave: it would hold up all that waits behind it."""

    n: int
    reason: str


def release(cp: Charger) -> Stuck | None:
    """Sends the next action, if one may leave now. One that is stuck is named instead, and is still queued."""
    lanes = cp.facts.lanes
    if not cp.online or lanes.in_flight is not None:
        return None
    n = _next(cp)
    if n is None:
        return None
    entry = cp.queue[n]
    try:
        action = _filled_in(cp, n, entry)
        flight = _flight(cp, n, entry, action)
    except Exception as error:
        # nothing has changed yet; raised on, it would fail every message that comes after this one
        return Stuck(n, f"{type(error).__name__}: {error}")
    lanes.in_flight = flight
    cp.facts.last_spoken = cp.now
    cp.say(action)
    return None


def _flight(cp: Charger, n: int, entry: Queued, action: Action) -> InFlight:
    return InFlight(
        n=n,
        id=action.id,
        word=_word(action),
        lane=entry.lane,
        guard=cp.real + timedelta(seconds=action.timeout_s) + GUARD,
    )


def _next(cp: Charger) -> int | None:
    lanes = cp.facts.lanes
    if lanes.boot:
        return lanes.boot[0]
    if not cp.registered:
        may_leave = _before_acceptance(cp)
        return next((n for n in lanes.express if cp.queue[n].origin in may_leave), None)
    express = _next_express(cp)
    if express is not None:
        return express
    if lanes.transactions and (lanes.not_before is None or lanes.not_before <= cp.now):
        return lanes.transactions[0]
    return None


def _next_express(cp: Charger) -> int | None:
    """The first of the express lane that waits for no report of a transaction. One status that waits holds back the
    later ones: they are told in the order of the events (1.6 §4.9)."""
    waits = False
    for n in cp.facts.lanes.express:
        entry = cp.queue[n]
        if not isinstance(entry.action, ReportStatus):
            return n
        waits = waits or _waits(cp, entry.behind)
        if not waits:
            return n
    return None


def _waits(cp: Charger, behind: int | None) -> bool:
    """Whether a report of a transaction is to leave first: not where its lane has failed, or has a time offline to
    tell of, which both may take long."""
    lanes = cp.facts.lanes
    if behind is None or behind not in lanes.transactions or lanes.tries > 0:
        return False
    head = lanes.transactions[0]
    action = cp.queue[head].action
    late = isinstance(action, ReportTransaction) and action.offline
    return not late and head > lanes.offline_up_to


def _before_acceptance(cp: Charger) -> frozenset[str]:
    rejected = cp.facts.registration.verdict == "rejected"
    by_rule = frozenset() if rejected else BEFORE_ACCEPTANCE
    return by_rule | ASKED_FOR if standing.gate_is_open(cp) else by_rule


def _word(action: Action) -> str:
    return str(action.type)  # type: ignore[attr-defined]


def _filled_in(cp: Charger, n: int, entry: Queued) -> Action:
    """The action with what is only known when it leaves: its link, the backend's name of the transaction, offline."""
    link = cp.facts.link.id or ""
    action = entry.action
    changes: dict[str, object] = {"link": link}
    if not isinstance(action, (RawCall, RawText)):
        # a message written by hand brings its own
        changes["timeout_s"] = call_timeout_s(cp)
    if not cp.registered and entry.origin in ASKED_FOR:
        changes["past_gate"] = True
    if entry.lane == "transactions" and cp.facts.lanes.tries > 0:
        changes["attempt"] = cp.facts.lanes.tries + 1
    if action.after is not None and not action.after.startswith(link):
        changes["after"] = None
    if isinstance(action, ReportTransaction):
        telling = cp.facts.tellings.get(action.transaction)
        if telling is not None:
            changes["backend_name"] = telling.backend_name
        changes["offline"] = action.offline or n <= cp.facts.lanes.offline_up_to
    return action.model_copy(update=changes)


def call_timeout_s(cp: Charger) -> float:
    """How long an answer may take."""
    return float(
        cp.settings.number("OCPPCommCtrlr.MessageTimeout[Default]") or cp.configuration.call_timeout_s
    )


def landed(cp: Charger) -> Queued:
    """The action in flight ended, for good: out of the queue with it."""
    flight = cp.facts.lanes.in_flight
    assert flight is not None
    cp.facts.lanes.in_flight = None
    return cp.dequeue(flight.n)


def failed_try(cp: Charger) -> bool:
    """The transaction message in flight failed: keeps it for another try, or says False when its tries are used up.

    1.6 §3.7.2 and 2.0.1 E13: the wait grows with the number of transmissions.
    """
    lanes = cp.facts.lanes
    lanes.tries += 1
    if lanes.tries >= cp.settings.seconds("OCPPCommCtrlr.MessageAttempts[TransactionEvent]"):
        return False
    interval = cp.settings.seconds("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]")
    lanes.not_before = cp.now + timedelta(seconds=interval * lanes.tries)
    lanes.in_flight = None
    return True


def link_lost(cp: Charger) -> list[Queued]:
    """What the end of the link does to the queue; returns the entries that it took out.

    Transaction messages and report pages stay, with id and payload. What is only worth saying while the backend
    listens goes; a status that was not told is forgotten as told, so that it is derived anew.
    """
    lanes = cp.facts.lanes
    lanes.offline_up_to = lanes.next - 1
    lanes.in_flight = None
    lost = [
        cp.queue[n] for n in [*lanes.boot, *lanes.express] if _word(cp.queue[n].action) not in KEPT_OVER_LINKS
    ]
    for n in [*lanes.boot, *lanes.express]:
        if _word(cp.queue[n].action) not in KEPT_OVER_LINKS:
            cp.dequeue(n)
    for entry in lost:
        if isinstance(entry.action, ReportStatus):
            place = entry.action.place
            cp.facts.reported.pop(f"{place.evse}.{place.connector or 0}", None)
    return lost


KEPT_OVER_LINKS = frozenset(
    {
        "ask_signing",
        "report_settings",
        "report_events",
        "report_reservation",
        "report_profiles",
        "report_firmware",
        "report_upload",
    }
)


def discarded(cp: Charger, entry: Queued, outcome: str, detail: str = "", *, retried: bool = False) -> None:
    """Notes that an action ended otherwise than by a valid answer."""
    cp.note(
        ActionEnded,
        action=entry.action.id,
        word=entry.action.type,
        outcome=outcome,
        retried=retried,
        detail=detail,
    )


def why(it: Refused | Misanswered | Unanswered) -> str:
    """Why an action has no valid answer, for people."""
    if isinstance(it, Refused):
        return f"{it.code}: {it.description}" if it.description else it.code
    if isinstance(it, Misanswered):
        return f"{it.field}: {it.rule}" if it.field else it.rule
    return f"no answer within {it.timeout_s:g} s"


def tell_command(cp: Charger, entry: Queued, how: str, detail: dict[str, object]) -> None:
    """The command that waited for an action, if one did, ends with it."""
    if entry.command is not None:
        cp.done(entry.command, outcome=how, action=entry.action.id, **detail)


def thin_out(cp: Charger) -> None:
    """Bounds the transaction lane: drops every second meter reading in the middle, never a start or an end
    (2.0.1 E04.FR.07)."""
    lanes = cp.facts.lanes
    if len(lanes.transactions) <= MOST_QUEUED:
        return
    flying = lanes.in_flight.n if lanes.in_flight else None
    readings = [n for n in lanes.transactions[1:-1] if n != flying and _is_reading(cp.queue[n].action)]
    for n in readings[::2]:
        cp.dequeue(n)


def _is_reading(action: Action) -> bool:
    if isinstance(action, ReportMeter):
        return True
    return (
        isinstance(action, ReportTransaction)
        and action.phase == "updated"
        and action.trigger in ("meter_periodic", "meter_clock")
    )
