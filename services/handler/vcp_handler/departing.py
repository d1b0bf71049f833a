"""An answer of ours at the point where it is written, and what a rule may make of it. Sends nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vcp_handler import frames, record
from vcp_handler.arriving import word_of
from vcp_handler.calls import TheirCall
from vcp_handler.dialects.table import Heard
from vcp_handler.frames import Failure, Payload
from vcp_handler.record import Mark
from vcp_handler.rules.going import AS_IT_IS, Going
from vcp_handler.rules.matching import Message
from vcp_handler.versions import Version


@dataclass(slots=True)
class Answer:
    """Our answer to a call: `payload`, `failure`, or a `text` that a rule puts in their place."""

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
    gates: tuple[str, ...] = ()
    made_up: bool = False
    """Whether a rule gives it in the charger's place."""
    rule_applied: str | None = None


@dataclass(slots=True, frozen=True)
class Departing:
    """A passage (see rules.ruling): our answer, about to be written."""

    answer: Answer
    version: Version
    depart: Callable[["Departing", Going], None]
    kept: Callable[["Departing"], None]

    @property
    def message(self) -> Message:
        """What rules may ask of it."""
        answer = self.answer
        failure = answer.failure
        return Message(
            direction="sent",
            kind="result" if failure is None else "error",
            action=answer.call.action or None,
            word=word_of(answer.row),
            payload=(answer.payload or {}) if failure is None else failure.payload,
            subject=self.version.dialect.subject,
            call=answer.asked,
        )

    @property
    def message_id(self) -> str:
        """Its id: that of the call."""
        return self.answer.call.id

    @property
    def shown(self) -> str:
        """Its text as it was written, secrets masked."""
        return self.shown_as(AS_IT_IS, self.text_of(AS_IT_IS))

    def text_of(self, going: Going) -> str:
        """What goes on the wire."""
        text = self.answer.text if going.text is None else going.text
        if text is not None:
            return text
        message_id = self.answer.call.id if going.message_id is None else going.message_id
        payload, failure = self._content(going)
        if failure is not None:
            return frames.write_failure(message_id, failure)
        return frames.write_result(message_id, payload)

    def shown_as(self, going: Going, text: str) -> str:
        """What went on the wire, secrets masked."""
        payload, failure = self._content(going)
        row = self.answer.row
        if failure is not None or going.text is not None or self.answer.text is not None:
            return record.shown_unread(text)
        message_id = self.answer.call.id if going.message_id is None else going.message_id
        secrets = row.answer_secrets if row is not None else ()
        return record.shown(text, (frames.RESULT, message_id), payload, secrets)

    def named(self, going: Going) -> tuple[str | None, record.Kind]:
        """The id and the kind of what goes on the wire."""
        text = self.answer.text if going.text is None else going.text
        if text is not None:
            frame = frames.read(text)
            return frame.id, record.kind(frame)
        message_id = self.answer.call.id if going.message_id is None else going.message_id
        return message_id, "result" if self._content(going)[1] is None else "error"

    def mark(self, going: Going, *, again: bool) -> Mark | None:
        """What a rule or an open gate did to it."""
        answer = self.answer
        rule = going.rule if going.rule is not None else answer.rule_applied
        gates = (*answer.gates, *going.gates)
        if rule is None and not gates:
            return None
        return Mark(rule, self.shown if going.alters else None, again or answer.made_up, gates)

    def _content(self, going: Going) -> tuple[Payload, Failure | None]:
        if going.payload is not None:
            return going.payload, None
        if going.failure is not None:
            return {}, going.failure
        return self.answer.payload or {}, self.answer.failure

    def keep(self, _going: Going) -> None:
        """It is kept back; answers to later calls overtake it."""
        self.kept(self)

    def go(self, going: Going) -> None:
        """It is written."""
        self.depart(self, going)
