"""Results: the one end that every command has."""

from typing import Literal

from pydantic import AwareDatetime, Field

from vcp_contracts.words import Id, Value

RejectionKind = Literal["impossible", "unknown_charge_point", "bad_field", "unreadable"]


class CommandResult(Value):
    """`done`: applied to the charger; what follows from it comes as events with this command as `cause`.
    `rejected`: nothing changed; `field`, `reason` and `remedy` say why and what to do."""

    command: Id
    charge_point: str
    status: Literal["done", "rejected"]
    at: AwareDatetime
    kind: RejectionKind | None = None
    """Why it was rejected, for a program."""
    field: str | None = None
    reason: str | None = None
    remedy: str | None = None
    detail: dict[str, object] = Field(default_factory=dict)
    """What came of it, for commands that bring something back."""
    repeated: bool = False
    """True: this id was seen before; this is the first result, told again."""
