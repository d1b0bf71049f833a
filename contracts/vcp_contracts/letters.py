"""The unions: all that may lie in a partition's `in`, in its `out`, and among its chores."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from vcp_contracts.actions import AnyAction
from vcp_contracts.chores import AnyChore, ChoreDone, ChoresUp, DropChore
from vcp_contracts.commands import AnyCommand
from vcp_contracts.events import AnyEvent
from vcp_contracts.link import AnyFact, AnyOrder, HandlerUp
from vcp_contracts.outcomes import AnyOutcome
from vcp_contracts.requests import AnyReply, AnyRequest

ToAbstraction = Annotated[
    AnyCommand | AnyOutcome | AnyRequest | AnyFact | HandlerUp | ChoreDone | ChoresUp,
    Field(discriminator="type"),
]
ToHandler = Annotated[AnyAction | AnyReply | AnyOrder, Field(discriminator="type")]
ToChores = Annotated[AnyChore | DropChore, Field(discriminator="type")]

to_abstraction: TypeAdapter[ToAbstraction] = TypeAdapter(ToAbstraction)
to_handler: TypeAdapter[ToHandler] = TypeAdapter(ToHandler)
to_chores: TypeAdapter[ToChores] = TypeAdapter(ToChores)
any_command: TypeAdapter[AnyCommand] = TypeAdapter(AnyCommand)
any_event: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
