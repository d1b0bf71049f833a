"""A call of the backend's at the point where it reaches the charger, and what a rule may make of it. Asks nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vcp_handler import frames, record
from vcp_handler.dialects.table import Heard
from vcp_handler.frames import Call
from vcp_handler.rules.going import Going
from vcp_handler.rules.matching import Message
from vcp_handler.versions import Version


@dataclass(slots=True)
class Arriving:
    """A passage (see rules.ruling): a call of the backend's, about to be let in."""

    frame: Call
    shown: str
    """Its text as it came, secrets masked."""
    row: Heard[Any] | None
    version: Version
    at: datetime
    enter: Callable[["Arriving", Going], None]
    kept: Callable[[], None]
    was_kept: bool = False

    @property
    def message(self) -> Message:
        """What rules may ask of it."""
        return Message(
            direction="received",
            kind="call",
            action=self.frame.action,
            word=word_of(self.row),
            payload=self.frame.payload,
            subject=self.version.dialect.subject,
        )

    @property
    def message_id(self) -> str:
        """Its id."""
        return self.frame.id

    def altered(self, going: Going) -> Call:
        """What the charger gets."""
        if going.instead:
            return self.frame
        if going.text is not None:
            replaced = frames.read(going.text)
            return replaced if isinstance(replaced, Call) else self.frame
        if going.payload is None:
            return self.frame
        return Call(self.frame.id, self.frame.action, going.payload)

    def shown_as(self, frame: Call) -> str:
        """The text of what it became, secrets masked."""
        if frame is self.frame:
            return self.shown
        text = frames.write_call(frame.id, frame.action, frame.payload)
        row = self.version.dialect.heard_by_name.get(frame.action)
        secrets = row.secrets if row is not None else ()
        return record.shown(text, (frames.CALL, frame.id, frame.action), frame.payload, secrets)

    def keep(self, _going: Going) -> None:
        """It is kept back: to the backend it is unanswered."""
        self.was_kept = True
        self.kept()

    def go(self, going: Going) -> None:
        """It reaches the charger."""
        self.enter(self, going)


def word_of(row: Heard[Any] | None) -> str | None:
    """The contract's word for a call of the backend's."""
    return None if row is None else str(row.contract.model_fields["type"].default)
