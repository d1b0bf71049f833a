"""What somebody wants done to the charger's messages, past what it would do by itself."""

from datetime import datetime
from typing import Literal

from pydantic import Field
from vcp_contracts.rules import HeldFrame, StandingRule

from vcp_abstraction.facts.kept import Kept

Gate = Literal["closed", "open"]


class Held(Kept):
    """A message that a rule holds back on the link that stands."""

    frame: HeldFrame
    command: str | None = None
    """The command that releases it, and waits for how it went."""


class OpenRaw(Kept):
    """A message written by hand that was sent past the lanes, and has not ended."""

    word: Literal["raw_call", "raw_text"]
    command: str
    message_id: str | None = None
    """On the wire; None: whatever its text says."""
    guard: datetime
    """Past it the link is given up."""


class Waiting(Kept):
    """A command that has changed the rules, and ends when they are in force on the wire."""

    command: str
    detail: dict[str, str]
    order: str | None = None
    """The order to the Handler that brings them; None: none has gone out yet."""


class Rules(Kept):
    """A section of its own, and none at all where nobody has ever laid a hand on the charger's messages."""

    standing: list[StandingRule] = Field(default_factory=list)
    """In the order in which they are tried."""
    handler_gate: Gate = "closed"
    abstraction_gate: Gate = "closed"
    handed: list[str] = Field(default_factory=list)
    """The ids of those that the Handler was last told of: those whose condition on the charger's state held."""
    handed_gate: Gate = "closed"
    """What the Handler was last told of its gate."""
    waiting: list[Waiting] = Field(default_factory=list)
    held: list[Held] = Field(default_factory=list)
    raw: dict[str, OpenRaw] = Field(default_factory=dict)
    """By the id of the action."""
