"""The backend's calls that we owe an answer on one link: from their arrival until the answer is written or dropped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vcp_handler import breaches, frames, pipeline
from vcp_handler.answer import Answer
from vcp_handler.calls import SHORTEST_TIMEOUT_S, Calls, TheirCall
from vcp_handler.departing import Departing
from vcp_handler.dialects.secrets import Seal, sealed
from vcp_handler.dialects.table import Envelope, Heard
from vcp_handler.frames import Call, Failure, Payload
from vcp_handler.journal import Journal
from vcp_handler.pipeline import Denial
from vcp_handler.rules.going import Going
from vcp_handler.rules.ruling import Ruling
from vcp_handler.versions import Version

PATIENCE_S = 20.0
"""How long a request may wait for its reply before the backend gets an InternalError (s)."""


@dataclass(slots=True)
class Asked:
    """A call of the backend's, with what its answer needs. Without a row it was not understood."""

    call: TheirCall
    payload: Payload
    row: Heard[Any] | None = None
    answer: Answer | None = None
    going: Going | None = None
    """How the rule that saw the call come in wants its answer to go on, whatever that will be."""


class Answers:
    """What we owe the backend. `rules`: None where none stand; they may change at any time."""

    def __init__(
        self,
        *,
        version: Version,
        calls: Calls,
        journal: Journal,
        send: Callable[[str], bool],
        clock: Callable[[], float],
        utc: Callable[[], datetime],
        seal: Seal,
    ) -> None:
        self.rules: Ruling | None = None
        self.version = version
        self.journal = journal
        self.send = send
        self.kept_calls: list[float] = []
        """When the calls arrived that a rule keeps back: to the backend they are unanswered."""
        self._calls = calls
        self.clock = clock
        self._utc = utc
        self._seal = seal
        self._asked: dict[int, Asked] = {}
        self._kept: dict[int, float] = {}
        """The calls whose answers a rule keeps back, with the times at which they arrived."""

    def is_unanswered(self, request: str) -> bool:
        """Whether this request's answer is still to be written."""
        number = self._number_of(request)
        return number is not None and (self._calls.waits_for(number) or number in self._kept)

    def find(self, request: str) -> Asked | None:
        """The call that made this request, as long as it waits for the reply."""
        number = self._number_of(request)
        asked = self._asked.get(number) if number is not None else None
        return None if asked is None or asked.row is None or asked.call.settled else asked

    # --- a call comes in ----------------------------------------------------------------------------------------------

    def arrived(self, message_id: str, action: str, payload: Payload, shown: str) -> Asked:
        """From now on we owe an answer. Raises calls.Overrun."""
        now = self.clock()
        call = self._calls.arrived(message_id, action, now, PATIENCE_S)
        kept = (*self.kept_calls, *self._kept.values()) if self.kept_calls or self._kept else ()
        if call.overlaps or any(now - at < SHORTEST_TIMEOUT_S for at in kept):
            rule = "OCPP-J 4.1.1: a call while an earlier one was unanswered"
            self.journal.violation("call_too_early", rule, shown, action=action, message_id=message_id)
        asked = self._asked[call.number] = Asked(call, payload)
        return asked

    def ask(self, asked: Asked, row: Heard[Any]) -> Denial | None:
        """Passes the call on as a request, unless it can't be understood."""
        envelope = Envelope(
            id=self.id_of(asked.call),
            charge_point=self.journal.charge_point,
            at=self._utc(),
            link=self.journal.link,
            n=self.journal.n,
            message_id=asked.call.id,
        )
        request = pipeline.understand(row, sealed(asked.payload, row.secrets, self._seal), envelope)
        if isinstance(request, Denial):
            return request
        asked.row = row
        self.journal.tell(request)
        return None

    def report(self, frame: Call, shown: str, denial: Denial) -> None:
        """The backend did wrong."""
        self.journal.violation(
            breaches.CALL[denial.cause],
            denial.text,
            shown,
            action=frame.action,
            field=denial.field,
            message_id=frame.id,
        )

    def hold_to_the_text(self, frame: Call, shown: str) -> None:
        """Reports what the specification's text rules out in a call that its schema allows."""
        for rule in pipeline.broken_by_call(self.version, frame.action, frame.payload):
            self.journal.violation(
                breaches.CALL_RULE[rule.weight],
                rule.rule,
                shown,
                action=frame.action,
                field=rule.field,
                message_id=frame.id,
                clause=rule.clause,
            )

    # --- an answer goes out -------------------------------------------------------------------------------------------

    def deny(self, asked: Asked, denial: Denial, verdict: str | None = None) -> None:
        """Answers with an error; not at all, where the version has none for it."""
        call = asked.call
        code = self.version.words.code(denial.cause)
        if code is None:
            self.settle(call, None)
            return
        failure = Failure(code, denial.text[: frames.MAX_DESCRIPTION], {})
        row = self.version.dialect.heard_by_name.get(call.action)
        self.settle(call, Answer(call, asked.payload, row, failure=failure, verdict=verdict))

    def expire(self, now: float, denial: Denial) -> None:
        """Denies what has waited too long for its reply."""
        for call in self._calls.overdue(now):
            self.deny(self._asked[call.number], denial)

    def settle(self, call: TheirCall, answer: Answer | None) -> None:
        """The answer is known (None: silence): it is written when it is its turn, and with it those that waited for it."""
        self._asked[call.number].answer = answer
        for ready in self._calls.settle(call.number):
            asked = self._asked.pop(ready.number)
            if asked.answer is not None:
                self._depart(asked.answer, asked.going)

    def _depart(self, answer: Answer, going: Going | None) -> None:
        """The first rule that touches an answer decides: one that gave it, then one that saw the call come in, then one
        that sees the answer leave."""
        given_by_rule = answer.mark is not None and answer.mark.made_up
        if given_by_rule or (going is None and self.rules is None):
            self._write(answer)
            return
        departing = Departing(answer, self.version.dialect, self._write, self._kept)
        if going is not None:
            departing.go(going)
        elif self.rules is not None:
            self.rules.decide(departing)

    def _write(self, answer: Answer, message_id: str | None = None) -> None:
        call, text = answer.call, answer.written
        if message_id is not None:
            text = _under(message_id, answer)
        if not self.send(text):
            return
        self.journal.sent(
            answer.kind,
            answer.shown(text, call.id if message_id is None else message_id),
            message_id=answer.message_id if message_id is None else message_id,
            action=call.action or None,
            cause=self.id_of(call),
            rule=answer.rule,
            verdict=answer.verdict,
            latency_ms=round((self.clock() - call.received) * 1000, 3),
            mark=answer.mark,
        )

    def id_of(self, call: TheirCall) -> str:
        """The id of the request that a call makes."""
        return f"{self.journal.link}/{call.number}"

    def _number_of(self, request: str) -> int | None:
        link, _, number = request.rpartition("/")
        return int(number) if link == self.journal.link and number.isdecimal() else None


def _under(message_id: str, answer: Answer) -> str:
    if answer.failure is not None:
        return frames.write_failure(message_id, answer.failure)
    return frames.write_result(message_id, answer.payload or {})
