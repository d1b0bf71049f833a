"""EVSEs kept free for a token."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import ConnectorType, Group, Token


class Reserve(Request):
    """Keep an EVSE (without `evse`: any one) free for a token, or for others of its group, until a time."""

    type: Literal["reserve"] = "reserve"
    reservation: int
    """The backend's number of it; a known one is replaced."""
    evse: Annotated[int, Field(ge=1, le=1000)] | None = None
    connector_type: ConnectorType | None = None
    token: Token
    group: Group = None
    until: AwareDatetime


class Reserved(Reply):
    """Whether it is kept free; if not, why."""

    type: Literal["reserved"] = "reserved"
    result: Literal["accepted", "rejected", "occupied", "faulted", "unavailable"]


class CancelReservation(Request):
    """Keep nothing free for this reservation any longer."""

    type: Literal["cancel_reservation"] = "cancel_reservation"
    reservation: int


class ReservationCancelled(Reply):
    """Whether there was such a reservation."""

    type: Literal["reservation_cancelled"] = "reservation_cancelled"
    result: Literal["accepted", "rejected"]
