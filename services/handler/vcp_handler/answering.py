"""The backend's messages on one link: call → request, reply → answer. Bad payloads are answered at once."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from vcp_contracts.requests import Reply, Silence

from vcp_handler import frames, pipeline
from vcp_handler.answer import Answer
from vcp_handler.answers import PATIENCE_S, Answers, Asked
from vcp_handler.arriving import Arriving, shown_call
from vcp_handler.calls import Calls
from vcp_handler.dialects.secrets import Seal
from vcp_handler.frames import Broken, Call
from vcp_handler.journal import Journal
from vcp_handler.pipeline import Denial, Unfit
from vcp_handler.record import Mark
from vcp_handler.rules.ruling import Ruling
from vcp_handler.versions import Version
from vcp_handler.wording import Cause

Gate = Literal["open", "silent", "security_error"]

_NO_REPLY = Denial("internal", f"the charge point did not reply within {PATIENCE_S:g} s", violation=False)
_NOT_WRITABLE = Denial("internal", "the charge point's answer can't be written")
_NOT_REGISTERED = Denial("security", "the charge point is not registered", violation=False)


class Answering:
    """The backend's side of the conversation. `gate` says whether its calls are let in, `gate_blames` whether those that
    are not are the backend's fault; both, the rules and `lets_invalid_out` may change at any time."""

    def __init__(
        self,
        *,
        version: Version,
        calls: Calls,
        journal: Journal,
        gate: Gate,
        send: Callable[[str], bool],
        clock: Callable[[], float],
        utc: Callable[[], datetime],
        seal: Seal,
    ) -> None:
        self.gate: Gate = gate
        self.gate_blames = True
        self.lets_invalid_out = False
        self._version = version
        self._calls = calls
        self._journal = journal
        self._answers = Answers(
            version=version, calls=calls, journal=journal, send=send, clock=clock, utc=utc, seal=seal
        )

    def rule(self, rules: Ruling | None) -> None:
        """The rules that stand from now on; None: none do."""
        self._answers.rules = rules

    def is_unanswered(self, request: str) -> bool:
        """Whether this request's answer is still to be written."""
        return self._answers.is_unanswered(request)

    def called(self, frame: Call, text: str) -> None:
        """A call has arrived. Raises calls.Overrun."""
        answers = self._answers
        shown = shown_call(answers, frame, text)
        if self._calls.is_id_used(frame.id, (frame.action, frames.canonical(frame.payload))):
            rule = "OCPP-J 4.1.4: the id of an earlier call that said something else"
            self._journal.violation("call_id_used", rule, shown, action=frame.action, message_id=frame.id)
        if answers.rules is not None:
            row = self._version.dialect.heard_by_name.get(frame.action)
            at = self._journal.utc()
            answers.rules.decide(Arriving(frame, shown, row, answers, at, self._shuts_out, self.broken))
        elif not self._shuts_out(frame, shown):
            self._let_in(frame, shown)

    def broken(self, frame: Broken, shown: str) -> None:
        """Something that is no proper frame has arrived; the caller has reported it. Raises calls.Overrun."""
        cause: Cause = "message_type" if frame.kind == "unknown_type" else "frame"
        message_id = frame.id or self._version.words.id_if_unreadable
        if message_id is None or self._version.words.code(cause) is None or self.gate == "silent":
            return
        asked = self._answers.arrived(message_id, "", {}, shown)
        self._answers.deny(asked, Denial(cause, frame.reason))

    def reply(self, reply: Reply) -> None:
        """Answers a request. A reply that comes twice, or too late, is dropped."""
        asked = self._answers.find(reply.request)
        if asked is None:
            return
        if isinstance(reply, Silence):
            self._answers.settle(asked.call, None)
        else:
            self._write(asked, reply)

    def tick(self, now: float) -> None:
        """Answers what has waited too long for its reply."""
        self._answers.expire(now, _NO_REPLY)

    def fall_silent(self) -> None:
        """Nothing can be sent from now on."""
        self._answers.send = lambda _text: False

    def _let_in(self, frame: Call, shown: str) -> None:
        answers = self._answers
        asked = answers.arrived(frame.id, frame.action, frame.payload, shown)
        admitted = pipeline.admit(self._version, frame.action, frame.payload)
        denial = admitted if isinstance(admitted, Denial) else answers.ask(asked, admitted)
        rule = denial.text if denial is not None and denial.violation else None
        cause = answers.id_of(asked.call)
        self._journal.received(
            "call", shown, message_id=frame.id, action=frame.action, rule=rule, cause=cause
        )
        if not isinstance(admitted, Denial):
            answers.hold_to_the_text(frame, shown)
        if denial is not None:
            if denial.violation:
                answers.report(frame, shown, denial)
            answers.deny(asked, denial)

    def _shuts_out(
        self, frame: Call, shown: str, mark: Mark | None = None, at: datetime | None = None
    ) -> bool:
        """Where the gate is closed, the charger is not registered (1.6 §4.2, 2.0.1 B03.FR.08)."""
        if self.gate == "open":
            return False
        fault = pipeline.check(self._version, frame.action, frame.payload)
        self._journal.received(
            "call",
            shown if mark is None or mark.original is None else shown_call(self._answers, frame),
            message_id=frame.id,
            action=frame.action,
            rule=fault.text if fault else None,
            verdict=self.gate,
            at=at,
            mark=mark,
        )
        if self.gate_blames:
            breach = "a call to a charge point whose boot was rejected"
            self._journal.violation(
                "call_not_registered", breach, shown, action=frame.action, message_id=frame.id
            )
        if self.gate == "security_error":
            self._answers.deny(self._answers.arrived(frame.id, frame.action, {}, shown), _NOT_REGISTERED)
        return True

    def _write(self, asked: Asked, reply: Reply) -> None:
        assert asked.row is not None, "only what was understood is asked"
        payload = pipeline.write_reply(self._version, asked.row, reply, asked.payload)
        answer = Answer(asked.call, asked.payload, asked.row, verdict=getattr(reply, "result", None))
        match payload:
            case Denial():
                self._answers.deny(asked, payload, verdict=getattr(reply, "reason", None))
                return
            case Unfit(payload=dict() as unfit) if self.lets_invalid_out:
                answer.payload, answer.mark = unfit, Mark(gates=("handler",))
                answer.rule = f"{payload.field or 'payload'} breaks the rule: {payload.rule}"
            case Unfit():
                self._journal.confess(payload, reply.id)
                self._answers.deny(asked, _NOT_WRITABLE)
                return
            case _:
                answer.payload = payload
        self._answers.settle(asked.call, answer)
