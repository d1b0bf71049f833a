"""The charger's own messages on one link: action → call → answer → outcome. One call is open at a time."""

from collections import deque
from collections.abc import Callable

from vcp_contracts.actions import Action, RawCall, RawText
from vcp_contracts.outcomes import Sent, Unspoken, Unwritable

from vcp_handler import breaches, flight, frames, record
from vcp_handler.calls import SHORTEST_TIMEOUT_S, Calls
from vcp_handler.flight import Flight
from vcp_handler.flights import Flights
from vcp_handler.frames import Broken, Call, CallError, CallResult
from vcp_handler.journal import Journal
from vcp_handler.landing import Landing, shown_answer
from vcp_handler.leaving import Leaving
from vcp_handler.pipeline import Unfit
from vcp_handler.record import Mark
from vcp_handler.rules.ruling import Ruling
from vcp_handler.versions import Version

MOST_WAITING = 64
"""How many actions may wait on one link. The Abstraction keeps one in flight, so more is a fault of ours."""

_BY_HAND = (RawCall, RawText)


class TooManyActions(Exception):
    """More actions wait on a link than the Abstraction would ever send at once."""


class Asking:
    """The charger's side of the conversation. `rules` (None: none stand) and `lets_invalid_out` may change at any time."""

    def __init__(
        self,
        *,
        version: Version,
        calls: Calls,
        journal: Journal,
        send: Callable[[str], bool],
        clock: Callable[[], float],
        is_unanswered: Callable[[str], bool],
        registered: Callable[[], None],
    ) -> None:
        self.rules: Ruling | None = None
        self.lets_invalid_out = False
        self._version = version
        self._calls = calls
        self._journal = journal
        self._is_unanswered = is_unanswered
        self._flights = Flights(
            version=version, calls=calls, journal=journal, send=send, clock=clock, registered=registered
        )
        self._waiting: deque[Action] = deque()

    def act(self, action: Action) -> None:
        """Sends an action, or keeps it until it may leave. One that was seen before is not sent again, unless as another
        attempt.

        Raises TooManyActions.
        """
        known = self._flights.outcome_of(action)
        if known is not None:
            self._journal.again(known)
        elif self._is_under_way(action):
            return
        elif isinstance(action, _BY_HAND) and action.at_once and not self._must_follow(action):
            self._write(action)
        else:
            if len(self._waiting) >= MOST_WAITING:
                raise TooManyActions(f"more than {MOST_WAITING} actions wait on one link")
            self._waiting.append(action)
            self.go_on()

    def go_on(self) -> None:
        """Sends what may leave: one call open in all (OCPP-J 4.1.1), and none before the answer that it follows."""
        while self._waiting and not self._flights.by_id and not self._must_follow(self._waiting[0]):
            self._write(self._waiting.popleft())

    def answered(self, frame: CallResult | CallError, text: str) -> None:
        """An answer has arrived."""
        call = self._calls.ours.get(frame.id)
        if call is None:
            self._stray(frame, text)
            return
        flights = self._flights
        flown = flights.by_id[call.id]
        shown = shown_answer(self._version, flown, frame, text)
        latency = flights.since(call)
        if self.rules is None:
            flights.conclude(call, frame, shown, latency)
        else:
            self.rules.decide(Landing(frame, call, flown, flights, shown, latency, self._journal.utc()))
        self.go_on()

    def broken(self, frame: Broken) -> None:
        """An answer that is no proper frame ends the call that it names; the caller has reported it."""
        call = self._calls.ours.get(frame.id) if frame.id is not None else None
        if call is not None:
            self._flights.misread(call, frame)
            self.go_on()

    def tick(self, now: float) -> None:
        """Ends open calls whose time is over."""
        while self._flights.expire(now):
            self.go_on()

    def fall_silent(self) -> None:
        """Nothing can be sent from now on."""
        self._flights.send = lambda _text: False

    # --- a call leaves ------------------------------------------------------------------------------------------------

    def _is_under_way(self, action: Action) -> bool:
        flying = self._flights.by_id
        if flying and any(other.action.id == action.id for other in flying.values()):
            return True
        return bool(self._waiting) and any(other.id == action.id for other in self._waiting)

    def _must_follow(self, action: Action) -> bool:
        return action.after is not None and self._is_unanswered(action.after)

    def _write(self, action: Action) -> None:
        made = self._written(action)
        match made:
            case Flight():
                self._leave(made)
            case None:
                self._flights.end(Unspoken, action)
            case RawText():
                self._send_text(made)
            case Unfit():
                if not isinstance(action, RawCall):
                    self._journal.confess(made, action.id)
                self._flights.end(Unwritable, action, field=made.field, rule=made.rule)

    def _leave(self, leaving: Flight) -> None:
        flights = self._flights
        if flights.by_id or leaving.action.past_gate:
            # Only what is to leave at once comes here beside others.
            leaving.gates = (*leaving.gates, "abstraction")
        flights.by_id[leaving.id] = leaving
        if self.rules is not None:
            self.rules.decide(Leaving(leaving, flights))
            return
        text = leaving.written
        if not flights.send(text):
            # The end of the link is on its way, and tells the Abstraction what becomes of the action.
            return
        flights.has_left(leaving)
        flights.open(leaving)
        self._journal.sent(
            "call",
            flight.shown(self._version, leaving, text, leaving.payload, leaving.id),
            message_id=leaving.id,
            action=leaving.name,
            cause=leaving.action.id,
            rule=leaving.rule,
            mark=Mark(gates=leaving.gates) if leaving.gates else None,
        )

    def _written(self, action: Action) -> Flight | RawText | Unfit | None:
        if not isinstance(action, _BY_HAND):
            return flight.of_action(self._version, action, lets_invalid_out=self.lets_invalid_out)
        if isinstance(action, RawCall):
            return self._written_by_hand(action)
        found = flight.of_raw_text(self._version, action)
        # An id that is open already: the answer is that call's, and this text just goes out.
        return action if found is None or found.id in self._flights.by_id else found

    def _written_by_hand(self, action: RawCall) -> Flight | Unfit:
        given = action.message_id
        if given is not None:
            flights = self._flights
            if given in flights.ids_by_hand or given in flights.by_id or self._calls.is_ours_known(given):
                return Unfit(action.name, "message_id", "OCPP-J 4.1.4: this id was used on this link before")
        return flight.of_raw_call(self._version, action, lets_invalid_out=self.lets_invalid_out)

    def _send_text(self, action: RawText) -> None:
        """A text that is no call of ours: nothing of it is awaited, and no rule means it."""
        if not self._flights.send(action.text):
            return
        frame = frames.read(action.text)
        self._flights.excuse_answer_to(frame)
        self._journal.sent(
            record.kind(frame),
            record.shown_unread(action.text),
            message_id=frame.id,
            action=frame.action if isinstance(frame, Call) else None,
            cause=action.id,
            rule=frame.reason if isinstance(frame, Broken) else None,
            mark=Mark(gates=("abstraction",)) if self._flights.by_id or action.past_gate else None,
        )
        self._flights.end(Sent, action)

    def _stray(self, frame: CallResult | CallError, text: str) -> None:
        shown = record.shown_unread(text)
        stray = self._calls.stray(frame.id)
        code, rule = breaches.STRAY[stray]
        excused = self._flights.excuses.holds("stray", frame.id) or self._is_of_what_can_not_be_read(frame)
        if stray == "late":
            sent = self._calls.came_late(frame.id)
            excused = excused or sent is None or self._flights.now - sent < SHORTEST_TIMEOUT_S
        self._journal.received(record.kind(frame), shown, message_id=frame.id, rule=None if excused else rule)
        if not excused:
            self._journal.violation(code, rule, shown, message_id=frame.id)

    def _is_of_what_can_not_be_read(self, frame: CallResult | CallError) -> bool:
        """Whether it is an error that names no call, as the backend could not read which one it was (2.0.1 part 4 §4.2.3).

        What it means may be the open call, which then has no other answer.
        """
        if not isinstance(frame, CallError) or frame.id != self._version.words.id_if_unreadable:
            return False
        for id in self._calls.ours:
            self._flights.excuses.add("missing", id)
        return True
