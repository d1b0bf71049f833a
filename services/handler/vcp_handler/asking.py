"""The charger's own messages on one link: action → call → answer → outcome. One call is open at a time."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vcp_contracts.actions import Action
from vcp_contracts.outcomes import (
    Answered,
    Misanswered,
    Outcome,
    Refused,
    Unanswered,
    Unspoken,
    Unwritable,
)

from vcp_handler import breaches, frames, pipeline, record
from vcp_handler.calls import Calls, OurCall, Stray
from vcp_handler.dialects.table import Said
from vcp_handler.frames import Broken, CallError, CallResult, Payload
from vcp_handler.journal import Journal
from vcp_handler.pipeline import Bad, Unfit, Written
from vcp_handler.versions import Version
from vcp_handler.wording import ERROR_CODES, refusal_kind

REMEMBERED = 4
"""How many outcomes a link remembers, to tell them again where an action is repeated on it: the Abstraction keeps one
action in flight, so a repeat is of the last."""

MOST_WAITING = 64
"""How many actions may wait on one link. The Abstraction keeps one in flight, so more is a fault of ours."""


class TooManyActions(Exception):
    """More actions wait on a link than the Abstraction would ever send at once."""


@dataclass(slots=True, frozen=True)
class _Flight:
    """The action whose call is open, and the row that wrote it."""

    action: Action
    row: Said[Any]


class Asking:
    """The charger's side of the conversation."""

    def __init__(
        self,
        *,
        version: Version,
        calls: Calls,
        journal: Journal,
        send: Callable[[str], bool],
        clock: Callable[[], float],
        is_unanswered: Callable[[str], bool],
    ) -> None:
        self._version = version
        self._calls = calls
        self._journal = journal
        self._send = send
        self._clock = clock
        self._is_unanswered = is_unanswered
        self._flight: _Flight | None = None
        self._waiting: deque[Action] = deque()
        self._outcomes: OrderedDict[tuple[str, int], Outcome] = OrderedDict()

    def act(self, action: Action) -> None:
        """Sends an action, or keeps it until it may leave. One that was seen before is not sent again, unless as another
        attempt.

        Raises TooManyActions.
        """
        known = self._outcomes.get((action.id, action.attempt))
        if known is not None:
            self._journal.again(known)
        elif not self._is_under_way(action):
            if len(self._waiting) >= MOST_WAITING:
                raise TooManyActions(f"more than {MOST_WAITING} actions wait on one link")
            self._waiting.append(action)
            self.go_on()

    def go_on(self) -> None:
        """Sends what may leave: one call open in all (OCPP-J 4.1.1), and none before the answer that it follows."""
        while self._waiting and self._flight is None:
            action = self._waiting[0]
            if action.after is not None and self._is_unanswered(action.after):
                return
            self._waiting.popleft()
            self._write(action)

    def answered(self, frame: CallResult, text: str) -> None:
        """An answer has arrived."""
        call = self._calls.answered(frame.id)
        if not isinstance(call, OurCall):
            self._stray(call, "result", frame.id, text)
            return
        flight = self._landed()
        latency = self._since(call)
        shown = record.shown(text, (frames.RESULT, frame.id), frame.payload, flight.row.answer_secrets)
        answer = pipeline.read_answer(self._version, flight.row, flight.action, frame.payload)
        rule = answer.rule if isinstance(answer, Bad) else None
        self._received("result", shown, call, latency, rule)
        if isinstance(answer, Bad):
            self._misanswered(flight.action, call, shown, answer, latency)
        else:
            self._end(Answered, flight.action, latency_ms=latency, answer=answer)
        self.go_on()

    def refused(self, frame: CallError, text: str) -> None:
        """An error answer has arrived."""
        call = self._calls.answered(frame.id)
        if not isinstance(call, OurCall):
            self._stray(call, "error", frame.id, text)
            return
        flight = self._landed()
        latency = self._since(call)
        shown = record.shown_unread(text)
        self._received("error", shown, call, latency, frame.flaw)
        if frame.flaw:
            rule = f"OCPP-J 4.2.3: {frame.flaw}"
            self._journal.violation("frame_error_parts", rule, shown, action=call.action, message_id=call.id)
        if frame.code not in ERROR_CODES:
            rule = f"OCPP-J 4.2.3: there is no error code {frame.code[:50]}"
            self._journal.violation("error_code_unknown", rule, shown, action=call.action, message_id=call.id)
        self._end(
            Refused,
            flight.action,
            latency_ms=latency,
            kind=refusal_kind(frame.code),
            code=frame.code,
            description=frame.description,
        )
        self.go_on()

    def broken(self, frame: Broken) -> None:
        """An answer that is no proper frame ends the call that it names; the caller has reported it."""
        if frame.id is None or self._flight is None or self._flight.action.id != frame.id:
            return
        call = self._calls.answered(frame.id)
        assert isinstance(call, OurCall)
        self._end(Misanswered, self._landed().action, latency_ms=self._since(call), rule=frame.reason)
        self.go_on()

    def tick(self, now: float) -> None:
        """Ends the open call if its time is over."""
        call = self._calls.expired(now)
        if call is not None:
            action = self._landed().action
            rule = f"OCPP-J 4.1.1: no answer within {action.timeout_s:g} s"
            self._journal.violation(
                "answer_missing", rule, "(nothing)", action=call.action, message_id=call.id
            )
            self._end(Unanswered, action, timeout_s=action.timeout_s)
            self.go_on()

    def _is_under_way(self, action: Action) -> bool:
        if self._flight is not None and self._flight.action.id == action.id:
            return True
        return any(waiting.id == action.id for waiting in self._waiting)

    def _write(self, action: Action) -> None:
        written = pipeline.write_action(self._version, action)
        match written:
            case None:
                self._end(Unspoken, action)
            case Unfit():
                self._journal.confess(written, action.id)
                self._end(Unwritable, action, field=written.field, rule=written.rule)
            case Written():
                self._call(action, written.row, written.payload)

    def _call(self, action: Action, row: Said[Any], payload: Payload) -> None:
        text = frames.write_call(action.id, row.action, payload)
        if not self._send(text):
            # The end of the link is on its way, and tells the Abstraction what becomes of the action.
            return
        self._flight = _Flight(action, row)
        self._calls.open(action.id, row.action, self._clock(), action.timeout_s)
        shown = record.shown(text, (frames.CALL, action.id, row.action), payload, row.secrets)
        self._journal.sent("call", shown, message_id=action.id, action=row.action, cause=action.id)

    def _landed(self) -> _Flight:
        flight, self._flight = self._flight, None
        assert flight is not None, "a call is open exactly while its action is in flight"
        return flight

    def _misanswered(self, action: Action, call: OurCall, shown: str, bad: Bad, latency: float) -> None:
        code = breaches.ANSWER.get(bad.cause)
        if code is not None:
            self._journal.violation(
                code, bad.rule, shown, action=call.action, field=bad.field, message_id=call.id
            )
        self._end(
            Misanswered,
            action,
            latency_ms=latency,
            rule=bad.rule,
            field=bad.field or None,
            readable=bad.readable,
        )

    def _stray(self, stray: Stray, kind: record.Kind, message_id: str, text: str) -> None:
        code, rule = breaches.STRAY[stray]
        shown = record.shown_unread(text)
        self._journal.received(kind, shown, message_id=message_id, rule=rule)
        self._journal.violation(code, rule, shown, message_id=message_id)

    def _received(
        self, kind: record.Kind, shown: str, call: OurCall, latency: float, rule: str | None
    ) -> None:
        self._journal.received(
            kind,
            shown,
            message_id=call.id,
            action=call.action,
            rule=rule,
            cause=call.id,
            latency_ms=latency,
        )

    def _end(self, kind: type[Outcome], action: Action, /, **fields: object) -> None:
        outcome = self._journal.make(kind, action=action.id, cause=action.id, **fields)
        self._outcomes[action.id, action.attempt] = outcome
        if len(self._outcomes) > REMEMBERED:
            self._outcomes.popitem(last=False)
        self._journal.tell(outcome)

    def _since(self, call: OurCall) -> float:
        return round((self._clock() - call.sent) * 1000, 3)
