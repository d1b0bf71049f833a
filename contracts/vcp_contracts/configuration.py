"""How a charger is set up: identity, hardware, backend, starting facts, settings."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints, field_validator, model_validator

from vcp_contracts.values import ConnectorType, FaultKind
from vcp_contracts.words import Value

Text20 = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Label = Annotated[str, StringConstraints(max_length=320)]
Told25 = Annotated[str, StringConstraints(max_length=25)]
Told50 = Annotated[str, StringConstraints(max_length=50)]
"""What the charger may tell of itself: None: its own, which follows from its id; empty: it tells none."""


class Part(Value):
    """A part of a configuration: unknown fields are refused, with their name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class StartingFault(Part):
    """A fault that is there from the start."""

    kind: FaultKind
    blocking: bool = True
    info: Annotated[str, StringConstraints(max_length=50)] | None = None


DIRECT_CURRENT_TYPES = frozenset({"cCCS1", "cCCS2", "cG105", "Pan"})
"""Connectors that carry direct current; a Tesla connector may carry either, and counts as alternating unless told."""


class ConnectorConfiguration(Part):
    """One connector: its capability, and how things stand when the charger first wakes."""

    type: ConnectorType = "sType2"
    current: Literal["ac", "dc"] | None = None
    """Alternating or direct current; default: what connectors of the type carry."""
    phases: Annotated[int, Field(ge=1, le=3)] = 3
    max_current_a: Annotated[float, Field(gt=0, le=1000)] = 32.0
    """Most current per phase."""
    voltage_v: Annotated[float, Field(gt=0, le=1500)] = 230.0
    """Voltage between a phase and neutral (DC: of the output)."""
    fixed_cable: bool = False
    plugged: bool = False
    inoperative: bool = False
    fault: StartingFault | None = None

    @property
    def direct_current(self) -> bool:
        """Whether it gives direct current, which has no phases."""
        return self.current == "dc" or (self.current is None and self.type in DIRECT_CURRENT_TYPES)


class EvseConfiguration(Part):
    """One EVSE: at most one of its connectors charges at a time."""

    connectors: Annotated[tuple[ConnectorConfiguration, ...], Field(min_length=1, max_length=10)] = (
        ConnectorConfiguration(),
    )
    register_wh: Annotated[float, Field(ge=0, le=1e15)] | None = None
    """What the meter shows at first; default: what a meter in use has counted, the same for the same charger's id,
    `seed` and EVSE."""


class SecurityConfiguration(Part):
    """How the charger shows who it is. Passwords are named by label; they lie in the vault, never here."""

    profile: Annotated[int, Field(ge=0, le=3)] | None = None
    """OCPP's security profile. 0: none; 1: Basic; 2: TLS and Basic; 3: TLS with the charger's own certificate.
    Default: what follows from `basic`, `certificate_label` and the url."""
    secure_url: Annotated[str, StringConstraints(max_length=500, pattern=r"^wss://[^@]+$")] | None = None
    """The backend's endpoint for profiles 2 and 3; default: the url, with `wss`."""
    basic: bool = False
    """Whether HTTP Basic authentication is used."""
    password_label: Label | None = None
    """Which password of the vault; default: the charge point's own."""
    password_encoding: Literal["auto", "hex", "plain"] = "auto"
    """Whether a password is the hex of the bytes to send, or sent as it is written. `auto`: 32 to 40 hex digits are
    hex, where every protocol offered allows that."""
    ca_label: Label | None = None
    """Which certificate authorities of the vault; default: those installed by the backend, else the system's."""
    known_hosts_label: Label | None = None
    """Which known hosts of the vault hold the keys of the SFTP servers that the charger may use; default: the key that
    a server shows first is the one that it has to show from then on."""
    certificate_label: Label | None = None
    """Which certificate of the vault, with the key under the same label, is the charger's own."""
    insecure: bool = False
    """Whether any server certificate is taken."""


class ClockConfiguration(Part):
    """The charger's own clock when it is first set up."""

    source: Literal["backend", "own"] = "backend"
    """Whether the backend's time is taken over."""
    start: AwareDatetime | None = None
    """What the clock shows at first; default: the real time. Use it with source `own`."""
    speed: Annotated[float, Field(gt=0, le=100_000)] = 1.0


class ChargePointConfiguration(Part):
    """A charger as it is set up, without its id."""

    url: Annotated[str, StringConstraints(min_length=6, max_length=500, pattern=r"^wss?://[^@]+$")] | None = (
        None
    )
    """The backend's endpoint; the charger's id is appended as the last path segment. No password in it."""
    protocols: Annotated[tuple[str, ...], Field(min_length=1, max_length=8)] = ("ocpp1.6",)
    """Subprotocols to offer, in order of preference."""
    vendor: Text20 = "VCP"
    model: Text20 = "Virtual"
    serial_number: Told25 | None = None
    """Of the charger; default: one that follows from its id; empty: it tells none."""
    box_serial_number: Told25 | None = None
    """The other one that OCPP 1.6 has, of the box inside the charger; default: the charger's own; empty: none."""
    firmware_version: Told50 | None = None
    """What is installed at first; default: one that every charger has; empty: it tells none."""
    meter_serial_number: Told25 | None = None
    """Told in OCPP 1.6 alone; default: one that follows from the charger's id; empty: none."""
    meter_type: Told25 | None = None
    """Told in OCPP 1.6 alone; default: one that every charger has; empty: none."""
    iccid: Text20 | None = None
    imsi: Text20 | None = None
    evses: Annotated[tuple[EvseConfiguration, ...], Field(min_length=1, max_length=100)] = (
        EvseConfiguration(),
    )
    main_meter: bool = False
    """Whether the station has a meter at its grid inlet, which reads what all EVSEs draw together."""
    settings: dict[str, str] = Field(default_factory=dict)
    """Setting (a key or `Component.Variable[instance]`) → value."""
    security: SecurityConfiguration = SecurityConfiguration()
    online: bool = False
    """Whether the charger connects by itself when it is first set up."""
    boot_on_reconnect: bool = False
    """Whether it boots anew after each connection loss, as some backends expect; the standard says not to."""
    call_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    """How long an answer may take, in seconds of the wire's real time."""
    restart_s: Annotated[float, Field(ge=0, le=3600)] = 2.0
    """How long the charger takes to start again, after a reset, an update or a power loss: from then on it connects.
    In seconds of its own clock."""
    clock: ClockConfiguration = ClockConfiguration()
    seed: int = 0
    labels: dict[str, str] = Field(default_factory=dict)

    @field_validator("protocols")
    @classmethod
    def _distinct(cls, protocols: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(protocols)) != len(protocols):
            raise ValueError("each protocol may be named once")
        return protocols

    @model_validator(mode="after")
    def _url_without_secrets(self) -> "ChargePointConfiguration":
        if self.security.basic and self.url is None:
            raise ValueError("security.basic needs a url")
        return self


class ChargersFile(Part):
    """The chargers file: applied at start, as often as wanted."""

    version: Literal[1] = 1
    defaults: dict[str, object] = Field(default_factory=dict)
    """Fields that every charger gets unless it says otherwise."""
    charge_points: tuple[dict[str, object], ...] = ()
    """Each a configuration with an `id`; `count` makes that many, `id` then holds `{n}`."""
