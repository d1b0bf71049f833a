"""How OCPP 1.6 spells the charger's terms: enums, places, readings, verdicts on tokens. Decides nothing."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from vcp_contracts.values import NOWHERE, Place, Reading, Sample, Token, TokenInfo, TokenStatus

from vcp_handler.dialects import instants
from vcp_handler.dialects.shared import readings
from vcp_handler.dialects.table import Payload, Subject

MAX_CONNECTOR = 999
"""The highest number that is read as one; a charger has far fewer connectors."""

FINE_STATUS = {
    "available": "Available",
    "preparing": "Preparing",
    "charging": "Charging",
    "suspended_ev": "SuspendedEV",
    "suspended_evse": "SuspendedEVSE",
    "finishing": "Finishing",
    "reserved": "Reserved",
    "unavailable": "Unavailable",
    "faulted": "Faulted",
}

FAULT = {
    "connector_lock_failure": "ConnectorLockFailure",
    "ev_communication_error": "EVCommunicationError",
    "ground_failure": "GroundFailure",
    "high_temperature": "HighTemperature",
    "internal_error": "InternalError",
    "local_list_conflict": "LocalListConflict",
    "other_error": "OtherError",
    "over_current_failure": "OverCurrentFailure",
    "over_voltage": "OverVoltage",
    "power_meter_failure": "PowerMeterFailure",
    "power_switch_failure": "PowerSwitchFailure",
    "reader_failure": "ReaderFailure",
    "reset_failure": "ResetFailure",
    "under_voltage": "UnderVoltage",
    "weak_signal": "WeakSignal",
}

STOP_REASON = {
    "deauthorized": "DeAuthorized",
    "emergency_stop": "EmergencyStop",
    "energy_limit_reached": "Other",
    "ev_disconnected": "EVDisconnected",
    "ground_fault": "Other",
    "hard_reset": "HardReset",
    "immediate_reset": "HardReset",
    "local": "Local",
    "master_pass": "Local",
    "other": "Other",
    "overcurrent_fault": "Other",
    "power_loss": "PowerLoss",
    "reboot": "Reboot",
    "remote": "Remote",
    "soc_limit_reached": "Other",
    "soft_reset": "SoftReset",
    "stopped_by_ev": "Other",
    "time_limit_reached": "Other",
    "timeout": "Other",
    "unlock_command": "UnlockCommand",
}


UNIT = {"Celsius": "Celcius"}
"""Errata of OCPP-J 1.6: both are valid, the older schemas know only the misspelt one."""

TOKEN_STATUS: dict[str, TokenStatus] = {
    "Accepted": "accepted",
    "Blocked": "blocked",
    "Expired": "expired",
    "Invalid": "invalid",
    "ConcurrentTx": "concurrent_tx",
}


SUBJECT = Subject(
    evse=(("connectorId",),),
    transaction=(
        ("transactionId",),
        ("csChargingProfiles", "transactionId"),
        ("chargingProfile", "transactionId"),
    ),
)
"""1.6 numbers connectors and knows no EVSEs: its connectorId is our EVSE."""

VERDICT: dict[str, Payload] = {
    "accepted": {"status": "Accepted"},
    "rejected": {"status": "Rejected"},
    "scheduled": {"status": "Scheduled"},
    "not_implemented": {"status": "NotImplemented"},
}
"""Answers that consist of a plain status."""

REJECTED = {"not_registered": VERDICT["rejected"]}
"""Where a charger that is not accepted yet answers Rejected rather than with an error (§4.2, Pending)."""


def place(connector: int) -> Place:
    """A connector of 1.6 is an independently operated outlet: an EVSE. Connector 0 is the station.

    A number that counts nothing is an unknown connector, for which the messages have words of their own.
    """
    return Place(evse=connector) if 0 <= connector <= MAX_CONNECTOR else NOWHERE


def optional_place(payload: Payload) -> Place | None:
    """The place that `connectorId` names, where there is one."""
    connector = payload.get("connectorId")
    return None if connector is None else place(connector)


def verdict(reply: Any, _original: Payload) -> Payload:
    """The answer to a request whose reply is one of the words of VERDICT."""
    return VERDICT[reply.result]


def token_info(info: Payload) -> TokenInfo:
    """What an idTagInfo says."""
    parent = info.get("parentIdTag")
    return TokenInfo(
        status=TOKEN_STATUS[info["status"]],
        valid_until=instants.read_optional(info.get("expiryDate"), "idTagInfo.expiryDate"),
        group=None if parent is None else Token(value=parent),
    )


def meter_values(samples: Iterable[Sample]) -> list[Payload]:
    """Samples as MeterValue items."""
    return readings.meter_values(samples, _sampled_value)


def _sampled_value(reading: Reading) -> Payload:
    value = readings.described(reading, _number(reading.value))
    # Frequency has no unit in 1.6: hertz is implied.
    if reading.unit is not None and reading.measurand != "Frequency":
        value["unit"] = UNIT.get(reading.unit, reading.unit)
    return value


def _number(value: float) -> str:
    """A number as decimal text, never in exponent form."""
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text
