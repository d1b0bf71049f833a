"""Settings: read, written, and reported in pages."""

from collections.abc import Iterator
from typing import Literal

from vcp_contracts.actions import ReportSettings, SettingReport
from vcp_contracts.commands import WriteSetting
from vcp_contracts.events import SettingChanged
from vcp_contracts.requests import (
    Declined,
    ListSettings,
    ReadSettings,
    SettingRead,
    SettingsListed,
    SettingsRead,
    SettingsWritten,
    SettingToWrite,
    SettingWritten,
    WriteSettings,
)
from vcp_contracts.settings import BY_NAME, CATALOGUE, Setting, find, full_name
from vcp_contracts.values import SettingName

from vcp_abstraction import physics, status
from vcp_abstraction.blocks import credentials, link, metering, own_certificate, restart_keys, transactions
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.setting_rules import access, broken_rule, fixed_value
from vcp_abstraction.settings import normal

PAGE = 40
"""Settings on one page of a report."""

FEATURES = (
    ("Core", None),
    ("FirmwareManagement", None),
    ("LocalAuthListManagement", "LocalAuthListCtrlr.Available"),
    ("Reservation", "ReservationCtrlr.Available"),
    ("SmartCharging", "SmartChargingCtrlr.Available"),
    ("RemoteTrigger", None),
)
"""What the charger has to offer, each with the setting that says whether it is there."""

COMPONENTS = {row.component.casefold() for row in CATALOGUE} | {"evse", "connector"}


# --- values ----------------------------------------------------------------------------------------------------------


def value_of(cp: Charger, row: Setting) -> str | None:
    """The value of a setting of the catalogue; None where it is not set."""
    if row.derived:
        return _derived(cp, row)
    fixed = fixed_value(cp.configuration, row)
    if fixed is not None:
        return fixed
    return cp.settings.text(row.name) if row.default is not None or row.name in cp.settings.values else None


def _derived(cp: Charger, row: Setting) -> str | None:
    configuration = cp.configuration
    match row.name:
        case "ClockCtrlr.DateTime":
            return cp.now.isoformat().replace("+00:00", "Z")
        case "SecurityCtrlr.Identity":
            return cp.id
        case credentials.PROFILE:
            return str(cp.security_profile)
        case "OCPPCommCtrlr.ActiveNetworkProfile":
            return "1"
        case "ChargingStation.AvailabilityState":
            return status.station_status(cp).capitalize()
        case "ChargingStation.Available":
            return "true"
        case "ChargingStation.SupplyPhases":
            return str(max(c.phases for evse in configuration.evses for c in evse.connectors))
        case "ChargingStation.Model":
            return configuration.model
        case "ChargingStation.VendorName":
            return configuration.vendor
        case "ChargingStation.SerialNumber":
            return configuration.serial_number
        case "ChargingStation.FirmwareVersion":
            return cp.firmware_version
        case "Custom.NumberOfConnectors":
            return str(len(configuration.evses))
        case "Custom.SupportedFeatureProfiles":
            return ",".join(
                feature for feature, switch in FEATURES if switch is None or cp.settings.flag(switch)
            )
        case "Custom.ConnectorPhaseRotationMaxLength":
            return str(len(configuration.evses) + 1)
        case "LocalAuthListCtrlr.Entries":
            return str(len(cp.token_list.entries))
        case "SmartChargingCtrlr.Entries[ChargingProfiles]":
            return str(len(cp.profiles.installed))
        case name:
            raise KeyError(name)


def physical(cp: Charger) -> Iterator[SettingReport]:
    """Variables of EVSEs and connectors: facts, seen as settings (2.0.1 part 2 appendix 3)."""
    for evse in cp.facts.evses:
        outlet = physics.outlet(cp, evse)
        at_evse = _Fact("EVSE", evse.id, None)
        coarse = [status.coarse_status(cp, evse, c) for c in evse.connectors]
        state = next((word for word in ("occupied", "available") if word in coarse), coarse[0])
        yield at_evse.report("AvailabilityState", state.capitalize(), "option_list")
        yield at_evse.report("Available", "true", "boolean")
        yield at_evse.report("Power", f"{evse.power_w:.0f}", "decimal", unit="W", maximum=outlet.most_w)
        yield at_evse.report("SupplyPhases", str(outlet.phases), "integer")
        hardware = cp.configuration.evses[evse.id - 1].connectors
        for connector, part, word in zip(evse.connectors, hardware, coarse, strict=True):
            at = _Fact("Connector", evse.id, connector.id)
            yield at.report("AvailabilityState", word.capitalize(), "option_list")
            yield at.report("Available", "true", "boolean")
            yield at.report("ConnectorType", part.type, "string")
            yield at.report("SupplyPhases", str(part.phases), "integer")


class _Fact:
    """One physical component, about to be reported."""

    __slots__ = ("component", "connector", "evse")

    def __init__(self, component: str, evse: int, connector: int | None) -> None:
        self.component, self.evse, self.connector = component, evse, connector

    def report(
        self, variable: str, value: str, kind: str, *, unit: str | None = None, maximum: float | None = None
    ) -> SettingReport:
        return SettingReport(
            component=self.component,
            evse=self.evse,
            connector=self.connector,
            variable=variable,
            value=value,
            access="read_only",
            kind=kind,  # type: ignore[arg-type]
            unit=unit,
            maximum=maximum,
        )


# --- reading ---------------------------------------------------------------------------------------------------------


def read_settings(cp: Charger, it: ReadSettings) -> SettingsRead | Declined:
    """Reads each by name, or all of them. Too many at once are declined (1.6 GetConfigurationMaxKeys, 2.0.1 B06.FR.16)."""
    most = cp.settings.seconds("DeviceDataCtrlr.ItemsPerMessage[GetVariables]")
    if len(it.names) > most:
        return Declined(**cp.reply(it), reason="too_many", detail=f"at most {most} at once")
    if it.names:
        attributes = [*it.attributes, *["actual"] * (len(it.names) - len(it.attributes))]
        results = tuple(
            _read(cp, name, attribute) for name, attribute in zip(it.names, attributes, strict=True)
        )
    else:
        results = tuple(_read_row(cp, row, _name(row)) for row in CATALOGUE if row.access != "write_only")
    return SettingsRead(**cp.reply(it), settings=results)


def _name(row: Setting) -> SettingName:
    return SettingName(component=row.component, variable=row.variable, instance=row.instance)


def _read(cp: Charger, name: SettingName, attribute: str) -> SettingRead:
    if name.evse is not None:
        return _read_physical(cp, name, attribute)
    row = _row(name)
    if row is None or name.component_instance:
        return SettingRead(name=name, result=_unknown(name))
    if attribute != "actual":
        return SettingRead(name=name, result="no_such_attribute")
    return _read_row(cp, row, name)


def _unknown(name: SettingName) -> Literal["unknown_component", "unknown_variable"]:
    known = name.component.casefold() in COMPONENTS and not name.component_instance
    return "unknown_variable" if known else "unknown_component"


def _read_row(cp: Charger, row: Setting, name: SettingName) -> SettingRead:
    if row.access == "write_only":
        return SettingRead(name=name, result="write_only")
    closed = access(cp.configuration, row) == "read_only"
    read_only = closed and not credentials.is_writable(cp, row.name)
    return SettingRead(name=name, result="accepted", value=value_of(cp, row), read_only=read_only)


def _read_physical(cp: Charger, name: SettingName, attribute: str) -> SettingRead:
    here = [
        fact
        for fact in physical(cp)
        if fact.component.casefold() == name.component.casefold()
        and (fact.evse, fact.connector) == (name.evse, name.connector)
    ]
    for fact in here:
        if fact.variable.casefold() == name.variable.casefold():
            if attribute != "actual":
                return SettingRead(name=name, result="no_such_attribute")
            return SettingRead(name=name, result="accepted", value=fact.value, read_only=True)
    return SettingRead(name=name, result="unknown_variable" if here else "unknown_component")


# --- writing ---------------------------------------------------------------------------------------------------------


def write_settings(cp: Charger, it: WriteSettings) -> SettingsWritten | Declined:
    """Writes each on its own (1.6 §5.3, 2.0.1 B05). Too many at once are declined."""
    most = cp.settings.seconds("DeviceDataCtrlr.ItemsPerMessage[SetVariables]")
    if len(it.settings) > most:
        return Declined(**cp.reply(it), reason="too_many", detail=f"at most {most} at once")
    results = tuple(_write(cp, item) for item in it.settings)
    _take_effect(cp, {full_name(r.name.component, r.name.variable, r.name.instance) for r in results})
    accepted = {row.name for r in results if r.result == "accepted" and (row := _row(r.name)) is not None}
    if credentials.need_new_link(cp, accepted):
        link.renew(cp, "new credentials")
    return SettingsWritten(**cp.reply(it), settings=results)


def _row(name: SettingName) -> Setting | None:
    return BY_NAME.get(full_name(name.component, name.variable, name.instance).casefold())


def _write(cp: Charger, item: SettingToWrite) -> SettingWritten:
    name = item.name
    if name.evse is not None:
        read = _read_physical(cp, name, item.attribute)
        result = "read_only" if read.result == "accepted" else read.result
        return SettingWritten(name=name, result=result)  # type: ignore[arg-type]
    row = _row(name)
    if row is None or name.component_instance:
        return SettingWritten(name=name, result=_unknown(name))
    if item.attribute != "actual":
        return SettingWritten(name=name, result="no_such_attribute")
    if row.access == "write_only" or credentials.is_writable(cp, row.name):
        return credentials.write(cp, row.name, item)
    if access(cp.configuration, row) == "read_only":
        return SettingWritten(name=name, result="read_only")
    good, rule = normal(row, item.value)
    if good is not None:
        rule = broken_rule(cp.configuration, cp.settings, row, good)
    if good is None or rule:
        return SettingWritten(name=name, result="bad_value", detail=rule)
    if restart_keys.counts_later(cp, row):
        cp.settings.put_off(row, good)
        return SettingWritten(name=name, result="reboot_required")
    put(cp, row, good, "backend")
    return SettingWritten(name=name, result="accepted")


def put(cp: Charger, row: Setting, value: str, by: str) -> None:
    """Keeps a good value, and tells the world."""
    cp.settings.put(row, value)
    shown = None if row.access == "write_only" else value
    cp.note(SettingChanged, name=row.name, value=shown, by=by)


def write_setting(cp: Charger, it: WriteSetting) -> None:
    """An installer writes a setting, also one that is read-only for the backend."""
    row = find(it.name)
    if row is None or row.derived:
        raise Impossible(
            f"there is no setting {it.name} that can be set", field="name", remedy="see the view's settings"
        )
    if row.access == "write_only":
        raise Impossible(f"{it.name} is a secret", field="name", remedy="put it into VCP_KEYS, under a label")
    good, rule = normal(row, it.value)
    if good is not None:
        rule = broken_rule(cp.configuration, cp.settings, row, good)
    if good is None or rule:
        raise Impossible(f"{it.name} {rule}", field="value", remedy=f"give a value that {rule}")
    put(cp, row, good, "command")
    _take_effect(cp, {row.name})


def _take_effect(cp: Charger, names: set[str]) -> None:
    """Some settings change what is going on, at once."""
    folded = {name.casefold() for name in names}
    if folded & METERING:
        metering.reschedule(cp)
    if folded & WIRE:
        link.tune(cp)
    if folded & RENEWING:
        own_certificate.plan_renewal(cp)
    if folded & LIMITING:
        transactions.follow_limits(cp)


METERING = {
    "sampleddatactrlr.enabled",
    "aligneddatactrlr.enabled",
    "sampleddatactrlr.txupdatedinterval",
    "sampleddatactrlr.txendedinterval",
    "aligneddatactrlr.interval",
    "aligneddatactrlr.txendedinterval",
}
LIMITING = {
    "smartchargingctrlr.available",
    "smartchargingctrlr.enabled",
    "smartchargingctrlr.phases3to1",
    "custom.leastpilotcurrent",
    "custom.powerlimitreading",
}
RENEWING = {"custom.certificaterenewallead"}
WIRE = {
    "ocppcommctrlr.websocketpinginterval",
    "ocppcommctrlr.retrybackoffwaitminimum",
    "ocppcommctrlr.retrybackoffrandomrange",
    "ocppcommctrlr.retrybackoffrepeattimes",
}


# --- reports ---------------------------------------------------------------------------------------------------------


def list_settings(cp: Charger, it: ListSettings) -> SettingsListed:
    """Reports settings in pages, each a message of its own, from one snapshot (2.0.1 B07)."""
    if it.what == "summary" or "report_settings" not in cp.manners.speaks:
        return SettingsListed(**cp.reply(it), result="not_supported")
    rows = [_reported(cp, row) for row in CATALOGUE if it.what == "full" or row.access != "read_only"]
    if it.what == "full":
        rows.extend(physical(cp))
    pages = [tuple(rows[i : i + PAGE]) for i in range(0, len(rows), PAGE)]
    cp.origin = "answer_to"
    for seq, page in enumerate(pages):
        cp.enqueue(
            ReportSettings(
                **cp.words(),
                report=it.report,
                seq=seq,
                more=seq < len(pages) - 1,
                settings=page,
            ),
            "express",
        )
    return SettingsListed(**cp.reply(it), result="accepted")


def _reported(cp: Charger, row: Setting) -> SettingReport:
    return SettingReport(
        component=row.component,
        variable=row.variable,
        instance=row.instance,
        value=None if row.access == "write_only" else value_of(cp, row),
        access=access(cp.configuration, row),
        kind=row.kind,
        unit=row.unit,
        minimum=row.minimum,
        maximum=_maximum(cp, row),
        options=row.options,
    )


CAPACITIES = {
    "LocalAuthListCtrlr.Entries": "Custom.LocalAuthListMaxLength",
    "SmartChargingCtrlr.Entries[ChargingProfiles]": "Custom.MaxChargingProfilesInstalled",
}
"""Counts, each with the setting that says how many there can be."""


def _maximum(cp: Charger, row: Setting) -> float | None:
    """The greatest value; of a count, how many there can be (2.0.1 part 2 appendix 3)."""
    capacity = CAPACITIES.get(row.name)
    return cp.settings.number(capacity) if capacity is not None else row.maximum
