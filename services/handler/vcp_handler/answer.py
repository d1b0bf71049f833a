"""Our answer to a call of the backend's, as far as it is known before any rule sees it leave. Data."""

from dataclasses import dataclass
from typing import Any

from vcp_handler import frames, record
from vcp_handler.calls import TheirCall
from vcp_handler.dialects.table import Heard
from vcp_handler.frames import Failure, Payload
from vcp_handler.record import Mark


@dataclass(slots=True)
class Answer:
    """`payload`, `failure`, or a `text` that a rule puts in their place."""

    call: TheirCall
    asked: Payload
    """The call's payload."""
    row: Heard[Any] | None
    payload: Payload | None = None
    failure: Failure | None = None
    text: str | None = None
    verdict: str | None = None
    """The charger's."""
    rule: str | None = None
    """What it breaks, where the Handler's gate is open for it."""
    mark: Mark | None = None
    """What a rule or an open gate did to it."""

    @property
    def kind(self) -> record.Kind:
        """What kind of entry it makes in the record."""
        if self.text is not None:
            return record.kind(frames.read(self.text))
        return "result" if self.failure is None else "error"

    @property
    def message_id(self) -> str | None:
        """The id under which it goes out."""
        return self.call.id if self.text is None else frames.read(self.text).id

    @property
    def written(self) -> str:
        """Its text."""
        if self.text is not None:
            return self.text
        if self.failure is not None:
            return frames.write_failure(self.call.id, self.failure)
        return frames.write_result(self.call.id, self.payload or {})

    def shown(self, text: str, message_id: str) -> str:
        """A text of it with its secrets masked."""
        if self.failure is not None or self.text is not None:
            return record.shown_unread(text)
        secrets = self.row.answer_secrets if self.row is not None else ()
        return record.shown(text, (frames.RESULT, message_id), self.payload or {}, secrets)
