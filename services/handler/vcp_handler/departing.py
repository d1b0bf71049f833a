"""An answer of ours at the point where it is written, where a rule touches it: what the rule makes of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from vcp_handler.answer import Answer
from vcp_handler.dialects.table import Dialect
from vcp_handler.record import Mark
from vcp_handler.rules.going import Going
from vcp_handler.rules.matching import Message


class Write(Protocol):
    """Writes an answer and records it; `message_id` where it goes out under another one."""

    def __call__(self, answer: Answer, message_id: str | None = None) -> None: ...


@dataclass(slots=True)
class Departing:
    """A passage (see rules.ruling): our answer, about to be written."""

    answer: Answer
    dialect: Dialect
    write: Write
    kept: dict[int, float]
    """The numbers of the calls whose answers are kept back, and when they arrived."""

    @property
    def message(self) -> Message:
        """What rules may ask of it."""
        answer, failure = self.answer, self.answer.failure
        return Message(
            direction="sent",
            kind="result" if failure is None else "error",
            action=answer.call.action or None,
            word=self.dialect.words.get((answer.call.action, False)),
            payload=(answer.payload or {}) if failure is None else failure.payload,
            subject=self.dialect.subject,
            call=answer.asked,
        )

    @property
    def message_id(self) -> str:
        """Its id: that of the call."""
        return self.answer.call.id

    @property
    def shown(self) -> str:
        """Its text as it was written, secrets masked."""
        return self.answer.shown(self.answer.written, self.answer.call.id)

    def keep(self, _going: Going) -> None:
        """It is kept back; answers to later calls overtake it, but what follows it does not."""
        self.kept[self.answer.call.number] = self.answer.call.received

    def go(self, going: Going) -> None:
        """It is written, or whatever a rule makes of it."""
        self.kept.pop(self.answer.call.number, None)
        if going.lost:
            return
        altered = self._altered(going)
        self.write(altered, going.message_id)
        if going.again is not None and altered.mark is not None:
            again = replace(altered, mark=replace(altered.mark, made_up=True))
            going.again(self._once_more(again, going.message_id))

    def _once_more(self, again: Answer, message_id: str | None) -> Callable[[], None]:
        return lambda: self.write(again, message_id)

    def _altered(self, going: Going) -> Answer:
        answer = self.answer
        if going.rule is None:
            return answer
        gates = (*(answer.mark.gates if answer.mark else ()), *going.gates)
        mark = Mark(going.rule, self.shown if going.alters else None, gates=gates)
        if going.text is not None:
            return replace(answer, text=going.text, rule=going.breaks, mark=mark)
        if going.failure is not None:
            return replace(answer, payload=None, failure=going.failure, rule=going.breaks, mark=mark)
        if going.payload is not None:
            return replace(answer, payload=going.payload, failure=None, rule=going.breaks, mark=mark)
        return replace(answer, mark=mark)
