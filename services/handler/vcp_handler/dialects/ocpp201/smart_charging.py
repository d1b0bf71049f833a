"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule of OCPP 2.0.1, and profiles as they are written there."""

from typing import Literal

from vcp_contracts.actions import ReportLimit, ReportLimitCleared, ReportProfiles
from vcp_contracts.profiles import (
    ChargingProfile,
    ChargingSchedule,
    LimitSource,
    ProfileFlaw,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from vcp_contracts.requests import (
    ClearProfiles,
    ComposeSchedule,
    ListProfiles,
    ProfilesCleared,
    ProfileSet,
    ProfilesListed,
    ScheduleComposed,
    SetProfile,
)

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp201.spelling import VERDICT, number, place, remark, status_info
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload

_PURPOSE: dict[str, ProfilePurpose] = {
    "ChargingStationMaxProfile": "station_max",
    "ChargingStationExternalConstraints": "external",
    "TxDefaultProfile": "tx_default",
    "TxProfile": "tx",
}

_WRITTEN_PURPOSE = {purpose: spelt for spelt, purpose in _PURPOSE.items()}

_SOURCE: dict[str, LimitSource] = {
    "CSO": "backend",
    "EMS": "energy_manager",
    "SO": "grid_operator",
    "Other": "other",
}
_WRITTEN_SOURCE = {source: spelt for spelt, source in _SOURCE.items()}

_KIND: dict[str, Literal["absolute", "recurring", "relative"]] = {
    "Absolute": "absolute",
    "Recurring": "recurring",
    "Relative": "relative",
}

_WRITTEN_KIND = {kind: spelt for spelt, kind in _KIND.items()}

_RECURRENCY: dict[str | None, Literal["daily", "weekly"]] = {"Daily": "daily", "Weekly": "weekly"}
_WRITTEN_RECURRENCY = {recurrency: spelt for spelt, recurrency in _RECURRENCY.items()}

_UNIT: dict[str | None, RateUnit] = {"A": "A", "W": "W"}

FLAW: dict[ProfileFlaw, str] = {
    "duplicate": "DuplicateProfile",
    "bad_profile": "InvalidProfile",
    "bad_schedule": "InvalidSchedule",
    "bad_stack_level": "InvalidStackLevel",
    "bad_unit": "UnsupportedRateUnit",
    "no_transaction": "TxNotFound",
    "too_many": "OutOfStorage",
}
"""Reason codes of the appendices."""

_WHY_NOT = {"bad_unit": "UnsupportedRateUnit", "unknown_place": "UnknownEvse", "bad_duration": "InvalidValue"}

UNKNOWN_EVSE: dict[str, Payload] = {
    "bad_value": {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
}
"""Where a place that isn't there is a reason to reject rather than an error (K01.FR.28)."""


def read_set_profile(payload: Payload, envelope: Envelope) -> SetProfile:
    """SetChargingProfileRequest."""
    return SetProfile(
        **envelope,
        place=place(payload["evseId"], None),
        profile=profile(payload["chargingProfile"]),
    )


def write_set(reply: ProfileSet, _original: Payload) -> Payload:
    """SetChargingProfileResponse."""
    return told(status=VERDICT[reply.result], statusInfo=flaw_info(reply.flaw, reply.detail))


def flaw_info(flaw: ProfileFlaw | None, detail: str | None) -> Payload | None:
    """The statusInfo that says what is wrong with a profile."""
    return None if flaw is None else status_info(FLAW[flaw], detail)


def profile(written: Payload) -> ChargingProfile:
    """A ChargingProfileType in the field `chargingProfile`."""
    field = "chargingProfile"
    return ChargingProfile(
        id=written["id"],
        stack_level=written["stackLevel"],
        purpose=_PURPOSE[written["chargingProfilePurpose"]],
        kind=_KIND[written["chargingProfileKind"]],
        recurrency=_RECURRENCY.get(written.get("recurrencyKind")),
        valid_from=instants.read_optional(written.get("validFrom"), f"{field}.validFrom"),
        valid_to=instants.read_optional(written.get("validTo"), f"{field}.validTo"),
        transaction=written.get("transactionId") or None,
        schedules=tuple(
            _schedule(schedule, f"{field}.chargingSchedule[{n}]")
            for n, schedule in enumerate(written["chargingSchedule"])
        ),
    )


def optional_profile(payload: Payload) -> ChargingProfile | None:
    """The profile in `chargingProfile`, where there is one."""
    written = payload.get("chargingProfile")
    return None if written is None else profile(written)


def _schedule(written: Payload, field: str) -> ChargingSchedule:
    return ChargingSchedule(
        id=written["id"],
        start=instants.read_optional(written.get("startSchedule"), f"{field}.startSchedule"),
        duration_s=written.get("duration"),
        unit=_UNIT[written["chargingRateUnit"]],
        periods=tuple(_period(period) for period in written["chargingSchedulePeriod"]),
        min_rate=written.get("minChargingRate"),
    )


def _period(written: Payload) -> SchedulePeriod:
    return SchedulePeriod(
        start_s=written["startPeriod"],
        limit=written["limit"],
        phases=written.get("numberPhases"),
        phase_to_use=written.get("phaseToUse"),
    )


def read_clear_profiles(payload: Payload, envelope: Envelope) -> ClearProfiles:
    """ClearChargingProfileRequest."""
    criteria = payload.get("chargingProfileCriteria", {})
    evse, purpose = criteria.get("evseId"), criteria.get("chargingProfilePurpose")
    return ClearProfiles(
        **envelope,
        profile=payload.get("chargingProfileId"),
        place=None if evse is None else place(evse, None),
        purpose=None if purpose is None else _PURPOSE[purpose],
        stack_level=criteria.get("stackLevel"),
    )


def write_cleared(reply: ProfilesCleared, _original: Payload) -> Payload:
    """ClearChargingProfileResponse."""
    return told(status="Accepted" if reply.result == "accepted" else "Unknown", statusInfo=remark(reply))


def read_list_profiles(payload: Payload, envelope: Envelope) -> ListProfiles:
    """GetChargingProfilesRequest."""
    evse, criteria = payload.get("evseId"), payload["chargingProfile"]
    purpose = criteria.get("chargingProfilePurpose")
    return ListProfiles(
        **envelope,
        report=payload["requestId"],
        place=None if evse is None else place(evse, None),
        profiles=tuple(criteria.get("chargingProfileId", ())),
        purpose=None if purpose is None else _PURPOSE[purpose],
        stack_level=criteria.get("stackLevel"),
        sources=tuple(_SOURCE[source] for source in criteria.get("chargingLimitSource", ())),
    )


def write_listed(reply: ProfilesListed, _original: Payload) -> Payload:
    """GetChargingProfilesResponse."""
    return told(status="Accepted" if reply.result == "accepted" else "NoProfiles", statusInfo=remark(reply))


def write_profiles(report: ReportProfiles) -> Payload:
    """ReportChargingProfilesRequest."""
    return told(
        requestId=report.report,
        chargingLimitSource=_WRITTEN_SOURCE[report.source],
        evseId=report.place.evse,
        chargingProfile=[_written_profile(profile) for profile in report.profiles],
        tbc=report.more or None,
    )


def _written_profile(profile: ChargingProfile) -> Payload:
    return told(
        id=profile.id,
        stackLevel=profile.stack_level,
        chargingProfilePurpose=_WRITTEN_PURPOSE[profile.purpose],
        chargingProfileKind=_WRITTEN_KIND[profile.kind],
        recurrencyKind=_WRITTEN_RECURRENCY[profile.recurrency] if profile.recurrency else None,
        validFrom=instants.written(profile.valid_from) if profile.valid_from else None,
        validTo=instants.written(profile.valid_to) if profile.valid_to else None,
        transactionId=profile.transaction,
        chargingSchedule=[_written_schedule(schedule) for schedule in profile.schedules],
    )


def _written_schedule(schedule: ChargingSchedule) -> Payload:
    return told(
        # profiles that came in another version have no number here
        id=schedule.id or 0,
        startSchedule=instants.written(schedule.start) if schedule.start else None,
        duration=schedule.duration_s,
        chargingRateUnit=schedule.unit,
        chargingSchedulePeriod=[_written_period(period) for period in schedule.periods],
        minChargingRate=None if schedule.min_rate is None else number(schedule.min_rate),
    )


def write_limit(report: ReportLimit) -> Payload:
    """NotifyChargingLimitRequest."""
    return told(
        chargingLimit={"chargingLimitSource": _WRITTEN_SOURCE[report.source]},
        evseId=report.place.evse or None,
        chargingSchedule=[_written_schedule(report.schedule)] if report.schedule else None,
    )


def write_limit_cleared(report: ReportLimitCleared) -> Payload:
    """ClearedChargingLimitRequest."""
    return told(chargingLimitSource=_WRITTEN_SOURCE[report.source], evseId=report.place.evse or None)


def read_compose(payload: Payload, envelope: Envelope) -> ComposeSchedule:
    """GetCompositeScheduleRequest."""
    return ComposeSchedule(
        **envelope,
        place=place(payload["evseId"], None),
        duration_s=payload["duration"],
        unit=_UNIT.get(payload.get("chargingRateUnit")),
    )


def write_composed(reply: ScheduleComposed, original: Payload) -> Payload:
    """GetCompositeScheduleResponse."""
    if reply.result == "rejected" or reply.start is None:
        reason = _WHY_NOT[reply.flaw] if reply.flaw is not None else "Unspecified"
        return {"status": "Rejected", "statusInfo": status_info(reason, reply.detail)}
    return {
        "status": "Accepted",
        "schedule": {
            "evseId": original["evseId"],
            "duration": reply.duration_s,
            "scheduleStart": instants.written(reply.start),
            "chargingRateUnit": reply.unit,
            "chargingSchedulePeriod": [_written_period(period) for period in reply.periods],
        },
    }


def _written_period(period: SchedulePeriod) -> Payload:
    return told(
        startPeriod=period.start_s,
        limit=number(period.limit),
        numberPhases=period.phases,
        phaseToUse=period.phase_to_use,
    )
