"""YAML text and the place of every value in it. Knows no scenario; runs and constructs nothing but plain JSON values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

MOST_TEXT = 1_000_000
"""Longest file, in characters."""

MOST_NODES = 50_000
"""Most values in one file."""

DEEPEST = 40


class Wrong(Exception):
    """A file that can't be understood, at a line and column (from 1): the field, the rule it breaks, the remedy."""

    def __init__(
        self,
        name: str,
        line: int | None,
        column: int | None,
        field: str | None,
        reason: str,
        remedy: str | None,
    ) -> None:
        self.name, self.line, self.column = name, line, column
        self.field, self.reason, self.remedy = field, reason, remedy
        where = ":".join(str(part) for part in (name, line, column) if part is not None)
        what = f"{field}: {reason}" if field else reason
        super().__init__(f"{where}: {what}" + (f" ({remedy})" if remedy else ""))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, counted from 1."""

    line: int
    column: int


class Source:
    """One parsed file. `content` is plain JSON; `place` says where a part of it stands."""

    def __init__(self, name: str, text: str) -> None:
        """Raises Wrong."""
        self.name = name
        if len(text) > MOST_TEXT:
            raise Wrong(
                name, None, None, None, f"longer than {MOST_TEXT:,} characters", "split it into several files"
            )
        try:
            self._root = yaml.compose(text, Loader=_PlainLoader)
        except yaml.MarkedYAMLError as wrong:
            mark = wrong.problem_mark or wrong.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
            raise Wrong(name, line, column, None, f"is not YAML: {wrong.problem}", None) from None
        except yaml.YAMLError as wrong:
            raise Wrong(name, None, None, None, f"is not YAML: {wrong}", None) from None
        self._nodes = 0
        self.content: Any = None if self._root is None else self._value(self._root, 0)

    def place(self, path: Sequence[str | int]) -> Place:
        """Where a value stands; of what stands nowhere, where the nearest thing around it does."""
        node, mark = self._root, self._root.start_mark if self._root else None
        for step in path:
            inner = _child(node, step)
            if inner is None:
                break
            mark, node = inner
        return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)

    def wrong(self, path: Sequence[str | int], reason: str, remedy: str | None = None) -> Wrong:
        """The error that names this place and its field."""
        at = self.place(path)
        return Wrong(self.name, at.line, at.column, spelled(path) or None, reason, remedy)

    def _value(self, node: yaml.Node, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise self._at(node, f"more than {MOST_NODES:,} values in one file", "split it into several")
        if depth > DEEPEST:
            raise self._at(node, f"nested deeper than {DEEPEST}", "write it flatter")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(one, depth + 1) for one in node.value]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._at(key, "a key must be a text", None)
            if key.value in found:
                raise self._at(key, f"{key.value} stands here twice", "leave one out")
            found[key.value] = self._value(value, depth + 1)
        return found

    def _scalar(self, node: yaml.Node) -> Any:
        text = str(node.value)
        match node.tag.rpartition(":")[2]:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "str":
                return text
        raise self._at(node, f"{node.tag} is no plain value", "write a text, a number, true, false or null")

    def _at(self, node: yaml.Node, reason: str, remedy: str | None) -> Wrong:
        mark = node.start_mark
        return Wrong(self.name, mark.line + 1, mark.column + 1, None, reason, remedy)


class _PlainLoader(yaml.SafeLoader):
    """The plain values of YAML 1.2's core schema: `on`, `12:30`, `2026-01-01` and `0401` are texts, as on the wire.

    An alias would let a small file grow without bound, so there is none.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="an alias (*) is not taken here; write it out", problem_mark=mark
            )
        return super().compose_node(parent, index)


_PlainLoader.yaml_implicit_resolvers = {}
for _tag, _expression, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(0|[1-9][0-9]{0,17})", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", list("-0123456789")),
):
    _PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_expression})$"), _first
    )


def spelled(path: Sequence[str | int]) -> str:
    """A place as a person writes it, `steps[2].expect.sent`; the steps counted from 1, as in the report."""
    said = ""
    for step in path:
        said += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if said else step
    return said


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        inner = node.value[step]
        return inner.start_mark, inner
    return None
