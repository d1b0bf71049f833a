"""A link without a network: what is sent, told and recorded lies in lists; time moves when the test says so."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from vcp_contracts.link import OpenLink
from vcp_contracts.rules import Cut, Rule, StandingRule
from vcp_contracts.words import Word
from vcp_handler.answering import Gate
from vcp_handler.dialects.secrets import Seal
from vcp_handler.link import Around, Link
from vcp_handler.rules.standing import Rulebook
from vcp_handler.versions import VERSIONS

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Linked:
    """One link `h.1` of charge point CP1 over a subprotocol, with everything that came out of it."""

    subprotocol: str = "ocpp1.6"
    gate: Gate = "open"
    sent: list[str] = field(default_factory=list)
    facts: list[Word] = field(default_factory=list)
    events: list[Word] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    book: Rulebook = field(default_factory=Rulebook)
    wakes: list[float] = field(default_factory=list)
    now: float = 0.0
    connected: bool = True
    seal: Seal = lambda _secret, _use: None

    def __post_init__(self) -> None:
        around = Around(
            outlet=self,
            send=self._send,
            abort=self.aborted.append,
            wake=self.wakes.append,
            cut=self.cuts.append,
            clock=lambda: self.now,
            utc=lambda: START + timedelta(seconds=self.now),
            seal=self.seal,
        )
        version = VERSIONS[self.subprotocol]
        self.link = Link(id="h.1", charge_point="CP1", version=version, gate=self.gate, around=around)
        order = OpenLink(id="o1", charge_point="CP1", order=1, url="ws://b", protocols=(self.subprotocol,))
        self.link.up(order, self.subprotocol)
        self.facts.clear()

    def rules(self, *rules: dict[str, Any], lets_invalid_out: bool = False) -> None:
        """These rules stand from now on; each is known by its name."""
        standing = tuple(StandingRule(id=rule["name"], rule=Rule.model_validate(rule)) for rule in rules)
        self.book.stand(standing)
        self.link.rule(self.book, lets_invalid_out=lets_invalid_out)

    def _send(self, text: str) -> bool:
        if self.connected:
            self.sent.append(text)
        return self.connected

    def fact(self, word: Word) -> None:
        self.facts.append(word)

    def event(self, word: Word) -> None:
        self.events.append(word)

    def frame(self, charge_point: str, entry: bytes) -> None:
        self.frames.append(orjson.loads(entry))

    def wait(self, seconds: float) -> None:
        """Time passes, and the link looks at what is due."""
        self.now += seconds
        self.link.tick()

    def taken(self, what: list[Any]) -> list[Any]:
        """What has come out since the last look."""
        seen = what.copy()
        what.clear()
        return seen
