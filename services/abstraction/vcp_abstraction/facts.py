"""The facts of one charger, as they are kept. Facts only: every status word is derived from them."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, Field
from vcp_contracts.actions import AnyAction, SessionNews
from vcp_contracts.chores import AnyChore, ChoreFailed, FileFetched, FileStored
from vcp_contracts.commands import AnswerToData, FirmwareFailure
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.manners import StartPoint
from vcp_contracts.profiles import ChargingProfile, LimitSource
from vcp_contracts.requests import ListedToken, UpdateFirmware, UploadLog
from vcp_contracts.values import (
    BootReason,
    ChargingState,
    ConnectorType,
    Fault,
    FirmwareStage,
    LimitedBy,
    RootUse,
    Sample,
    StopReason,
    Token,
    TokenInfo,
    Trigger,
    UploadStage,
)
from vcp_contracts.words import UNTIMED

Lane = Literal["boot", "express", "transactions"]
Origin = Literal["own", "triggered", "answer_to", "command"]

CLOCK_FROM = datetime(1970, 1, 1, tzinfo=UTC)
CLOCK_UP_TO = datetime(3000, 1, 1, tzinfo=UTC)
"""Between these a charger's clock may stand: wide enough for any test, and far from where dates end."""

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""A real time that is not worth waiting for."""


class Kept(BaseModel):
    """A part of the state."""


class Queued(Kept):
    """One queued action, written once. What changes while it waits lies in `Lanes`."""

    action: AnyAction
    lane: Lane
    origin: Origin
    command: str | None = None
    """The command that waits for its outcome."""


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


class ClockFacts(Kept):
    """The charger's own clock: it stood at `own` when it was really `real`, and runs `speed` times as fast."""

    source: Literal["backend", "own"] = "backend"
    real: datetime = UNTIMED
    own: datetime = UNTIMED
    speed: float = 1.0

    def at(self, real: datetime) -> datetime:
        """What the clock shows at a real time. It stands still at its end."""
        passed = real - self.real if self.speed == 1.0 else (real - self.real) * self.speed
        return self.own + min(passed, CLOCK_UP_TO - self.own)

    def reaches(self, own: datetime) -> datetime | None:
        """The real time at which the clock shows `own`, rounded up to a microsecond; None: never."""
        left = own - self.own
        if own > CLOCK_UP_TO or left.total_seconds() / self.speed > (NEVER - self.real).total_seconds():
            return None
        return self.real + (left if self.speed == 1.0 else left / self.speed + timedelta(microseconds=1))


class LinkFacts(Kept):
    """The connection, as far as the charger knows of it."""

    wanted: bool = False
    order: int = 0
    state: Literal["down", "connecting", "up"] = "down"
    id: str | None = None
    next_fact: int = 0
    subprotocol: str | None = None
    """Of this link, or of the last one."""
    since: datetime | None = None
    down_since: datetime | None = None
    back_at: datetime | None = None
    """When the network returns by itself, or a restart is over."""
    last_failure: str | None = None
    unsupported: set[str] = Field(default_factory=set)
    """Words that this link's backend has said it does not support."""
    waiting: list[str] = Field(default_factory=list)
    """Commands that wait for the first link or failure."""
    gated: bool = False


class Registration(Kept):
    """The backend's verdict since the last start."""

    verdict: Literal["none", "accepted", "pending", "rejected"] = "none"
    at: datetime | None = None
    ever_accepted: bool = False
    boot_reason: BootReason = "power_up"
    next_try: datetime | None = None


class Restart(Kept):
    """A restart that was asked for: it waits for idleness, then for the queue."""

    reason: BootReason
    when_idle: bool = False
    deadline: datetime | None = None
    tries: int = 0
    """Attempts that failed."""
    not_before: datetime | None = None
    """When it is tried again, in real time."""


class Ev(Kept):
    """The car at an EVSE, or the one that will come."""

    wish_w: float | None = None
    """What it would draw, in all; None: all that it can get."""
    phases: int = 3
    ready: bool = True
    battery_wh: float = 60_000.0
    soc_wh: float = 12_000.0


class ReportedStatus(Kept):
    """What was last said of a place."""

    word: str
    fault: str | None = None


class Settling(Kept):
    """A status that has changed, and is told if it lasts."""

    status: ReportedStatus
    until: datetime
    note: str | None = None


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


class Awaiting(Kept):
    """A token was presented, and the backend is being asked about it."""

    token: Token
    purpose: Literal["start", "stop", "remote"]
    entry: int
    remote_start: int | None = None


class Authorization(Kept):
    """Someone may charge here."""

    token: Token | None
    group: Token | None = None
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
    group: Token | None = None


class Transaction(Kept):
    """A transaction that is open on the charger."""

    id: str
    connector: int | None = None
    token: Token | None = None
    group: Token | None = None
    remote_start: int | None = None
    reservation: int | None = None
    state: ChargingState = "idle"
    started_at: datetime
    power_path_since: datetime | None = None
    """When cable and authorization first were both there, in whole seconds: relative schedules start then."""
    start_wh: float
    seq: int = 0
    told: set[SessionNews] = Field(default_factory=set)
    phases_told: int | None = None
    held: set[StartPoint] = Field(default_factory=set)
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


class Offer(Kept):
    """What the station lets a car draw, where that is less than the connector could give."""

    current_a: float
    """Of each phase; 0: the station withholds energy."""
    phases: int
    by: LimitedBy


class HeldProfile(Kept):
    """A charging profile that came along with a remote start: it waits for the transaction."""

    profile: ChargingProfile
    token: Token


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


class OpenChore(Kept):
    """Slow work that was ordered, and has not been told as done."""

    order: AnyChore
    guard: datetime
    """Past it, in real time, it is ordered again."""
    orders: int = 1


class Update(Kept):
    """An update of the firmware that is under way."""

    request: UpdateFirmware
    phase: Literal[
        "scheduled", "downloading", "pausing", "verifying", "dated", "waiting", "installing", "rebooting"
    ]
    """`pausing`: before it is fetched again; `dated`: until the installation's date; `waiting`: for sessions."""
    due: datetime | None = None
    """When the phase is over by itself."""
    not_before: datetime | None = None
    """When the download may be over."""
    chore: str | None = None
    result: FileFetched | ChoreFailed | None = Field(default=None, discriminator="type")
    tries_left: int = 0

    @property
    def unstoppable(self) -> bool:
        """Whether it is too late to give it up."""
        return self.phase in ("installing", "rebooting")

    @property
    def closes(self) -> bool:
        """Whether it wants the EVSEs for itself."""
        return self.phase in ("waiting", "installing", "rebooting")


class Checking(Kept):
    """A request for signed firmware whose certificate is being checked before it is answered."""

    request: UpdateFirmware
    chore: str


class FirmwareFacts(Kept):
    """The firmware."""

    version: str | None = None
    """What an update has installed; None: what the configuration says."""
    stage: FirmwareStage = "idle"
    request_id: int | None = None
    update: Update | None = None
    checking: Checking | None = None


class Upload(Kept):
    """An upload of a log that is under way."""

    request: UploadLog
    file: str
    phase: Literal["uploading", "pausing"] = "uploading"
    due: datetime | None = None
    not_before: datetime | None = None
    chore: str | None = None
    result: FileStored | ChoreFailed | None = Field(default=None, discriminator="type")
    tries_left: int = 0


class UploadFacts(Kept):
    """Uploads of logs: the last one's stage, and the one that is under way."""

    stage: UploadStage = "idle"
    request_id: int | None = None
    file: str | None = None
    current: Upload | None = None


class FirmwareManner(Kept):
    """How updates of the firmware go."""

    download_s: float = 0.0
    verify_s: float = 0.0
    install_s: float = 2.0
    failure: FirmwareFailure = "none"
    version: str = ""


class UploadManner(Kept):
    """How uploads of logs go."""

    upload_s: float = 0.0
    failure: Literal["none", "upload", "permission", "bad_message", "not_supported", "no_log"] = "none"
    method: Literal["put", "post"] = "put"


class Behaviour(Kept):
    """How the charger's parts behave."""

    unlock: Literal["works", "fails"] = "works"
    reset: Literal["works", "refused"] = "works"
    restart_failures: int = 0
    """How many of the next attempts to restart fail."""
    accepts_data_from: list[str] = Field(default_factory=list)
    firmware: FirmwareManner = Field(default_factory=FirmwareManner)
    upload: UploadManner = Field(default_factory=UploadManner)


class SecurityFacts(Kept):
    """What the backend has changed of how the charger shows who it is; None: as configured."""

    profile: int | None = None
    falls_back_to: int | None = None
    """The profile before, until a link stands with the new one."""
    password_label: str | None = None


class Reservation(Kept):
    """An EVSE is kept free for a token."""

    id: int
    evse: int | None = None
    """None: any EVSE."""
    connector_type: ConnectorType | None = None
    token: Token
    group: Token | None = None
    until: datetime

    def is_for(self, token: Token, group: Token | None) -> bool:
        """Whether this token may use it, itself or as one of the group."""
        return self.token.equals(token) or (self.group is not None and self.group.equals(group))


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


class CachedToken(Kept):
    """What the backend last said of a token."""

    token: Token
    info: TokenInfo
    at: datetime


class Tokens(Kept):
    """The authorization cache, by folded token value."""

    cache: dict[str, CachedToken] = Field(default_factory=dict)


class EndSamples(Kept):
    """Readings that are told with the end of their transaction; apart from the facts, as they grow with its length."""

    of: dict[str, list[Sample]] = Field(default_factory=dict)
    """Transaction → its readings, the oldest first."""


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


class TokenList(Kept):
    """The local list of tokens, by `key_of` each token; its backend alone gives it a version."""

    version: int = 0
    entries: dict[str, ListedToken] = Field(default_factory=dict)


class DataAnswers(Kept):
    """What is said to vendor data."""

    answers: list[AnswerToData] = Field(default_factory=list)


class Root(Kept):
    """A root certificate that the backend has installed."""

    use: RootUse
    pem: str


class OwnCertificate(Kept):
    """A certificate of the charger that the backend had signed."""

    chain: str
    key_label: str
    not_before: datetime
    not_after: datetime


class Signing(Kept):
    """A certificate is being had."""

    key_label: str
    common_name: str
    public_key: str | None = None
    """Known once the key is made."""


class Certificates(Kept):
    """A section of its own: large, and rarely changed."""

    roots: list[Root] = Field(default_factory=list)
    own: list[OwnCertificate] = Field(default_factory=list)
    signing: Signing | None = None


class Setup(Kept):
    """How the charger was set up."""

    configuration: ChargePointConfiguration
