"""Whether a payload is what its OCPP version's schema allows. Knows no charger, no frame, no error code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import jsonschema_rs
import orjson

from vcp_handler.frames import Payload
from vcp_handler.wording import Cause

_CAUSES: Mapping[str, Cause] = {
    "required": "missing",
    "additionalProperties": "extra",
    "falseSchema": "extra",
    "minItems": "count",
    "maxItems": "count",
    "type": "type",
}
"""Keyword of JSON schema → cause; every other keyword limits a value."""

_EXTRA = "not a field of this message"

_LONGEST_RULE = 160


@dataclass(slots=True, frozen=True)
class Fault:
    """The first rule that a payload breaks. Neither field tells the offending value: it may be a secret."""

    cause: Cause
    field: str
    """Path of the field, e.g. `meterValue[0].timestamp`; empty: the payload itself."""
    rule: str
    """The schema's rule, e.g. `maxLength 20`."""

    @property
    def text(self) -> str:
        """For a reader."""
        return f"{self.field or 'payload'} breaks the rule: {self.rule}"


class Schemas:
    """All schemas of one version, each compiled when it is first needed.

    `folder` is a folder of the `ocpp` package, e.g. `v16`. Formats (date-time) are checked where `formats` is true: on
    what we send. What we receive is judged as the `ocpp` package judges it, whose validator checks none.
    """

    def __init__(self, folder: str) -> None:
        self._schemas = files("ocpp") / folder / "schemas"
        names = {entry.name.removesuffix(".json") for entry in self._schemas.iterdir()}
        # 1.6 calls its request schemas by the bare action; 2.x appends Request.
        self._request = "Request" if any(name.endswith("Request") for name in names) else ""
        self.actions = frozenset(name.removesuffix("Response") for name in names if name.endswith("Response"))
        self._validators: dict[tuple[str, bool], jsonschema_rs.Validator] = {}

    def check_call(self, action: str, payload: Payload, *, formats: bool = False) -> Fault | None:
        """What is wrong with a call's payload, if anything. Raises KeyError for an action the version lacks."""
        return self._check(action, self._request, payload, formats)

    def check_result(self, action: str, payload: Payload, *, formats: bool = False) -> Fault | None:
        """What is wrong with an answer's payload, if anything. Raises KeyError for an action the version lacks."""
        return self._check(action, "Response", payload, formats)

    def _check(self, action: str, suffix: str, payload: Payload, formats: bool) -> Fault | None:
        if action not in self.actions:
            raise KeyError(action)
        name = action + suffix
        validator = self._validators.get((name, formats)) or self._compile(name, formats)
        if validator.is_valid(payload):
            return None
        return _fault(next(iter(validator.iter_errors(payload))), payload)

    def _compile(self, name: str, formats: bool) -> jsonschema_rs.Validator:
        schema = orjson.loads((self._schemas / f"{name}.json").read_bytes().removeprefix(b"\xef\xbb\xbf"))
        validator: jsonschema_rs.Validator = jsonschema_rs.validator_for(schema, validate_formats=formats)
        self._validators[name, formats] = validator
        return validator


def _fault(error: jsonschema_rs.ValidationError, payload: Payload) -> Fault:
    keyword = error.kind.name
    path = _path(error.instance_path)
    match error.kind.as_dict():
        case {"property": str(missing)}:
            path = f"{path}.{missing}" if path else missing
            rule = "required"
        case {"unexpected": [str(extra), *_]}:
            path = f"{path}.{extra}" if path else extra
            rule = _EXTRA
        case {} if keyword == "falseSchema":
            # a message without any field of its own
            path = next(iter(payload), path)
            rule = _EXTRA
        case _:
            rule = f"{keyword} {_plain(error.kind.value)}".strip()
    return Fault(_CAUSES.get(keyword, "value"), path[:_LONGEST_RULE], rule[:_LONGEST_RULE])


def _path(steps: Sequence[str | int]) -> str:
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _plain(limit: object) -> str:
    return ", ".join(map(str, limit)) if isinstance(limit, list) else str(limit)
