"""Charging profiles, installed or held, and what the station offers because of them."""

from pydantic import Field
from vcp_contracts.profiles import ChargingProfile, LimitSource
from vcp_contracts.values import LimitedBy, Token

from vcp_abstraction.facts.kept import Kept


class Offer(Kept):
    """What the station lets a car draw, where that is less than the connector could give."""

    current_a: float
    """Of each phase; 0: the station withholds energy."""
    phases: int
    """0: direct current."""
    by: LimitedBy


class HeldProfile(Kept):
    """A charging profile that came along with a remote start: it waits for the transaction."""

    profile: ChargingProfile
    token: Token


class Installed(Kept):
    """A charging profile, and what it is for."""

    profile: ChargingProfile
    evse: int
    """0: the station."""
    transaction: str | None = None
    """The charger's own id of the transaction that it is for, and dies with."""
    source: LimitSource = "backend"


class Profiles(Kept):
    """The charging profiles, in the order in which they came."""

    installed: list[Installed] = Field(default_factory=list)
