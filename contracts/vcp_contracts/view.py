"""The view: what readers may know of a charger. Written by the Abstraction, read by anyone."""

from typing import Literal

from pydantic import AwareDatetime

from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.profiles import ProfilePurpose
from vcp_contracts.rules import HeldFrame, StandingRule
from vcp_contracts.values import (
    ChargingState,
    CoarseStatus,
    ConnectorType,
    Fault,
    FineStatus,
    FirmwareStage,
    LimitedBy,
    UploadStage,
)
from vcp_contracts.words import Value


class LinkView(Value):
    """The connection: wanted or not, and how it stands."""

    wanted: bool
    state: Literal["down", "connecting", "up"]
    link: str | None = None
    subprotocol: str | None = None
    since: AwareDatetime | None = None
    last_failure: str | None = None


class ClockView(Value):
    """The charger's own clock: it showed `own` at the real time `real`, and runs `speed` times as fast since."""

    source: Literal["backend", "own"]
    real: AwareDatetime
    own: AwareDatetime
    speed: float


class BootView(Value):
    """Where the registration stands. `none`: not yet answered since power-up."""

    verdict: Literal["none", "accepted", "pending", "rejected"]
    at: AwareDatetime | None = None


class ConnectorView(Value):
    """One connector."""

    id: int
    type: ConnectorType
    current: Literal["ac", "dc"] = "ac"
    phases: int | None = None
    """None: direct current."""
    fine: FineStatus
    coarse: CoarseStatus
    plugged_station: bool
    plugged_ev: bool
    locked: bool
    operative: bool
    faults: tuple[Fault, ...] = ()


class TransactionView(Value):
    """The running transaction of an EVSE. The token is masked."""

    transaction: str
    backend_name: str | None = None
    connector: int | None = None
    token: str | None = None
    state: ChargingState
    started_at: AwareDatetime
    start_wh: int
    seq: int


class LimitView(Value):
    """What a running transaction's car may draw, where that is less than the connector could give."""

    current_a: float
    phases: int | None = None
    """None: direct current."""
    by: LimitedBy


class ProfileView(Value):
    """An installed charging profile. EVSE 0: the station."""

    id: int
    evse: int
    purpose: ProfilePurpose
    stack_level: int
    kind: Literal["absolute", "recurring", "relative"]
    transaction: str | None = None
    """The charger's own id of the transaction it is for."""


class EvseView(Value):
    """One EVSE with its meter. `register_wh` holds at `metered_at`; since then `power_w` has been drawn."""

    id: int
    operative: bool
    connectors: tuple[ConnectorView, ...]
    transaction: TransactionView | None = None
    register_wh: float
    metered_at: AwareDatetime
    power_w: float
    soc_percent: float | None = None
    limit: LimitView | None = None


class TokenListView(Value):
    """The local list of tokens, as its backend set it."""

    version: int
    entries: int


class ReservationView(Value):
    """A reservation that holds an EVSE free (without `evse`: any one). The token is masked."""

    reservation: int
    evse: int | None = None
    token: str
    until: AwareDatetime


class QueueView(Value):
    """What waits to be sent, per lane, and what is on its way."""

    boot: int
    express: int
    transactions: int
    in_flight: str | None = None
    """The word on its way, e.g. `report_status`."""


class FirmwareView(Value):
    """The firmware: what is installed, and how far the last update has come."""

    version: str | None = None
    stage: FirmwareStage = "idle"
    request_id: int | None = None


class UploadView(Value):
    """The last upload of a log."""

    stage: UploadStage = "idle"
    file: str | None = None
    request_id: int | None = None


class GatesView(Value):
    """Which gates are open on purpose."""

    handler: Literal["closed", "open"] = "closed"
    abstraction: Literal["closed", "open"] = "closed"


class ChargePointView(Value):
    """A charger, seen from outside."""

    id: str
    powered: bool
    clock: ClockView | None = None
    configuration: ChargePointConfiguration
    link: LinkView
    boot: BootView
    status: FineStatus
    """Of the station itself: available, unavailable or faulted."""
    faults: tuple[Fault, ...] = ()
    evses: tuple[EvseView, ...]
    reservations: tuple[ReservationView, ...] = ()
    token_list: TokenListView = TokenListView(version=0, entries=0)
    queue: QueueView
    firmware: FirmwareView = FirmwareView()
    upload: UploadView = UploadView()
    settings: dict[str, str]
    """Settings that differ from their defaults, by key or `Component.Variable[instance]`."""
    profiles: tuple[ProfileView, ...] = ()
    rules: tuple[StandingRule, ...] = ()
    held: tuple[HeldFrame, ...] = ()
    """Messages that rules hold back."""
    gates: GatesView = GatesView()
    quarantined: bool = False
    """True: a timer of this charger failed twice; it stands still until it is provisioned again or powered on."""
