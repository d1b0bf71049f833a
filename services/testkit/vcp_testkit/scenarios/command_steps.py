"""Steps that are commands: every command by its name, with its own fields. Derived from the contracts; sends nothing."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, get_args

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, create_model
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from vcp_contracts.commands import AddRule, AdvanceClock, AnyCommand, Command, Provision, Retire, SendRaw
from vcp_contracts.words import Word

from vcp_testkit.scenarios.part import Part

_ENVELOPE = frozenset(Word.model_fields) | {"type"}
_NATIVE = (Provision, Retire, AddRule, SendRaw, AdvanceClock)
"""Commands that have no step of their own name: given, clean-up, rule, send, advance."""


class _MayBeFilled:
    """Lets a text with `${…}` stand for a value of any type: it gets its type when it is filled in."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(_let_through, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "string", "pattern": r"\$\{"}]}


def _let_through(value: Any, validate: Any) -> Any:
    return value if isinstance(value, str) and "${" in value else validate(value)


class CommandBody(Part):
    """The fields of one command."""


def _body_of(command: type[Command]) -> type[CommandBody]:
    fields: dict[str, Any] = {
        name: (Annotated[info.annotation, *info.metadata, _MayBeFilled()], _field(info))
        for name, info in command.model_fields.items()
        if name not in _ENVELOPE
    }
    return create_model(f"{command.__name__}Step", __base__=CommandBody, __doc__=command.__doc__, **fields)


def _field(info: FieldInfo) -> Any:
    field: Any = Field(description=info.description)
    if info.default_factory is not None:
        field = Field(default_factory=info.default_factory, description=info.description)
    elif not info.is_required():
        field = Field(default=info.default, description=info.description)
    return field


def _commands() -> Iterator[tuple[str, type[Command]]]:
    for command in get_args(get_args(AnyCommand)[0]):
        if command not in _NATIVE:
            yield str(command.model_fields["type"].default), command


COMMANDS: Final[Mapping[str, type[CommandBody]]] = {name: _body_of(command) for name, command in _commands()}
"""Every command that is a step, and its fields."""


def written_out(name: str, body: Any) -> Any:
    """A command's fields: `plug_in` and `plug_in: 1` mean `plug_in: {evse: 1}`."""
    if body is None:
        return {}
    fields = list(COMMANDS[name].model_fields)
    return {fields[0]: body} if fields and not isinstance(body, dict | list) else body
