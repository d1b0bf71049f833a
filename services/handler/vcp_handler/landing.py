"""An answer of the backend's at the point where it reaches its call, where rules stand: what they make of it."""

from dataclasses import dataclass
from datetime import datetime

from vcp_handler import flight, frames, record
from vcp_handler.calls import OurCall
from vcp_handler.flight import Flight
from vcp_handler.flights import Flights
from vcp_handler.frames import Broken, Call, CallError, CallResult, Failure, Frame
from vcp_handler.record import Mark
from vcp_handler.rules.going import Going
from vcp_handler.rules.matching import Message
from vcp_handler.versions import Version


@dataclass(slots=True)
class Landing:
    """A passage (see rules.ruling): the answer to a call of ours, about to be taken."""

    frame: CallResult | CallError
    call: OurCall
    flight: Flight
    flights: Flights
    shown: str
    """Its text as it came, secrets masked."""
    latency: float
    """From written to answered, in real milliseconds."""
    at: datetime
    was_kept: bool = False

    @property
    def message(self) -> Message:
        """What rules may ask of it."""
        frame = self.frame
        is_error = isinstance(frame, CallError)
        return Message(
            direction="received",
            kind="error" if is_error else "result",
            action=self.flight.name,
            word=self.flight.word(self.flights.version),
            payload=frame.failure.payload if isinstance(frame, CallError) else frame.payload,
            subject=self.flights.version.dialect.subject,
            call=self.flight.payload,
            transactions=self.flight.transactions,
            place=self.flight.place,
            by_hand=self.flight.row is None,
        )

    @property
    def message_id(self) -> str:
        """Its id."""
        return self.frame.id

    def keep(self, _going: Going) -> None:
        """It is kept back, and its call may end unanswered: that is not the backend's fault."""
        self.was_kept = True
        self.flights.excuses.add("missing", self.call.id)

    def go(self, going: Going) -> None:
        """It reaches its call, or whatever a rule makes of it."""
        flights = self.flights
        if going.lost or going.message_id is not None or going.text is not None:
            flights.excuses.add("missing", self.call.id)
        frame = self._altered(going)
        shown = self._shown_as(frame, going)
        mark = Mark(going.rule, self.shown if going.alters else None, gates=going.gates)
        mark_if_ruled = mark if going.rule is not None else None
        if going.alters:
            flights.blame(self.call, self.flight, self.frame, self.shown)
        if going.lost or not _answers(frame, self.call) or not flights.is_open(self.call):
            # It is lost, answers no call or another one, or its call has ended while it was kept back.
            self._record(frame, shown, mark_if_ruled)
        elif isinstance(frame, Broken):
            self._record(frame, shown, mark_if_ruled)
            flights.misread(self.call, frame)
        elif not isinstance(frame, Call):
            flights.conclude(
                self.call,
                frame,
                shown,
                self.latency,
                at=self.at,
                mark=mark_if_ruled,
                blame=not going.alters,
                kept=self.was_kept,
            )
        if going.again is not None:
            again = Mark(going.rule, made_up=True)
            going.again(lambda: self._record(frame, shown, again))

    def _altered(self, going: Going) -> Frame:
        """What the charger gets."""
        if going.text is not None:
            return frames.read(going.text)
        message_id = self.frame.id if going.message_id is None else going.message_id
        if going.failure is not None:
            return made_error(message_id, going.failure)
        if going.payload is not None:
            return CallResult(message_id, going.payload)
        if message_id == self.frame.id:
            return self.frame
        if isinstance(self.frame, CallError):
            return made_error(message_id, self.frame.failure)
        return CallResult(message_id, self.frame.payload)

    def _shown_as(self, frame: Frame, going: Going) -> str:
        if frame is self.frame:
            return self.shown
        if isinstance(frame, CallResult | CallError):
            text = written(frame) if going.text is None else going.text
            return shown_answer(self.flights.version, self.flight, frame, text)
        return record.shown_unread(going.text or "")

    def _record(self, frame: Frame, shown: str, mark: Mark | None) -> None:
        self.flights.journal.received(
            record.kind(frame),
            shown,
            message_id=frame.id,
            action=self.flight.name,
            rule=frame.reason if isinstance(frame, Broken) else None,
            cause=self.flight.action.id,
            latency_ms=self.latency,
            at=self.at,
            mark=mark,
        )


def shown_answer(version: Version, flown: Flight, frame: CallResult | CallError, text: str) -> str:
    """The text of an answer to this call, secrets masked."""
    if isinstance(frame, CallError):
        return record.shown_unread(text)
    secrets = flight.answer_secrets(version, flown)
    if secrets is None:
        return record.shown_unread(text)
    return record.shown(text, (frames.RESULT, frame.id), frame.payload, secrets)


def made_error(message_id: str, failure: Failure) -> CallError:
    """The error as if it had been received."""
    return CallError(message_id, failure.code, failure.description, failure.details)


def written(frame: CallResult | CallError) -> str:
    """The text of an answer that was made."""
    if isinstance(frame, CallError):
        return frames.write_failure(frame.id, frame.failure)
    return frames.write_result(frame.id, frame.payload)


def _answers(frame: Frame, call: OurCall) -> bool:
    """Whether this names the call and is an answer, be it one that can't be read."""
    if isinstance(frame, Broken):
        return frame.id == call.id and frame.type in (frames.RESULT, frames.ERROR)
    return frame.id == call.id and not isinstance(frame, Call)
