"""Our calls that are under way on one link, and how each ends: what is told, recorded and reported. Starts none."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from vcp_contracts.actions import Action, RawCall
from vcp_contracts.outcomes import (
    Answered,
    AnyAnswer,
    BootAnswer,
    Misanswered,
    Outcome,
    RawAnswer,
    Refused,
    Unanswered,
)

from vcp_handler import breaches, flight, pipeline, record
from vcp_handler.calls import SHORTEST_TIMEOUT_S, Calls, OurCall
from vcp_handler.dialects.secrets import masked
from vcp_handler.excuses import Excuses
from vcp_handler.flight import Flight
from vcp_handler.frames import Broken, CallError, CallResult, Frame
from vcp_handler.journal import Journal
from vcp_handler.pipeline import Bad
from vcp_handler.record import Mark
from vcp_handler.versions import Version
from vcp_handler.wording import ERROR_CODES, refusal_kind

UNREADABLE = "-1"
"""The id under which a message is answered whose own can't be read (2.0.1 part 4 §4.2.3). 1.6 names none, and its backends
use this one, too."""

MOST_IDS = 1_000
"""How many message ids that were given by hand are remembered, so that none is used twice."""

REMEMBERED = 4
"""How many outcomes a link remembers, to tell them again where an action is repeated on it: the Abstraction keeps one
action in flight, so a repeat is of the last."""


class Flights:
    """Calls that are open, or kept back by a rule. `send` writes a text; False where none can be written any more."""

    def __init__(
        self,
        *,
        version: Version,
        calls: Calls,
        journal: Journal,
        send: Callable[[str], bool],
        clock: Callable[[], float],
        registered: Callable[[], None],
    ) -> None:
        self.version = version
        self.calls = calls
        self.journal = journal
        self.send = send
        self.excuses = Excuses()
        self.by_id: dict[str, Flight] = {}
        """By message id."""
        self.ids_by_hand: dict[str, None] = {}
        """The message ids that somebody gave by hand, and that have been on the wire."""
        self._clock = clock
        self._registered = registered
        self._outcomes: OrderedDict[tuple[str, int], Outcome] = OrderedDict()

    def outcome_of(self, action: Action) -> Outcome | None:
        """How this action ended before, if it did."""
        return self._outcomes.get((action.id, action.attempt))

    def open(self, call: Flight) -> OurCall:
        """From now on its answer is awaited."""
        # Which calls may be open together was judged when it left: only what goes out beside others does not wait.
        beside = len(self.by_id) > 1
        return self.calls.open(call.id, call.name, self._clock(), call.action.timeout_s, beside=beside)

    def has_left(self, sent: Flight) -> None:
        """It is on the wire, and its id is used up."""
        if isinstance(sent.action, RawCall) and sent.action.message_id is not None:
            self.ids_by_hand[sent.action.message_id] = None
            if len(self.ids_by_hand) > MOST_IDS:
                del self.ids_by_hand[next(iter(self.ids_by_hand))]

    def is_open(self, call: OurCall) -> bool:
        """Whether its answer is still awaited."""
        return self.calls.ours.get(call.id) is call

    def since(self, call: OurCall) -> float:
        """How long ago it was written, in real milliseconds."""
        return round((self._clock() - call.sent) * 1000, 3)

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock()

    def excuse_answer_to(self, frame: Frame) -> None:
        """This text of ours is no call that anybody can answer properly: no answer to it is held against the backend."""
        if isinstance(frame, Broken):
            self.excuses.add("stray", frame.id or UNREADABLE)
            self.excuses.add("stray", UNREADABLE)

    # --- how calls end ------------------------------------------------------------------------------------------------

    def conclude(
        self,
        call: OurCall,
        frame: CallResult | CallError,
        shown: str,
        latency: float,
        *,
        at: datetime | None = None,
        mark: Mark | None = None,
        blame: bool = True,
        kept: bool = False,
    ) -> None:
        """The open call ends with this answer. `blame`: whether the backend answers for what is wrong with it; `kept`:
        whether a rule kept it back, so that what it says of the time is old."""
        self.calls.answered(call.id)
        flown = self.by_id.pop(call.id)
        if isinstance(frame, CallError):
            self.record(flown, frame, shown, latency, rule=self._flaw(frame), at=at, mark=mark)
            if blame:
                self._report_error(call, frame, shown)
            self._refused(flown, frame, latency)
            return
        answer, bad = self._read(flown, frame)
        self.record(flown, frame, shown, latency, rule=bad.rule if bad else None, at=at, mark=mark)
        if blame:
            self._report(call, flown, frame, bad, shown)
        if answer is not None:
            by_rule = kept or not blame
            self.end(Answered, flown.action, latency_ms=latency, answer=answer, by_rule=by_rule)
            if isinstance(answer, BootAnswer) and answer.verdict != "rejected":
                self._registered()
        elif bad is not None:
            self._misanswered(flown.action, bad, latency)

    def misread(self, call: OurCall, frame: Broken) -> None:
        """The open call ends with an answer that is no proper frame; the caller has recorded it."""
        self.calls.answered(call.id)
        latency = self.since(call)
        self.end(Misanswered, self.by_id.pop(call.id).action, latency_ms=latency, rule=frame.reason)

    def expire(self, now: float) -> bool:
        """Ends one call whose time is over; whether there was one."""
        call = self.calls.expired(now)
        if call is None:
            return False
        flown = self.by_id.pop(call.id)
        action = flown.action
        if self._owes_answer(call, flown):
            rule = f"OCPP-J 4.1.1: no answer within {action.timeout_s:g} s"
            self.journal.violation(
                "answer_missing", rule, "(nothing)", action=call.action, message_id=call.id
            )
        self.end(Unanswered, action, timeout_s=action.timeout_s)
        return True

    def _owes_answer(self, call: OurCall, flown: Flight) -> bool:
        """Whether the backend had to answer this call, and had time to. It may drop what breaks OCPP (2.0.1 part 4 §4.2.3),
        and what a charge point must not say before it is accepted."""
        is_proper = flown.rule is None and not flown.action.past_gate
        had_time = flown.action.timeout_s >= SHORTEST_TIMEOUT_S
        return is_proper and had_time and not self.excuses.holds("missing", call.id)

    def give_up(self, lost: Flight) -> None:
        """A call that never left counts as unanswered."""
        del self.by_id[lost.id]
        self.end(Unanswered, lost.action, timeout_s=lost.action.timeout_s)

    def end(self, kind: type[Outcome], action: Action, /, **fields: object) -> None:
        """An action has ended."""
        outcome = self.journal.make(kind, action=action.id, cause=action.id, **fields)
        self._outcomes[action.id, action.attempt] = outcome
        if len(self._outcomes) > REMEMBERED:
            self._outcomes.popitem(last=False)
        self.journal.tell(outcome)

    def record(
        self,
        flown: Flight,
        frame: CallResult | CallError | Broken,
        shown: str,
        latency: float,
        *,
        rule: str | None,
        at: datetime | None = None,
        mark: Mark | None = None,
    ) -> None:
        """What came in for this call."""
        self.journal.received(
            record.kind(frame),
            shown,
            message_id=frame.id,
            action=flown.name,
            rule=rule,
            cause=flown.action.id,
            latency_ms=latency,
            at=at,
            mark=mark,
        )

    def blame(self, call: OurCall, flown: Flight, frame: CallResult | CallError, shown: str) -> None:
        """Reports what is wrong with an answer that a rule has altered: as it came it was the backend's."""
        if isinstance(frame, CallError):
            self._report_error(call, frame, shown)
            return
        _, bad = self._read(flown, frame)
        self._report(call, flown, frame, bad, shown)

    def _read(self, flown: Flight, frame: CallResult) -> tuple[AnyAnswer | None, Bad | None]:
        """The answer as far as it is one, and what is wrong with it."""
        if flown.row is not None:
            answer = pipeline.read_answer(self.version, flown.row, flown.action, frame.payload)
            return (None, answer) if isinstance(answer, Bad) else (answer, None)
        bad = pipeline.check_answer(self.version, flown.name, frame.payload)
        secrets = flight.answer_secrets(self.version, flown)
        payload = record.masked_by_name(frame.payload) if secrets is None else masked(frame.payload, secrets)
        return RawAnswer(payload=payload, valid=bad is None), bad

    def _refused(self, flown: Flight, frame: CallError, latency: float) -> None:
        self.end(
            Refused,
            flown.action,
            latency_ms=latency,
            kind=refusal_kind(frame.code),
            code=frame.code,
            description=frame.description,
            # Nobody reads them but who wrote the call by hand.
            details=record.masked_by_name(frame.details or {}) if flown.row is None else {},
        )

    def _misanswered(self, action: Action, bad: Bad, latency: float) -> None:
        self.end(
            Misanswered,
            action,
            latency_ms=latency,
            rule=bad.rule,
            field=bad.field or None,
            readable=bad.readable,
        )

    def _report(self, call: OurCall, flown: Flight, frame: CallResult, bad: Bad | None, shown: str) -> None:
        """Tells what is wrong with an answer: what its schema has against it, else what the text has."""
        if bad is None:
            self._hold_to_the_text(call, flown, frame, shown)
            return
        code = breaches.ANSWER.get(bad.cause)
        if code is not None:
            self.journal.violation(
                code, bad.rule, shown, action=call.action, field=bad.field, message_id=call.id
            )

    def _hold_to_the_text(self, call: OurCall, flown: Flight, frame: CallResult, shown: str) -> None:
        for rule in pipeline.broken_by_answer(self.version, call.action, frame.payload, flown.seen):
            self.journal.violation(
                breaches.ANSWER_RULE[rule.weight],
                rule.rule,
                shown,
                action=call.action,
                field=rule.field,
                message_id=call.id,
                clause=rule.clause,
            )

    def _report_error(self, call: OurCall, frame: CallError, shown: str) -> None:
        flaw = self._flaw(frame)
        if flaw is not None:
            rule = f"OCPP-J 4.2.3: {flaw}"
            self.journal.violation("frame_error_parts", rule, shown, action=call.action, message_id=call.id)
        if frame.code not in ERROR_CODES:
            rule = f"OCPP-J 4.2.3: there is no error code {frame.code[:50]}"
            self.journal.violation("error_code_unknown", rule, shown, action=call.action, message_id=call.id)

    def _flaw(self, frame: CallError) -> str | None:
        """What is wrong with an error that is understood all the same."""
        longest = self.version.words.longest_description
        if frame.flaw is not None or longest is None or len(frame.description) <= longest:
            return frame.flaw
        return f"the error description has {len(frame.description)} characters, {longest} are allowed"
