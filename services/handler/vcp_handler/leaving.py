"""A call of ours at the point where it leaves, where rules stand: what they make of it."""

from dataclasses import dataclass

from vcp_handler import flight, frames, record
from vcp_handler.flight import Flight
from vcp_handler.flights import Flights
from vcp_handler.frames import Broken, Call, CallError, CallResult
from vcp_handler.landing import made_error, shown_answer, written
from vcp_handler.record import Mark
from vcp_handler.rules.going import AS_IT_IS, Going
from vcp_handler.rules.matching import Message


@dataclass(slots=True)
class Leaving:
    """A passage (see rules.ruling): our call, about to be sent."""

    flight: Flight
    flights: Flights

    @property
    def message(self) -> Message:
        """What rules may ask of it."""
        return Message(
            direction="sent",
            kind="call",
            action=self.flight.name,
            word=self.flight.word(self.flights.version),
            payload=self.flight.payload,
            subject=self.flights.version.dialect.subject,
            transactions=self.flight.transactions,
            place=self.flight.place,
            by_hand=self.flight.row is None,
        )

    @property
    def message_id(self) -> str:
        """Its id."""
        return self.flight.id

    @property
    def shown(self) -> str:
        """Its text as it was written, secrets masked."""
        return self._shown_as(AS_IT_IS, self._text_of(AS_IT_IS))

    def keep(self, going: Going) -> None:
        """A call that is not sent, but answered by a rule, waits for that as for any answer; any other waits to leave."""
        if going.instead:
            self.flights.open(self.flight)

    def go(self, going: Going) -> None:
        """It leaves, or whatever a rule makes of it."""
        if going.instead:
            self._be_answered(going)
        elif going.lost:
            self._be_lost(going)
        else:
            self._be_sent(going)

    def _be_sent(self, going: Going) -> None:
        flights, text = self.flights, self._text_of(going)
        if not flights.send(text):
            # The end of the link is on its way, and tells the Abstraction what becomes of the action.
            return
        flights.has_left(self.flight)
        flights.open(self.flight)
        if going.alters:
            frame = frames.read(text)
            self.flight.altered = frame.payload if isinstance(frame, Call) else {}
        if going.text is not None or going.message_id is not None:
            self._excuse(text)
        if going.breaks is not None:
            # The backend may drop what breaks OCPP (2.0.1 part 4 §4.2.3).
            flights.excuses.add("missing", self.flight.id)
        self._record(going, text, made_up=False)
        if going.again is not None:
            flights.excuses.add("stray", self.flight.id)
            going.again(lambda: self._be_sent_again(going, text))

    def _be_sent_again(self, going: Going, text: str) -> None:
        if self.flights.send(text):
            self._record(going, text, made_up=True)

    def _be_lost(self, going: Going) -> None:
        """It is not recorded, since it was never on the wire."""
        if going.cut is not None:
            # The end of the link tells the Abstraction what becomes of the action.
            return
        if going.follow == "altered":
            self.flights.give_up(self.flight)
        else:
            self.flights.excuses.add("missing", self.flight.id)
            self.flights.open(self.flight)

    def _be_answered(self, going: Going) -> None:
        """A rule answers in the backend's place."""
        flights, made = self.flights, self.flight
        if flights.by_id.get(made.id) is not made:
            # It ended unanswered meanwhile.
            return
        call = flights.calls.ours.get(made.id) or flights.open(made)
        frame: CallResult | CallError = CallResult(made.id, going.payload or {})
        if going.failure is not None:
            frame = made_error(made.id, going.failure)
        mark = Mark(going.rule, made_up=True, gates=going.gates)
        shown = shown_answer(flights.version, made, frame, written(frame))
        flights.conclude(call, frame, shown, flights.since(call), mark=mark, blame=False)

    def _excuse(self, text: str) -> None:
        frame, excuses = frames.read(text), self.flights.excuses
        if frame.id != self.flight.id:
            excuses.add("missing", self.flight.id)
            # OCPP 2.0.1 part 4 §4.2.3: "-1" stands for an id that can't be read.
            excuses.add("stray", frame.id or "-1")
        elif isinstance(frame, Broken):
            excuses.add("missing", self.flight.id)

    def _record(self, going: Going, text: str, *, made_up: bool) -> None:
        sent = self.flight
        gates = (*sent.gates, *going.gates)
        mark = Mark(going.rule, self.shown if going.alters else None, made_up, gates)
        is_call = going.text is None
        self.flights.journal.sent(
            "call" if is_call else record.kind(frames.read(text)),
            self._shown_as(going, text) if is_call else record.shown_unread(text),
            message_id=sent.id if going.message_id is None else going.message_id,
            action=sent.name,
            cause=sent.action.id,
            rule=going.breaks if going.payload is not None or going.text is not None else sent.rule,
            mark=mark if going.rule is not None or gates else None,
        )

    def _text_of(self, going: Going) -> str:
        if going.text is not None:
            return going.text
        if not going.alters:
            return self.flight.written
        payload = self.flight.payload if going.payload is None else going.payload
        message_id = self.flight.id if going.message_id is None else going.message_id
        return frames.write_call(message_id, self.flight.name, payload)

    def _shown_as(self, going: Going, text: str) -> str:
        payload = self.flight.payload if going.payload is None else going.payload
        message_id = self.flight.id if going.message_id is None else going.message_id
        return flight.shown(self.flights.version, self.flight, text, payload, message_id)
