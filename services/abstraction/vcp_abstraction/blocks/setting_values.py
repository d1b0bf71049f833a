"""What a setting says now: kept, fixed by the configuration, or derived from facts. Changes nothing."""

from collections.abc import Iterator

from vcp_contracts.actions import SettingReport
from vcp_contracts.configuration import ConnectorConfiguration
from vcp_contracts.settings import AT_FAULT, AVAILABILITY, PROBLEM, Kind, Setting, component_at_fault
from vcp_contracts.values import STATION, CoarseStatus, Fault, Place

from vcp_abstraction import physics, sampling, status
from vcp_abstraction.blocks import credentials
from vcp_abstraction.charger import Charger
from vcp_abstraction.setting_rules import CALL_TIMEOUT, fixed_value

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
    if row.name == CALL_TIMEOUT and row.name not in cp.settings.values:
        return str(max(1, round(cp.configuration.call_timeout_s)))
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
            return str(max(_fed_by(c) for evse in configuration.evses for c in evse.connectors))
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
        case "SecurityCtrlr.CertificateEntries":
            return str(len(cp.certificates.roots))
        case "LocalAuthListCtrlr.Entries":
            return str(len(cp.token_list.entries))
        case "SmartChargingCtrlr.Entries[ChargingProfiles]":
            return str(len(cp.profiles.installed))
        case name:
            raise KeyError(name)


def _fed_by(part: ConnectorConfiguration) -> int:
    """The phases that the station needs of its feed: for direct current all (2.0.1 part 2 appendix 3, ChargingStation:
    alternating phases of the supply)."""
    return part.supply_phases or physics.GRID_PHASES


OF_AN_EVSE: tuple[CoarseStatus, ...] = ("occupied", "reserved", "available", "unavailable", "faulted")
"""The word of an EVSE is the first of these that one of its connectors has."""


def physical(cp: Charger) -> Iterator[SettingReport]:
    """Variables of EVSEs, connectors and what may fail: facts, seen as settings (2.0.1 part 2 appendix 3)."""
    for evse in cp.facts.evses:
        outlet = physics.outlet(cp, evse)
        at_evse = _Fact("EVSE", evse.id, None)
        coarse = [status.coarse_status(cp, evse, c) for c in evse.connectors]
        state = next(word for word in OF_AN_EVSE if word in coarse)
        yield at_evse.report("AvailabilityState", state.capitalize(), "option_list", options=AVAILABILITY)
        yield at_evse.report("Available", "true", "boolean")
        yield at_evse.report("Power", f"{evse.power_w:.0f}", "decimal", unit="W", maximum=outlet.most_w)
        yield at_evse.report("SupplyPhases", str(outlet.phases), "integer")
        hardware = cp.configuration.evses[evse.id - 1].connectors
        for connector, part, word in zip(evse.connectors, hardware, coarse, strict=True):
            at = _Fact("Connector", evse.id, connector.id)
            yield at.report("AvailabilityState", word.capitalize(), "option_list", options=AVAILABILITY)
            yield at.report("Available", "true", "boolean")
            yield at.report("ConnectorType", part.type, "string")
            yield at.report("SupplyPhases", str(part.supply_phases), "integer")
            yield from _problems(Place(evse=evse.id, connector=connector.id), connector.faults)
    yield from _problems(STATION, cp.facts.faults)


def _problems(place: Place, faults: list[Fault]) -> Iterator[SettingReport]:
    """What can be wrong at a place, and whether it is: an event of a fault names one of these (2.0.1 N07)."""
    wrong = {component_at_fault(fault.kind, place) for fault in faults}
    for component in dict.fromkeys(component_at_fault(kind, place) for kind in AT_FAULT):
        at = _Fact(component, place.evse or None, place.connector)
        yield at.report(PROBLEM, "true" if component in wrong else "false", "boolean")


class _Fact:
    """One physical component, about to be reported."""

    __slots__ = ("component", "connector", "evse")

    def __init__(self, component: str, evse: int | None, connector: int | None) -> None:
        self.component, self.evse, self.connector = component, evse, connector

    def report(
        self,
        variable: str,
        value: str,
        kind: Kind,
        *,
        unit: str | None = None,
        maximum: float | None = None,
        options: tuple[str, ...] = (),
    ) -> SettingReport:
        return SettingReport(
            component=self.component,
            evse=self.evse,
            connector=self.connector,
            variable=variable,
            value=value,
            access="read_only",
            kind=kind,
            unit=unit,
            maximum=maximum,
            options=options,
        )


CAPACITIES = {
    "SecurityCtrlr.CertificateEntries": "Custom.CertificateStoreMaxLength",
    "LocalAuthListCtrlr.Entries": "Custom.LocalAuthListMaxLength",
    "SmartChargingCtrlr.Entries[ChargingProfiles]": "Custom.MaxChargingProfilesInstalled",
}
"""Counts, each with the setting that says how many there can be."""


def maximum_of(cp: Charger, row: Setting) -> float | None:
    """The greatest value; of a count, how many there can be (2.0.1 part 2 appendix 3)."""
    capacity = CAPACITIES.get(row.name)
    return cp.settings.number(capacity) if capacity is not None else row.maximum
