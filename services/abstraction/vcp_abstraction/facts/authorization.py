"""Who may charge at an EVSE, who is being asked about, and who may have the cable."""

from datetime import datetime
from typing import Literal

from vcp_contracts.values import Group, Token, Trigger

from vcp_abstraction.facts.kept import Kept


class Awaiting(Kept):
    """A token was presented, and the backend is being asked about it."""

    token: Token
    purpose: Literal["start", "stop", "remote"]
    entry: int
    remote_start: int | None = None


class Authorization(Kept):
    """Someone may charge here."""

    token: Token | None
    group: Group = None
    by: Literal["backend", "cache", "local_list", "offline_rule", "none", "free"]
    remote_start: int | None = None
    reservation: int | None = None
    """The reservation that this use of the EVSE is for; no other may take it up meanwhile."""
    deadline: datetime | None = None
    """Until when the cable must be in."""
    trigger: Trigger = "authorized"


class LockedFor(Kept):
    """Who must show a token before the cable is let go of."""

    token: Token
    group: Group = None
