"""The catalogue of settings: component and variable of each, its kind and default, and the key that is another name for it.

A setting is a component's variable. The key is an alias (data), so that a tester can say `HeartbeatInterval` and a
backend that knows only keys can be served.
"""

from dataclasses import dataclass
from typing import Literal

from vcp_contracts.values import FaultKind, Place, SettingName

Kind = Literal[
    "string", "decimal", "integer", "date_time", "boolean", "option_list", "sequence_list", "member_list"
]
Access = Literal["read_only", "read_write", "write_only"]

CUSTOM = "Custom"
"""The component of settings that only exist as a key."""

MEASURANDS = (
    "Current.Export",
    "Current.Import",
    "Current.Offered",
    "Energy.Active.Export.Register",
    "Energy.Active.Import.Interval",
    "Energy.Active.Import.Register",
    "Frequency",
    "Power.Active.Export",
    "Power.Active.Import",
    "Power.Factor",
    "Power.Offered",
    "SoC",
    "Voltage",
)
"""What a charger's meter can measure, in OCPP's terms."""

PHASES: dict[str, tuple[str, ...]] = {
    "Voltage": ("L1", "L2", "L3", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"),
    "Current.Import": ("L1", "L2", "L3", "N"),
    "Power.Active.Import": ("L1", "L2", "L3"),
}
"""Measurands that can be measured on one phase, as `Voltage.L1` (1.6 §3.16.1), and the phases of each."""

ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")
"""How the phases of a connector can be wired, seen from the grid."""

AVAILABILITY = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
"""What the variable AvailabilityState can say."""

FEATURES = (
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
)
"""What the key SupportedFeatureProfiles can name (1.6 §9.1.29)."""

POINTS = ("ParkingBayOccupancy", "EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")


PROBLEM = "Problem"
"""The variable of a component that says whether something is wrong with it."""

AT_FAULT: dict[FaultKind, str] = {
    "connector_lock_failure": "ConnectorPlugRetentionLock",  # 2.0.1 G05.FR.02
    "ev_communication_error": "CPPWMController",
    "ground_failure": "RCD",
    "high_temperature": "TemperatureSensor",
    "internal_error": "Controller",
    "local_list_conflict": "LocalAuthListCtrlr",
    "other_error": "Connector",
    "over_current_failure": "OverCurrentProtection",
    "over_voltage": "ElectricalFeed",
    "power_meter_failure": "FiscalMetering",
    "power_switch_failure": "PowerContactor",
    "reader_failure": "TokenReader",
    "reset_failure": "Controller",
    "under_voltage": "ElectricalFeed",
    "weak_signal": "DataLink",
}
"""The component that has a problem when there is such a fault at a connector."""


def component_at_fault(kind: FaultKind, place: Place) -> str:
    """The component of the station, or of a connector, that a fault there is a problem of."""
    name = AT_FAULT[kind]
    return "ChargingStation" if name == "Connector" and not place.evse else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row. `default` None: the setting exists, but is not set. `derived`: its value is computed from facts."""

    component: str
    variable: str
    instance: str | None = None
    key: str | None = None
    kind: Kind = "integer"
    access: Access = "read_write"
    default: str | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[str, ...] = ()
    derived: bool = False
    key_words: tuple[tuple[str, str], ...] = ()
    """Where the key spells the options otherwise: (the variable's word, the key's word)."""
    longest: str | None = None
    """Of a list: the setting that says how many items it may have."""

    @property
    def name(self) -> str:
        """`Component.Variable` or `Component.Variable[instance]`."""
        return full_name(self.component, self.variable, self.instance)


def full_name(component: str, variable: str, instance: str | None = None) -> str:
    """How a setting is written in one word."""
    return f"{component}.{variable}[{instance}]" if instance else f"{component}.{variable}"


def _flag(
    component: str, variable: str, key: str | None, default: bool, access: Access = "read_write"
) -> Setting:
    return Setting(
        component=component,
        variable=variable,
        key=key,
        kind="boolean",
        access=access,
        default="true" if default else "false",
    )


def _number(
    component: str,
    variable: str,
    key: str | None,
    default: int | None,
    *,
    instance: str | None = None,
    unit: str | None = None,
    access: Access = "read_write",
    minimum: float = 0,
    maximum: float | None = None,
) -> Setting:
    return Setting(
        component=component,
        variable=variable,
        instance=instance,
        key=key,
        access=access,
        unit=unit,
        minimum=minimum,
        maximum=maximum,
        default=None if default is None else str(default),
    )


def _measurands(component: str, variable: str, key: str | None, default: str | None) -> Setting:
    return Setting(
        longest=f"{CUSTOM}.{key}MaxLength" if key else None,
        component=component,
        variable=variable,
        key=key,
        kind="member_list",
        options=MEASURANDS,
        default=default,
    )


def _derived(
    component: str, variable: str, key: str | None = None, kind: Kind = "string", **more: object
) -> Setting:
    return Setting(
        component=component,
        variable=variable,
        key=key,
        kind=kind,
        access="read_only",
        derived=True,
        **more,  # type: ignore[arg-type]
    )


_REGISTER = "Energy.Active.Import.Register"
_COMM = "OCPPCommCtrlr"
_SMART = "SmartChargingCtrlr"

CATALOGUE: tuple[Setting, ...] = (
    # authorization
    _flag("AuthCtrlr", "Enabled", None, True),
    _flag("AuthCtrlr", "AuthorizeRemoteStart", "AuthorizeRemoteTxRequests", False),
    _flag("AuthCtrlr", "LocalAuthorizeOffline", "LocalAuthorizeOffline", True),
    _flag("AuthCtrlr", "LocalPreAuthorize", "LocalPreAuthorize", False),
    _flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "AllowOfflineTxForUnknownId", False),
    Setting(component="AuthCtrlr", variable="MasterPassGroupId", kind="string", default="", maximum=36),
    _flag("AuthCacheCtrlr", "Available", None, True, "read_only"),
    _flag("AuthCacheCtrlr", "Enabled", "AuthorizationCacheEnabled", True),
    _number("AuthCacheCtrlr", "LifeTime", None, None, unit="s"),
    _flag("LocalAuthListCtrlr", "Available", None, True, "read_only"),
    _flag("LocalAuthListCtrlr", "Enabled", "LocalAuthListEnabled", True),
    _flag("LocalAuthListCtrlr", "SupportsExpiryDateTime", None, True, "read_only"),
    _derived("LocalAuthListCtrlr", "Entries", kind="integer"),
    _number(
        "LocalAuthListCtrlr", "ItemsPerMessage", "SendLocalListMaxLength", 100, access="read_only",
        minimum=1, maximum=10_000,
    ),
    _number("LocalAuthListCtrlr", "BytesPerMessage", None, 65536, access="read_only"),
    _number(CUSTOM, "LocalAuthListMaxLength", "LocalAuthListMaxLength", 1000, access="read_only", maximum=10_000),
    # reservation
    _flag("ReservationCtrlr", "Available", None, True, "read_only"),
    _flag("ReservationCtrlr", "Enabled", None, True),
    _flag("ReservationCtrlr", "NonEvseSpecific", "ReserveConnectorZeroSupported", True, "read_only"),
    # communication
    _number(_COMM, "HeartbeatInterval", "HeartbeatInterval", 300, unit="s"),
    _number(
        _COMM, "MessageTimeout", "MessageTimeout", None, instance="Default", unit="s",
        minimum=1, maximum=600,
    ),
    _number(_COMM, "MessageAttempts", "TransactionMessageAttempts", 3, instance="TransactionEvent", minimum=1),
    _number(
        _COMM, "MessageAttemptInterval", "TransactionMessageRetryInterval", 60, instance="TransactionEvent", unit="s"
    ),
    _number(_COMM, "OfflineThreshold", None, 60, unit="s"),
    _flag(_COMM, "QueueAllMessages", None, False),
    _number(_COMM, "ResetRetries", "ResetRetries", 0),
    _number(_COMM, "RetryBackOffWaitMinimum", None, 1, unit="s"),
    _number(_COMM, "RetryBackOffRandomRange", None, 2, unit="s"),
    _number(_COMM, "RetryBackOffRepeatTimes", None, 5, maximum=32),
    _number(_COMM, "WebSocketPingInterval", "WebSocketPingInterval", 30, unit="s"),
    _flag(_COMM, "UnlockOnEVSideDisconnect", "UnlockConnectorOnEVSideDisconnect", True),
    Setting(component=_COMM, variable="NetworkConfigurationPriority", kind="sequence_list", default="1", options=("1",)),
    _number(_COMM, "NetworkProfileConnectionAttempts", None, 3, minimum=1),
    Setting(
        component=_COMM, variable="FileTransferProtocols", key="SupportedFileTransferProtocols", kind="member_list",
        access="read_only", default="FTP,FTPS,HTTP,HTTPS,SFTP",
        options=("FTP", "FTPS", "HTTP", "HTTPS", "SFTP"),
    ),
    _derived(_COMM, "ActiveNetworkProfile", kind="integer"),
    # transactions
    _number("TxCtrlr", "EVConnectionTimeOut", "ConnectionTimeOut", 60, unit="s"),
    _flag("TxCtrlr", "StopTxOnEVSideDisconnect", "StopTransactionOnEVSideDisconnect", True),
    _flag("TxCtrlr", "StopTxOnInvalidId", "StopTransactionOnInvalidId", True),
    _number("TxCtrlr", "MaxEnergyOnInvalidId", "MaxEnergyOnInvalidId", None, unit="Wh"),
    _flag("TxCtrlr", "TxBeforeAcceptedEnabled", None, False),
    Setting(component="TxCtrlr", variable="TxStartPoint", kind="member_list", options=POINTS, default="PowerPathClosed"),
    Setting(
        component="TxCtrlr", variable="TxStopPoint", kind="member_list", options=POINTS, default="EVConnected,Authorized"
    ),
    # meter
    _flag("SampledDataCtrlr", "Enabled", None, True),
    _number("SampledDataCtrlr", "TxUpdatedInterval", "MeterValueSampleInterval", 60, unit="s"),
    _measurands("SampledDataCtrlr", "TxUpdatedMeasurands", "MeterValuesSampledData", None),
    _measurands("SampledDataCtrlr", "TxStartedMeasurands", None, _REGISTER),
    _number("SampledDataCtrlr", "TxEndedInterval", None, 0, unit="s"),
    _measurands("SampledDataCtrlr", "TxEndedMeasurands", "StopTxnSampledData", None),
    _flag("AlignedDataCtrlr", "Enabled", None, True),
    _number("AlignedDataCtrlr", "Interval", "ClockAlignedDataInterval", 0, unit="s"),
    _measurands("AlignedDataCtrlr", "Measurands", "MeterValuesAlignedData", _REGISTER),
    _number("AlignedDataCtrlr", "TxEndedInterval", None, 0, unit="s"),
    _measurands("AlignedDataCtrlr", "TxEndedMeasurands", "StopTxnAlignedData", ""),
    # smart charging
    _flag(_SMART, "Available", None, True, "read_only"),
    _flag(_SMART, "Enabled", None, True),
    _number(_SMART, "ProfileStackLevel", "ChargeProfileMaxStackLevel", 10, access="read_only"),
    Setting(
        component=_SMART, variable="RateUnit", key="ChargingScheduleAllowedChargingRateUnit", kind="member_list",
        access="read_only", options=("A", "W"), default="A,W", key_words=(("A", "Current"), ("W", "Power")),
    ),
    _number(_SMART, "PeriodsPerSchedule", "ChargingScheduleMaxPeriods", 24, access="read_only", minimum=1, maximum=1000),
    _flag(_SMART, "Phases3to1", "ConnectorSwitch3to1PhaseSupported", True, "read_only"),
    _flag(_SMART, "ACPhaseSwitchingSupported", None, False, "read_only"),
    _flag(_SMART, "ExternalControlSignalsEnabled", None, True, "read_only"),
    _flag(_SMART, "NotifyChargingLimitWithSchedules", None, False),
    Setting(
        component=_SMART, variable="LimitChangeSignificance", kind="decimal", unit="Percent", default="10",
        minimum=0, maximum=100,
    ),
    _derived(_SMART, "Entries", kind="integer", instance="ChargingProfiles", minimum=0, maximum=20),
    _number(CUSTOM, "MaxChargingProfilesInstalled", "MaxChargingProfilesInstalled", 20, access="read_only", maximum=1000),
    _number(CUSTOM, "LeastPilotCurrent", "LeastPilotCurrent", 6, unit="A", maximum=80),
    Setting(
        component=CUSTOM, variable="PowerLimitReading", key="PowerLimitReading", kind="option_list",
        options=("total", "per_phase"),
    ),
    _number(
        CUSTOM, "StopTransactionMaxMeterValues", "StopTransactionMaxMeterValues", 100, access="read_only",
        minimum=2, maximum=1000,
    ),
    *(
        _number(CUSTOM, f"{key}MaxLength", f"{key}MaxLength", 20, access="read_only", maximum=100)
        for key in ("MeterValuesSampledData", "StopTxnSampledData", "MeterValuesAlignedData", "StopTxnAlignedData")
    ),
    # limits of messages
    _number(
        "DeviceDataCtrlr", "ItemsPerMessage", "GetConfigurationMaxKeys", 50, instance="GetVariables", access="read_only"
    ),
    _number("DeviceDataCtrlr", "ItemsPerMessage", None, 50, instance="SetVariables", access="read_only"),
    _number("DeviceDataCtrlr", "ItemsPerMessage", None, 50, instance="GetReport", access="read_only"),
    _number("DeviceDataCtrlr", "BytesPerMessage", None, 65536, instance="GetVariables", access="read_only"),
    _number("DeviceDataCtrlr", "BytesPerMessage", None, 65536, instance="SetVariables", access="read_only"),
    _number("DeviceDataCtrlr", "BytesPerMessage", None, 65536, instance="GetReport", access="read_only"),
    # the clock
    _derived("ClockCtrlr", "DateTime", kind="date_time"),
    Setting(
        component="ClockCtrlr", variable="TimeSource", kind="sequence_list", default="Heartbeat",
        options=("Heartbeat", "NTP", "RealTimeClock"),
    ),
    _number("ClockCtrlr", "TimeAdjustmentReportingThreshold", None, 20, unit="s"),
    # identity and security
    _derived("SecurityCtrlr", "Identity", maximum=48),
    Setting(component="SecurityCtrlr", variable="OrganizationName", key="CpoName", kind="string", default=""),
    _derived("SecurityCtrlr", "SecurityProfile", "SecurityProfile", kind="integer"),
    Setting(
        component="SecurityCtrlr", variable="BasicAuthPassword", key="AuthorizationKey", kind="string", access="write_only",
        maximum=40,
    ),
    Setting(
        component=CUSTOM, variable="SecurityEvents", key="SecurityEvents", kind="option_list", default="auto",
        options=("auto", "always", "never"),
    ),
    _number("SecurityCtrlr", "MaxCertificateChainSize", "CertificateSignedMaxChainSize", 10_000, access="read_only"),
    _derived("SecurityCtrlr", "CertificateEntries", kind="integer", minimum=0),
    _number(CUSTOM, "CertificateStoreMaxLength", "CertificateStoreMaxLength", 20, access="read_only", maximum=50),
    _number("SecurityCtrlr", "CertSigningWaitMinimum", None, 30, unit="s", minimum=1),
    _number("SecurityCtrlr", "CertSigningRepeatTimes", None, 2, maximum=32),
    _number(CUSTOM, "CertificateRenewalLead", "CertificateRenewalLead", 2_592_000, unit="s"),
    _flag("SecurityCtrlr", "AdditionalRootCertificateCheck", "AdditionalRootCertificateCheck", False, "read_only"),
    # the station, from facts
    _derived("ChargingStation", "AvailabilityState", kind="option_list", options=AVAILABILITY),
    _derived("ChargingStation", "Available", kind="boolean"),
    _derived("ChargingStation", "SupplyPhases", kind="integer"),
    _derived("ChargingStation", "Model"),
    _derived("ChargingStation", "VendorName"),
    _derived("ChargingStation", "SerialNumber"),
    _derived("ChargingStation", "FirmwareVersion"),
    _flag("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate", None, False),
    # what only exists as a key
    _derived(CUSTOM, "NumberOfConnectors", "NumberOfConnectors", kind="integer"),
    _derived(CUSTOM, "SupportedFeatureProfiles", "SupportedFeatureProfiles", kind="member_list", options=FEATURES),
    _number(CUSTOM, "SupportedFeatureProfilesMaxLength", "SupportedFeatureProfilesMaxLength", 6, access="read_only"),
    Setting(
        component=CUSTOM, variable="ConnectorPhaseRotation", key="ConnectorPhaseRotation", kind="member_list",
        default="0.RST",
    ),
    _derived(CUSTOM, "ConnectorPhaseRotationMaxLength", "ConnectorPhaseRotationMaxLength", kind="integer"),
    _number(CUSTOM, "MinimumStatusDuration", "MinimumStatusDuration", 0, unit="s", maximum=86_400),
    _number(CUSTOM, "BlinkRepeat", "BlinkRepeat", 0),
    _number(CUSTOM, "LightIntensity", "LightIntensity", 100, unit="Percent", maximum=100),
    _flag(CUSTOM, "UnsignedFirmware", "UnsignedFirmware", True),
    Setting(component=CUSTOM, variable="RestartKeys", key="RestartKeys", kind="member_list", access="read_only", default=""),
    Setting(component=CUSTOM, variable="FreeToken", key="FreeToken", kind="string", default=""),
)  # fmt: skip

BY_NAME: dict[str, Setting] = {row.name.casefold(): row for row in CATALOGUE}
BY_KEY: dict[str, Setting] = {row.key.casefold(): row for row in CATALOGUE if row.key}


def find(name: str) -> Setting | None:
    """The row for a key or a `Component.Variable[instance]`; names compare without case."""
    folded = name.casefold()
    return BY_KEY.get(folded) or BY_NAME.get(folded)


def name_of_key(key: str) -> SettingName:
    """The setting that a key names. A key without counterpart is a variable of the component `Custom`."""
    row = BY_KEY.get(key.casefold())
    if row is None:
        return SettingName(component=CUSTOM, variable=key)
    return SettingName(component=row.component, variable=row.variable, instance=row.instance)


def key_of(name: SettingName) -> str | None:
    """The key that is another name for a setting, if it has one."""
    if name.evse is not None:
        return None
    row = BY_NAME.get(full_name(name.component, name.variable, name.instance).casefold())
    if row is not None:
        return row.key
    return name.variable if name.component.casefold() == CUSTOM.casefold() else None


def worded_for_key(key: str, value: str) -> str:
    """A value as the key spells it, where it has other words than the variable: `A` is `Current`."""
    row = BY_KEY.get(key.casefold())
    if row is None or not row.key_words:
        return value
    words = dict(row.key_words)
    return ",".join(words.get(item, item) for item in value.split(","))
