"""Whether a message is one that a rule means. Compiled once a rule, asked for every message; changes nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic_core import SchemaValidator
from vcp_contracts.rules import Direction, FieldTest, FrameKind, Match, pattern
from vcp_contracts.values import Place

from vcp_handler.dialects.table import Subject
from vcp_handler.frames import Payload

Test = Callable[["Message"], bool]

_ABSENT = object()

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
"""A place in a list (RFC 6901 §4)."""


@dataclass(slots=True)
class Message:
    """What a rule may ask of a message. Its payload is as it is on the wire; that of an error has `errorCode` and so on."""

    direction: Direction
    kind: FrameKind
    action: str | None
    word: str | None
    payload: Payload
    subject: Subject
    """Where its version names EVSE, connector and transaction."""
    call: Payload | None = None
    """Of an answer: the payload of the call that it answers."""
    transactions: tuple[str, ...] = ()
    """Names of its transaction that are known from elsewhere."""
    place: Place | None = None
    """What it is about, where the charger knows that beside the payload: 1.6 tells the end of a transaction without."""
    by_hand: bool = False
    """Whether somebody wrote it, or the call that it answers, in the charger's place."""


def compiled(match: Match) -> Test:
    """The test for all that `match` asks, but its state and its count."""
    tests = [
        _plain(name, getattr(match, name)) for name in ("direction", "kind", "action", "word", "by_hand")
    ]
    tests += [_evse(match.evse), _connector(match.connector)]
    tests += [_transaction(match.transaction), *(_field(field) for field in match.fields)]
    asked = tuple(test for test in tests if test is not None)
    return lambda message: all(test(message) for test in asked)


def _plain(name: str, wanted: object) -> Test | None:
    if wanted is None:
        return None
    return lambda message: getattr(message, name) == wanted


def _evse(wanted: int | None) -> Test | None:
    if wanted is None:
        return None
    return lambda message: (
        (message.place is not None and message.place.evse == wanted)
        or any(_same(found, wanted) for found in _named(message, message.subject.evse))
    )


def _connector(wanted: int | None) -> Test | None:
    if wanted is None:
        return None
    return lambda message: (
        bool(message.subject.connector)
        and (
            (message.place is not None and message.place.connector == wanted)
            or any(_same(found, wanted) for found in _named(message, message.subject.connector))
        )
    )


def _transaction(wanted: str | None) -> Test | None:
    if wanted is None:
        return None
    return lambda message: (
        wanted in message.transactions
        or any(
            isinstance(found, int | str) and not isinstance(found, bool) and str(found) == wanted
            for found in _named(message, message.subject.transaction)
        )
    )


def _named(message: Message, paths: tuple[tuple[str, ...], ...]) -> list[object]:
    """What stands at these places of the message, or of the call that it answers."""
    payloads = (message.payload, message.call)
    found = [_at(payload, path) for payload in payloads if payload is not None for path in paths]
    return [value for value in found if value is not _ABSENT]


def _field(field: FieldTest) -> Test:
    steps = _steps(field.path)
    if field.present is not None:
        wanted = field.present
        return lambda message: (_at(message.payload, steps) is not _ABSENT) is wanted
    if field.matches is not None:
        expression = pattern(field.matches)
        return lambda message: _matches(_at(message.payload, steps), expression)
    values = (field.equals,) if field.any_of is None else field.any_of
    return lambda message: _is_one_of(_at(message.payload, steps), values)


def _steps(path: str) -> tuple[str, ...]:
    """A name stands for itself; a pointer's steps are unescaped (RFC 6901 §4)."""
    if not path.startswith("/"):
        return (path,)
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/"))


def _at(value: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step, _ABSENT)
        elif isinstance(value, list) and _INDEX.fullmatch(step) and int(step) < len(value):
            value = value[int(step)]
        else:
            return _ABSENT
    return value


def _matches(value: object, expression: SchemaValidator) -> bool:
    if isinstance(value, bool | int | float):
        value = orjson.dumps(value).decode()
    return isinstance(value, str) and expression.isinstance_python(value)


def _is_one_of(value: object, wanted: tuple[Any, ...]) -> bool:
    return value is not _ABSENT and any(_same(value, one) for one in wanted)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 is 1.0, but not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)
