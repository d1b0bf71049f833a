"""All lines of this process, by partition and charge point: passes on what the Abstraction says. Reads no stream."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from random import Random

from vcp_contracts.actions import Action
from vcp_contracts.letters import ToHandler
from vcp_contracts.link import CloseLink, LetGo, OpenLink, SetGate, SetRules, TuneLink
from vcp_contracts.requests import Reply
from vcp_plumbing.crash_points import Passing, pass_by
from vcp_plumbing.vault import Vault

from vcp_handler.line import Exchange, Line
from vcp_handler.pacer import Pacer
from vcp_handler.pouch import Pouch


@dataclass(slots=True)
class Desk:
    """One partition that this process owns."""

    pouch: Pouch
    deadline: float
    """Ours until then, in monotonic seconds; past it nothing is sent or read."""
    lines: dict[str, Line] = field(default_factory=dict)
    closed: bool = False
    """True: its connections were cut, so it must be taken anew before it is used again."""


class Switchboard:
    """Finds the line that a word is for. `filled` is called when there is something to commit."""

    def __init__(
        self,
        owner: str,
        *,
        vault: Vault | None = None,
        pacer: Pacer | None = None,
        filled: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] | None = None,
        passing: Passing = pass_by,
    ) -> None:
        self.desks: dict[int, Desk] = {}
        self.filled = filled
        # Link ids are unique for ever: an owner's name may be given by hand, and used by two starts of a process.
        self._owner = owner
        self._prefix = f"{owner}.{secrets.token_hex(4)}"
        self._counter = count(1)
        self.vault = vault
        self._pacer = pacer or Pacer(clock=clock)
        self._clock = clock
        self._random = random or Random().random
        self._passing = passing

    def take(self, partition: int, deadline: float) -> None:
        """A partition is ours from now on, without any line."""
        self.cut(partition)
        self.desks[partition] = Desk(Pouch(self.filled), deadline)

    def lose(self, partition: int) -> None:
        """A partition is no longer ours: its connections are cut, and what they told is forgotten."""
        self.cut(partition)
        self.desks.pop(partition, None)

    def cut(self, partition: int) -> None:
        """Cuts all connections of a partition, without a word."""
        desk = self.desks.get(partition)
        if desk is None:
            return
        desk.closed = True
        for line in desk.lines.values():
            line.drop()
        desk.lines.clear()

    def cut_overdue(self) -> None:
        """Cuts the connections of partitions whose deadline is past: another Handler may hold them by now."""
        now = self._clock()
        for partition, desk in self.desks.items():
            if desk.deadline <= now and not desk.closed:
                self.cut(partition)

    def is_idle(self, partition: int) -> bool:
        """Whether a partition may move to another Handler without cutting anything."""
        return all(line.idle for line in self._lines(partition))

    def sweep(self) -> None:
        """Forgets lines that nobody wants any more."""
        for desk in self.desks.values():
            for charge_point in [name for name, line in desk.lines.items() if line.idle]:
                del desk.lines[charge_point]

    @property
    def standing(self) -> int:
        """How many links stand."""
        return sum(line.link is not None for desk in self.desks.values() for line in desk.lines.values())

    @property
    def unrecorded(self) -> int:
        """How many frames and events found no room in the partitions held now."""
        return sum(desk.pouch.dropped for desk in self.desks.values())

    def hear(self, partition: int, word: ToHandler) -> None:
        """Passes a word to its line. What is for another link than the one that stands is dropped."""
        desk = self.desks.get(partition)
        if desk is None or desk.closed:
            return
        match word:
            case OpenLink() if word.handler not in (None, self._owner):
                # For the one before us, said before we were known: a connection would only be ordered anew at once.
                return
            case OpenLink():
                self._line(desk, word.charge_point).open(word)
            case CloseLink():
                self._line(desk, word.charge_point).close(word)
            case TuneLink():
                line = desk.lines.get(word.charge_point)
                if line is not None:
                    line.tune(word)
            case SetRules():
                line = desk.lines.get(word.charge_point)
                if line is not None:
                    line.rule(word)
            case _:
                self._pass_on(desk, word)

    async def leave(self, reason: str) -> None:
        """Says goodbye on every line."""
        lines = [line for partition in self.desks for line in self._lines(partition)]
        await asyncio.gather(*(line.leave(reason) for line in lines))

    def _pass_on(self, desk: Desk, word: Action | Reply | SetGate | LetGo) -> None:
        line = desk.lines.get(word.charge_point)
        link = line.link if line is not None else None
        if line is None or link is None or link.id != word.link:
            return
        match word:
            case Action():
                link.act(word)
            case Reply():
                link.reply(word)
            case SetGate():
                line.gate(word)
            case LetGo():
                link.let_go(word)

    def _line(self, desk: Desk, charge_point: str) -> Line:
        line = desk.lines.get(charge_point)
        if line is None:
            line = desk.lines[charge_point] = Line(charge_point, self._exchange(desk))
        return line

    def _exchange(self, desk: Desk) -> Exchange:
        return Exchange(
            outlet=desk.pouch,
            name=self._name,
            ours=partial(self._is_ours, desk),
            vault=self.vault,
            pacer=self._pacer,
            random=self._random,
            passing=self._passing,
            clock=self._clock,
            utc=lambda: datetime.now(UTC),
        )

    def _is_ours(self, desk: Desk) -> bool:
        return not desk.closed and self._clock() < desk.deadline

    def _name(self) -> str:
        return f"{self._prefix}.{next(self._counter)}"

    def _lines(self, partition: int) -> Iterator[Line]:
        desk = self.desks.get(partition)
        if desk is not None:
            yield from desk.lines.values()
