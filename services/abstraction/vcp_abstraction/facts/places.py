"""The places of a charger: EVSEs with their meter and car, and connectors."""

from datetime import datetime

from pydantic import Field
from vcp_contracts.values import Fault

from vcp_abstraction.facts.authorization import Authorization, Awaiting, LockedFor
from vcp_abstraction.facts.kept import Kept
from vcp_abstraction.facts.profiles import HeldProfile, Offer
from vcp_abstraction.facts.transactions import Transaction


class Ev(Kept):
    """The car at an EVSE, or the one that will come."""

    wish_w: float | None = None
    """What it would draw, in all; None: all that it can get."""
    phases: int = 3
    ready: bool = True
    battery_wh: float = 60_000.0
    soc_wh: float = 12_000.0


class ConnectorFacts(Kept):
    """One connector."""

    id: int
    plugged_station: bool = False
    plugged_ev: bool = False
    locked: bool = False
    operative: bool = True
    becomes_operative: bool | None = None
    """A change of availability that waits for the end of a transaction."""
    faults: list[Fault] = Field(default_factory=list)

    @property
    def connected(self) -> bool:
        """Whether the cable sits in both ends."""
        return self.plugged_station and self.plugged_ev


class EvseFacts(Kept):
    """One EVSE."""

    id: int
    operative: bool = True
    becomes_operative: bool | None = None
    connectors: list[ConnectorFacts]
    ev: Ev = Field(default_factory=Ev)
    register_wh: float = 0.0
    metered_at: datetime
    power_w: float = 0.0
    awaiting: Awaiting | None = None
    authorization: Authorization | None = None
    transaction: Transaction | None = None
    finishing: bool = False
    """A session is over, and the user has yet to unplug."""
    offer: Offer | None = None
    held: HeldProfile | None = None
    locked_for: LockedFor | None = None
    """A session is over, and the cable stays locked until this token comes."""
    sampled_wh: float = 0.0
    """The register when it was last sampled in a transaction."""
    aligned_wh: float = 0.0
    """The register at the last clock-aligned time."""
    plug_deadline: datetime | None = None
    """Plugged without a token: until when one must come."""

    @property
    def connected(self) -> ConnectorFacts | None:
        """The connector whose cable sits in both ends."""
        for connector in self.connectors:
            if connector.plugged_station and connector.plugged_ev:
                return connector
        return None
