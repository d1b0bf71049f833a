"""Events: what happened, for anyone. Both services → the world."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vcp_contracts.results import CommandResult
from vcp_contracts.rules import Direction, FrameKind, HeldFrame
from vcp_contracts.values import (
    ChargingState,
    CoarseStatus,
    Fault,
    FineStatus,
    FirmwareStage,
    LimitedBy,
    LogKind,
    Place,
    Sample,
    SecurityEventKind,
    StopReason,
    TokenStatus,
    UploadStage,
)
from vcp_contracts.violations import Code
from vcp_contracts.words import Id, Word


class StatusChanged(Word):
    """A place's status changed. Both sets of words are always there."""

    type: Literal["status_changed"] = "status_changed"
    place: Place
    fine: FineStatus
    coarse: CoarseStatus
    fault: Fault | None = None


class TokenJudged(Word):
    """A presented token was accepted or refused, and by whom. The token itself is masked."""

    type: Literal["token_judged"] = "token_judged"
    place: Place | None = None
    token: str
    status: TokenStatus
    by: Literal[
        "backend",
        "cache",
        "local_list",
        "offline_rule",
        "same_token",
        "group",
        "reservation",
        "charger",
        "none",
    ]
    """`charger`: it can't serve anybody there now, be it for a fault, a restart, or for being out of service."""


class TransactionStarted(Word):
    """A transaction started on the charger; the backend learns of it when the report arrives there."""

    type: Literal["transaction_started"] = "transaction_started"
    transaction: str
    place: Place
    register_wh: int


class TransactionUpdated(Word):
    """A transaction changed its charging state, or learnt its backend's name."""

    type: Literal["transaction_updated"] = "transaction_updated"
    transaction: str
    place: Place
    state: ChargingState
    backend_name: str | None = None


class TransactionEnded(Word):
    """A transaction ended on the charger."""

    type: Literal["transaction_ended"] = "transaction_ended"
    transaction: str
    place: Place
    reason: StopReason
    register_wh: int
    energy_wh: int
    backend_name: str | None = None


class MeterSampled(Word):
    """A meter was read."""

    type: Literal["meter_sampled"] = "meter_sampled"
    place: Place
    sample: Sample
    transaction: str | None = None


class LimitChanged(Word):
    """What a running transaction's car may draw has changed."""

    type: Literal["limit_changed"] = "limit_changed"
    place: Place
    transaction: str
    current_a: float
    """Of each phase; of direct current in all."""
    power_w: float
    """Of all phases together."""
    phases: int | None = None
    """None: direct current."""
    by: LimitedBy
    """What sets the limit."""


class FaultRaised(Word):
    """Something broke."""

    type: Literal["fault_raised"] = "fault_raised"
    place: Place
    fault: Fault


class FaultCleared(Word):
    """A fault is over."""

    type: Literal["fault_cleared"] = "fault_cleared"
    place: Place
    fault: Fault


class TokenListChanged(Word):
    """The local list of tokens was replaced or changed."""

    type: Literal["token_list_changed"] = "token_list_changed"
    version: int
    entries: int
    """How many tokens it holds now."""
    by: Literal["backend", "command"]


class ReservationChanged(Word):
    """A reservation was made, or came to one of its ends. The token is masked."""

    type: Literal["reservation_changed"] = "reservation_changed"
    reservation: int
    state: Literal["made", "replaced", "used", "cancelled", "expired", "removed"]
    evse: int | None = None
    """Where; None: any EVSE."""
    token: str
    until: AwareDatetime


class SettingChanged(Word):
    """A setting has a new value. Write-only values are not told."""

    type: Literal["setting_changed"] = "setting_changed"
    name: str
    value: str | None = None
    by: Literal["backend", "command", "boot", "restart"]
    """`boot`: by the answer to it; `restart`: written before, and taken over with it."""


class LinkChanged(Word):
    """The connection to the backend came, failed or went."""

    type: Literal["link_changed"] = "link_changed"
    state: Literal["connecting", "up", "failed", "down"]
    link: str | None = None
    subprotocol: str | None = None
    why: str | None = None
    detail: str | None = None


class Registered(Word):
    """The backend's verdict on a boot."""

    type: Literal["registered"] = "registered"
    verdict: Literal["accepted", "pending", "rejected"]
    interval_s: int


class DataReceived(Word):
    """The backend passed vendor data."""

    type: Literal["data_received"] = "data_received"
    vendor: str
    message: str | None = None
    content: object = None
    result: str


class FirmwareStep(Word):
    """An update of the firmware has come one stage further."""

    type: Literal["firmware_step"] = "firmware_step"
    stage: FirmwareStage
    request_id: int | None = None
    firmware_version: str | None = None
    """What is installed now."""
    detail: str | None = None
    """Why it failed, or what was fetched."""


class UploadStep(Word):
    """The upload of a log has come one stage further."""

    type: Literal["upload_step"] = "upload_step"
    stage: UploadStage
    kind: LogKind
    file: str
    request_id: int | None = None
    detail: str | None = None


class SecurityEventRaised(Word):
    """An entry of the security log. `told`: whether the backend is told too."""

    type: Literal["security_event_raised"] = "security_event_raised"
    kind: SecurityEventKind
    info: str | None = None
    told: bool


class ActionEnded(Word):
    """An action of the charger ended otherwise than by a valid answer; it was dropped, or will be tried again."""

    type: Literal["action_ended"] = "action_ended"
    action: Id
    word: str
    outcome: Literal[
        "refused", "misanswered", "unanswered", "unspoken", "unwritable", "discarded", "lost", "failed"
    ]
    """`failed`: the charger itself failed on how it ended, or on making it ready; that lies among the dead."""
    retried: bool
    detail: str = ""


class Frame(Word):
    """One text frame on the wire. Secret fields are masked in `text`."""

    link: Id
    message_id: str | None = None
    kind: Literal["call", "result", "error", "broken"]
    action: str | None = None
    """The OCPP action, also of a result, where it is known."""
    word: str | None = None
    """The contract's word for it in all versions (`report_transaction`, `start_charging`), also of a result."""
    text: str
    valid: bool
    """The Handler's verdict: whether the payload is valid OCPP."""
    rule: str | None = None
    """What it breaks, where it is not."""
    verdict: str | None = None
    """The Abstraction's verdict, where it has judged: the reply's result."""
    latency_ms: float | None = None
    """On a result or error: since its call was written or received."""
    rule_applied: str | None = None
    """The name of the rule that touched it."""
    original: str | None = None
    """What it was before the rule altered it, secrets masked; None: it was not altered, or made by the rule."""
    made_up: bool = False
    """A rule made it. One received was never on the wire then; one sent was, in the charger's place or once more."""
    past_open_gates: tuple[Literal["handler", "abstraction"], ...] = ()
    """The gates that would have stopped it, had they not been open on purpose."""


class FrameSent(Frame):
    """The charger sent a frame."""

    type: Literal["frame_sent"] = "frame_sent"


class FrameReceived(Frame):
    """The backend sent a frame."""

    type: Literal["frame_received"] = "frame_received"


class ProtocolViolation(Word):
    """The backend broke OCPP's schema, its frame rules or its sequence."""

    type: Literal["protocol_violation"] = "protocol_violation"
    link: str | None = None
    subprotocol: str | None = None
    """What was spoken: some rules are stricter in one version than in another. None: not known."""
    code: Code
    """Which kind of breach; docs/violations.md has all, with their clauses."""
    rule: str
    """Which rule, in words."""
    clause: str | None = None
    """Where the specification says so; None: where the code says (docs/violations.md)."""
    action: str | None = None
    field: str | None = None
    message_id: str | None = None
    text: str = ""
    """The offending message, cut at 4,096 characters; empty where its payload was read already."""


class SelfViolation(Word):
    """The charger wanted to say something that can't be said validly."""

    type: Literal["self_violation"] = "self_violation"
    action: str
    field: str
    rule: str


class RuleApplied(Word):
    """A rule touched a message."""

    type: Literal["rule_applied"] = "rule_applied"
    rule: str
    deed: str
    direction: Direction
    kind: FrameKind
    action: str | None = None
    message_id: str | None = None
    hits: int
    failed: str | None = None
    """Why it could not be done; the message went its way unaltered."""


class RuleEnded(Word):
    """A rule stands no more."""

    type: Literal["rule_ended"] = "rule_ended"
    rule: str
    why: Literal["times", "time", "removed", "replaced"]
    hits: int


class MessageHeld(Word):
    """A rule holds a message back, until ReleaseFrame or its time."""

    type: Literal["message_held"] = "message_held"
    held: HeldFrame


class MessageReleased(Word):
    """A message is not held back any more."""

    type: Literal["message_released"] = "message_released"
    frame: Id
    how: Literal["released", "edited", "replaced", "dropped", "expired", "lost"]
    failed: str | None = None
    """Why what was given could not take its place: field and rule; it went its way unaltered."""


class GatesSet(Word):
    """A gate was opened on purpose, or closed again."""

    type: Literal["gates_set"] = "gates_set"
    handler: Literal["closed", "open"]
    abstraction: Literal["closed", "open"]


class CommandDone(Word):
    """A command was applied."""

    type: Literal["command_done"] = "command_done"
    result: CommandResult


class CommandRejected(Word):
    """A command was refused; nothing changed."""

    type: Literal["command_rejected"] = "command_rejected"
    result: CommandResult


class ChargePointChanged(Word):
    """A charge point was set up, set up anew, or taken away."""

    type: Literal["charge_point_changed"] = "charge_point_changed"
    change: Literal["provisioned", "configured", "retired"]


class ClockChanged(Word):
    """The charger's own clock was set."""

    type: Literal["clock_changed"] = "clock_changed"
    was: AwareDatetime
    now: AwareDatetime


class DeadLetter(Word):
    """An entry could not be read, or its handling failed; it lies in the partition's dead stream."""

    type: Literal["dead_letter"] = "dead_letter"
    entry: str
    reason: str


class Gap(Word):
    """The reader fell behind: entries after `after` were trimmed before it came."""

    type: Literal["gap"] = "gap"
    after: str
    first: str
    since: AwareDatetime | None = None


AnyEvent = Annotated[
    StatusChanged
    | TokenJudged
    | TransactionStarted
    | TransactionUpdated
    | TransactionEnded
    | MeterSampled
    | LimitChanged
    | FaultRaised
    | FaultCleared
    | TokenListChanged
    | ReservationChanged
    | SettingChanged
    | LinkChanged
    | Registered
    | DataReceived
    | FirmwareStep
    | UploadStep
    | SecurityEventRaised
    | ActionEnded
    | FrameSent
    | FrameReceived
    | ProtocolViolation
    | SelfViolation
    | RuleApplied
    | RuleEnded
    | MessageHeld
    | MessageReleased
    | GatesSet
    | CommandDone
    | CommandRejected
    | ChargePointChanged
    | ClockChanged
    | DeadLetter
    | Gap,
    Field(discriminator="type"),
]
