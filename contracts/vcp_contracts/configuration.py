"""How a charger is set up: identity, hardware, backend, starting facts, settings."""

from math import inf
from typing import Annotated, Any, Literal

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


_DEPENDS: Any = None
"""A default that depends on other fields: no value is equal to it, so that `exclude_defaults` leaves none out."""


def _depends(schema: dict[str, Any]) -> None:
    """Takes a default out of a JSON Schema where it depends on other fields."""
    schema.pop("default")


CAPTIVE_TYPES = frozenset({"cCCS1", "cCCS2", "cG105", "cTesla", "cType1", "cType2", "Pan"})
"""Connectors whose cable (a pantograph's arm) belongs to the station, as the `c` of their names says."""


class ConnectorConfiguration(Part):
    """One connector: its capability, and how things stand when the charger first wakes. What is left out is as usual
    for its kind of current. Power is the least of `max_power_w` and voltage times `max_current_a` (times phases)."""

    type: ConnectorType = "sType2"
    current: Literal["ac", "dc"] | None = None
    """Alternating or direct current; default: what connectors of the type carry."""
    phases: Annotated[int, Field(ge=1, le=3)] | None = Field(default=None, json_schema_extra=_depends)
    """Phases of alternating current; default: 3. Not heeded of a connector for direct current, which has none."""
    max_current_a: Annotated[float, Field(gt=0, le=1000)] | None = Field(
        default=None, json_schema_extra=_depends
    )
    """Most current on each phase (DC: in all); default: what makes `max_power_w`, without that 32 (DC: 125)."""
    voltage_v: Annotated[float, Field(gt=0, le=1500)] = Field(default=_DEPENDS, json_schema_extra=_depends)
    """Voltage between a phase and neutral (DC: of the output); default: 230 (DC: 400)."""
    max_power_w: Annotated[float, Field(gt=0, le=10_000_000)] | None = None
    """Most power, of all phases together; default: what current and voltage make."""
    fixed_cable: bool = Field(default=_DEPENDS, json_schema_extra=_depends)
    """Whether the cable belongs to the station and can't be pulled there; default: what the type says, whose name
    begins with `c` where the cable is captive."""
    plugged: bool = False
    inoperative: bool = False
    fault: StartingFault | None = None

    @property
    def direct_current(self) -> bool:
        """Whether it gives direct current, which has no phases."""
        return self.current == "dc" or (self.current is None and self.type in DIRECT_CURRENT_TYPES)

    @property
    def supply_phases(self) -> int:
        """Phases of alternating current; 0: direct current."""
        return 0 if self.direct_current else self.phases or 3

    @property
    def most_current_a(self) -> float:
        """Most current on each phase (DC: in all), whatever the power."""
        if self.max_current_a is not None:
            return self.max_current_a
        return self.most_power_w / (self.voltage_v * (self.supply_phases or 1))

    @property
    def most_power_w(self) -> float:
        """Most power, whatever the current."""
        return inf if self.max_power_w is None else self.max_power_w

    @model_validator(mode="after")
    def _usual(self) -> "ConnectorConfiguration":
        """What was left out is filled in, so that a configuration is equal to one that says the same at length."""
        direct = self.direct_current
        usual: dict[str, object] = {}
        if self.phases is None and not direct:
            usual["phases"] = 3
        if self.max_current_a is None and self.max_power_w is None:
            usual["max_current_a"] = 125.0 if direct else 32.0
        if "voltage_v" not in self.model_fields_set:
            usual["voltage_v"] = 400.0 if direct else 230.0
        if "fixed_cable" not in self.model_fields_set:
            usual["fixed_cable"] = self.type in CAPTIVE_TYPES
        # frozen to everybody else; and no field that is set here counts as given
        self.__dict__.update(usual)
        return self


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
