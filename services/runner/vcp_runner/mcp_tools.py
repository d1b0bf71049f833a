"""What an assistant may use: a tool for each operation of the control API, read from its OpenAPI document. Pure.

Nothing is said twice here: names, descriptions and fields are the API's own, so a new command is a new tool.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]

CHARGE_POINT = "charge_point"
"""What the API calls `id` in its paths; beside the fields of a command that would be misread."""

NAMES = {
    ("post", "/charge-points"): "set_up_charge_point",
    ("get", "/charge-points"): "list_charge_points",
    ("get", "/charge-points/{id}"): "show_charge_point",
    ("delete", "/charge-points/{id}"): "retire_charge_point",
    ("get", "/charge-points/{id}/messages"): "read_messages",
    ("get", "/charge-points/{id}/messages/wait"): "wait_for_message",
    ("get", "/charge-points/{id}/violations"): "show_violations",
    ("get", "/charge-points/{id}/rules"): "list_rules",
    ("get", "/charge-points/{id}/held"): "list_held_messages",
}
"""The operations on resources; those that are a command are called as the command is."""

_COMMAND = re.compile(r"/charge-points/\{id\}/[a-z-]+")
_REF = "#/components/schemas/"


class UnknownArgument(Exception):
    """A tool was given something that it does not take."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the control API."""

    method: str
    path: str
    params: Json
    body: Json | None


@dataclass(frozen=True, slots=True)
class ApiTool:
    """One operation of the API as a tool."""

    name: str
    description: str
    schema: Json
    """JSON Schema of its arguments."""
    method: str
    path: str
    query: frozenset[str]
    takes_body: bool

    def call(self, arguments: Mapping[str, Any]) -> Call:
        """The request that a use of it means. Raises UnknownArgument, which names what it takes."""
        left = dict(arguments)
        path = self.path.replace("{id}", _segment(left.pop(CHARGE_POINT, "")))
        params = {name: left.pop(name) for name in sorted(self.query & left.keys())}
        if left and not self.takes_body:
            raise UnknownArgument(
                f"{', '.join(sorted(left))}: {self.name} takes only {', '.join(sorted(self.schema['properties']))}"
            )
        return Call(self.method.upper(), path, params, left if self.takes_body else None)


def tools_of(document: Json) -> dict[str, ApiTool]:
    """The tools that an OpenAPI document of the control API makes, by name."""
    found = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = NAMES.get((method, path)) or _command_of(method, path)
            if name is not None:
                found[name] = _tool(name, method, path, operation, document["components"]["schemas"])
    return found


def _command_of(method: str, path: str) -> str | None:
    if method != "post" or not _COMMAND.fullmatch(path):
        return None
    verb = path.rpartition("/")[2].replace("-", "_")
    # any command by its type: each has a tool of its own; a rule is added by its command
    return None if verb in ("commands", "rules") else verb


def _tool(name: str, method: str, path: str, operation: Json, components: Json) -> ApiTool:
    body = _body(operation, components)
    query = {
        each["name"]: {**each["schema"], "description": each.get("description", "")}
        for each in operation.get("parameters", ())
        if each["in"] == "query" and each["name"] != "wait"
    }
    own = (
        {CHARGE_POINT: {"type": "string", "description": "Which one, e.g. CP001."}} if "{id}" in path else {}
    )
    required = [*own, *body.get("required", ())]
    schema = _with_definitions(
        {
            "type": "object",
            "properties": own | query | body.get("properties", {}),
            "required": required,
            "additionalProperties": False,
        },
        components,
    )
    told = "\n\n".join(text for text in (operation.get("summary"), operation.get("description")) if text)
    return ApiTool(name, told, schema, method, path, frozenset(query), "requestBody" in operation)


def _body(operation: Json, components: Json) -> Json:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    for choice in (schema, *schema.get("anyOf", ())):
        if "$ref" in choice:
            named: Json = components[choice["$ref"].removeprefix(_REF)]
            return named
    return dict(schema)


def _with_definitions(schema: Json, components: Json) -> Json:
    """The schema by itself, with all that it refers to."""
    names: list[str] = []
    waiting = list(_references(schema))
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.append(name)
            waiting += _references(components[name])
    whole = schema | ({"$defs": {name: components[name] for name in sorted(names)}} if names else {})
    moved: Json = _moved(whole)
    return moved


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(ref := part.get("$ref"), str):
            yield ref.removeprefix(_REF)
        mapping = part.get("discriminator", {}).get("mapping", {}) if "discriminator" in part else {}
        yield from (each.removeprefix(_REF) for each in mapping.values())
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


def _moved(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _moved(each) for key, each in part.items()}
    if isinstance(part, list):
        return [_moved(each) for each in part]
    if isinstance(part, str) and part.startswith(_REF):
        return part.replace(_REF, "#/$defs/", 1)
    return part


def _segment(value: Any) -> str:
    return quote(str(value), safe="")
