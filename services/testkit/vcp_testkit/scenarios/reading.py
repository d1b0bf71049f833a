"""A scenario file, read: the scenario, or what is wrong with it, with line, field, rule and remedy. Runs nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from vcp_contracts import rules
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration

from vcp_testkit.scenarios import given, messages, words
from vcp_testkit.scenarios.command_steps import COMMANDS
from vcp_testkit.scenarios.library import shelf
from vcp_testkit.scenarios.source import Source, Wrong
from vcp_testkit.scenarios.values import names_in
from vcp_testkit.scenarios.words import OWN_VALUES, VERBS, Scenario, Step


@dataclass(frozen=True, slots=True)
class Read:
    """A scenario that was understood, and where it stands."""

    file: str
    scenario: Scenario
    source: Source

    @property
    def name(self) -> str:
        return self.scenario.name or Path(self.file).stem

    @property
    def short(self) -> str:
        """The file as a person names it: `ocpp16/boot_accepted`, for one that comes along."""
        path = Path(self.file)
        return str(path.relative_to(shelf()).with_suffix("")) if path.is_relative_to(shelf()) else self.file

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a part of it."""
        return self.source.place(path).line


def read_file(path: Path) -> Read:
    """Raises Wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise Wrong(str(path), None, None, None, f"can not be read: {unreadable}", None) from None
    return read_text(str(path), text)


def read_text(name: str, text: str) -> Read:
    """Raises Wrong."""
    source = Source(name, text)
    if not isinstance(source.content, dict):
        raise source.wrong((), "a scenario is a mapping", "begin with steps:")
    try:
        scenario = Scenario.model_validate(source.content)
    except ValidationError as wrong:
        raise _wrong(source, wrong) from None
    _demand_known(source, scenario)
    return Read(name, scenario, source)


def _wrong(source: Source, wrong: ValidationError) -> Wrong:
    error = wrong.errors(include_url=False)[0]
    path = [step for step in error["loc"] if isinstance(step, int | str)]
    reason, remedy = _REASONS.get(error["type"], _plain)(path, error)
    return source.wrong(path, reason, remedy)


def _plain(path: Sequence[str | int], error: Any) -> tuple[str, str | None]:
    reason = str(error["msg"]).removeprefix("Value error, ")
    there = error.get("input")
    shown = f", not {there!r}" if isinstance(there, str | int | float | bool) else ""
    return f"{reason[:1].lower()}{reason[1:]}{shown}", None


def _unknown(path: Sequence[str | int], error: Any) -> tuple[str, str | None]:
    name = str(path[-1])
    is_step = len(path) >= 2 and isinstance(path[-2], int) and path[-3:-2] in (["steps"], ["parallel"])
    near = get_close_matches(name, VERBS if is_step else _fields_around(path), n=1, cutoff=0.6)
    reason = "there is no such step" if is_step else "there is no such field here"
    if near:
        return reason, f"did you mean {near[0]}?"
    return reason, "the words are in the JSON Schema: vcp scenario schema"


def _missing(path: Sequence[str | int], error: Any) -> tuple[str, str | None]:
    return "is missing", "add it"


def _no_such_kind(path: Sequence[str | int], error: Any) -> tuple[str, str | None]:
    tag, expected = str(error["ctx"]["tag"]), str(error["ctx"]["expected_tags"])
    near = get_close_matches(tag, [one.strip(" '") for one in expected.split(",")], n=1)
    return f"{tag} is none of {expected}", f"did you mean {near[0]}?" if near else None


_REASONS: Mapping[str, Any] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "union_tag_invalid": _no_such_kind,
}


_MODELS: Mapping[str, type[BaseModel]] = {
    **COMMANDS,
    "given": given.Given,
    "security": given.GivenSecurity,
    "expect": messages.Expect,
    "in_any_order": messages.Expected,
    "forbid": messages.Forbid,
    "wait": words.Wait,
    "send": words.Send,
    "repeat": words.Repeat,
    "rule": words.StandingOrder,
    "when": rules.Match,
    "fields": rules.FieldTest,
    "state": rules.ChargerState,
    "evses": EvseConfiguration,
    "connectors": ConnectorConfiguration,
    "chargers": given.Given,
}
"""What stands below a field; everything else is the scenario itself."""


def _fields_around(path: Sequence[str | int]) -> list[str]:
    """The names of the fields that may stand where an unknown one does."""
    above = next((step for step in reversed(path[:-1]) if step in _MODELS), None)
    model = Scenario if above is None else _MODELS[str(above)]
    return [info.alias or name for name, info in model.model_fields.items()]


def _demand_known(source: Source, scenario: Scenario) -> None:
    """Names of values and of charge points must be known before anything runs."""
    names = {
        *scenario.values,
        *scenario.needs,
        *scenario.cast,
        *OWN_VALUES,
        *_captured(source.content.get("steps", [])),
    }
    for path, value in _texts(source.content):
        unknown = names_in(value) - names
        if unknown:
            name = min(unknown)
            near = get_close_matches(name, names, n=1)
            hint = f"did you mean ${{{near[0]}}}?" if near else "give it under values, or capture it"
            raise source.wrong(path, f"${{{name}}} is not known", hint)
    for path, name in _chargers_named(scenario.steps, ("steps",)):
        if name not in scenario.cast and not (name == "all" and "parallel" in path):
            there = ", ".join(scenario.cast)
            raise source.wrong(path, f"there is no charge point {name}", f"there is {there}")


def _captured(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for key, inner in content.items():
            if key == "capture" and isinstance(inner, dict):
                yield from inner
            else:
                yield from _captured(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _captured(inner)


def _texts(content: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(content, dict):
        for key, inner in content.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(content, list):
        for number, inner in enumerate(content):
            yield from _texts(inner, (*path, number))
    elif isinstance(content, str):
        yield path, content


def _chargers_named(
    steps: Sequence[Step], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for number, step in enumerate(steps):
        here = (*path, number)
        if step.charger is not None:
            yield (*here, "charger"), step.charger
        if step.repeat is not None:
            yield from _chargers_named(step.repeat.steps, (*here, "repeat", "steps"))
        for name, branch in (step.parallel or {}).items():
            yield (*here, "parallel", name), name
            yield from _chargers_named(branch, (*here, "parallel", name))
