"""The charger's own messages on one link: action → call → answer → outcome. One call is open at a time."""

from collections import OrderedDict, deque
from collections.abc import Callable

from vcp_contracts.actions import Action, RawCall, RawText
from vcp_contracts.outcomes import (
    Answered,
    AnyAnswer,
    Misanswered,
    Outcome,
    RawAnswer,
    Refused,
    Sent,
    Unanswered,
    Unspoken,
    Unwritable,
)

from vcp_handler import breaches, flight, frames, pipeline, record
from vcp_handler.calls import Calls, OurCall, Stray
from vcp_handler.dialects.secrets import masked
from vcp_handler.flight import Flight
from vcp_handler.frames import Broken, Call, CallError, CallResult, Frame
from vcp_handler.journal import Journal
from vcp_handler.landing import Landing, made_error, written
from vcp_handler.leaving import Leaving
from vcp_handler.pipeline import Bad, Unfit
from vcp_handler.record import Mark
from vcp_handler.rules.going import AS_IT_IS, Going
from vcp_handler.rules.ruling import Ruling
from vcp_handler.versions import Version
from vcp_handler.wording import ERROR_CODES, refusal_kind

REMEMBERED = 4
"""How many outcomes a link remembers, to tell them again where an action is repeated on it: the Abstraction keeps one
action in flight, so a repeat is of the last."""

MOST_WAITING = 64
"""How many actions may wait on one link. The Abstraction keeps one in flight, so more is a fault of ours."""

MOST_EXCUSED = 64
"""How many messages are remembered of which a rule made that the backend can't do right by them."""

MOST_IDS = 1_000
"""How many message ids that were given by hand are remembered, so that none is used twice."""

_Answer = CallResult | CallError


class TooManyActions(Exception):
    """More actions wait on a link than the Abstraction would ever send at once."""


class Asking:
    """The charger's side of the conversation. `rules` and `lets_invalid_out` may change at any time."""

    def __init__(
        self,
        *,
        version: Version,
        calls: Calls,
        journal: Journal,
        send: Callable[[str], bool],
        clock: Callable[[], float],
        is_unanswered: Callable[[str], bool],
    ) -> None:
        self.rules: Ruling | None = None
        """Those that stand; None: none do."""
        self.lets_invalid_out = False
        self._version = version
        self._calls = calls
        self._journal = journal
        self.send = send
        self._clock = clock
        self._is_unanswered = is_unanswered
        self._flights: dict[str, Flight] = {}
        """Calls that are open, or kept back by a rule, by message id."""
        self._waiting: deque[Action] = deque()
        self._outcomes: OrderedDict[tuple[str, int], Outcome] = OrderedDict()
        self._excused: dict[tuple[str, str], None] = {}
        self._ids: dict[str, None] = {}

    def act(self, action: Action) -> None:
        """Sends an action, or keeps it until it may leave. One that was seen before is not sent again, unless as another
        attempt.

        Raises TooManyActions.
        """
        known = self._outcomes.get((action.id, action.attempt))
        if known is not None:
            self._journal.again(known)
        elif self._is_under_way(action):
            return
        elif isinstance(action, RawCall | RawText) and action.at_once and not self._must_follow(action):
            self._write(action)
        else:
            if len(self._waiting) >= MOST_WAITING:
                raise TooManyActions(f"more than {MOST_WAITING} actions wait on one link")
            self._waiting.append(action)
            self.go_on()

    def go_on(self) -> None:
        """Sends what may leave: one call open in all (OCPP-J 4.1.1), and none before the answer that it follows."""
        while self._waiting and not self._flights and not self._must_follow(self._waiting[0]):
            self._write(self._waiting.popleft())

    def answered(self, frame: CallResult | CallError, text: str) -> None:
        """An answer has arrived."""
        call = self._calls.ours.get(frame.id)
        if call is None:
            self._stray(self._calls.stray(frame.id), frame, text)
            return
        landing = self._landing(frame, text, call, self._flights[call.id])
        if self.rules is None:
            self._land(landing, AS_IT_IS)
        else:
            self.rules.decide(landing)
        self.go_on()

    def broken(self, frame: Broken) -> None:
        """An answer that is no proper frame ends the call that it names; the caller has reported it."""
        call = self._calls.ours.get(frame.id) if frame.id is not None else None
        if call is not None:
            self._misread(call, frame, round((self._clock() - call.sent) * 1000, 3))
            self.go_on()

    def tick(self, now: float) -> None:
        """Ends open calls whose time is over."""
        while (call := self._calls.expired(now)) is not None:
            action = self._flights.pop(call.id).action
            if not self._is_excused("missing", call.id):
                rule = f"OCPP-J 4.1.1: no answer within {action.timeout_s:g} s"
                self._journal.violation(
                    "answer_missing", rule, "(nothing)", action=call.action, message_id=call.id
                )
            self._end(Unanswered, action, timeout_s=action.timeout_s)
            self.go_on()

    # --- a call leaves ------------------------------------------------------------------------------------------------

    def _is_under_way(self, action: Action) -> bool:
        waiting = any(other.id == action.id for other in self._waiting)
        return waiting or any(other.action.id == action.id for other in self._flights.values())

    def _must_follow(self, action: Action) -> bool:
        return action.after is not None and self._is_unanswered(action.after)

    def _write(self, action: Action) -> None:
        made = self._written(action)
        match made:
            case None:
                self._end(Unspoken, action)
            case RawText():
                self._write_text(made)
            case Unfit():
                if not isinstance(action, RawCall):
                    self._journal.confess(made, action.id)
                self._end(Unwritable, action, field=made.field, rule=made.rule)
            case Flight():
                leaving = self._leaving(made, beside=bool(self._flights))
                self._flights[made.id] = made
                if self.rules is None:
                    self._leave(leaving, AS_IT_IS)
                else:
                    self.rules.decide(leaving)

    def _written(self, action: Action) -> Flight | RawText | Unfit | None:
        if isinstance(action, RawCall):
            return self._written_by_hand(action)
        if isinstance(action, RawText):
            found = flight.of_raw_text(action)
            # An id that is open already: the answer is that call's, and this text just goes out.
            return action if found is None or found.id in self._flights else found
        return flight.of_action(self._version, action, lets_invalid_out=self.lets_invalid_out)

    def _written_by_hand(self, action: RawCall) -> Flight | Unfit:
        given = action.message_id
        if given is not None:
            if given in self._ids or given in self._flights or self._calls.is_ours_known(given):
                return Unfit(action.name, "message_id", "OCPP-J 4.1.4: this id was used on this link before")
            self._ids[given] = None
            if len(self._ids) > MOST_IDS:
                del self._ids[next(iter(self._ids))]
        return flight.of_raw_call(self._version, action, lets_invalid_out=self.lets_invalid_out)

    def _write_text(self, action: RawText) -> None:
        """A text that is no call of ours: nothing of it is awaited."""
        if self.send(action.text):
            frame = frames.read(action.text)
            beside = Mark(gates=("abstraction",)) if self._flights else None
            self._journal.sent(
                record.kind(frame),
                record.shown_unread(action.text),
                message_id=frame.id,
                action=frame.action if isinstance(frame, Call) else None,
                cause=action.id,
                rule=frame.reason if isinstance(frame, Broken) else None,
                mark=beside,
            )
            self._end(Sent, action)

    def _leave(self, leaving: Leaving, going: Going) -> None:
        """A call goes out, or whatever a rule makes of it."""
        if going.instead:
            self._answer_ourselves(leaving, going)
        elif going.lost:
            self._lose(leaving.flight, going)
        else:
            self._send_call(leaving, going)

    def _send_call(self, leaving: Leaving, going: Going) -> None:
        text = leaving.text_of(going)
        if not self.send(text):
            # The end of the link is on its way, and tells the Abstraction what becomes of the action.
            return
        self._open(leaving.flight)
        if going.text is not None or going.message_id is not None:
            self._excuse_altered(leaving.flight, text)
        self._record_sent(leaving, going, text)
        if going.again is not None:
            self._excuse("stray", leaving.message_id)
            going.again(lambda: self._send_again(leaving, going, text))

    def _send_again(self, leaving: Leaving, going: Going, text: str) -> None:
        if self.send(text):
            self._record_sent(leaving, going, text, made_up=True)

    def _open(self, call: Flight) -> None:
        """From now on its answer is awaited."""
        # Which calls may be open together was judged when it left: only what goes out beside others does not wait.
        beside = len(self._flights) > 1
        self._calls.open(call.id, call.name, self._clock(), call.action.timeout_s, beside=beside)

    def _leaving(self, call: Flight, *, beside: bool) -> Leaving:
        return Leaving(call, self._version, self._leave, lambda leaving: self._open(leaving.flight), beside)

    def _landing(self, frame: _Answer, text: str, call: OurCall, flown: Flight) -> Landing:
        return Landing(
            frame=frame,
            text=text,
            call=call,
            flight=flown,
            version=self._version,
            latency=round((self._clock() - call.sent) * 1000, 3),
            at=self._journal.utc(),
            land=self._land,
            excuse=lambda landing: self._excuse("missing", landing.call.id),
        )

    def _lose(self, lost: Flight, going: Going) -> None:
        """A rule keeps a call off the wire: it is not recorded, since it was never there."""
        if going.cut is not None:
            # The end of the link tells the Abstraction what becomes of the action.
            return
        if going.follow == "altered":
            del self._flights[lost.id]
            self._end(Unanswered, lost.action, timeout_s=lost.action.timeout_s)
        else:
            self._excuse("missing", lost.id)
            self._open(lost)

    def _answer_ourselves(self, leaving: Leaving, going: Going) -> None:
        """A rule answers in the backend's place."""
        made = leaving.flight
        if self._flights.get(made.id) is not made:
            # It ended unanswered meanwhile.
            return
        if made.id not in self._calls.ours:
            self._open(made)
        call = self._calls.ours[made.id]
        frame: _Answer = CallResult(made.id, going.payload or {})
        if going.failure is not None:
            frame = made_error(made.id, going.failure)
        landing = self._landing(frame, written(frame), call, made)
        self._conclude(landing, frame, Mark(going.rule, made_up=True, gates=going.gates), blame=False)

    def _record_sent(self, leaving: Leaving, going: Going, text: str, *, made_up: bool = False) -> None:
        sent = leaving.flight
        gates = (*leaving.gates, *going.gates)
        mark = None
        if going.rule is not None or gates:
            mark = Mark(going.rule, leaving.shown if going.alters else None, made_up, gates)
        is_call = going.text is None
        kind = "call" if is_call else record.kind(frames.read(text))
        shown = leaving.shown_as(going, text) if is_call else record.shown_unread(text)
        rule = sent.rule if going.payload is None else None
        message_id = sent.id if going.message_id is None else going.message_id
        self._journal.sent(
            kind, shown, message_id=message_id, action=sent.name, cause=sent.action.id, rule=rule, mark=mark
        )

    # --- an answer arrives --------------------------------------------------------------------------------------------

    def _land(self, landing: Landing, going: Going) -> None:
        """An answer reaches the charger, or whatever a rule makes of it."""
        if going is AS_IT_IS:
            self._conclude(landing, landing.frame, None, blame=True)
            return
        if going.lost or going.message_id is not None or going.text is not None:
            self._excuse("missing", landing.call.id)
        frame = landing.altered(going)
        mark = Mark(going.rule, landing.shown if going.alters else None, gates=going.gates)
        if going.alters:
            self._blame(landing)
        rule = frame.reason if isinstance(frame, Broken) else None
        shown = landing.shown_as(frame, going.text)
        if going.lost or not _answers(frame, landing.call) or not self._is_open(landing.call):
            # It is lost, answers no call or another one, or its call has ended while it was kept back.
            self._record_received(landing, frame, mark, rule, shown)
        elif isinstance(frame, Broken):
            self._record_received(landing, frame, mark, rule, shown)
            self._misread(landing.call, frame, landing.latency)
        elif not isinstance(frame, Call):
            self._conclude(landing, frame, mark, blame=not going.alters)
        if going.again is not None:
            again = Mark(going.rule, made_up=True)
            going.again(lambda: self._record_received(landing, frame, again, rule, shown))

    def _is_open(self, call: OurCall) -> bool:
        return self._calls.ours.get(call.id) is call

    def _conclude(self, landing: Landing, frame: _Answer, mark: Mark | None, *, blame: bool) -> None:
        """The open call ends with this answer. `blame`: whether the backend answers for what is wrong with it."""
        self._calls.answered(landing.call.id)
        self._flights.pop(landing.call.id)
        if isinstance(frame, CallError):
            self._refused(landing, frame, mark, blame=blame)
        else:
            self._understood(landing, frame, mark, blame=blame)

    def _understood(self, landing: Landing, frame: CallResult, mark: Mark | None, *, blame: bool) -> None:
        action = landing.flight.action
        shown = landing.shown_as(frame)
        answer, bad = self._read(landing.flight, frame)
        self._record_received(landing, frame, mark, bad.rule if bad else None, shown)
        if bad is not None and blame:
            self._report(landing, bad, shown)
        if answer is not None:
            self._end(Answered, action, latency_ms=landing.latency, answer=answer)
        elif bad is not None:
            self._end(
                Misanswered,
                action,
                latency_ms=landing.latency,
                rule=bad.rule,
                field=bad.field or None,
                readable=bad.readable,
            )

    def _read(self, open_: Flight, frame: CallResult) -> tuple[AnyAnswer | None, Bad | None]:
        """The answer as far as it is one, and what is wrong with it."""
        if open_.row is not None:
            answer = pipeline.read_answer(self._version, open_.row, open_.action, frame.payload)
            return (None, answer) if isinstance(answer, Bad) else (answer, None)
        bad = pipeline.check_answer(self._version, open_.name, frame.payload)
        payload = masked(frame.payload, flight.answer_secrets(self._version, open_))
        return RawAnswer(payload=payload, valid=bad is None), bad

    def _refused(self, landing: Landing, frame: CallError, mark: Mark | None, *, blame: bool) -> None:
        shown = landing.shown_as(frame)
        self._record_received(landing, frame, mark, frame.flaw, shown)
        if blame:
            self._report_error(landing, frame, shown)
        self._end(
            Refused,
            landing.flight.action,
            latency_ms=landing.latency,
            kind=refusal_kind(frame.code),
            code=frame.code,
            description=frame.description,
            # nobody reads them but who wrote the call by hand
            details=(frame.details or {}) if landing.flight.row is None else {},
        )

    def _misread(self, call: OurCall, frame: Broken, latency: float) -> None:
        self._calls.answered(call.id)
        self._end(Misanswered, self._flights.pop(call.id).action, latency_ms=latency, rule=frame.reason)

    # --- what the backend did wrong -----------------------------------------------------------------------------------

    def _blame(self, landing: Landing) -> None:
        """A rule alters an answer: what is wrong with it as it came is the backend's all the same."""
        if isinstance(landing.frame, CallError):
            self._report_error(landing, landing.frame, landing.shown)
            return
        _, bad = self._read(landing.flight, landing.frame)
        if bad is not None:
            self._report(landing, bad, landing.shown)

    def _report(self, landing: Landing, bad: Bad, shown: str) -> None:
        code = breaches.ANSWER.get(bad.cause)
        if code is not None:
            call = landing.call
            self._journal.violation(
                code, bad.rule, shown, action=call.action, field=bad.field, message_id=call.id
            )

    def _report_error(self, landing: Landing, frame: CallError, shown: str) -> None:
        call = landing.call
        if frame.flaw:
            rule = f"OCPP-J 4.2.3: {frame.flaw}"
            self._journal.violation("frame_error_parts", rule, shown, action=call.action, message_id=call.id)
        if frame.code not in ERROR_CODES:
            rule = f"OCPP-J 4.2.3: there is no error code {frame.code[:50]}"
            self._journal.violation("error_code_unknown", rule, shown, action=call.action, message_id=call.id)

    def _stray(self, stray: Stray, frame: _Answer, text: str) -> None:
        shown = record.shown_unread(text)
        excused = self._is_excused("stray", frame.id)
        code, rule = breaches.STRAY[stray]
        self._journal.received(record.kind(frame), shown, message_id=frame.id, rule=None if excused else rule)
        if not excused:
            self._journal.violation(code, rule, shown, message_id=frame.id)

    def _excuse(self, what: str, message_id: str) -> None:
        """The backend can't do right by this message: its answer will be missing, or be to no call."""
        self._excused[what, message_id] = None
        if len(self._excused) > MOST_EXCUSED:
            del self._excused[next(iter(self._excused))]

    def _excuse_altered(self, sent: Flight, text: str) -> None:
        frame = frames.read(text)
        if frame.id != sent.id:
            self._excuse("missing", sent.id)
            # OCPP 2.0.1 part 4 §4.2.3: "-1" stands for an id that can't be read.
            self._excuse("stray", frame.id or "-1")
        elif isinstance(frame, Broken):
            self._excuse("missing", sent.id)

    def _is_excused(self, what: str, message_id: str) -> bool:
        return (what, message_id) in self._excused

    # --- what is told -------------------------------------------------------------------------------------------------

    def _record_received(
        self,
        landing: Landing,
        frame: Frame,
        mark: Mark | None,
        rule: str | None,
        shown: str,
    ) -> None:
        call = landing.call
        self._journal.received(
            record.kind(frame),
            shown,
            message_id=frame.id,
            action=call.action,
            rule=rule,
            cause=landing.flight.action.id,
            latency_ms=landing.latency,
            at=landing.at,
            mark=mark,
        )

    def _end(self, kind: type[Outcome], action: Action, /, **fields: object) -> None:
        outcome = self._journal.make(kind, action=action.id, cause=action.id, **fields)
        self._outcomes[action.id, action.attempt] = outcome
        if len(self._outcomes) > REMEMBERED:
            self._outcomes.popitem(last=False)
        self._journal.tell(outcome)


def _answers(frame: Frame, call: OurCall) -> bool:
    """Whether this names the call and is an answer, be it one that can't be read."""
    if isinstance(frame, Broken):
        return frame.id == call.id and frame.type in (frames.RESULT, frames.ERROR)
    return frame.id == call.id and not isinstance(frame, Call)
