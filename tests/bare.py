"""A charger that says of itself only what a test names: no numbers, a new meter, one measurand, a start in no time."""

from typing import Any

from vcp_contracts.configuration import EvseConfiguration
from vcp_contracts.settings import find

SAMPLED = "SampledDataCtrlr.TxUpdatedMeasurands"
REGISTER = "Energy.Active.Import.Register"

BARE = {
    "serial_number": "",
    "firmware_version": "",
    "meter_serial_number": "",
    "meter_type": "",
    "restart_s": 0,
}


def bare(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration, with what it leaves out set to nothing."""
    evses = configuration.get("evses", (EvseConfiguration(),))
    return (
        BARE
        | configuration
        | {"evses": tuple(_new_meter(evse) for evse in evses)}
        | {"settings": bare_settings(configuration.get("settings", {}))}
    )


def bare_settings(settings: dict[str, str]) -> dict[str, str]:
    """The settings, with the register alone sampled unless they say otherwise."""
    named = {row.name for name in settings if (row := find(name)) is not None}
    return settings if SAMPLED in named else {SAMPLED: REGISTER} | settings


def _new_meter(evse: EvseConfiguration | dict[str, Any]) -> EvseConfiguration:
    whole = EvseConfiguration.model_validate(evse)
    return whole if whole.register_wh is not None else whole.model_copy(update={"register_wh": 0.0})
