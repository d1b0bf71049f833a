"""Transactions: what is open on the charger, and what is yet to be told of one."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from vcp_contracts.actions import SessionNews
from vcp_contracts.manners import StartPoint
from vcp_contracts.values import ChargingState, Group, Sample, StopReason, Token

from vcp_abstraction.facts.kept import IN_ORDER, Kept


class Transaction(Kept):
    """A transaction that is open on the charger."""

    id: str
    connector: int | None = None
    token: Token | None = None
    group: Group = None
    remote_start: int | None = None
    reservation: int | None = None
    state: ChargingState = "idle"
    started_at: datetime
    power_path_since: datetime | None = None
    """When cable and authorization first were both there, in whole seconds: relative schedules start then."""
    start_wh: float
    seq: int = 0
    told: Annotated[set[SessionNews], IN_ORDER] = Field(default_factory=set)
    phases_told: int | None = None
    held: Annotated[set[StartPoint], IN_ORDER] = Field(default_factory=set)
    """Stop points that have held; the first to fail ends the transaction."""
    suspended: bool = False
    """The station withholds energy: the backend did not accept the token."""
    energy_left_wh: float | None = None
    """Energy still allowed after the backend refused the token."""
    stop_reason: StopReason | None = None
    stop_token: Token | None = None
    sample_due: datetime | None = None
    end_sample_due: datetime | None = None


class Telling(Kept):
    """What must be known to tell the backend of a transaction, until its end has been told."""

    evse: int
    backend_name: str | None = None
    subprotocol: str | None = None
    ended: bool = False
    refused: bool = False
    """The backend did not accept its token: to the backend there may be no such transaction, whatever name it gave."""


class EndSamples(Kept):
    """Readings that are told with the end of their transaction; apart from the facts, as they grow with its length."""

    of: dict[str, list[Sample]] = Field(default_factory=dict)
    """Transaction → its readings, the oldest first."""
