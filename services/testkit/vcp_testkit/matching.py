"""What a payload should look like, held beside what it looks like: every difference with its place. Fetches nothing.

A wish is JSON in which a mapping says what must be there, other fields may stand beside; a list has as many elements;
anything else is equal. A key may name a place further in (`idTagInfo.status`, `meterValue.0.timestamp`). A mapping
with one of the words of `TESTS` alone is a test:

- `any_of: [...]`: one of these wishes; `not: wish`: not this one; `contains: wish`: a list in which one element fits
- `matches: expression`: found anywhere in the text; a number is compared as JSON writes it
- `present: true | false`: whether it is there at all
- `at_least`, `at_most`: number; both may stand together
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

TESTS: Final = ("any_of", "matches", "present", "at_least", "at_most", "not", "contains")

_INDEX = re.compile(r"-?[0-9]{1,9}")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = _Absent()
"""What stands at a place where nothing stands."""


@dataclass(frozen=True, slots=True)
class Held:
    """One wish held beside what arrived: the place, what was wished (in words), what stands there, and whether it fits."""

    place: str
    wished: str
    arrived: object
    fits: bool


def fits(wish: object, arrived: object) -> bool:
    """Whether what arrived is as wished."""
    return all(held.fits for held in compare(wish, arrived))


def compare(wish: Any, arrived: Any, place: str = "") -> Iterator[Held]:
    """Every single wish beside what arrived, in the order of the wish."""
    if _is_test(wish):
        yield Held(place, in_words(wish), arrived, _passes(wish, arrived))
    elif isinstance(wish, Mapping):
        if not isinstance(arrived, Mapping):
            yield Held(place, in_words(wish), arrived, False)
            return
        for key, inner in wish.items():
            yield from compare(inner, look(arrived, str(key)), _below(place, str(key)))
    elif isinstance(wish, Sequence) and not isinstance(wish, str):
        if not _is_list(arrived) or len(arrived) != len(wish):
            yield Held(place, in_words(wish), arrived, False)
            return
        for number, (inner, element) in enumerate(zip(wish, arrived, strict=True)):
            yield from compare(inner, element, _below(place, str(number)))
    else:
        yield Held(place, in_words(wish), arrived, _equal(wish, arrived))


def look(document: Any, path: str) -> Any:
    """What stands at a path: names and numbers with points between, `a.0.b`; ABSENT where nothing does.

    A field whose own name holds points is found by its whole name.
    """
    if isinstance(document, Mapping) and path in document:
        return document[path]
    at = document
    for step in path.split("."):
        if isinstance(at, Mapping) and step in at:
            at = at[step]
        elif _is_list(at) and _INDEX.fullmatch(step) and -len(at) <= int(step) < len(at):
            at = at[int(step)]
        else:
            return ABSENT
    return at


def in_words(wish: Any) -> str:
    """A wish as a person says it: JSON, or `one of …`, `matching …`."""
    if _is_test(wish):
        return " and ".join(_test_in_words(name, value) for name, value in wish.items())
    return as_json(wish)


def as_json(value: object) -> str:
    """A value as it would stand on the wire; `nothing` where nothing stood."""
    if value is ABSENT:
        return "nothing"
    return orjson.dumps(value, default=repr).decode()


def tests_of(wish: Any) -> Sequence[str]:
    """The tests that a wish consists of; empty where it is no test."""
    return tuple(wish) if _is_test(wish) else ()


def _is_test(wish: object) -> bool:
    return isinstance(wish, Mapping) and bool(wish) and all(name in TESTS for name in wish)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _passes(tests: Any, arrived: object) -> bool:
    return all(_PASSES[name](value, arrived) for name, value in tests.items())


def _matches(expression: str, arrived: object) -> bool:
    if isinstance(arrived, str):
        return re.search(expression, arrived) is not None
    return _is_number(arrived) and re.search(expression, as_json(arrived)) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_number(value: object) -> float | None:
    # OCPP 1.6 writes sampled values as texts
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value) if _is_number(value) else None  # type: ignore[arg-type]


def _at_least(bound: float, arrived: object) -> bool:
    number = _as_number(arrived)
    return number is not None and number >= float(bound)


def _at_most(bound: float, arrived: object) -> bool:
    number = _as_number(arrived)
    return number is not None and number <= float(bound)


def _contains(wish: object, arrived: Any) -> bool:
    return _is_list(arrived) and any(fits(wish, element) for element in arrived)


_PASSES: dict[str, Any] = {
    "any_of": lambda wishes, arrived: any(fits(one, arrived) for one in wishes),
    "matches": _matches,
    "present": lambda wanted, arrived: (arrived is not ABSENT) is bool(wanted),
    "at_least": _at_least,
    "at_most": _at_most,
    "not": lambda wish, arrived: not fits(wish, arrived),
    "contains": _contains,
}


def _test_in_words(name: str, value: object) -> str:
    match name:
        case "any_of" if isinstance(value, Sequence):
            return "one of " + ", ".join(in_words(one) for one in value)
        case "matches":
            return f"matching /{value}/"
        case "present":
            return "anything" if value else "nothing"
        case "not":
            return f"not {in_words(value)}"
        case "contains":
            return f"a list with {in_words(value)}"
    return f"{name.replace('_', ' ')} {as_json(value)}"


def _equal(wish: object, arrived: object) -> bool:
    # JSON tells true from 1, Python does not; 1 and 1.0 are one number
    same_kind = type(wish) is type(arrived) or (_is_number(wish) and _is_number(arrived))
    return same_kind and wish == arrived


def _below(place: str, step: str) -> str:
    return f"{place}.{step}" if place else step
