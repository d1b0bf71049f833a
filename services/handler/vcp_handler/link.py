"""One link, from handshake to end: frames in, facts out; words in, frames out. Pure but for the clock it is given.

It decides nothing: it checks, pairs, numbers and records. The connection itself is someone else's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vcp_contracts.actions import Action
from vcp_contracts.link import LetGo, LinkDown, LinkUp, OpenLink
from vcp_contracts.requests import Reply
from vcp_contracts.rules import Cut

from vcp_handler import breaches, frames, record
from vcp_handler.answering import Answering, Gate
from vcp_handler.asking import Asking, TooManyActions
from vcp_handler.calls import Calls, Overrun
from vcp_handler.dialects.secrets import Seal
from vcp_handler.frames import Broken, Call, CallError, CallResult
from vcp_handler.journal import Journal, Outlet
from vcp_handler.rules.ruling import Ruling
from vcp_handler.rules.standing import Rulebook
from vcp_handler.versions import Version

LinkEnd = Literal[
    "closed_by_backend", "closed_by_us", "lost", "ping_timeout", "write_timeout", "lease_lost", "protocol"
]

UNREAD = "(not read)"
"""Stands in the record for a message that never became a text."""


@dataclass(slots=True, frozen=True)
class Around:
    """What a link needs of the world."""

    outlet: Outlet
    send: Callable[[str], bool]
    """Writes a text; False where the connection takes none any more."""
    abort: Callable[[str], None]
    """Cuts the connection for a breach of protocol, with its reason."""
    wake: Callable[[float], None]
    """Asks for `tick` at this monotonic time."""
    clock: Callable[[], float]
    """Monotonic seconds."""
    utc: Callable[[], datetime]
    cut: Callable[[Cut], None] = lambda _cut: None
    """Loses the connection in this way, since a rule wants it so."""
    seal: Seal = lambda _secret, _use: None
    """Puts a secret that came in into the vault; None: there is none."""


class Link:
    """One standing link of one charge point.

    `take` is given each received text, `act` each action, `reply` each reply; `tick` is called when time has passed.
    """

    def __init__(
        self,
        *,
        id: str,
        charge_point: str,
        version: Version,
        gate: Gate,
        around: Around,
        gate_blames: bool = True,
        unanswered: Iterable[str] = (),
    ) -> None:
        """`unanswered` are the ids of calls that the link before has left without an answer."""
        self.id = id
        self._around = around
        self._version = version
        self._over = False
        self._is_cut = False
        self._ruling: Ruling | None = None
        self._calls = Calls(unanswered)
        self._journal = Journal(
            id, charge_point, around.outlet, around.utc, version.dialect.words, version.dialect.subprotocol
        )
        self._answering = Answering(
            version=version,
            calls=self._calls,
            journal=self._journal,
            gate=gate,
            send=around.send,
            clock=around.clock,
            utc=around.utc,
            seal=around.seal,
        )
        self._asking = Asking(
            version=version,
            calls=self._calls,
            journal=self._journal,
            send=around.send,
            clock=around.clock,
            is_unanswered=self._answering.is_unanswered,
            registered=self._registered,
        )
        self._answering.gate_blames = gate_blames

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The ids of the charger's calls to which an answer may still come."""
        return self._calls.unanswered

    def up(self, order: OpenLink, subprotocol: str, trust_path: tuple[str, ...] = ()) -> None:
        """Fact 0: the link that was ordered stands."""
        up = self._journal.make(
            LinkUp, cause=order.id, order=order.order, subprotocol=subprotocol, trust_path=trust_path
        )
        self._journal.tell(up)

    def down(self, why: LinkEnd, detail: str) -> None:
        """The last fact: the link is gone. Nothing is done or said after it."""
        if not self._over:
            if self._ruling is not None:
                self._ruling.end()
            self._journal.tell(self._journal.make(LinkDown, why=why, detail=detail))
            self._over = True

    def breach(self, detail: str, *, too_long: bool = False) -> None:
        """The backend sent something that is no text a websocket can carry, or a text too long to be read."""
        rule = f"RFC 6455 7.4.1: {detail}"
        self._journal.received("broken", UNREAD, message_id=None, rule=rule)
        self._journal.violation("frame_too_long" if too_long else "frame_unread", rule, UNREAD)

    def gate(self, gate: Gate, *, blames: bool = True) -> None:
        """What becomes of the backend's calls from now on."""
        self._answering.gate = gate
        self._answering.gate_blames = blames

    def _registered(self) -> None:
        """The backend has just answered a boot, and not with a rejection: it may call at once (1.6 §4.2; 2.0.1 B01, B02),
        before the Abstraction has said that the gate is open."""
        self._answering.gate = "open"

    def rule(self, book: Rulebook | None, *, lets_invalid_out: bool = False) -> None:
        """The rules that stand, and whether the Handler's gate is open on purpose, from now on."""
        if self._ruling is None and book is not None and not book.is_empty:
            self._ruling = Ruling(
                book=book,
                version=self._version,
                journal=self._journal,
                clock=self._around.clock,
                utc=self._around.utc,
                cut=self._cut,
            )
        # What is kept back stays so, also when no rule stands any more.
        ruling = self._ruling
        if ruling is not None:
            ruling.book = book if book is not None else ruling.book
            ruling.lets_invalid_out = lets_invalid_out
        standing = ruling if ruling is not None and not ruling.is_idle else None
        self._asking.rules = standing
        self._answering.rule(standing)
        self._asking.lets_invalid_out = self._answering.lets_invalid_out = lets_invalid_out

    def let_go(self, order: LetGo) -> None:
        """A message that a rule holds back goes its way."""
        ruling = self._ruling
        if self._is_deaf or ruling is None:
            return
        self._guarded(lambda: ruling.let_go(order), UNREAD)
        self._asking.go_on()
        self._plan()

    def act(self, action: Action) -> None:
        """Sends an action, or keeps it until it may leave."""
        if self._is_deaf:
            return
        try:
            self._asking.act(action)
        except TooManyActions as fault:
            self._around.abort(str(fault))
        self._plan()

    def reply(self, reply: Reply) -> None:
        """Answers a request, and sends what waited for that."""
        if self._is_deaf:
            return
        self._answering.reply(reply)
        self._asking.go_on()
        self._plan()

    def tick(self) -> None:
        """Looks at what is due."""
        if self._is_deaf:
            return
        now = self._around.clock()
        ruling = self._ruling
        if ruling is not None:
            self._guarded(lambda: ruling.tick(now), UNREAD)
        self._asking.tick(now)
        self._answering.tick(now)
        self._asking.go_on()
        self._plan()

    def take(self, text: str | bytes) -> None:
        """A message has arrived."""
        if self._is_deaf:
            return
        if isinstance(text, bytes):
            self._take(Broken("not_text", "a binary message; OCPP-J 4.1 wants text"), "(binary)")
        else:
            self._take(frames.read(text), text)
        self._plan()

    def _take(self, frame: frames.Frame, text: str) -> None:
        match frame:
            case CallResult() | CallError():
                self._asking.answered(frame, text)
            case Call():
                self._guarded(lambda: self._answering.called(frame, text), text)
            case Broken():
                self._broken(frame, record.shown_unread(text))

    def _broken(self, frame: Broken, shown: str) -> None:
        rule = f"OCPP-J 4.2: {frame.reason}"
        self._journal.received("broken", shown, message_id=frame.id, rule=rule)
        self._journal.violation(breaches.of_frame(frame), rule, shown, message_id=frame.id)
        if frame.type in (frames.RESULT, frames.ERROR):
            self._asking.broken(frame)
        else:
            self._guarded(lambda: self._answering.broken(frame, shown), shown)

    def _guarded(self, take: Callable[[], None], text: str) -> None:
        """A backend that calls and calls, and never waits, loses the connection."""
        try:
            take()
        except Overrun as overrun:
            rule = f"OCPP-J 4.1.1: {overrun}"
            self._journal.violation("calls_without_end", rule, record.shown_unread(text))
            self._around.abort(str(overrun))

    def _cut(self, cut: Cut) -> None:
        # The connection's end is told later, by whoever owns it; until then nothing may come or go.
        self._is_cut = True
        self._asking.fall_silent()
        self._answering.fall_silent()
        self._around.cut(cut)

    @property
    def _is_deaf(self) -> bool:
        return self._over or self._is_cut

    def _plan(self) -> None:
        if self._is_deaf:
            return
        deadline = self._calls.next_deadline()
        if deadline is not None:
            self._around.wake(deadline)
        if self._ruling is not None:
            due = self._ruling.next_due()
            if due is not None:
                self._around.wake(due)
