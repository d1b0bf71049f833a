"""The charger as a whole: how it was set up, and the facts that change with nearly every message."""

from datetime import datetime
from typing import Any

from pydantic import Field, model_validator
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.values import Fault

from vcp_abstraction.facts.behaviour import Behaviour
from vcp_abstraction.facts.boot import Registration, Restart
from vcp_abstraction.facts.chores import OpenChore
from vcp_abstraction.facts.clock import ClockFacts
from vcp_abstraction.facts.firmware import FirmwareFacts
from vcp_abstraction.facts.kept import Kept
from vcp_abstraction.facts.lanes import Lanes
from vcp_abstraction.facts.link import LinkFacts
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.reservations import Reservation
from vcp_abstraction.facts.security import SecurityFacts
from vcp_abstraction.facts.status import ReportedStatus, Settling
from vcp_abstraction.facts.transactions import Telling
from vcp_abstraction.facts.upload import UploadFacts


class Facts(Kept):
    """All of it: the section that changes with nearly every message."""

    powered: bool = True
    clock: ClockFacts = Field(default_factory=ClockFacts)
    quarantined: bool = False
    ids: int = 0
    """How many ids this charger has minted."""
    link: LinkFacts = Field(default_factory=LinkFacts)
    registration: Registration = Field(default_factory=Registration)
    restart: Restart | None = None
    security: SecurityFacts = Field(default_factory=SecurityFacts)
    lanes: Lanes = Field(default_factory=Lanes)
    operative: bool = True
    becomes_operative: bool | None = None
    faults: list[Fault] = Field(default_factory=list)
    evses: list[EvseFacts] = Field(default_factory=list)
    tellings: dict[str, Telling] = Field(default_factory=dict)
    reservations: list[Reservation] = Field(default_factory=list)
    reported: dict[str, ReportedStatus] = Field(default_factory=dict)
    settling: dict[str, Settling] = Field(default_factory=dict)
    observed: dict[str, str] = Field(default_factory=dict)
    last_spoken: datetime | None = None
    aligned_due: datetime | None = None
    limit_due: datetime | None = None
    """When a charging profile may next change what a running transaction is offered."""
    aligned_end_due: datetime | None = None
    event_number: int = 0
    behaviour: Behaviour = Field(default_factory=Behaviour)
    chores: dict[str, OpenChore] = Field(default_factory=dict)
    firmware: FirmwareFacts = Field(default_factory=FirmwareFacts)
    upload: UploadFacts = Field(default_factory=UploadFacts)


class Setup(Kept):
    """How the charger was set up."""

    configuration: ChargePointConfiguration

    @model_validator(mode="before")
    @classmethod
    def _left_out_before(cls, kept: Any) -> Any:
        """A number on the meter that a configuration left out was kept as 0 before there was `restart_s`: read as given, it
        would make the same configuration one of other hardware, which is refused while somebody charges."""
        configuration = kept.get("configuration") if isinstance(kept, dict) else None
        if not isinstance(configuration, dict) or "restart_s" in configuration:
            return kept
        evses = [
            {name: value for name, value in evse.items() if name != "register_wh" or value}
            for evse in configuration.get("evses", ())
        ]
        return kept | {"configuration": configuration | {"evses": evses}}
