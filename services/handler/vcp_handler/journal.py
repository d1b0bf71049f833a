"""What one link tells: numbered facts, violations, the wire record. Gives each its id; judges nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from vcp_contracts.events import ProtocolViolation, SelfViolation
from vcp_contracts.violations import Code
from vcp_contracts.words import Word

from vcp_handler import record
from vcp_handler.pipeline import Unfit
from vcp_handler.record import Mark

MOST_TEXT = 65_536
"""Longest text in the wire record, in characters."""

MOST_VIOLATION_TEXT = 4_096

W = TypeVar("W", bound=Word)


class Outlet(Protocol):
    """Where a link's facts, events and frames go; they reach the broker with the next commit."""

    def fact(self, word: Word) -> None:
        """A word for the Abstraction. Facts keep their order."""

    def event(self, word: Word) -> None:
        """An event for anyone."""

    def frame(self, charge_point: str, entry: bytes) -> None:
        """A frame for the wire record."""


@dataclass(slots=True)
class Journal:
    """The journal of one link. Facts are numbered without gaps from 0: one that is made must be told."""

    link: str
    charge_point: str
    outlet: Outlet
    utc: Callable[[], datetime]
    words: Mapping[tuple[str, bool], str] = field(default_factory=dict)
    """The contract's word for an action; True: for a call of the charger's."""
    subprotocol: str | None = None
    n: int = 0
    _entries: int = 0

    def make(self, kind: Callable[..., W], /, **fields: object) -> W:
        """A fact with the next number; `tell` uses the number up."""
        return kind(
            id=f"{self.link}:{self.n}",
            charge_point=self.charge_point,
            at=self.utc(),
            link=self.link,
            n=self.n,
            **fields,
        )

    def tell(self, fact: Word) -> None:
        """The fact goes out."""
        self.n += 1
        self.outlet.fact(fact)

    def again(self, fact: Word) -> None:
        """A fact goes out once more, as a new one."""
        self.tell(fact.model_copy(update={"n": self.n, "id": f"{self.link}:{self.n}"}))

    def violation(
        self,
        code: Code,
        rule: str,
        shown: str,
        *,
        action: str | None = None,
        field: str | None = None,
        message_id: str | None = None,
        clause: str | None = None,
    ) -> None:
        """The backend broke a rule. `shown` is its message, secrets masked; `clause` None: that of the code."""
        self._event(
            ProtocolViolation,
            link=self.link,
            subprotocol=self.subprotocol,
            code=code,
            rule=rule,
            clause=clause,
            action=action[:50] if action else None,
            field=field or None,
            message_id=message_id,
            text=shown[:MOST_VIOLATION_TEXT],
        )

    def confess(self, unfit: Unfit, cause: str) -> None:
        """We wanted to say something that can't be said validly."""
        self._event(SelfViolation, cause=cause, action=unfit.action, field=unfit.field, rule=unfit.rule)

    def sent(
        self,
        kind: record.Kind,
        shown: str,
        *,
        message_id: str | None,
        action: str | None,
        cause: str,
        rule: str | None = None,
        verdict: str | None = None,
        latency_ms: float | None = None,
        mark: Mark | None = None,
    ) -> None:
        """A frame of ours went out. `rule` is what it breaks, where a gate was open for it."""
        self._frame(
            "frame_sent",
            kind,
            shown,
            message_id=message_id,
            action=action,
            rule=rule,
            cause=cause,
            verdict=verdict,
            latency_ms=latency_ms,
            mark=mark,
        )

    def received(
        self,
        kind: record.Kind,
        shown: str,
        *,
        message_id: str | None,
        action: str | None = None,
        rule: str | None = None,
        cause: str | None = None,
        verdict: str | None = None,
        latency_ms: float | None = None,
        at: datetime | None = None,
        mark: Mark | None = None,
    ) -> None:
        """A frame came in. `rule` is what it breaks, None for a valid one; `at` is when, None: now."""
        self._frame(
            "frame_received",
            kind,
            shown,
            message_id=message_id,
            action=action,
            rule=rule,
            cause=cause,
            verdict=verdict,
            latency_ms=latency_ms,
            at=at,
            mark=mark,
        )

    def _event(self, kind: Callable[..., Word], /, **fields: object) -> None:
        self._entries += 1
        self.outlet.event(
            kind(id=f"{self.link}:e{self._entries}", charge_point=self.charge_point, at=self.utc(), **fields)
        )

    def _frame(
        self,
        type_: Literal["frame_sent", "frame_received"],
        kind: record.Kind,
        shown: str,
        *,
        message_id: str | None,
        action: str | None,
        rule: str | None = None,
        cause: str | None,
        verdict: str | None,
        latency_ms: float | None,
        at: datetime | None = None,
        mark: Mark | None = None,
    ) -> None:
        self._entries += 1
        if mark is not None and mark.original is not None:
            mark = replace(mark, original=mark.original[:MOST_TEXT])
        entry = record.entry(
            type_,
            id=f"{self.link}:f{self._entries}",
            charge_point=self.charge_point,
            at=at or self.utc(),
            link=self.link,
            kind=kind,
            text=shown[:MOST_TEXT],
            valid=rule is None,
            message_id=message_id,
            action=action,
            word=self.words.get((action, (type_ == "frame_sent") == (kind == "call"))) if action else None,
            rule=rule,
            verdict=verdict,
            latency_ms=latency_ms,
            cause=cause,
            mark=mark,
        )
        self.outlet.frame(self.charge_point, entry)
