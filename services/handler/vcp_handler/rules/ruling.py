"""What becomes of a message on one link: asks the rulebook, plans the deed, keeps back what must wait. Writes nothing.

A message shows itself here as a `Passage`: one of four places on a link, each of which knows how its messages go on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol
from uuid import uuid4

from vcp_contracts.link import FrameHeld, FrameLetGo, LetGo, RuleHit
from vcp_contracts.rules import (
    Answer,
    Cut,
    Delay,
    Drop,
    Edit,
    Fail,
    Garble,
    HeldFrame,
    Hold,
    Pass,
    Twice,
    WrongId,
)

from vcp_handler import frames
from vcp_handler.frames import Failure, Payload
from vcp_handler.journal import Journal
from vcp_handler.rules.agenda import Agenda, Do
from vcp_handler.rules.altering import Unalterable, edited
from vcp_handler.rules.going import AS_IT_IS, Going
from vcp_handler.rules.matching import Message
from vcp_handler.rules.standing import Hit, Rulebook
from vcp_handler.versions import Version

MOST_KEPT = 500
"""How many messages may be kept back on one link, delayed and held together."""


class Passage(Protocol):
    """A message at the place where it is about to go on: written to the wire, or taken by the charger."""

    @property
    def message(self) -> Message:
        """What rules may ask of it."""

    @property
    def message_id(self) -> str:
        """Its id on the wire."""

    @property
    def shown(self) -> str:
        """Its text, secrets masked."""

    def keep(self, going: Going) -> None:
        """It is kept back for a while; then it goes on in this way, or in another."""

    def go(self, going: Going) -> None:
        """It goes on."""


@dataclass(slots=True, frozen=True)
class _Kept:
    """A message that is kept back. `entry` is its number in the agenda."""

    passage: Passage
    hit: Hit
    entry: int


class Ruling:
    """The rules at work on one link: those of `book`. `lets_invalid_out`: whether what they make may break the schema in any case."""

    def __init__(
        self,
        *,
        book: Rulebook,
        version: Version,
        journal: Journal,
        clock: Callable[[], float],
        utc: Callable[[], datetime],
        cut: Callable[[Cut], None],
    ) -> None:
        self.book = book
        self.lets_invalid_out = False
        self._version = version
        self._journal = journal
        self._clock = clock
        self._utc = utc
        self._cut = cut
        self._agenda = Agenda()
        self._delayed: dict[int, _Kept] = {}
        self._held: dict[str, _Kept] = {}
        self._frames = count(1)

    @property
    def is_idle(self) -> bool:
        """Whether no rule stands."""
        return self.book.is_empty

    def decide(self, passage: Passage) -> None:
        """The first rule that means this message decides; without one it goes on as it is."""
        hit = self.book.choose(passage.message, self._utc())
        if hit is None:
            passage.go(AS_IT_IS)
            return
        try:
            going, wait = self._planned(hit, passage.message)
            failed = None
            if hit.rule.follow == "original" and _is_answer_in(passage.message):
                going = Going(rule=hit.rule.name, cut=going.cut)
        except Unalterable as reason:
            going, wait, failed = Going(rule=hit.rule.name), 0.0, str(reason)
        self._tell(hit, passage, wait, failed)
        if isinstance(hit.deed, Hold) and failed is None:
            self._hold(hit.deed, hit, passage, going)
        elif wait > 0:
            self._delay(wait, hit, passage, going)
        else:
            self._go(passage, going)

    def let_go(self, order: LetGo) -> None:
        """A message that is held back goes its way. One that is not held any more is not looked for."""
        held = self._held.pop(order.frame, None)
        if held is None:
            return
        self._agenda.call_off(held.entry)
        going, failed = Going(rule=held.hit.rule.name, follow=held.hit.rule.follow), None
        if order.drop:
            going = replace(going, lost=True)
        elif order.text is not None:
            going = replace(going, text=order.text, breaks=_broken(order.text))
        elif order.payload is not None:
            try:
                going = self._with_payload(going, dict(order.payload), held.hit, held.passage.message)
            except Unalterable as reason:
                failed = str(reason)
        how = "released" if failed else _how(order)
        self._let(held, order.frame, going, how=how, failed=failed, cause=order.id)

    def next_due(self) -> float | None:
        """When to look at `tick` next, in monotonic seconds."""
        return self._agenda.next_due()

    def tick(self, now: float) -> None:
        """Does what is due."""
        self._agenda.tick(now)

    def end(self) -> None:
        """The link is gone, and what was kept back with it: what had come in is recorded as lost."""
        for kept in (*self._delayed.values(), *self._held.values()):
            if kept.passage.message.direction == "received":
                kept.passage.go(Going(rule=kept.hit.rule.name, lost=True))
        self._delayed.clear()
        self._held.clear()

    # --- what is done -------------------------------------------------------------------------------------------------

    def _planned(self, hit: Hit, message: Message) -> tuple[Going, float]:
        """How the message goes on, and after how many seconds. Raises Unalterable."""
        deed = hit.deed
        as_it_is = Going(rule=hit.rule.name, follow=hit.rule.follow)
        if isinstance(deed, Cut):
            return replace(as_it_is, lost=deed.when == "instead", cut=deed), 0.0
        if isinstance(deed, Pass | Drop):
            return replace(as_it_is, lost=isinstance(deed, Drop)), 0.0
        if len(self._delayed) + len(self._held) >= MOST_KEPT:
            raise Unalterable(f"{MOST_KEPT} messages are kept back already; let some go first")
        if isinstance(deed, Hold):
            return as_it_is, deed.at_most_s
        wait = deed.delay_s + hit.random.uniform(0.0, deed.random_s)
        match deed:
            case Delay():
                return as_it_is, wait
            case Edit():
                payload = edited(message.payload, deed)
                return self._with_payload(as_it_is, payload, hit, message), wait
            case Answer():
                return self._with_answer(as_it_is, dict(deed.payload), hit, message), wait
            case Fail():
                failure = Failure(deed.code, deed.description, _written(dict(deed.details)))
                return replace(as_it_is, failure=failure, instead=message.kind == "call"), wait
            case Twice():
                gap = deed.gap_s
                return replace(as_it_is, again=lambda once_more: self._again(gap, once_more)), wait
            case WrongId():
                return replace(as_it_is, message_id=deed.id if deed.id is not None else str(uuid4())), wait
            case Garble():
                from_us = message.direction == "received" and message.kind == "call"
                return replace(as_it_is, text=deed.text, instead=from_us, breaks=_broken(deed.text)), wait

    def _with_payload(self, going: Going, payload: Payload, hit: Hit, message: Message) -> Going:
        if message.kind == "error":
            return replace(going, failure=_failure(_written(payload)))
        going = self._past_gate(going, payload, message.kind == "call", hit, message)
        return replace(going, payload=payload)

    def _with_answer(self, going: Going, payload: Payload, hit: Hit, message: Message) -> Going:
        going = self._past_gate(going, payload, False, hit, message)
        return replace(going, payload=payload, instead=message.kind == "call")

    def _past_gate(self, going: Going, payload: Payload, is_call: bool, hit: Hit, message: Message) -> Going:
        """Marked, where this payload passes a gate only since it is open. Raises Unalterable where it is not."""
        schemas = self._version.schemas
        _written(payload)
        if message.action is None or message.action not in schemas.actions:
            return going
        # Of what we receive no formats are checked, as of any message (see validation.Schemas).
        goes_out = (message.direction == "sent") == (is_call == (message.kind == "call"))
        check = schemas.check_call if is_call else schemas.check_result
        fault = check(message.action, payload, formats=goes_out)
        if fault is None:
            return going
        if hit.rule.unchecked or self.lets_invalid_out:
            return replace(going, gates=("handler",), breaks=fault.text)
        raise Unalterable(fault.text)

    def _tell(self, hit: Hit, passage: Passage, wait: float, failed: str | None) -> None:
        message = passage.message
        fact = self._journal.make(
            RuleHit,
            standing=hit.standing,
            hits=hit.hits,
            seen=hit.seen,
            deed=hit.deed.do,
            direction=message.direction,
            kind=message.kind,
            action=message.action,
            message_id=passage.message_id,
            delay_s=wait,
            failed=failed,
        )
        self._journal.tell(fact)

    def _go(self, passage: Passage, going: Going) -> None:
        passage.go(going)
        if going.cut is not None:
            self._cut(going.cut)

    def _again(self, gap: float, once_more: Do) -> None:
        if gap > 0:
            self._agenda.put(self._clock() + gap, once_more)
        else:
            once_more()

    # --- what is kept back -------------------------------------------------------------------------------------------------

    def _delay(self, wait: float, hit: Hit, passage: Passage, going: Going) -> None:
        def is_over() -> None:
            del self._delayed[entry]
            self._go(passage, going)

        entry = self._agenda.put(self._clock() + wait, is_over)
        self._delayed[entry] = _Kept(passage, hit, entry)
        passage.keep(going)

    def _hold(self, deed: Hold, hit: Hit, passage: Passage, going: Going) -> None:
        frame = f"{self._journal.link}:h{next(self._frames)}"
        entry = self._agenda.put(self._clock() + deed.at_most_s, lambda: self._expire(frame, going))
        self._held[frame] = _Kept(passage, hit, entry)
        held = HeldFrame(
            frame=frame,
            rule=hit.rule.name,
            direction=passage.message.direction,
            kind=passage.message.kind,
            action=passage.message.action,
            message_id=passage.message_id,
            text=passage.shown,
            until=self._utc() + timedelta(seconds=deed.at_most_s),
        )
        self._journal.tell(self._journal.make(FrameHeld, held=held))
        passage.keep(going)

    def _expire(self, frame: str, going: Going) -> None:
        held = self._held.pop(frame, None)
        if held is not None:
            self._let(held, frame, going, how="expired")

    def _let(self, held: _Kept, frame: str, going: Going, **told: object) -> None:
        self._journal.tell(self._journal.make(FrameLetGo, frame=frame, **told))
        held.passage.go(going)


def _is_answer_in(message: Message) -> bool:
    return message.direction == "received" and message.kind != "call"


def _how(order: LetGo) -> str:
    if order.drop:
        return "dropped"
    if order.text is not None:
        return "replaced"
    return "released" if order.payload is None else "edited"


def _broken(text: str) -> str | None:
    frame = frames.read(text)
    return frame.reason if isinstance(frame, frames.Broken) else None


def _written(payload: Payload) -> Payload:
    """The payload, which can be written. Raises Unalterable."""
    reason = frames.unwritable(payload)
    if reason is not None:
        raise Unalterable(f"payload {reason}")
    return payload


def _failure(payload: Payload) -> Failure:
    """An error after it was edited. Raises Unalterable."""
    code, description = payload.get("errorCode"), payload.get("errorDescription", "")
    details = payload.get("errorDetails", {})
    if not isinstance(code, str):
        raise Unalterable("errorCode must be a text")
    if not isinstance(description, str):
        raise Unalterable("errorDescription must be a text")
    if not isinstance(details, dict):
        raise Unalterable("errorDetails must be an object")
    return Failure(code, description, details)
