"""A call of ours at the point where it leaves, and what a rule may make of its text. Sends nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from vcp_handler import flight, frames
from vcp_handler.flight import Flight
from vcp_handler.rules.going import AS_IT_IS, Going
from vcp_handler.rules.matching import Message
from vcp_handler.versions import Version


@dataclass(slots=True, frozen=True)
class Leaving:
    """A passage (see rules.ruling): our call, about to be sent."""

    flight: Flight
    version: Version
    leave: Callable[["Leaving", Going], None]
    open: Callable[["Leaving"], None]
    beside: bool = False
    """Whether it leaves while another call is open: past the Abstraction's gate."""

    @property
    def message(self) -> Message:
        """What rules may ask of it."""
        return Message(
            direction="sent",
            kind="call",
            action=self.flight.name,
            word=self.flight.word,
            payload=self.flight.payload,
            subject=self.version.dialect.subject,
            transactions=self.flight.transactions,
        )

    @property
    def message_id(self) -> str:
        """Its id."""
        return self.flight.id

    @property
    def shown(self) -> str:
        """Its text as it was written, secrets masked."""
        return flight.shown(self.version, self.flight, self.text_of(AS_IT_IS), self.flight.payload)

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates that are open for it."""
        return (*self.flight.gates, "abstraction") if self.beside else self.flight.gates

    def text_of(self, going: Going) -> str:
        """What goes on the wire."""
        if going.text is not None:
            return going.text
        if self.flight.text is not None and not going.alters:
            return self.flight.text
        payload = self.flight.payload if going.payload is None else going.payload
        message_id = self.flight.id if going.message_id is None else going.message_id
        return frames.write_call(message_id, self.flight.name, payload)

    def shown_as(self, going: Going, text: str) -> str:
        """What went on the wire, secrets masked."""
        payload = self.flight.payload if going.payload is None else going.payload
        sent = replace(self.flight, id=self.flight.id if going.message_id is None else going.message_id)
        return flight.shown(self.version, sent, text, payload)

    def keep(self, going: Going) -> None:
        """A call that is not sent, but answered by a rule, waits for that as for any answer; any other waits to leave."""
        if going.instead:
            self.open(self)

    def go(self, going: Going) -> None:
        """It leaves."""
        self.leave(self, going)
