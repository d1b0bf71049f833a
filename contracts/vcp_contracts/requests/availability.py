"""Places in and out of service, and connectors opened."""

from typing import Literal

from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import Place


class SetAvailability(Request):
    """Make a place operative or inoperative, from now on or when its transaction is over."""

    type: Literal["set_availability"] = "set_availability"
    place: Place
    operative: bool


class Availability(Reply):
    """Done, to be done when idle, or refused."""

    type: Literal["availability"] = "availability"
    result: Literal["accepted", "scheduled", "rejected"]


class Unlock(Request):
    """Open the connector lock."""

    type: Literal["unlock"] = "unlock"
    place: Place


UnlockResult = Literal["unlocked", "failed", "no_lock", "unknown_place", "in_transaction"]


class Unlocked(Reply):
    """The physical result."""

    type: Literal["unlocked"] = "unlocked"
    result: UnlockResult
