"""The chargers file: YAML in, charge points out; wrong ones are told with line and field. Applies nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from vcp_contracts.configuration import ChargersFile

from vcp_control.problems import Problem, sentence, wrong_fields
from vcp_control.setting_up import ChargePointDescription

MOST = 100_000
"""How many charge points one file may describe."""

_NUMBER = re.compile(r"\{n(?::0?([0-9]{1,2})d?)?\}")
_KNOWN = sorted({*ChargePointDescription.model_fields, "count"})


class WrongChargersFile(ValueError):
    """The file can't be applied; says where and why."""

    def __init__(
        self, path: Path, line: int | None, field: str | None, reason: str, remedy: str | None
    ) -> None:
        self.line = line
        self.field = field
        where = f"{path}, line {line}" if line else f"{path}"
        what = f"{field}: {reason}" if field else reason
        then = f" Remedy: {sentence(remedy, capital=False)}" if remedy else ""
        super().__init__(f"{where}: {sentence(what, capital=False)}{then}")


@dataclass(frozen=True, slots=True)
class Described:
    """One charge point of the file, and where it stands there."""

    charge_point: ChargePointDescription
    line: int


def read_chargers(path: Path) -> list[Described]:
    """All charge points that the file describes. Raises WrongChargersFile."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise WrongChargersFile(path, None, None, f"can not be read: {unreadable}", None) from None
    return _Reading(path, text).charge_points()


class _Reading:
    """One look at one file."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        loader = yaml.SafeLoader(text)
        try:
            self._root = loader.get_single_node()
            content = {} if self._root is None else loader.construct_document(self._root)
        except yaml.MarkedYAMLError as wrong:
            mark = wrong.problem_mark or wrong.context_mark
            line = mark.line + 1 if mark else None
            raise WrongChargersFile(path, line, None, f"is not YAML: {wrong.problem}", None) from None
        finally:
            loader.dispose()
        try:
            self._file = ChargersFile.model_validate(content)
        except ValidationError as wrong:
            raise self._wrong(wrong, ()) from None

    def charge_points(self) -> list[Described]:
        found: list[Described] = []
        lines: dict[str, int] = {}
        for at, entry in enumerate(self._file.charge_points):
            place = ("charge_points", at)
            for fields in self._copies(dict(entry), place):
                described = self._described(fields, place)
                line = self._line((*place, "id"))
                if described.id in lines:
                    first = lines[described.id]
                    raise self._error(
                        (*place, "id"), f"{described.id} stands in line {first} already", "use another id"
                    )
                if len(found) >= MOST:
                    raise self._error(place, f"more than {MOST} charge points", "use several files")
                lines[described.id] = line
                found.append(Described(described, line))
        return found

    def _copies(self, entry: dict[str, Any], place: Sequence[str | int]) -> Iterator[dict[str, Any]]:
        count = entry.pop("count", None)
        fields = merged(self._file.defaults, entry)
        if count is None:
            yield fields
            return
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST:
            raise self._error((*place, "count"), f"must be a number from 1 to {MOST}", "correct count")
        if not _NUMBER.search(str(entry.get("id", ""))):
            raise self._error(
                (*place, "id"), "must hold {n} where there is a count", "write an id such as CP{n:03}"
            )
        for number in range(1, count + 1):
            yield numbered(fields, number)

    def _described(self, fields: dict[str, Any], place: Sequence[str | int]) -> ChargePointDescription:
        try:
            return ChargePointDescription.model_validate(fields)
        except ValidationError as wrong:
            raise self._wrong(wrong, place) from None

    def _wrong(self, wrong: ValidationError, place: Sequence[str | int]) -> WrongChargersFile:
        errors = wrong.errors(include_url=False, include_input=False)
        problem: Problem = wrong_fields(errors[:1], known=_KNOWN)
        location = errors[0]["loc"]
        line = self._line((*place, *location))
        if place and location and not self._stands((*place, location[0])):
            line = self._line(("defaults", *location)) if self._stands(("defaults", location[0])) else line
        return WrongChargersFile(self._path, line, problem.field, problem.reason, problem.remedy)

    def _error(self, place: Sequence[str | int], reason: str, remedy: str) -> WrongChargersFile:
        return WrongChargersFile(self._path, self._line(place), str(place[-1]), reason, remedy)

    def _stands(self, place: Sequence[str | int]) -> bool:
        return self._walk(place)[1]

    def _line(self, place: Sequence[str | int]) -> int:
        """The line of a place, or of the nearest thing around it that stands in the file."""
        return self._walk(place)[0]

    def _walk(self, place: Sequence[str | int]) -> tuple[int, bool]:
        node = self._root
        line = 1
        for step in place:
            inner = _child(node, step)
            if inner is None:
                return line, False
            line, node = inner
        return line, True


def _child(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        inner = node.value[step]
        return inner.start_mark.line + 1, inner
    return None


def merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults, with a charge point's own fields over them; mappings (settings, labels) are merged inside."""
    both = dict(defaults)
    for key, value in own.items():
        below = both.get(key)
        both[key] = (
            merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
        )
    return both


def numbered(value: Any, number: int) -> Any:
    """The same with `{n}` in every text replaced by the number, `{n:03}` by its three digits."""
    if isinstance(value, str):
        return _NUMBER.sub(lambda found: str(number).zfill(int(found[1] or 0)), value)
    if isinstance(value, Mapping):
        return {key: numbered(inner, number) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [numbered(inner, number) for inner in value]
    return value
