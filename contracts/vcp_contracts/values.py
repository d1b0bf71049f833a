"""Values that many words carry: places, tokens, readings, faults, and the charger's standard terms."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from vcp_contracts.words import Value

StationPart = Annotated[int, Field(ge=0, le=1000)]


class Place(Value):
    """Where on the station: `evse` 0 is the station itself; `connector` None is the whole EVSE."""

    evse: StationPart = 0
    connector: Annotated[int, Field(ge=1, le=1000)] | None = None


STATION = Place()

TokenKind = Literal[
    "central", "emaid", "iso14443", "iso15693", "key_code", "local", "mac_address", "no_authorization"
]


class Token(Value):
    """What identifies a driver. Equal if the values match without case and the kinds match or one is missing."""

    value: Annotated[str, StringConstraints(max_length=255)]
    kind: TokenKind | None = None

    def equals(self, other: "Token | None") -> bool:
        """Whether both name the same driver (2.0.1 errata C01.FR.25)."""
        if other is None or self.value.casefold() != other.value.casefold():
            return False
        return self.kind is None or other.kind is None or self.kind == other.kind

    @property
    def is_blank(self) -> bool:
        """Whether it names nobody, though it should: only a session without authorization has an empty token (2.0.1
        C02.FR.01)."""
        return self.kind != "no_authorization" and not self.value.strip()


def _none_if_blank(group: Token | None) -> Token | None:
    return None if group is None or not group.value.strip() else group


Group = Annotated[Token | None, AfterValidator(_none_if_blank)]
"""The group that a token belongs to. A blank one is none: backends say `""` of everybody who is in no group."""

TokenStatus = Literal[
    "accepted",
    "blocked",
    "concurrent_tx",
    "expired",
    "invalid",
    "no_credit",
    "not_allowed_type_evse",
    "not_at_this_location",
    "not_at_this_time",
    "unknown",
]


class TokenInfo(Value):
    """A backend's verdict on a token."""

    status: TokenStatus
    valid_until: AwareDatetime | None = None
    group: Group = None
    evses: tuple[int, ...] = ()
    """EVSEs where the token may charge; empty means everywhere."""
    priority: int | None = None
    language: str | None = None
    message: str | None = None


ReadingContext = Literal[
    "begin", "end", "periodic", "clock", "trigger", "interruption_begin", "interruption_end", "other"
]
Phase = Literal["L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"]
Location = Literal["outlet", "inlet", "body", "cable", "ev"]


class Reading(Value):
    """One measured value. `measurand` is OCPP's own term, e.g. `Energy.Active.Import.Register`."""

    value: float
    measurand: str = "Energy.Active.Import.Register"
    unit: str | None = None
    phase: Phase | None = None
    location: Location = "outlet"
    context: ReadingContext = "periodic"


class Sample(Value):
    """Readings taken at one instant."""

    at: AwareDatetime
    readings: tuple[Reading, ...]


FaultKind = Literal[
    "connector_lock_failure",
    "ev_communication_error",
    "ground_failure",
    "high_temperature",
    "internal_error",
    "local_list_conflict",
    "other_error",
    "over_current_failure",
    "over_voltage",
    "power_meter_failure",
    "power_switch_failure",
    "reader_failure",
    "reset_failure",
    "under_voltage",
    "weak_signal",
]


class Fault(Value):
    """Something broken at a place. A blocking fault prevents charging there, another one is a warning."""

    kind: FaultKind
    blocking: bool = True
    info: Annotated[str, StringConstraints(max_length=50)] | None = None
    vendor: Annotated[str, StringConstraints(max_length=255)] | None = None
    vendor_code: Annotated[str, StringConstraints(max_length=50)] | None = None


FineStatus = Literal[
    "available",
    "preparing",
    "charging",
    "suspended_ev",
    "suspended_evse",
    "finishing",
    "reserved",
    "unavailable",
    "faulted",
]
CoarseStatus = Literal["available", "occupied", "reserved", "unavailable", "faulted"]

ChargingState = Literal["idle", "ev_connected", "charging", "suspended_ev", "suspended_evse"]

LimitedBy = Literal["hardware", "station_max", "external", "tx_default", "tx", "shared"]
"""What sets a limit: the connector, a charging profile by its purpose, or the station's limit shared with others."""

Trigger = Literal[
    "abnormal_condition",
    "authorized",
    "cable_plugged_in",
    "charging_rate_changed",
    "charging_state_changed",
    "deauthorized",
    "energy_limit_reached",
    "ev_communication_lost",
    "ev_connect_timeout",
    "ev_departed",
    "ev_detected",
    "meter_clock",
    "meter_periodic",
    "remote_start",
    "remote_stop",
    "reset_command",
    "stop_authorized",
    "time_limit_reached",
    "trigger",
    "unlock_command",
]
"""Why a transaction is reported now."""

StopReason = Literal[
    "deauthorized",
    "emergency_stop",
    "energy_limit_reached",
    "ev_disconnected",
    "ground_fault",
    "hard_reset",
    "immediate_reset",
    "local",
    "master_pass",
    "other",
    "overcurrent_fault",
    "power_loss",
    "reboot",
    "remote",
    "soc_limit_reached",
    "soft_reset",
    "stopped_by_ev",
    "time_limit_reached",
    "timeout",
    "unlock_command",
]
"""Why a transaction ended."""

BootReason = Literal[
    "application_reset",
    "firmware_update",
    "local_reset",
    "power_up",
    "remote_reset",
    "scheduled_reset",
    "triggered",
    "unknown",
    "watchdog",
]

FirmwareStage = Literal[
    "idle",
    "download_scheduled",
    "downloading",
    "download_paused",
    "downloaded",
    "download_failed",
    "signature_verified",
    "invalid_signature",
    "install_scheduled",
    "install_rebooting",
    "installing",
    "installed",
    "installation_failed",
    "install_verification_failed",
]
"""How far an update of the firmware has come."""

UploadStage = Literal[
    "idle",
    "uploading",
    "uploaded",
    "upload_failed",
    "bad_message",
    "permission_denied",
    "not_supported",
    "accepted_canceled",
]
"""How far the upload of a log has come."""

FileAddress = Annotated[str, StringConstraints(max_length=2_048)]
"""The address of a file or a folder; may carry a user. A password in it is an `AddressPassword`, a query an `AddressQuery`."""


class AddressPassword(Value):
    """A password that stood in the address of a file: it lies in the vault, and the address is without it."""

    label: Annotated[str, StringConstraints(max_length=320)] | None = None
    """Where it lies; None: it could not be kept, as there is no vault."""


class AddressQuery(Value):
    """What stood behind the `?` in the address of a file, such as the signature of a pre-signed address: it lies in the
    vault, and the address is without it."""

    label: Annotated[str, StringConstraints(max_length=320)] | None = None
    """Where it lies; None: it could not be kept, as there is no vault."""


LogKind = Literal["diagnostics", "security"]


class Signing(Value):
    """How a firmware file is signed: the certificate of whoever signed it (PEM), and the signature (Base64)."""

    certificate: Annotated[str, StringConstraints(max_length=20_000)]
    signature: Annotated[str, StringConstraints(max_length=4_000)]


DataStatus = Literal["accepted", "rejected", "unknown_message", "unknown_vendor"]

SecurityEventKind = Literal[
    "attempted_replay",
    "authentication_refused",
    "backend_failed_to_authenticate",
    "firmware_updated",
    "invalid_backend_certificate",
    "invalid_firmware_certificate",
    "invalid_firmware_signature",
    "invalid_messages",
    "invalid_own_certificate",
    "invalid_tls_cipher",
    "invalid_tls_version",
    "memory_exhausted",
    "restarted",
    "security_log_cleared",
    "security_reconfigured",
    "started",
    "tampering",
    "time_set",
]
"""What may happen to a charger's security. `authentication_refused`: the backend refused the charger."""

RootUse = Literal["backend_root", "manufacturer_root", "v2g_root", "contract_root"]
"""What a root certificate vouches for."""


class CertificateHash(Value):
    """What names a certificate: hashes of its issuer, in hex, and its serial number, in hex."""

    algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name: str
    issuer_key: str
    serial: str


ConnectorType = Literal[
    "cCCS1", "cCCS2", "cG105", "cTesla", "cType1", "cType2", "s309-1P-16A", "s309-1P-32A", "s309-3P-16A",
    "s309-3P-32A", "sBS1361", "sCEE-7-7", "sType2", "sType3", "Other1PhMax16A", "Other1PhOver16A", "Other3Ph",
    "Pan", "wInductive", "wResonant", "Undetermined", "Unknown",
]  # fmt: skip
"""The type of a connector, in the terms that all OCPP versions with a device model share."""


class SettingName(Value):
    """A setting, as component and variable. `evse` and `connector` say where the component sits."""

    component: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    variable: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    instance: Annotated[str, StringConstraints(max_length=50)] | None = None
    """Instance of the variable, e.g. `TransactionEvent` of MessageAttempts."""
    component_instance: Annotated[str, StringConstraints(max_length=50)] | None = None
    evse: int | None = None
    connector: int | None = None
