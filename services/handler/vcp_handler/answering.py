"""The backend's messages on one link: call → request, reply → answer. Bad payloads are answered at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vcp_contracts.requests import Reply, Silence

from vcp_handler import breaches, frames, pipeline, record
from vcp_handler.arriving import Arriving
from vcp_handler.calls import Calls, TheirCall
from vcp_handler.departing import Answer, Departing
from vcp_handler.dialects.secrets import Seal, sealed
from vcp_handler.dialects.table import Envelope, Heard
from vcp_handler.frames import Broken, Call, Failure, Frame, Payload
from vcp_handler.journal import Journal
from vcp_handler.pipeline import Denial, Unfit
from vcp_handler.record import Mark
from vcp_handler.rules.going import AS_IT_IS, Going
from vcp_handler.rules.ruling import Ruling
from vcp_handler.versions import Version
from vcp_handler.wording import Cause

PATIENCE_S = 20.0
"""How long a request may wait for its reply before the backend gets an InternalError (s)."""

Gate = Literal["open", "silent", "security_error"]


@dataclass(slots=True)
class _Asked:
    """A call of the backend's, with what its answer needs. Without a row it was not understood."""

    call: TheirCall
    payload: Payload
    row: Heard[Any] | None = None
    answer: Answer | None = None
    going: Going | None = None
    """How a rule wants its answer to go on, whatever that will be."""


class Answering:
    """The backend's side of the conversation. `gate` says whether its calls are let in; it, `rules` and `lets_invalid_out`
    may change at any time."""

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
        self.rules: Ruling | None = None
        """Those that stand; None: none do."""
        self.lets_invalid_out = False
        self._version = version
        self._calls = calls
        self._journal = journal
        self.send = send
        self._clock = clock
        self._utc = utc
        self._seal = seal
        self._asked: dict[int, _Asked] = {}
        self._kept_calls = 0
        self._kept_answers: set[int] = set()

    def is_unanswered(self, request: str) -> bool:
        """Whether this request's answer is still to be written."""
        number = self._number_of(request)
        return number is not None and (self._calls.waits_for(number) or number in self._kept_answers)

    def called(self, frame: Call, text: str) -> None:
        """A call has arrived. Raises calls.Overrun."""
        row = self._version.dialect.heard_by_name.get(frame.action)
        secrets = row.secrets if row is not None else ()
        shown = record.shown(text, (frames.CALL, frame.id, frame.action), frame.payload, secrets)
        if self._calls.is_id_used(frame.id, text):
            rule = "OCPP-J 4.1.4: the id of an earlier call that said something else"
            self._journal.violation("call_id_used", rule, shown, action=frame.action, message_id=frame.id)
        arriving = Arriving(
            frame, shown, row, self._version, self._journal.utc(), self._enter, self._keep_call
        )
        if self.rules is None:
            self._enter(arriving, AS_IT_IS)
        else:
            self.rules.decide(arriving)

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

    # --- a call comes in ----------------------------------------------------------------------------------------------

    def _keep_call(self) -> None:
        """A rule keeps a call back: to the backend it is unanswered."""
        self._kept_calls += 1

    def _enter(self, arriving: Arriving, going: Going) -> None:
        """A call reaches the charger, or whatever a rule makes of it."""
        if arriving.was_kept:
            self._kept_calls -= 1
        replaced = frames.read(going.text) if going.text is not None and not going.instead else None
        if replaced is not None and not isinstance(replaced, Call):
            self._enter_broken(arriving, going, replaced)
        elif going.lost and going.follow != "original":
            self._record_call(arriving, arriving.frame, going, verdict=None, rule=None, cause=None)
        elif self.gate == "open" or going.instead:
            self._let_in(arriving, going)
        else:
            self._shut_out(arriving, going)

    def _enter_broken(self, arriving: Arriving, going: Going, frame: Frame) -> None:
        """Another text in a call's place, which is no call."""
        shown = record.shown_unread(going.text or "")
        broken = frame if isinstance(frame, Broken) else None
        self._journal.received(
            record.kind(frame),
            shown,
            message_id=frame.id,
            rule=None if broken is None else broken.reason,
            at=arriving.at,
            mark=Mark(going.rule, arriving.shown),
        )
        if broken is not None:
            self.broken(broken, shown)

    def _let_in(self, arriving: Arriving, going: Going) -> None:
        frame = arriving.altered(going)
        asked = self._arrived(frame.id, frame.action, frame.payload, arriving.shown)
        admitted = pipeline.admit(self._version, frame.action, frame.payload)
        acts = self._acts(frame.action, going)
        denial = admitted if isinstance(admitted, Denial) else self._ask(asked, admitted) if acts else None
        rule = denial.text if denial is not None and denial.violation else None
        self._record_call(arriving, frame, going, verdict=None, rule=rule, cause=self._id_of(asked.call))
        self._blame(arriving, frame, denial)
        if going.instead:
            self._settle(asked.call.number, self._made(asked, arriving.row, going))
            return
        if going.lost or going.message_id is not None or going.again is not None:
            asked.going = going
        if denial is not None:
            self._deny(asked.call.number, denial)

    def _acts(self, action: str, going: Going) -> bool:
        """Whether the charger gets to see a call: not where a rule answers that it does not do as it was asked."""
        if not going.instead or going.follow == "original":
            return True
        return going.payload is not None and self._version.dialect.agrees(action, going.payload)

    def _made(self, asked: _Asked, row: Heard[Any] | None, going: Going) -> Answer:
        """The answer that a rule gives in the charger's place."""
        return Answer(
            asked.call,
            asked.payload,
            row,
            payload=going.payload,
            failure=going.failure,
            text=going.text,
            gates=going.gates,
            made_up=True,
            rule_applied=going.rule,
        )

    def _blame(self, arriving: Arriving, frame: Call, denial: Denial | None) -> None:
        """What is wrong with a call as it came is the backend's, whatever a rule made of it."""
        if frame is not arriving.frame:
            admitted = pipeline.admit(self._version, arriving.frame.action, arriving.frame.payload)
            denial = admitted if isinstance(admitted, Denial) else None
        if denial is not None and denial.violation:
            self._journal.violation(
                breaches.CALL[denial.cause],
                denial.text,
                arriving.shown,
                action=arriving.frame.action,
                field=denial.field,
                message_id=arriving.frame.id,
            )

    def _record_call(
        self,
        arriving: Arriving,
        frame: Call,
        going: Going,
        *,
        verdict: str | None,
        rule: str | None,
        cause: str | None,
    ) -> None:
        mark = None
        if going.rule is not None:
            is_altered = frame is not arriving.frame
            mark = Mark(
                going.rule, arriving.shown if is_altered else None, gates=going.gates if is_altered else ()
            )
        self._journal.received(
            "call",
            arriving.shown_as(frame),
            message_id=frame.id,
            action=frame.action,
            rule=rule,
            cause=cause,
            verdict=verdict,
            at=arriving.at,
            mark=mark,
        )

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

    def _shut_out(self, arriving: Arriving, going: Going) -> None:
        """The gate is closed: the charger is not registered (1.6 §4.2, 2.0.1 B03.FR.08)."""
        frame = arriving.altered(going)
        fault = pipeline.check(self._version, frame.action, frame.payload)
        rule = fault.text if fault else None
        self._record_call(arriving, frame, going, verdict=self.gate, rule=rule, cause=None)
        breach = "a call to a charge point whose boot was rejected"
        self._journal.violation(
            "call_not_registered", breach, arriving.shown, action=frame.action, message_id=frame.id
        )
        if self.gate == "security_error":
            asked = self._arrived(frame.id, frame.action, {}, arriving.shown)
            denial = Denial("security", "the charge point is not registered", violation=False)
            self._deny(asked.call.number, denial)

    def _arrived(self, message_id: str, action: str, payload: Payload, shown: str) -> _Asked:
        call = self._calls.arrived(message_id, action, self._clock(), PATIENCE_S)
        if call.overlaps or self._kept_calls or self._kept_answers:
            rule = "OCPP-J 4.1.1: a call while an earlier one was unanswered"
            self._journal.violation("call_too_early", rule, shown, action=action, message_id=message_id)
        asked = self._asked[call.number] = _Asked(call, payload)
        return asked

    # --- an answer goes out -------------------------------------------------------------------------------------------

    def _write(self, asked: _Asked, row: Heard[Any], reply: Reply) -> None:
        payload = pipeline.write_reply(self._version, row, reply, asked.payload)
        answer = Answer(asked.call, asked.payload, row, verdict=getattr(reply, "result", None))
        match payload:
            case Denial():
                self._deny(asked.call.number, payload, verdict=getattr(reply, "reason", None))
                return
            case Unfit(payload=dict() as unfit) if self.lets_invalid_out:
                answer.payload, answer.gates = unfit, ("handler",)
                answer.rule = f"{payload.field or 'payload'} breaks the rule: {payload.rule}"
            case Unfit():
                self._journal.confess(payload, reply.id)
                denial = Denial("internal", "the charge point's answer can't be written")
                self._deny(asked.call.number, denial)
                return
            case _:
                answer.payload = payload
        self._settle(asked.call.number, answer)

    def _deny(self, number: int, denial: Denial, verdict: str | None = None) -> None:
        code = self._version.words.code(denial.cause)
        if code is None:
            self._settle(number, None)
            return
        asked = self._asked[number]
        failure = Failure(code, denial.text[: frames.MAX_DESCRIPTION], {})
        row = self._version.dialect.heard_by_name.get(asked.call.action)
        answer = Answer(asked.call, asked.payload, row, failure=failure, verdict=verdict)
        self._settle(number, answer)

    def _settle(self, number: int, answer: Answer | None) -> None:
        self._asked[number].answer = answer
        for call in self._calls.settle(number):
            asked = self._asked.pop(call.number)
            if asked.answer is not None:
                self._decide(asked.answer, asked.going)

    def _decide(self, answer: Answer, going: Going | None) -> None:
        """The first rule that touches an answer decides: one that answered the call, then one that saw the call come in,
        then one that sees the answer leave."""
        departing = Departing(answer, self._version, self._depart, self._keep_answer)
        if answer.made_up:
            self._depart(departing, AS_IT_IS)
        elif going is not None:
            self._depart(departing, going)
        elif self.rules is not None:
            self.rules.decide(departing)
        else:
            self._depart(departing, AS_IT_IS)

    def _keep_answer(self, departing: Departing) -> None:
        self._kept_answers.add(departing.answer.call.number)

    def _depart(self, departing: Departing, going: Going) -> None:
        """An answer is written, or whatever a rule makes of it."""
        self._kept_answers.discard(departing.answer.call.number)
        if going.lost:
            return
        text = departing.text_of(going)
        if self.send(text):
            self._record_answer(departing, going, text, again=False)
            if going.again is not None:
                going.again(lambda: self._depart_again(departing, going, text))

    def _depart_again(self, departing: Departing, going: Going, text: str) -> None:
        if self.send(text):
            self._record_answer(departing, going, text, again=True)

    def _record_answer(self, departing: Departing, going: Going, text: str, *, again: bool) -> None:
        answer = departing.answer
        call = answer.call
        message_id, kind = departing.named(going)
        self._journal.sent(
            kind,
            departing.shown_as(going, text),
            message_id=message_id,
            action=call.action or None,
            cause=self._id_of(call),
            rule=answer.rule if not going.alters else None,
            verdict=answer.verdict,
            latency_ms=round((self._clock() - call.received) * 1000, 3),
            mark=departing.mark(going, again=again),
        )

    def _id_of(self, call: TheirCall) -> str:
        return f"{self._journal.link}/{call.number}"

    def _number_of(self, request: str) -> int | None:
        link, _, number = request.rpartition("/")
        return int(number) if link == self._journal.link and number.isdecimal() else None
