"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule of OCPP 1.6, and profiles as they are written there."""

from typing import Literal

from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, ProfilePurpose, RateUnit, SchedulePeriod
from vcp_contracts.requests import (
    ClearProfiles,
    ComposeSchedule,
    ProfilesCleared,
    ScheduleComposed,
    SetProfile,
)

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp16.spelling import optional_place, place
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload

_PURPOSE: dict[str, ProfilePurpose] = {
    "ChargePointMaxProfile": "station_max",
    "TxDefaultProfile": "tx_default",
    "TxProfile": "tx",
}

_KIND: dict[str, Literal["absolute", "recurring", "relative"]] = {
    "Absolute": "absolute",
    "Recurring": "recurring",
    "Relative": "relative",
}

_RECURRENCY: dict[str | None, Literal["daily", "weekly"]] = {"Daily": "daily", "Weekly": "weekly"}

_UNIT: dict[str | None, RateUnit] = {"A": "A", "W": "W"}


def read_set_profile(payload: Payload, envelope: Envelope) -> SetProfile:
    """SetChargingProfile.req."""
    field = "csChargingProfiles"
    return SetProfile(**envelope, place=place(payload["connectorId"]), profile=profile(payload[field], field))


def profile(written: Payload, field: str) -> ChargingProfile:
    """A ChargingProfile; `field` says where it stands in the payload."""
    transaction = written.get("transactionId")
    return ChargingProfile(
        id=written["chargingProfileId"],
        stack_level=written["stackLevel"],
        purpose=_PURPOSE[written["chargingProfilePurpose"]],
        kind=_KIND[written["chargingProfileKind"]],
        recurrency=_RECURRENCY.get(written.get("recurrencyKind")),
        valid_from=instants.read_optional(written.get("validFrom"), f"{field}.validFrom"),
        valid_to=instants.read_optional(written.get("validTo"), f"{field}.validTo"),
        transaction=None if transaction is None else str(transaction),
        schedules=(_schedule(written["chargingSchedule"], f"{field}.chargingSchedule"),),
    )


def optional_profile(payload: Payload) -> ChargingProfile | None:
    """The profile in `chargingProfile`, where there is one."""
    written = payload.get("chargingProfile")
    return None if written is None else profile(written, "chargingProfile")


def _schedule(written: Payload, field: str) -> ChargingSchedule:
    return ChargingSchedule(
        start=instants.read_optional(written.get("startSchedule"), f"{field}.startSchedule"),
        duration_s=written.get("duration"),
        unit=_UNIT[written["chargingRateUnit"]],
        periods=tuple(_period(period) for period in written["chargingSchedulePeriod"]),
        min_rate=written.get("minChargingRate"),
    )


def _period(written: Payload) -> SchedulePeriod:
    return SchedulePeriod(
        start_s=written["startPeriod"], limit=written["limit"], phases=written.get("numberPhases")
    )


def read_clear_profiles(payload: Payload, envelope: Envelope) -> ClearProfiles:
    """ClearChargingProfile.req."""
    purpose = payload.get("chargingProfilePurpose")
    return ClearProfiles(
        **envelope,
        profile=payload.get("id"),
        place=optional_place(payload),
        purpose=None if purpose is None else _PURPOSE[purpose],
        stack_level=payload.get("stackLevel"),
    )


def write_cleared(reply: ProfilesCleared, _original: Payload) -> Payload:
    """ClearChargingProfile.conf."""
    return {"status": "Accepted" if reply.result == "accepted" else "Unknown"}


def read_compose(payload: Payload, envelope: Envelope) -> ComposeSchedule:
    """GetCompositeSchedule.req."""
    return ComposeSchedule(
        **envelope,
        place=place(payload["connectorId"]),
        duration_s=payload["duration"],
        unit=_UNIT.get(payload.get("chargingRateUnit")),
    )


def write_composed(reply: ScheduleComposed, original: Payload) -> Payload:
    """GetCompositeSchedule.conf; the schedule itself has no start (errata 3.57)."""
    if reply.result == "rejected" or reply.start is None:
        return {"status": "Rejected"}
    return {
        "status": "Accepted",
        "connectorId": original["connectorId"],
        "scheduleStart": instants.written(reply.start),
        "chargingSchedule": told(
            duration=reply.duration_s,
            chargingRateUnit=reply.unit,
            chargingSchedulePeriod=[_written_period(period) for period in reply.periods],
        ),
    }


def _written_period(period: SchedulePeriod) -> Payload:
    # the schema wants one decimal, exactly
    return told(startPeriod=period.start_s, limit=round(period.limit, 1), numberPhases=period.phases)
