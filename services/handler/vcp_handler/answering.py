"""The backend's messages on one link: call → request, reply → answer. Bad payloads are answered at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vcp_contracts.requests import Reply, Silence

from vcp_handler import breaches, frames, pipeline, record
from vcp_handler.calls import Calls, TheirCall
from vcp_handler.dialects.secrets import Seal, sealed
from vcp_handler.dialects.table import Envelope, Heard
from vcp_handler.frames import Broken, Call, Payload
from vcp_handler.journal import Journal
from vcp_handler.pipeline import Denial, Unfit
from vcp_handler.versions import Version
from vcp_handler.wording import Cause

PATIENCE_S = 20.0
"""How long a request may wait for its reply before the backend gets an InternalError (s)."""

Gate = Literal["open", "silent", "security_error"]


@dataclass(slots=True, frozen=True)
class _Answer:
    """What the record says of an answer once it is written."""

    kind: record.Kind
    shown: str
    verdict: str | None = None


@dataclass(slots=True)
class _Asked:
    """A call of the backend's, with what its answer needs. Without a row it was not understood."""

    call: TheirCall
    payload: Payload
    row: Heard[Any] | None = None
    answer: _Answer | None = None


class Answering:
    """The backend's side of the conversation. `gate` says whether its calls are let in."""

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
        self._version = version
        self._calls = calls
        self._journal = journal
        self._send = send
        self._clock = clock
        self._utc = utc
        self._seal = seal
        self._asked: dict[int, _Asked] = {}

    def is_unanswered(self, request: str) -> bool:
        """Whether this request's answer is still to be written."""
        number = self._number_of(request)
        return number is not None and self._calls.waits_for(number)

    def called(self, frame: Call, text: str) -> None:
        """A call has arrived. Raises calls.Overrun."""
        row = self._version.dialect.heard_by_name.get(frame.action)
        secrets = row.secrets if row is not None else ()
        shown = record.shown(text, (frames.CALL, frame.id, frame.action), frame.payload, secrets)
        if self._calls.is_id_used(frame.id, text):
            rule = "OCPP-J 4.1.4: the id of an earlier call that said something else"
            self._journal.violation("call_id_used", rule, shown, action=frame.action, message_id=frame.id)
        if self.gate == "open":
            self._let_in(frame, shown)
        else:
            self._shut_out(frame, shown)

    def broken(self, frame: Broken, shown: str) -> None:
        """Something that is no proper frame has arrived; the caller has reported it. Raises calls.Overrun."""
        cause: Cause = "message_type" if frame.kind == "unknown_type" else "frame"
        message_id = frame.id or self._version.words.id_if_unreadable
        if message_id is None or self._version.words.code(cause) is None or self.gate == "silent":
            return
        asked = self._arrived(message_id, "", {}, shown)
        self._deny(asked.call.number, Denial(cause, frame.reason))

    def reply(self, reply: Reply) -> None:
        """Answers a request. A reply that comes twice, or too late, is dropped."""
        number = self._number_of(reply.request)
        asked = self._asked.get(number) if number is not None else None
        if asked is None or asked.row is None or asked.call.settled:
            return
        if isinstance(reply, Silence):
            self._settle(asked.call.number, None)
        else:
            self._write(asked, asked.row, reply)

    def tick(self, now: float) -> None:
        """Answers what has waited too long for its reply."""
        for call in self._calls.overdue(now):
            denial = Denial(
                "internal", f"the charge point did not reply within {PATIENCE_S:g} s", violation=False
            )
            self._deny(call.number, denial)

    def _let_in(self, frame: Call, shown: str) -> None:
        asked = self._arrived(frame.id, frame.action, frame.payload, shown)
        admitted = pipeline.admit(self._version, frame.action, frame.payload)
        denial = admitted if isinstance(admitted, Denial) else self._ask(asked, admitted)
        rule = denial.text if denial is not None and denial.violation else None
        cause = self._id_of(asked.call)
        self._journal.received(
            "call", shown, message_id=frame.id, action=frame.action, rule=rule, cause=cause
        )
        if denial is None:
            return
        if rule is not None:
            code = breaches.CALL[denial.cause]
            self._journal.violation(
                code, rule, shown, action=frame.action, field=denial.field, message_id=frame.id
            )
        self._deny(asked.call.number, denial)

    def _ask(self, asked: _Asked, row: Heard[Any]) -> Denial | None:
        """Passes the call on as a request, unless it can't be understood."""
        envelope = Envelope(
            id=self._id_of(asked.call),
            charge_point=self._journal.charge_point,
            at=self._utc(),
            link=self._journal.link,
            n=self._journal.n,
            message_id=asked.call.id,
        )
        request = pipeline.understand(row, sealed(asked.payload, row.secrets, self._seal), envelope)
        if isinstance(request, Denial):
            return request
        asked.row = row
        self._journal.tell(request)
        return None

    def _shut_out(self, frame: Call, shown: str) -> None:
        """The gate is closed: the charger is not registered (1.6 §4.2, 2.0.1 B03.FR.08)."""
        fault = pipeline.check(self._version, frame.action, frame.payload)
        rule = fault.text if fault else None
        self._journal.received(
            "call", shown, message_id=frame.id, action=frame.action, rule=rule, verdict=self.gate
        )
        breach = "a call to a charge point whose boot was rejected"
        self._journal.violation(
            "call_not_registered", breach, shown, action=frame.action, message_id=frame.id
        )
        if self.gate == "security_error":
            asked = self._arrived(frame.id, frame.action, {}, shown)
            denial = Denial("security", "the charge point is not registered", violation=False)
            self._deny(asked.call.number, denial)

    def _arrived(self, message_id: str, action: str, payload: Payload, shown: str) -> _Asked:
        call = self._calls.arrived(message_id, action, self._clock(), PATIENCE_S)
        if call.overlaps:
            rule = "OCPP-J 4.1.1: a call while an earlier one was unanswered"
            self._journal.violation("call_too_early", rule, shown, action=action, message_id=message_id)
        asked = self._asked[call.number] = _Asked(call, payload)
        return asked

    def _write(self, asked: _Asked, row: Heard[Any], reply: Reply) -> None:
        call = asked.call
        payload = pipeline.write_reply(self._version, row, reply, asked.payload)
        match payload:
            case Denial():
                self._deny(call.number, payload, verdict=getattr(reply, "reason", None))
            case Unfit():
                self._journal.confess(payload, reply.id)
                self._deny(call.number, Denial("internal", "the charge point's answer can't be written"))
            case _:
                text = frames.write_result(call.id, payload)
                shown = record.shown(text, (frames.RESULT, call.id), payload, row.answer_secrets)
                self._settle(call.number, text, _Answer("result", shown, getattr(reply, "result", None)))

    def _deny(self, number: int, denial: Denial, verdict: str | None = None) -> None:
        code = self._version.words.code(denial.cause)
        if code is None:
            self._settle(number, None)
            return
        text = frames.write_error(self._asked[number].call.id, code, denial.text)
        self._settle(number, text, _Answer("error", text, verdict))

    def _settle(self, number: int, text: str | None, answer: _Answer | None = None) -> None:
        self._asked[number].answer = answer
        for call in self._calls.settle(number, text):
            written = self._asked.pop(call.number).answer
            if call.answer is not None and written is not None and self._send(call.answer):
                self._journal.sent(
                    written.kind,
                    written.shown,
                    message_id=call.id,
                    action=call.action or None,
                    cause=self._id_of(call),
                    verdict=written.verdict,
                    latency_ms=round((self._clock() - call.received) * 1000, 3),
                )

    def _id_of(self, call: TheirCall) -> str:
        return f"{self._journal.link}/{call.number}"

    def _number_of(self, request: str) -> int | None:
        link, _, number = request.rpartition("/")
        return int(number) if link == self._journal.link and number.isdecimal() else None
