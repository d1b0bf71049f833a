"""Queued actions, their order, and the one on its way."""

from datetime import datetime
from typing import Literal

from pydantic import Field
from vcp_contracts.actions import AnyAction

from vcp_abstraction.facts.kept import Kept

Lane = Literal["boot", "express", "transactions"]

Origin = Literal["own", "triggered", "answer_to", "command"]


class Queued(Kept):
    """One queued action, written once. What changes while it waits lies in `Lanes`."""

    action: AnyAction
    lane: Lane
    origin: Origin
    command: str | None = None
    """The command that waits for its outcome."""
    behind: int | None = None
    """The entry that leaves first, unless it can't be delivered now."""


class InFlight(Kept):
    """The action on its way: at most one (OCPP-J 1.6 §4.1.1)."""

    n: int
    id: str
    word: str
    lane: Lane
    guard: datetime
    """Past it the link is given up."""


class Lanes(Kept):
    """The order of the queued actions: numbers of queue entries per lane."""

    boot: list[int] = Field(default_factory=list)
    express: list[int] = Field(default_factory=list)
    transactions: list[int] = Field(default_factory=list)
    next: int = 0
    offline_up_to: int = -1
    """Entries up to this number have waited while the link was down."""
    in_flight: InFlight | None = None
    tries: int = 0
    """Failed transmissions of the head of the transaction lane."""
    not_before: datetime | None = None
    """When that head may be sent again."""

    def of(self, lane: Lane) -> list[int]:
        """The entries of one lane."""
        entries: list[int] = getattr(self, lane)
        return entries
