"""What a request for each command looks like: the contract's fields without the envelope. Derived, never written twice."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args

from pydantic import BaseModel, ConfigDict, Field, create_model
from vcp_contracts.commands import AnyCommand, Command, Provision, Retire
from vcp_contracts.words import Id, Word

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


def _fields(command: type[Command]) -> dict[str, Any]:
    own = command.model_fields.items()
    return {name: (info.annotation, info) for name, info in own if name not in _ENVELOPE}


def body_of(command: type[Command]) -> type[CommandBody]:
    """The body of a command's own route."""
    return create_model(
        f"{command.__name__}Body", __base__=CommandBody, __doc__=command.__doc__, **_fields(command)
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

FIELD_NAMES = sorted({name for command in COMMANDS.values() for name in _fields(command)})
"""All fields of all commands: what a misspelt one may have meant."""


def command_from(name: str, body: CommandBody | None, *, id: str, charge_point: str) -> Command:
    """The command that a valid body means."""
    given = (
        {} if body is None else {key: getattr(body, key) for key in body.model_fields_set - {"id", "type"}}
    )
    return COMMANDS[name](id=id, charge_point=charge_point, **given)
