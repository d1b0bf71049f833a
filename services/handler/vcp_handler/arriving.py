"""A call of the backend's at the point where it reaches the charger, where rules stand: what they make of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vcp_handler import frames, pipeline, record
from vcp_handler.answer import Answer
from vcp_handler.answers import Answers, Asked
from vcp_handler.dialects.table import Heard
from vcp_handler.frames import Broken, Call, Frame
from vcp_handler.pipeline import Denial
from vcp_handler.record import Mark
from vcp_handler.rules.going import Going
from vcp_handler.rules.matching import Message


@dataclass(slots=True)
class Arriving:
    """A passage (see rules.ruling): a call of the backend's, about to be let in."""

    frame: Call
    shown: str
    """Its text as it came, secrets masked."""
    row: Heard[Any] | None
    answers: Answers
    at: datetime
    gate_shuts_out: Callable[[Call, str, Mark | None, datetime], bool]
    """Shuts the call out where the gate is closed, and says whether it was."""
    answer_broken: Callable[[Broken, str], None]
    kept_at: float | None = None
    """When it arrived, where it is kept back."""

    @property
    def message(self) -> Message:
        """What rules may ask of it."""
        return Message(
            direction="received",
            kind="call",
            action=self.frame.action,
            word=self.answers.version.dialect.words.get((self.frame.action, False)),
            payload=self.frame.payload,
            subject=self.answers.version.dialect.subject,
        )

    @property
    def message_id(self) -> str:
        """Its id."""
        return self.frame.id

    def keep(self, _going: Going) -> None:
        """It is kept back: to the backend it is unanswered."""
        self.kept_at = self.answers.clock()
        self.answers.kept_calls.append(self.kept_at)

    def go(self, going: Going) -> None:
        """It reaches the charger, or whatever a rule makes of it."""
        if self.kept_at is not None:
            self.answers.kept_calls.remove(self.kept_at)
            self.kept_at = None
        frame = self._altered(going)
        mark = self._mark(frame, going)
        if not isinstance(frame, Call):
            self._be_no_call(frame, going, mark)
        elif going.lost and going.follow != "original":
            self._record(frame, mark, rule=None, cause=None)
        elif going.instead:
            self._be_answered(going, mark)
        elif not self.gate_shuts_out(frame, self.shown, mark, self.at):
            self._be_let_in(frame, going, mark)

    def _be_let_in(self, frame: Call, going: Going, mark: Mark | None) -> None:
        asked, denial = self._ask(frame, mark, acts=True)
        if going.lost or going.message_id is not None or going.again is not None:
            asked.going = going
        if denial is not None:
            self.answers.deny(asked, denial)

    def _be_answered(self, going: Going, mark: Mark | None) -> None:
        """A rule answers in the charger's place. The charger acts where that answer agrees, unless it is to act anyhow."""
        agrees = self.answers.version.dialect.agrees
        acts = going.payload is not None and agrees(self.frame.action, going.payload)
        asked, _ = self._ask(self.frame, mark, acts=acts or going.follow == "original")
        answer = Answer(
            asked.call,
            asked.payload,
            self.row,
            payload=going.payload,
            failure=going.failure,
            text=going.text,
            rule=going.breaks,
            mark=Mark(going.rule, made_up=True, gates=going.gates),
        )
        self.answers.settle(asked.call, answer)

    def _be_no_call(self, frame: Frame, going: Going, mark: Mark | None) -> None:
        shown = record.shown_unread(going.text or "")
        broken = frame if isinstance(frame, Broken) else None
        self.answers.journal.received(
            record.kind(frame),
            shown,
            message_id=frame.id,
            rule=None if broken is None else broken.reason,
            at=self.at,
            mark=mark,
        )
        if broken is not None:
            self.answer_broken(broken, shown)

    def _ask(self, frame: Call, mark: Mark | None, *, acts: bool) -> tuple[Asked, Denial | None]:
        answers = self.answers
        asked = answers.arrived(frame.id, frame.action, frame.payload, self.shown)
        admitted = pipeline.admit(answers.version, frame.action, frame.payload)
        denial = admitted if isinstance(admitted, Denial) else answers.ask(asked, admitted) if acts else None
        rule = denial.text if denial is not None and denial.violation else None
        self._record(frame, mark, rule=rule, cause=answers.id_of(asked.call))
        self._blame(frame, admitted, denial)
        return asked, denial

    def _blame(self, frame: Call, admitted: Heard[Any] | Denial, denial: Denial | None) -> None:
        """What is wrong with a call as it came is the backend's, whatever a rule made of it."""
        if frame is not self.frame:
            admitted = pipeline.admit(self.answers.version, self.frame.action, self.frame.payload)
            denial = admitted if isinstance(admitted, Denial) else None
        if not isinstance(admitted, Denial):
            self.answers.hold_to_the_text(self.frame, self.shown)
        if denial is not None and denial.violation:
            self.answers.report(self.frame, self.shown, denial)

    def _altered(self, going: Going) -> Frame:
        if going.instead:
            return self.frame
        if going.text is not None:
            return frames.read(going.text)
        if going.payload is not None:
            return Call(self.frame.id, self.frame.action, going.payload)
        return self.frame

    def _mark(self, frame: Frame, going: Going) -> Mark | None:
        if going.rule is None:
            return None
        is_altered = frame is not self.frame
        return Mark(going.rule, self.shown if is_altered else None, gates=going.gates if is_altered else ())

    def _record(self, frame: Call, mark: Mark | None, *, rule: str | None, cause: str | None) -> None:
        self.answers.journal.received(
            "call",
            self.shown if frame is self.frame else shown_call(self.answers, frame),
            message_id=frame.id,
            action=frame.action,
            rule=rule,
            cause=cause,
            at=self.at,
            mark=mark,
        )


def shown_call(answers: Answers, frame: Call, text: str | None = None) -> str:
    """The text of a call, secrets masked; written from the frame where it is not given."""
    row = answers.version.dialect.heard_by_name.get(frame.action)
    if text is None:
        text = frames.write_call(frame.id, frame.action, frame.payload)
    head = (frames.CALL, frame.id, frame.action)
    if row is None:
        return record.shown_by_name(text, head, frame.payload)
    return record.shown(text, head, frame.payload, row.secrets)
