"""The backend then and now: what it answered otherwise. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from vcp_runner.replaying.translating import is_instant


@dataclass(frozen=True, slots=True)
class Answer:
    """What a backend answered: `result`, `error` (payload: its code and description), or nothing: `none`."""

    kind: str
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, or the kind of the answer (`field` is empty), that was otherwise. None: not there."""

    field: str
    recorded: Any
    now: Any

    @property
    def line(self) -> str:
        """For a reader."""
        return f"{self.field or 'answer'}: recorded {_shown(self.recorded)}, now {_shown(self.now)}"


@dataclass(frozen=True, slots=True)
class Compared:
    """A call that was played again, and where its answer differs."""

    number: int
    action: str
    at_s: float
    differences: Sequence[Difference]


NOTHING = object()


def differences(recorded: Answer, now: Answer) -> list[Difference]:
    """Where two answers differ. Points in time may; of an error only the code counts."""
    if recorded.kind != now.kind:
        return [Difference("", _kind(recorded), _kind(now))]
    if recorded.kind == "error":
        then, today = recorded.payload.get("code"), now.payload.get("code")
        return [] if then == today else [Difference("code", then, today)]
    return list(_between("", recorded.payload, now.payload))


def called_otherwise(recorded: Mapping[str, int], now: Sequence[str]) -> list[str]:
    """Which actions the backend called more or less often than in the record."""
    today = Counter(now)
    return [
        f"{action}: called {recorded.get(action, 0)} times in the record, {today.get(action, 0)} times now"
        for action in sorted({*recorded, *today})
        if recorded.get(action, 0) != today.get(action, 0)
    ]


def _between(place: str, then: Any, now: Any) -> Iterator[Difference]:
    if isinstance(then, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*then, *now]):
            inner = f"{place}.{name}" if place else name
            yield from _between(inner, then.get(name, NOTHING), now.get(name, NOTHING))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from _between(f"{place}[{number}]", one, other)
    elif not (then == now or (is_instant(then) and is_instant(now))):
        yield Difference(place, _or_none(then), _or_none(now))


def _or_none(value: Any) -> Any:
    return None if value is NOTHING else value


def _kind(answer: Answer) -> str:
    if answer.kind == "error":
        return f"error {answer.payload.get('code')}"
    return {"result": "a result", "none": "no answer"}[answer.kind]


def _shown(value: Any) -> str:
    return "nothing" if value is None else orjson.dumps(value).decode()
