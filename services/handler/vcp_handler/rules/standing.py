"""The rules that stand on one line: which one decides about a message, and how often each has. Does nothing to it."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from vcp_contracts.rules import MOST_RULES, AnyDeed, Pass, Rule, StandingRule

from vcp_handler.rules.matching import Message, Test, compiled

REMEMBERED = 2 * MOST_RULES
"""Of how many rules the counts are kept, also while they do not stand: a rule comes and goes with the charger's state."""

MOST_SORTS = 500
"""For how many sorts of messages the rules that may touch them are remembered."""

_Sort = tuple[str, str, str | None, str | None]


@dataclass(slots=True)
class _Count:
    hits: int
    seen: int


@dataclass(slots=True, frozen=True)
class _Standing:
    id: str
    rule: Rule
    until: datetime | None
    fits: Test
    count: _Count


@dataclass(slots=True, frozen=True)
class Hit:
    """A rule that decides about a message, with what it does this time; `hits` counts this time."""

    standing: str
    rule: Rule
    deed: AnyDeed
    hits: int
    seen: int

    @property
    def random(self) -> Random:
        """The same for the same seed and count, in every run."""
        return Random(f"{self.rule.seed}:{self.hits}")


class Rulebook:
    """The rules of one charger on one line, over all its connections."""

    def __init__(self) -> None:
        self._rules: tuple[_Standing, ...] = ()
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._by_sort: dict[_Sort, tuple[_Standing, ...]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no message can be touched."""
        return not self._rules

    def stand(self, rules: Sequence[StandingRule]) -> None:
        """These rules stand from now on, instead of those before. Of a count that is known the higher holds."""
        known = {standing.id: standing for standing in self._rules}
        self._by_sort.clear()
        self._rules = tuple(self._standing(given, known.get(given.id)) for given in rules)

    def choose(self, message: Message, now: datetime) -> Hit | None:
        """The first rule that means this message decides; the hit is counted."""
        for standing in self._candidates(message):
            if standing.until is not None and now >= standing.until:
                continue
            rule, count = standing.rule, standing.count
            if (rule.times is not None and count.hits >= rule.times) or not standing.fits(message):
                continue
            count.seen += 1
            if rule.when.nth is not None and count.seen != rule.when.nth:
                continue
            count.hits += 1
            return Hit(standing.id, rule, _deed(rule, count.hits), count.hits, count.seen)
        return None

    def _standing(self, given: StandingRule, known: _Standing | None) -> _Standing:
        count = self._counts.setdefault(given.id, _Count(0, 0))
        self._counts.move_to_end(given.id)
        if len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        count.hits, count.seen = max(count.hits, given.hits), max(count.seen, given.seen)
        fits = known.fits if known is not None else compiled(given.rule.when)
        return _Standing(given.id, given.rule, given.until, fits, count)

    def _candidates(self, message: Message) -> tuple[_Standing, ...]:
        sort = (message.direction, message.kind, message.action, message.word)
        found = self._by_sort.get(sort)
        if found is None:
            if len(self._by_sort) >= MOST_SORTS:
                self._by_sort.clear()
            found = self._by_sort[sort] = tuple(one for one in self._rules if _may_fit(one.rule, sort))
        return found


def _may_fit(rule: Rule, sort: _Sort) -> bool:
    when = rule.when
    asked = (when.direction, when.kind, when.action, when.word)
    return all(wanted is None or wanted == given for wanted, given in zip(asked, sort, strict=True))


def _deed(rule: Rule, hits: int) -> AnyDeed:
    """What the rule does this time: its sequence, and what follows it."""
    if hits <= len(rule.then):
        return rule.then[hits - 1]
    match rule.after_last:
        case "pass":
            return Pass()
        case "cycle":
            return rule.then[(hits - 1) % len(rule.then)]
    return rule.then[-1]
