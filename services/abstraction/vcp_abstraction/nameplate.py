"""What a charger says of itself, and what its meters have counted, where its configuration says nothing of it.

All of it follows from the charger's id: each charger differs, and is the same every time. Knows no state.
"""

from dataclasses import dataclass
from hashlib import sha256

from vcp_contracts.configuration import ChargePointConfiguration

FIRMWARE_VERSION = "3.2.1"
METER_TYPE = "VCP-M3"

LEAST_COUNTED_WH = 250_000
MOST_COUNTED_WH = 30_000_000
"""What a meter that has been in use for a while shows."""


@dataclass(frozen=True, slots=True)
class Nameplate:
    """What a charger tells at its boot; None: it does not tell it."""

    vendor: str
    model: str
    serial_number: str | None
    box_serial_number: str | None
    firmware_version: str | None
    meter_serial_number: str | None
    meter_type: str | None
    iccid: str | None
    imsi: str | None


def nameplate_of(id: str, configuration: ChargePointConfiguration) -> Nameplate:
    """As configured, else what follows from the id; what is configured empty is not told."""
    serial_number = _told(configuration.serial_number, f"VCP{_number(id, 'serial', 10**9):09}")
    return Nameplate(
        vendor=configuration.vendor,
        model=configuration.model,
        serial_number=serial_number,
        box_serial_number=_told(configuration.box_serial_number, serial_number),
        firmware_version=firmware_of(configuration),
        meter_serial_number=_told(
            configuration.meter_serial_number, f"{10**7 + _number(id, 'meter', 9 * 10**7)}"
        ),
        meter_type=_told(configuration.meter_type, METER_TYPE),
        iccid=configuration.iccid,
        imsi=configuration.imsi,
    )


def firmware_of(configuration: ChargePointConfiguration) -> str | None:
    """What is installed at first; None: it does not tell it. Asked with every view, so it stands by itself."""
    return _told(configuration.firmware_version, FIRMWARE_VERSION)


def counted_wh(id: str, configuration: ChargePointConfiguration, evse: int) -> float:
    """What the meter of an EVSE shows when the charger is first set up."""
    configured = configuration.evses[evse - 1].register_wh
    if configured is not None:
        return configured
    span = MOST_COUNTED_WH - LEAST_COUNTED_WH
    return float(LEAST_COUNTED_WH + _number(id, f"register/{configuration.seed}/{evse}", span))


def _told(configured: str | None, own: str | None) -> str | None:
    return own if configured is None else configured or None


def _number(id: str, what: str, below: int) -> int:
    return int.from_bytes(sha256(f"{id}/{what}".encode()).digest()[:8]) % below
