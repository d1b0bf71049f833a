"""What a setting's value must fit beyond its kind: the charger's hardware, and its other settings. Changes nothing."""

import re

from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.settings import ROTATIONS, Access, Setting

from vcp_abstraction.charger import Charger
from vcp_abstraction.settings import Settings

UNLOCKS = "OCPPCommCtrlr.UnlockOnEVSideDisconnect"
CALL_TIMEOUT = "OCPPCommCtrlr.MessageTimeout[Default]"
HEARTBEAT = "OCPPCommCtrlr.HeartbeatInterval"
PHASE_ROTATION = "Custom.ConnectorPhaseRotation"
TURNING = frozenset(ROTATIONS) - {"NotApplicable", "Unknown"}
"""Those that speak of phases."""

_PLACE = re.compile(r"0|[1-9][0-9]{0,3}")


def broken_rule(configuration: ChargePointConfiguration, settings: Settings, row: Setting, value: str) -> str:
    """The rule that a value in its normal form breaks; empty where it fits."""
    items = value.split(",") if value else []
    if row.longest is not None and len(items) > settings.seconds(row.longest):
        return f"must have at most {settings.seconds(row.longest)} items"
    if row.name == PHASE_ROTATION:
        return _rotation(configuration, items)
    return ""


def _rotation(configuration: ChargePointConfiguration, items: list[str]) -> str:
    """1.6 §9.1.7: one rotation for each connector as `1.RST`; connector 0 is the station's own feed."""
    for item in items:
        rule = _one_rotation(configuration, item)
        if rule:
            return rule
    places = {item.partition(".")[0] for item in items}
    return "" if len(places) == len(items) else "must name each connector once"


def _one_rotation(configuration: ChargePointConfiguration, item: str) -> str:
    evses = len(configuration.evses)
    place, _, rotation = item.partition(".")
    if not _PLACE.fullmatch(place) or int(place) > evses or rotation not in ROTATIONS:
        return f"must have items from 0 to {evses} like 1.RST, with one of {', '.join(ROTATIONS)}"
    if int(place) and rotation in TURNING and _gives_direct_current(configuration, int(place)):
        return f"must have {place}.NotApplicable, as direct current has no phases"
    return ""


def rotations_left(configuration: ChargePointConfiguration, value: str) -> str:
    """What of the setting's value still fits other hardware: of outlets that are there, and have phases."""
    return ",".join(item for item in value.split(",") if item and not _one_rotation(configuration, item))


def _gives_direct_current(configuration: ChargePointConfiguration, evse: int) -> bool:
    return all(connector.direct_current for connector in configuration.evses[evse - 1].connectors)


def access(cp: Charger, row: Setting) -> Access:
    """Who may change a setting of this charger, as its backend's protocol has it."""
    by_profile = row.name == CALL_TIMEOUT and cp.manners.call_timeout_set_by == "network_slot"
    return "read_only" if by_profile or _is_fixed(cp.configuration, row) else row.access


def least(cp: Charger, row: Setting) -> float | None:
    """The least value that the backend may write."""
    beats = row.name == HEARTBEAT and not cp.manners.heartbeat_may_rest
    return 1 if beats else row.minimum


def fixed_value(configuration: ChargePointConfiguration, row: Setting) -> str | None:
    """The value that the hardware dictates, where it does."""
    return "false" if _is_fixed(configuration, row) else None


def _is_fixed(configuration: ChargePointConfiguration, row: Setting) -> bool:
    """1.6 errata: with fixed cables there is nothing to unlock when the car's side is pulled."""
    return row.name == UNLOCKS and all(
        connector.fixed_cable for evse in configuration.evses for connector in evse.connectors
    )
