"""What a setting says now: kept, fixed by the configuration, or derived from facts. Changes nothing."""

from collections.abc import Iterator

from vcp_contracts.actions import SettingReport
from vcp_contracts.settings import Setting

from vcp_abstraction import physics, sampling, status
from vcp_abstraction.blocks import credentials
from vcp_abstraction.charger import Charger
from vcp_abstraction.setting_rules import fixed_value

FEATURES = (
    ("Core", None),
    ("FirmwareManagement", None),
    ("LocalAuthListManagement", "LocalAuthListCtrlr.Available"),
    ("Reservation", "ReservationCtrlr.Available"),
    ("SmartCharging", "SmartChargingCtrlr.Available"),
    ("RemoteTrigger", None),
)
"""What the charger has to offer, each with the setting that says whether it is there."""


def value_of(cp: Charger, row: Setting) -> str | None:
    """The value of a setting of the catalogue; None where it is not set."""
    if row.derived:
        return _derived(cp, row)
    fixed = fixed_value(cp.configuration, row)
    if fixed is not None:
        return fixed
    if row.name == sampling.SAMPLED:
        return sampling.sampled_text(cp)
    if row.name == sampling.SAMPLED_FOR_END:
        return sampling.sampled_for_end_text(cp)
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
            return cp.nameplate.serial_number
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


CAPACITIES = {
    "LocalAuthListCtrlr.Entries": "Custom.LocalAuthListMaxLength",
    "SmartChargingCtrlr.Entries[ChargingProfiles]": "Custom.MaxChargingProfilesInstalled",
}
"""Counts, each with the setting that says how many there can be."""


def maximum_of(cp: Charger, row: Setting) -> float | None:
    """The greatest value; of a count, how many there can be (2.0.1 part 2 appendix 3)."""
    capacity = CAPACITIES.get(row.name)
    return cp.settings.number(capacity) if capacity is not None else row.maximum
