"""An answer of the backend's at the point where it reaches its call, and what a rule may make of it. Ends nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from vcp_handler import flight, frames, record
from vcp_handler.calls import OurCall
from vcp_handler.flight import Flight
from vcp_handler.frames import CallError, CallResult, Failure, Frame
from vcp_handler.rules.going import Going
from vcp_handler.rules.matching import Message
from vcp_handler.versions import Version


@dataclass(slots=True, frozen=True)
class Landing:
    """A passage (see rules.ruling): the answer to a call of ours, about to be taken."""

    frame: CallResult | CallError
    text: str
    call: OurCall
    flight: Flight
    version: Version
    latency: float
    """From written to answered, in real milliseconds."""
    at: datetime
    land: Callable[["Landing", Going], None]
    excuse: Callable[["Landing"], None]

    @property
    def message(self) -> Message:
        """What rules may ask of it."""
        frame = self.frame
        is_error = isinstance(frame, CallError)
        return Message(
            direction="received",
            kind="error" if is_error else "result",
            action=self.flight.name,
            word=self.flight.word,
            payload=frame.failure.payload if isinstance(frame, CallError) else frame.payload,
            subject=self.version.dialect.subject,
            call=self.flight.payload,
            transactions=self.flight.transactions,
        )

    @property
    def message_id(self) -> str:
        """Its id."""
        return self.frame.id

    @property
    def shown(self) -> str:
        """Its text as it came, secrets masked."""
        return self.shown_as(self.frame)

    def shown_as(self, frame: Frame, text: str | None = None) -> str:
        """The text of what it became, secrets masked; `text` where it is not written from the frame."""
        if text is None:
            text = self.text if frame is self.frame else written(frame)
        if not isinstance(frame, CallResult):
            return record.shown_unread(text)
        if not flight.is_known(self.version, self.flight):
            return record.shown_unread(text)
        secrets = flight.answer_secrets(self.version, self.flight)
        return record.shown(text, (frames.RESULT, frame.id), frame.payload, secrets)

    def altered(self, going: Going) -> Frame:
        """What the charger gets."""
        if going.text is not None:
            return frames.read(going.text)
        message_id = self.frame.id if going.message_id is None else going.message_id
        if going.failure is not None:
            return made_error(message_id, going.failure)
        if going.payload is not None:
            return CallResult(message_id, going.payload)
        if isinstance(self.frame, CallError):
            return self.frame if message_id == self.frame.id else made_error(message_id, self.frame.failure)
        return self.frame if message_id == self.frame.id else CallResult(message_id, self.frame.payload)

    def keep(self, _going: Going) -> None:
        """It is kept back, and its call may end unanswered: that is not the backend's fault."""
        self.excuse(self)

    def go(self, going: Going) -> None:
        """It reaches its call."""
        self.land(self, going)


def made_error(message_id: str, failure: Failure) -> CallError:
    """The error as if it had been received."""
    return CallError(message_id, failure.code, failure.description, failure.details)


def written(frame: Frame) -> str:
    """The text of an answer that was made."""
    if isinstance(frame, CallError):
        return frames.write_failure(frame.id, frame.failure)
    assert isinstance(frame, CallResult), "only answers are written from what they became"
    return frames.write_result(frame.id, frame.payload)
