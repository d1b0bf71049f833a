"""`${name}`: values that a scenario knows, put into what it says. Looks names up; evaluates nothing."""

import re
from collections.abc import Mapping
from typing import Any

from vcp_testkit.matching import ABSENT, look

_NAME = re.compile(r"\$\{([A-Za-z_][\w.-]*)(\?)?\}")


class Unknown(ValueError):
    """A `${name}` that nothing has been given or captured for."""

    def __init__(self, name: str, known: Mapping[str, Any]) -> None:
        self.name = name
        given = ", ".join(sorted(known)) or "nothing"
        super().__init__(f"${{{name}}} is not known here; known: {given}")


def names_in(value: object) -> set[str]:
    """All names that are asked for, each up to its first point."""
    if isinstance(value, str):
        return {name.partition(".")[0] for name, _ in _NAME.findall(value)}
    if isinstance(value, Mapping):
        return set().union(*(names_in(inner) for inner in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(names_in(inner) for inner in value))
    return set()


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """The same with every `${name}` replaced. A text that is nothing else keeps the value's own type: `${tx}` is 7.

    A field that is `${name?}` is left out where there is no such value; any other name that is missing raises Unknown.
    """
    if isinstance(value, str):
        return _filled_text(value, known)
    if isinstance(value, Mapping):
        given = {key: filled(inner, known) for key, inner in value.items()}
        return {key: inner for key, inner in given.items() if inner is not ABSENT}
    if isinstance(value, list | tuple):
        return [filled(inner, known) for inner in value]
    return value


def _filled_text(text: str, known: Mapping[str, Any]) -> Any:
    alone = _NAME.fullmatch(text)
    if alone is not None:
        return _known(alone, known)
    return _NAME.sub(lambda found: _as_text(_known(found, known)), text)


def _known(found: re.Match[str], known: Mapping[str, Any]) -> Any:
    value = look(known, found[1])
    if value is ABSENT and not found[2]:
        raise Unknown(found[1], known)
    return value


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or value is ABSENT else str(value)
