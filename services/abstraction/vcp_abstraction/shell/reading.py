"""From the body of an entry to a word, or to why it can't be read. Pure; judges spelling, never sense."""

from datetime import datetime
from typing import Any, get_args

import orjson
from pydantic import TypeAdapter, ValidationError
from vcp_contracts.chores import ChoreDone, ChoresUp
from vcp_contracts.commands import AnyCommand, Command
from vcp_contracts.letters import ToAbstraction, to_abstraction
from vcp_contracts.link import AnyFact, HandlerUp
from vcp_contracts.outcomes import AnyOutcome
from vcp_contracts.requests import AnyRequest
from vcp_contracts.words import UNTIMED, ChargePointId, Id

COMMANDS: dict[str, type[Command]] = {
    kind.model_fields["type"].default: kind for kind in get_args(get_args(AnyCommand)[0])
}
"""The commands by their type."""

_NO_COMMANDS: frozenset[str] = frozenset(
    kind.model_fields["type"].default
    for union in (AnyOutcome, AnyRequest, AnyFact)
    for kind in get_args(get_args(union)[0])
) | {kind.model_fields["type"].default for kind in (HandlerUp, ChoreDone, ChoresUp)}
"""The types that other services say; nobody waits for a result of these."""

_id: TypeAdapter[str] = TypeAdapter(Id)
_charge_point_id: TypeAdapter[str] = TypeAdapter(ChargePointId)


class Unread(Exception):
    """The entry is no word of ours. `command` (its id) and `charge_point` are set as far as they can be made out;
    `command` not where the type is one that only another service says. `known`: the type is a command's."""

    def __init__(
        self,
        reason: str,
        *,
        field: str | None = None,
        remedy: str | None = None,
        command: str | None = None,
        charge_point: str | None = None,
        known: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.remedy = remedy
        self.command = command
        self.charge_point = charge_point
        self.known = known


def read(body: bytes, *, own_id: str, time: datetime) -> ToAbstraction:
    """The word in `body`. Without an id it gets `own_id`; without a time it gets `time`. Raises Unread."""
    try:
        word = to_abstraction.validate_json(body)
    except ValidationError as error:
        word = _read_without_id(body, own_id, error)
    return word.model_copy(update={"at": time}) if word.at == UNTIMED else word


def _read_without_id(body: bytes, own_id: str, error: ValidationError) -> ToAbstraction:
    """The second look at a body that could not be read: it may lack nothing but its id. Raises Unread."""
    try:
        letter = orjson.loads(body)
    except orjson.JSONDecodeError as broken:
        raise Unread(f"not JSON: {broken}", remedy="send one JSON object") from None
    if not isinstance(letter, dict):
        raise Unread("not a JSON object", remedy="send one JSON object")
    if letter.get("id") is not None:
        raise _unread(letter, error)
    letter["id"] = own_id
    try:
        return to_abstraction.validate_json(orjson.dumps(letter))
    except ValidationError as second:
        raise _unread(letter, second) from None


def _unread(letter: dict[str, Any], error: ValidationError) -> Unread:
    first = error.errors(include_url=False, include_input=False)[0]
    kind = letter.get("type")
    kind = kind if isinstance(kind, str) else None
    command = COMMANDS.get(kind or "")
    field = _field(first["type"], [str(part) for part in first["loc"] if part != kind])
    return Unread(
        _reason(first["type"], first["msg"], field),
        field=field,
        remedy=_remedy(first["type"], field, command),
        command=None if kind in _NO_COMMANDS else _valid(_id, letter.get("id")),
        charge_point=_valid(_charge_point_id, letter.get("charge_point")),
        known=command is not None,
    )


def _field(kind: str, path: list[str]) -> str | None:
    if kind.startswith("union_tag"):
        path = [*path, "type"]
    return ".".join(path) or None


def _valid(rule: TypeAdapter[str], value: object) -> str | None:
    try:
        return rule.validate_python(value, strict=True)
    except ValidationError:
        return None


def _reason(kind: str, message: str, field: str | None) -> str:
    match kind:
        case "extra_forbidden":
            return f"there is no field {field}"
        case "missing" | "union_tag_not_found":
            return f"{field} is missing"
        case "union_tag_invalid":
            return f"{field} is none of the words known here"
        case _:
            return f"{field}: {message}" if field else message


def _remedy(kind: str, field: str | None, command: type[Command] | None) -> str:
    match kind:
        case "extra_forbidden" if command is not None:
            return "leave it out; the fields are " + ", ".join(sorted(command.model_fields))
        case "missing":
            return "give it"
        case "union_tag_not_found" | "union_tag_invalid" if field == "type":
            return "use one of: " + ", ".join(COMMANDS)
        case _:
            return "give what the schema of this word allows"
