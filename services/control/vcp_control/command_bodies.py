"""What a request for each command looks like: the contract's fields without the envelope. Derived, never written twice."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from vcp_contracts.commands import AnyCommand, Command, Provision, Retire
from vcp_contracts.rules import AnyDeed, ChargerState, FieldTest, Match, Rule
from vcp_contracts.words import Id, Word

from vcp_control.problems import wrong_fields

_ENVELOPE = frozenset(Word.model_fields) | {"type"}


class CommandBody(BaseModel):
    """The fields of one command."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class NamedCommandBody(CommandBody):
    """A command with its name in `type`."""

    type: str
    id: Id | None = None
    """The command's id; the header Idempotency-Key says the same."""


def type_of(command: type[Command]) -> str:
    """The name of a command, e.g. `plug_in`."""
    return str(command.model_fields["type"].default)


def verb_of(command: type[Command]) -> str:
    """The name of a command in a path, e.g. `plug-in`."""
    return type_of(command).replace("_", "-")


COMMANDS: dict[str, type[Command]] = {type_of(one): one for one in get_args(get_args(AnyCommand)[0])}
"""Every command by name."""

TOUCHES = [command for command in COMMANDS.values() if command not in (Provision, Retire)]
"""The commands with a route of their own under a charge point; setting up and taking away are POST and DELETE."""


def _fields(command: type[Command], without: Collection[str] = ()) -> dict[str, Any]:
    own = command.model_fields.items()
    left_out = {*_ENVELOPE, *without}
    return {name: (info.annotation, info) for name, info in own if name not in left_out}


def body_of(command: type[Command], *, without: Collection[str] = ()) -> type[CommandBody]:
    """The body of a command's own route; `without` the fields that its path names."""
    return create_model(
        f"{command.__name__}Body", __base__=CommandBody, __doc__=command.__doc__, **_fields(command, without)
    )


def _named_body_of(name: str, command: type[Command]) -> type[NamedCommandBody]:
    return create_model(
        f"{command.__name__}Command",
        __base__=NamedCommandBody,
        __doc__=command.__doc__,
        type=(Literal[name], ...),  # type: ignore[arg-type]
        **_fields(command),
    )


BODIES: dict[str, type[CommandBody]] = {type_of(command): body_of(command) for command in TOUCHES}

_NAMED = tuple(_named_body_of(name, command) for name, command in COMMANDS.items())

if TYPE_CHECKING:
    AnyCommandBody = NamedCommandBody
else:
    AnyCommandBody = Annotated[Union[_NAMED], Field(discriminator="type")]  # noqa: UP007
"""Any command, told apart by `type`."""

DEEDS: dict[str, type[BaseModel]] = {
    str(deed.model_fields["do"].default): deed for deed in get_args(get_args(AnyDeed)[0])
}
"""What a rule may do, by name."""

_PARTS_OF_RULES: tuple[type[BaseModel], ...] = (Rule, Match, FieldTest, ChargerState, *DEEDS.values())

FIELD_NAMES = sorted(
    {name for command in COMMANDS.values() for name in _fields(command)}
    | {name for part in _PARTS_OF_RULES for name in part.model_fields}
)
"""All fields of all commands, and of rules: what a misspelt one may have meant."""


def command_from(
    name: str, body: CommandBody | None, *, id: str, charge_point: str, **of_path: Any
) -> Command:
    """The command that a body means, with what its path says. Raises Problem 422 where its fields contradict each
    other."""
    given: dict[str, Any] = (
        {} if body is None else {key: getattr(body, key) for key in body.model_fields_set - {"id", "type"}}
    )
    try:
        return COMMANDS[name](id=id, charge_point=charge_point, **given, **of_path)
    except ValidationError as wrong:
        raise wrong_fields(wrong.errors(include_url=False, include_input=False)) from None
