"""Commands: someone touches the charger. Anyone → Abstraction.

Every command ends in exactly one result. A command's unknown fields are refused, with the field named.
"""

import json
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    field_validator,
    model_validator,
)

from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.rules import MOST_RULES, MOST_TEXT, MessageName, Rule, RuleName
from vcp_contracts.values import (
    ChargingState,
    DataStatus,
    FaultKind,
    FineStatus,
    SecurityEventKind,
    StopReason,
    TokenKind,
    TokenStatus,
    Trigger,
)
from vcp_contracts.words import Id, Value, Word

Evse = Annotated[int, Field(ge=1, le=1000)]
Connector = Annotated[int, Field(ge=1, le=1000)]

MOST_CONTENT = 4096
"""Length of the content of one answer to a data transfer, as JSON."""


class Command(Word):
    """Base of all commands."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Provision(Command):
    """Sets up the charger, or changes how it is set up. The same configuration again changes nothing."""

    type: Literal["provision"] = "provision"
    configuration: ChargePointConfiguration
    rules: Annotated[tuple[Rule, ...], Field(max_length=MOST_RULES)] = ()
    """Those that stand from its first connection on. Only for a charger that is set up for the first time: later its
    rules are its own."""


class Retire(Command):
    """Takes the charger out of the world: its link closes, its state and queue are forgotten."""

    type: Literal["retire"] = "retire"


class PowerOn(Command):
    """Gives the charger mains power: it boots."""

    type: Literal["power_on"] = "power_on"


class PowerOff(Command):
    """Takes the mains power away: the link resets, nothing is told; open transactions end with power loss."""

    type: Literal["power_off"] = "power_off"


class PowerCycle(Command):
    """Power off and on again."""

    type: Literal["power_cycle"] = "power_cycle"


class GoOnline(Command):
    """Connects to the configured backend and stays connected. Done at the first link, or the first failure to link."""

    type: Literal["go_online"] = "go_online"


class GoOffline(Command):
    """Loses the network: `close` says goodbye, `reset` cuts the connection, `silent` leaves it half open,
    `refuse` cuts it and refuses every new one. Stays offline until GoOnline, or for `seconds`."""

    type: Literal["go_offline"] = "go_offline"
    how: Literal["close", "reset", "silent", "refuse"] = "close"
    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None


class PlugIn(Command):
    """Puts a cable in. `end` says which: the EV's end of a fixed cable, the station's end, or both."""

    type: Literal["plug_in"] = "plug_in"
    evse: Evse = 1
    connector: Connector = 1
    end: Literal["ev", "station", "both"] = "both"


class Unplug(Command):
    """Pulls the cable. The station's end cannot be pulled while locked, unless `force` breaks it out."""

    type: Literal["unplug"] = "unplug"
    evse: Evse = 1
    connector: Connector = 1
    end: Literal["ev", "station", "both"] = "both"
    force: bool = False


class PresentToken(Command):
    """Holds a token to the reader: starts a session at `evse` (or the one that is plugged), or stops it."""

    type: Literal["present_token"] = "present_token"
    token: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    kind: TokenKind | None = None
    """Told where the protocol has kinds. Default: what the value looks like: 8 or 14 hex digits are an ISO 14443 card, 16
    an ISO 15693 card, anything else is told as local."""
    evse: Evse | None = None


class PutToken(Command):
    """Writes a verdict on a token into the charger's local list or cache, past its backend."""

    type: Literal["put_token"] = "put_token"
    where: Literal["list", "cache"]
    token: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    kind: TokenKind | None = None
    status: TokenStatus = "accepted"
    valid_until: AwareDatetime | None = None
    group: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None


class RemoveToken(Command):
    """Takes a token out of the charger's local list or cache; without `token`, all of them."""

    type: Literal["remove_token"] = "remove_token"
    where: Literal["list", "cache"]
    token: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    kind: TokenKind | None = None


class PressStart(Command):
    """Presses the start button: a session without a token."""

    type: Literal["press_start"] = "press_start"
    evse: Evse = 1


class PressStop(Command):
    """Presses the stop button, or lets the EV end the session."""

    type: Literal["press_stop"] = "press_stop"
    evse: Evse = 1
    why: Literal["local", "ev", "other"] = "local"


class PressEmergency(Command):
    """Presses the emergency button: every transaction ends."""

    type: Literal["press_emergency"] = "press_emergency"


class SetEv(Command):
    """Changes the EV at a connector, or the one that will come: what it draws, its battery, whether it is ready.

    Power is the least of the EV's wish, the connector and the station's limits. Give `power_w` or `current_a`.
    `phases` are those of its charger on board: what it draws of direct current has none.
    """

    type: Literal["set_ev"] = "set_ev"
    evse: Evse = 1
    connector: Connector = 1
    power_w: Annotated[float, Field(ge=0, le=10_000_000)] | None = None
    current_a: Annotated[float, Field(ge=0, le=10_000)] | None = None
    phases: Annotated[int, Field(ge=1, le=3)] | None = None
    soc_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    battery_wh: Annotated[float, Field(gt=0, le=10_000_000)] | None = None
    ready: bool | None = None
    """False: the EV is connected but takes no energy."""


class LimitGrid(Command):
    """Somebody other than the backend (an energy manager, the grid's operator) limits the station, or one EVSE.
    Neither `current_a` nor `power_w`: the limit is lifted."""

    type: Literal["limit_grid"] = "limit_grid"
    evse: Annotated[int, Field(ge=0, le=1000)] = 0
    """0: the station as a whole."""
    current_a: Annotated[float, Field(ge=0, le=100_000)] | None = None
    """Of each phase; of direct current in all."""
    power_w: Annotated[float, Field(ge=0, le=100_000_000)] | None = None
    source: Literal["energy_manager", "grid_operator", "other"] = "energy_manager"


class SetMeter(Command):
    """Sets an EVSE's energy register. It can't run backwards while a transaction is open."""

    type: Literal["set_meter"] = "set_meter"
    evse: Evse = 1
    register_wh: Annotated[float, Field(ge=0, le=1e15)]


class RaiseFault(Command):
    """Something breaks at `evse` (0: the station)."""

    type: Literal["raise_fault"] = "raise_fault"
    evse: Annotated[int, Field(ge=0, le=1000)] = 0
    connector: Connector | None = None
    kind: FaultKind = "other_error"
    blocking: bool = True
    info: Annotated[str, StringConstraints(max_length=50)] | None = None
    vendor: Annotated[str, StringConstraints(max_length=255)] | None = None
    vendor_code: Annotated[str, StringConstraints(max_length=50)] | None = None


class ClearFault(Command):
    """A fault is mended; without `kind`, every fault at the place."""

    type: Literal["clear_fault"] = "clear_fault"
    evse: Annotated[int, Field(ge=0, le=1000)] = 0
    connector: Connector | None = None
    kind: FaultKind | None = None


class RaiseSecurityEvent(Command):
    """Something happens that concerns security; it is written into the security log, and told to the backend.

    `tell`: in any case, or only if the charger would tell it by itself.
    """

    type: Literal["raise_security_event"] = "raise_security_event"
    kind: SecurityEventKind = "tampering"
    info: Annotated[str, StringConstraints(max_length=255)] | None = None
    tell: Literal["always", "by_rule"] = "always"


class RenewCertificate(Command):
    """The charger makes a new key by itself, and asks the backend to sign its certificate."""

    type: Literal["renew_certificate"] = "renew_certificate"


class WriteSetting(Command):
    """An installer writes a setting, also a read-only one. `name` is a key (`HeartbeatInterval`) or
    `Component.Variable[instance]`."""

    type: Literal["write_setting"] = "write_setting"
    name: Annotated[str, StringConstraints(min_length=1, max_length=160)]
    value: Annotated[str, StringConstraints(max_length=2500)]


class MeterNow(Command):
    """Takes a meter reading now and reports it."""

    type: Literal["meter_now"] = "meter_now"
    evse: Evse = 1
    context: Literal["clock", "periodic", "interruption_begin", "interruption_end", "other"] = "periodic"
    """Why; `clock` reads what is measured at clock-aligned times, all others what is sampled in transactions."""


class Ask(Command):
    """Sends a message by name, caused by nothing else. Done when it was answered; the result tells how."""

    type: Literal["ask"] = "ask"
    word: Literal["boot", "beat", "status", "meter", "authorize"]
    evse: Annotated[int, Field(ge=0, le=1000)] | None = None
    token: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    """The token to authorize; needed for `authorize` alone."""


class SendData(Command):
    """Passes vendor data to the backend. Done when it was answered; the result carries the answer."""

    type: Literal["send_data"] = "send_data"
    vendor: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    message: Annotated[str, StringConstraints(max_length=50)] | None = None
    content: object = None
    """Any JSON. (Never a top-level `data`: some stream readers take such a message for an envelope.)"""


class AnswerToData(Value):
    """What the charger says when a backend passes vendor data. Of several that fit, the one that names the message."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    vendor: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    message: Annotated[str, StringConstraints(max_length=50)] | None = None
    """None: any message of this vendor."""
    status: DataStatus = "accepted"
    content: object = None
    """Any JSON, at most 4,096 characters of it."""

    @field_validator("content")
    @classmethod
    def _not_too_long(cls, content: object) -> object:
        if len(json.dumps(content)) > MOST_CONTENT:
            raise ValueError(f"at most {MOST_CONTENT} characters of JSON")
        return content


FirmwareFailure = Literal[
    "none", "certificate", "revoked", "download", "signature", "verification", "installation"
]


class FirmwareBehaviour(Value):
    """How updates of the firmware go from now on. Fields left out stay as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    download_s: Annotated[float, Field(ge=0, le=86_400)] | None = None
    """How long a download takes at least, by the charger's own clock."""
    verify_s: Annotated[float, Field(ge=0, le=86_400)] | None = None
    """How long checking what was fetched takes."""
    install_s: Annotated[float, Field(ge=0, le=86_400)] | None = None
    failure: FirmwareFailure | None = None
    """What goes wrong, whatever the server does; `certificate`, `revoked` and `signature` concern signed firmware
    alone: the first two are how its request is answered."""
    version: Annotated[str, StringConstraints(max_length=50)] | None = None
    """The version that is installed afterwards; empty: what the file's name says."""


class UploadBehaviour(Value):
    """How uploads of logs go from now on. Fields left out stay as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    upload_s: Annotated[float, Field(ge=0, le=86_400)] | None = None
    """How long an upload takes at least, by the charger's own clock."""
    failure: Literal["none", "upload", "permission", "bad_message", "not_supported", "no_log"] | None = None
    """What goes wrong, whatever the server does; `no_log`: there is nothing to upload."""
    method: Literal["put", "post"] | None = None
    """How the file is sent to an HTTP server."""


class SetBehaviour(Command):
    """How the charger's parts behave from now on. Fields left out stay as they are."""

    type: Literal["set_behaviour"] = "set_behaviour"
    unlock: Literal["works", "fails"] | None = None
    """Whether the connector lock opens when asked to."""
    reset: Literal["works", "refused"] | None = None
    restart_failures: Annotated[int, Field(ge=0, le=100)] | None = None
    """How many of the next attempts to restart fail; the setting ResetRetries says how often it is tried again."""
    after_power_loss: Literal["end", "resume"] | None = None
    """What becomes of a transaction when the mains fail: it ends, or goes on when they are back."""
    accepts_data_from: tuple[Annotated[str, StringConstraints(max_length=255)], ...] | None = None
    """Vendors whose data transfers are accepted; vendors named neither here nor in `data_answers` are unknown."""
    data_answers: Annotated[tuple[AnswerToData, ...], Field(max_length=100)] | None = None
    """Answers to data transfers, per vendor and message; a message that none of its vendor's names is unknown."""
    firmware: FirmwareBehaviour | None = None
    upload: UploadBehaviour | None = None


class SetClock(Command):
    """Sets the charger's own clock: its time, how fast it runs, and whether the backend's time is taken over."""

    type: Literal["set_clock"] = "set_clock"
    time: AwareDatetime | None = None
    speed: Annotated[float, Field(gt=0, le=100_000)] | None = None
    source: Literal["backend", "own"] | None = None


class AdvanceClock(Command):
    """Lets time pass at once on the charger's own clock: what falls due on the way happens, at its time."""

    type: Literal["advance_clock"] = "advance_clock"
    seconds: Annotated[float, Field(gt=0, le=31_622_400)]


class AddRule(Command):
    """Says what becomes of messages that match, from now on. A rule of the same name is replaced, its counts with it."""

    type: Literal["add_rule"] = "add_rule"
    rule: Rule


class RemoveRules(Command):
    """Takes a rule away, or all. What they hold back goes its way."""

    type: Literal["remove_rules"] = "remove_rules"
    name: RuleName | None = None
    """None: all."""


class ReleaseFrame(Command):
    """Ends the holding back of a message: it goes its way as it is, with another payload, as another text, or is lost."""

    type: Literal["release_frame"] = "release_frame"
    frame: Id
    payload: dict[str, JsonValue] | None = None
    text: Annotated[str, StringConstraints(max_length=MOST_TEXT)] | None = None
    drop: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.payload is not None) + (self.text is not None) + self.drop > 1:
            raise ValueError("give at most one of payload, text, drop")
        return self


class SetGates(Command):
    """Opens a gate on purpose, or closes it again. What passes an open gate is marked in the wire record.

    The Handler's open gate lets invalid payloads out. The Abstraction's lets out what does not fit the charger's state:
    what somebody asks it to say before the boot is accepted, claims (ClaimStatus, ClaimTransaction), and raw messages at
    any moment, also while another call is open. None leaves a gate as it is.
    """

    type: Literal["set_gates"] = "set_gates"
    handler: Literal["closed", "open"] | None = None
    abstraction: Literal["closed", "open"] | None = None


class ClaimStatus(Command):
    """Tells a status that is not so, of any place. Only while the charger's own gate is open (SetGates); the charger
    itself stays as it is, and takes no notice of the answer. Done when it was answered; the result tells how."""

    type: Literal["claim_status"] = "claim_status"
    status: FineStatus
    evse: Annotated[int, Field(ge=0, le=1000)] = 1
    """0: the station."""
    connector: Connector = 1
    fault: FaultKind | None = None


class ClaimTransaction(Command):
    """Tells of a transaction that is not there: that it started, went on, or ended. Only while the charger's own gate
    is open (SetGates); the charger itself stays as it is, and takes no notice of the answer. Done when it was answered;
    the result tells how, and the transaction's name."""

    type: Literal["claim_transaction"] = "claim_transaction"
    phase: Literal["started", "updated", "ended"]
    evse: Evse = 1
    connector: Connector = 1
    transaction: Annotated[str, StringConstraints(min_length=1, max_length=36)] | None = None
    """The charger's name of it; None: a new one."""
    backend_name: Annotated[str, StringConstraints(min_length=1, max_length=36)] | None = None
    """The backend's name of it, where the backend names them."""
    token: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    seq: Annotated[int, Field(ge=0, le=2_147_483_647)] = 0
    trigger: Trigger | None = None
    """None: `authorized`, `meter_periodic` or `stop_authorized`, by the phase."""
    state: ChargingState | None = None
    """None: `charging`, at the end `ev_connected`."""
    stop_reason: StopReason | None = None
    """None: `local`, at the end."""
    register_wh: Annotated[int, Field(ge=0, le=1_000_000_000_000)] | None = None
    """The energy register that is told; None: what the meter shows."""


class SendRaw(Command):
    """Sends any action with any payload, or any text. The command ends with the answer, or without one in time.

    A text that is a call by OCPP's frame rules is answered too; any other is done once it is written.
    """

    type: Literal["send_raw"] = "send_raw"
    action: MessageName | None = None
    payload: dict[str, JsonValue] = Field(default_factory=dict)
    text: Annotated[str, StringConstraints(min_length=1, max_length=MOST_TEXT)] | None = None
    message_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    """None: one that was never used. Only with `action`; a text brings its own."""
    unchecked: bool = False
    """Past both gates: neither held against the schema, nor kept until the charger may speak."""
    timeout_s: Annotated[float, Field(gt=0, le=3_600)] | None = None
    """How long to wait for the answer (real s); None: as for any call."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.action is None) == (self.text is None):
            raise ValueError("give exactly one of action, text")
        if self.text is not None and (self.payload or self.message_id is not None):
            raise ValueError("payload and message_id go with action; a text is sent as it is")
        return self


AnyCommand = Annotated[
    Provision
    | Retire
    | PowerOn
    | PowerOff
    | PowerCycle
    | GoOnline
    | GoOffline
    | PlugIn
    | Unplug
    | PresentToken
    | PutToken
    | RemoveToken
    | PressStart
    | PressStop
    | PressEmergency
    | SetEv
    | LimitGrid
    | SetMeter
    | RaiseFault
    | ClearFault
    | RaiseSecurityEvent
    | RenewCertificate
    | WriteSetting
    | MeterNow
    | Ask
    | SendData
    | SetBehaviour
    | SetClock
    | AdvanceClock
    | AddRule
    | RemoveRules
    | ReleaseFrame
    | SetGates
    | ClaimStatus
    | ClaimTransaction
    | SendRaw,
    Field(discriminator="type"),
]
