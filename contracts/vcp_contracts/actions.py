"""Actions: what the charger tells or asks its backend. Abstraction → Handler; each is queued, and sent when released.

An action's id is the message id of its transmission on the wire. It carries all its data, so nobody asks back.
"""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, PlainSerializer, StringConstraints

from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, LimitSource
from vcp_contracts.values import (
    BootReason,
    ChargingState,
    CoarseStatus,
    Fault,
    FineStatus,
    FirmwareStage,
    Place,
    Sample,
    SecurityEventKind,
    StopReason,
    Token,
    Trigger,
    UploadStage,
)
from vcp_contracts.words import Id, Value, Word


class Action(Word):
    """Base of all actions. `link` is the link to send it on; `at` is when its event happened, not when it is sent."""

    link: str = ""
    """Filled in at release."""
    after: Id | None = None
    """The request whose answer must be written (or dropped) before this leaves."""
    timeout_s: Annotated[float, Field(gt=0)] = 30.0
    """How long to wait for the answer, in real seconds."""
    past_gate: bool = False
    """Whether the charger's own gate would have stopped it, had it not been open on purpose."""
    attempt: Annotated[int, Field(ge=1)] = 1
    """Which transmission this is: after a failure the same action is sent again, under the same id, as the next one."""


class Boot(Action):
    """The charger has started."""

    type: Literal["boot"] = "boot"
    reason: BootReason
    vendor: str
    model: str
    serial_number: str | None = None
    box_serial_number: str | None = None
    firmware_version: str | None = None
    meter_serial_number: str | None = None
    meter_type: str | None = None
    iccid: str | None = None
    imsi: str | None = None


class Beat(Action):
    """A sign of life; the answer brings the time."""

    type: Literal["beat"] = "beat"


class Authorize(Action):
    """May this token charge?"""

    type: Literal["authorize"] = "authorize"
    token: Token


class ReportStatus(Action):
    """The status of a place, in both sets of words, with the fault that decides it."""

    type: Literal["report_status"] = "report_status"
    place: Place
    fine: FineStatus
    coarse: CoarseStatus
    fault: Fault | None = None
    note: str | None = None
    """A remark on the change, e.g. that the EV's side was disconnected."""


SessionNews = Literal["place", "token", "reservation", "remote_start", "state"]


class ReportTransaction(Action):
    """A transaction started, went on or ended. Carries all facts each time; `news` names those not told before."""

    type: Literal["report_transaction"] = "report_transaction"
    phase: Literal["started", "updated", "ended"]
    transaction: str
    """The charger's own name of the transaction."""
    backend_name: str | None = None
    """The backend's name of it; known after the start was answered. Filled in at release."""
    place: Place
    token: Token | None = None
    state: ChargingState
    seq: int = Field(ge=0)
    offline: bool = False
    trigger: Trigger
    stop_reason: StopReason | None = None
    register_wh: int = Field(ge=0)
    """The energy register at the event, in Wh."""
    samples: tuple[Sample, ...] = ()
    remote_start: int | None = None
    """The backend's number of the remote start that caused this transaction."""
    reservation: int | None = None
    stop_token: Token | None = None
    """Who stopped it, where a token did."""
    phases_used: int | None = None
    news: Annotated[
        frozenset[SessionNews], PlainSerializer(sorted, return_type=list[str], when_used="json")
    ] = frozenset()
    """What was not told before; written in order, so that the same report is the same bytes."""


class ReportMeter(Action):
    """Meter readings outside transactions."""

    type: Literal["report_meter"] = "report_meter"
    place: Place
    samples: tuple[Sample, ...]


class SettingReport(Value):
    """One setting with its attributes, as a report tells it."""

    component: str
    component_instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str
    instance: str | None = None
    value: str | None = None
    access: Literal["read_only", "read_write", "write_only"]
    kind: Literal[
        "string", "decimal", "integer", "date_time", "boolean", "option_list", "sequence_list", "member_list"
    ]
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[str, ...] = ()
    persistent: bool = True
    constant: bool = False


class ReportSettings(Action):
    """One page of a report of settings."""

    type: Literal["report_settings"] = "report_settings"
    report: int
    """The number that the backend gave the report."""
    seq: int = Field(ge=0)
    more: bool
    settings: tuple[SettingReport, ...]


class ReportEvents(Action):
    """Something happened to a component; faults, where the status does not carry them."""

    type: Literal["report_events"] = "report_events"
    event_number: int = Field(ge=0)
    place: Place
    fault: Fault
    active: bool
    """False: the fault is over."""


class ReportReservation(Action):
    """A reservation ended by itself: its time is over, or its EVSE can't serve any more."""

    type: Literal["report_reservation"] = "report_reservation"
    reservation: int
    end: Literal["expired", "removed"]


class ReportSecurityEvent(Action):
    """Something happened that concerns security. `at` is when."""

    type: Literal["report_security_event"] = "report_security_event"
    kind: SecurityEventKind
    info: Annotated[str, StringConstraints(max_length=255)] | None = None


class AskSigning(Action):
    """The charger wants its certificate signed."""

    type: Literal["ask_signing"] = "ask_signing"
    csr: str
    """PEM."""


class ReportProfiles(Action):
    """Charging profiles of one place and source, as one page of a report."""

    type: Literal["report_profiles"] = "report_profiles"
    report: int
    """The number that the backend gave the report."""
    place: Place
    source: LimitSource
    profiles: tuple[ChargingProfile, ...]
    more: bool


class ReportLimit(Action):
    """Somebody other than the backend has limited the station or an EVSE."""

    type: Literal["report_limit"] = "report_limit"
    place: Place
    source: LimitSource
    schedule: ChargingSchedule | None = None
    """The limit itself, where the backend wants to know it."""


class ReportLimitCleared(Action):
    """That limit is lifted."""

    type: Literal["report_limit_cleared"] = "report_limit_cleared"
    place: Place
    source: LimitSource


class PassData(Action):
    """Vendor data for the backend."""

    type: Literal["pass_data"] = "pass_data"
    vendor: str
    message: str | None = None
    content: object = None
    """Any JSON."""


class ReportFirmware(Action):
    """How far the update of the firmware has come."""

    type: Literal["report_firmware"] = "report_firmware"
    stage: FirmwareStage
    request_id: int | None = None
    """The backend's number of the update, where it gave one."""
    tracked: bool = False
    """Whether the backend follows every stage of it."""
    triggered: bool = False
    """Whether the backend asked for this report: then it is always told, as well as the wire's words allow."""


class ReportUpload(Action):
    """How far the upload of a log has come."""

    type: Literal["report_upload"] = "report_upload"
    stage: UploadStage
    request_id: int | None = None
    tracked: bool = False
    triggered: bool = False


class RawCall(Action):
    """A call that somebody wrote by hand: any action, any payload. Opaque to the charger."""

    type: Literal["raw_call"] = "raw_call"
    name: str
    """The OCPP action as it is to stand on the wire."""
    payload: dict[str, JsonValue]
    message_id: str | None = None
    """None: the action's own id."""
    checked: bool = True
    """Whether the payload must be valid to be sent."""
    at_once: bool = False
    """Past the Abstraction's gate: leaves also while another call is open."""


class RawText(Action):
    """A text that somebody wrote by hand. Opaque to the charger."""

    type: Literal["raw_text"] = "raw_text"
    text: str
    at_once: bool = False


AnyAction = Annotated[
    Boot
    | Beat
    | Authorize
    | ReportStatus
    | ReportTransaction
    | ReportMeter
    | ReportSettings
    | ReportEvents
    | ReportReservation
    | ReportProfiles
    | ReportLimit
    | ReportLimitCleared
    | PassData
    | ReportSecurityEvent
    | AskSigning
    | ReportFirmware
    | ReportUpload
    | RawCall
    | RawText,
    Field(discriminator="type"),
]
