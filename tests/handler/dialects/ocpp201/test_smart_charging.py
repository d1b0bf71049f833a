"""OCPP 2.0.1: charging profiles as a backend writes them, beside what they mean; and what the charger answers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from vcp_contracts.actions import Action, ReportLimit, ReportLimitCleared, ReportProfiles
from vcp_contracts.outcomes import Acknowledged
from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, SchedulePeriod
from vcp_contracts.requests import (
    ChargingStart,
    ClearProfiles,
    ComposeSchedule,
    ListProfiles,
    ProfilesCleared,
    ProfileSet,
    ProfilesListed,
    Reply,
    Request,
    ScheduleComposed,
    SetProfile,
    StartCharging,
)
from vcp_contracts.values import STATION, Place, Token
from vcp_handler.dialects.ocpp201 import DIALECT
from vcp_handler.dialects.table import Envelope
from vcp_handler.validation import Schemas

SCHEMAS = Schemas("v201")
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ENVELOPE: Envelope = {
    "id": "h1-1:4",
    "charge_point": "CP1",
    "at": AT,
    "link": "h1-1",
    "n": 4,
    "message_id": "19",
}
COMMON: dict[str, Any] = {**ENVELOPE}
REPLY: dict[str, Any] = {"id": "r1", "charge_point": "CP1", "link": "h1-1", "request": "h1-1:4"}
CARD = {"idToken": "CARD1", "type": "ISO14443"}

PROFILE = {
    "id": 7,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validFrom": "2026-03-01T12:00:00Z",
    "validTo": "2026-03-02T12:00:00Z",
    "transactionId": "t-1",
    "chargingSchedule": [
        {
            "id": 3,
            "startSchedule": "2013-01-01T00:00:00Z",
            "duration": 86400,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 11000, "numberPhases": 3},
                {"startPeriod": 28800, "limit": 3680.5, "numberPhases": 1, "phaseToUse": 2},
            ],
            "minChargingRate": 1380,
        },
        {"id": 4, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]},
    ],
}
MEANT = ChargingProfile(
    id=7,
    stack_level=2,
    purpose="tx",
    kind="recurring",
    recurrency="daily",
    valid_from=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    valid_to=datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
    transaction="t-1",
    schedules=(
        ChargingSchedule(
            id=3,
            start=datetime(2013, 1, 1, tzinfo=UTC),
            duration_s=86400,
            unit="W",
            periods=(
                SchedulePeriod(start_s=0, limit=11000.0, phases=3),
                SchedulePeriod(start_s=28800, limit=3680.5, phases=1, phase_to_use=2),
            ),
            min_rate=1380.0,
        ),
        ChargingSchedule(id=4, unit="A", periods=(SchedulePeriod(start_s=0, limit=6.0),)),
    ),
)

HEARD: list[tuple[str, dict[str, Any], Request]] = [
    (
        "SetChargingProfile",
        {"evseId": 1, "chargingProfile": PROFILE},
        SetProfile(**COMMON, place=Place(evse=1), profile=MEANT),
    ),
    (
        "RequestStartTransaction",
        {"idToken": CARD, "remoteStartId": 9, "chargingProfile": PROFILE},
        StartCharging(**COMMON, token=Token(value="CARD1", kind="iso14443"), remote_start=9, profile=MEANT),
    ),
    ("ClearChargingProfile", {}, ClearProfiles(**COMMON)),
    ("ClearChargingProfile", {"chargingProfileId": 7}, ClearProfiles(**COMMON, profile=7)),
    (
        "ClearChargingProfile",
        {
            "chargingProfileCriteria": {
                "evseId": 0,
                "chargingProfilePurpose": "ChargingStationMaxProfile",
                "stackLevel": 2,
            }
        },
        ClearProfiles(**COMMON, place=STATION, purpose="station_max", stack_level=2),
    ),
    ("GetChargingProfiles", {"requestId": 5, "chargingProfile": {}}, ListProfiles(**COMMON, report=5)),
    (
        "GetChargingProfiles",
        {
            "requestId": 5,
            "evseId": 1,
            "chargingProfile": {
                "chargingProfileId": [7, 8],
                "chargingProfilePurpose": "ChargingStationExternalConstraints",
                "stackLevel": 2,
                "chargingLimitSource": ["EMS", "SO", "Other", "CSO"],
            },
        },
        ListProfiles(
            **COMMON,
            report=5,
            place=Place(evse=1),
            profiles=(7, 8),
            purpose="external",
            stack_level=2,
            sources=("energy_manager", "grid_operator", "other", "backend"),
        ),
    ),
    (
        "GetCompositeSchedule",
        {"evseId": 0, "duration": 3600, "chargingRateUnit": "W"},
        ComposeSchedule(**COMMON, place=STATION, duration_s=3600, unit="W"),
    ),
]


@pytest.mark.parametrize(("action", "payload", "meant"), HEARD)
def test_a_call_is_read_as(action: str, payload: dict[str, Any], meant: Request) -> None:
    assert SCHEMAS.check_call(action, payload) is None
    assert DIALECT.heard_by_name[action].request(payload, ENVELOPE) == meant


SET = {"evseId": 1, "chargingProfile": PROFILE}
ASKED = {"evseId": 2, "duration": 3600}
ANSWERED: list[tuple[str, dict[str, Any], Reply, dict[str, Any]]] = [
    ("SetChargingProfile", SET, ProfileSet(**REPLY, result="accepted"), {"status": "Accepted"}),
    (
        "SetChargingProfile",
        SET,
        ProfileSet(**REPLY, result="rejected", flaw="duplicate", detail="profile 3 is there"),
        {
            "status": "Rejected",
            "statusInfo": {"reasonCode": "DuplicateProfile", "additionalInfo": "profile 3 is there"},
        },
    ),
    (
        "RequestStartTransaction",
        {"idToken": CARD, "remoteStartId": 9},
        ChargingStart(**REPLY, result="rejected", flaw="bad_schedule", detail="no periods"),
        {
            "status": "Rejected",
            "statusInfo": {"reasonCode": "InvalidSchedule", "additionalInfo": "no periods"},
        },
    ),
    ("ClearChargingProfile", {}, ProfilesCleared(**REPLY, result="unknown"), {"status": "Unknown"}),
    ("ClearChargingProfile", {}, ProfilesCleared(**REPLY, result="accepted"), {"status": "Accepted"}),
    (
        "GetChargingProfiles",
        {"requestId": 5, "chargingProfile": {}},
        ProfilesListed(**REPLY, result="accepted"),
        {"status": "Accepted"},
    ),
    (
        "GetChargingProfiles",
        {"requestId": 5, "chargingProfile": {}},
        ProfilesListed(**REPLY, result="none"),
        {"status": "NoProfiles"},
    ),
    (
        "GetCompositeSchedule",
        ASKED,
        ScheduleComposed(
            **REPLY,
            result="accepted",
            start=AT,
            duration_s=3600,
            unit="W",
            periods=(SchedulePeriod(start_s=0, limit=11040.0, phases=3),),
        ),
        {
            "status": "Accepted",
            "schedule": {
                "evseId": 2,
                "duration": 3600,
                "scheduleStart": "2026-03-01T12:00:00Z",
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11040, "numberPhases": 3}],
            },
        },
    ),
    (
        "GetCompositeSchedule",
        ASKED,
        ScheduleComposed(**REPLY, result="rejected", flaw="bad_unit", detail="amperes only"),
        {
            "status": "Rejected",
            "statusInfo": {"reasonCode": "UnsupportedRateUnit", "additionalInfo": "amperes only"},
        },
    ),
]


@pytest.mark.parametrize(("action", "original", "reply", "payload"), ANSWERED)
def test_a_reply_is_written_as(
    action: str, original: dict[str, Any], reply: Reply, payload: dict[str, Any]
) -> None:
    assert DIALECT.heard_by_name[action].write(reply, original) == payload
    assert SCHEMAS.check_result(action, payload, formats=True) is None


ACTION: dict[str, Any] = {"id": "a1", "charge_point": "CP1", "at": AT}
SCHEDULE = ChargingSchedule(unit="A", start=AT, periods=(SchedulePeriod(start_s=0, limit=20.0),))
SAID: list[tuple[Action, str, dict[str, Any]]] = [
    (
        ReportProfiles(
            **ACTION, report=5, place=Place(evse=1), source="backend", profiles=(MEANT,), more=True
        ),
        "ReportChargingProfiles",
        {
            "requestId": 5,
            "chargingLimitSource": "CSO",
            "evseId": 1,
            "chargingProfile": [PROFILE],
            "tbc": True,
        },
    ),
    (
        ReportProfiles(
            **ACTION,
            report=5,
            place=STATION,
            source="energy_manager",
            profiles=(
                ChargingProfile(
                    id=-1, stack_level=0, purpose="external", kind="absolute", schedules=(SCHEDULE,)
                ),
            ),
            more=False,
        ),
        "ReportChargingProfiles",
        {
            "requestId": 5,
            "chargingLimitSource": "EMS",
            "evseId": 0,
            "chargingProfile": [
                {
                    "id": -1,
                    "stackLevel": 0,
                    "chargingProfilePurpose": "ChargingStationExternalConstraints",
                    "chargingProfileKind": "Absolute",
                    "chargingSchedule": [
                        {
                            "id": 0,
                            "startSchedule": "2026-03-01T12:00:00Z",
                            "chargingRateUnit": "A",
                            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 20}],
                        }
                    ],
                }
            ],
        },
    ),
    (
        ReportLimit(**ACTION, place=STATION, source="grid_operator"),
        "NotifyChargingLimit",
        {"chargingLimit": {"chargingLimitSource": "SO"}},
    ),
    (
        ReportLimit(**ACTION, place=Place(evse=2), source="other", schedule=SCHEDULE),
        "NotifyChargingLimit",
        {
            "chargingLimit": {"chargingLimitSource": "Other"},
            "evseId": 2,
            "chargingSchedule": [
                {
                    "id": 0,
                    "startSchedule": "2026-03-01T12:00:00Z",
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 20}],
                }
            ],
        },
    ),
    (
        ReportLimitCleared(**ACTION, place=Place(evse=2), source="energy_manager"),
        "ClearedChargingLimit",
        {"chargingLimitSource": "EMS", "evseId": 2},
    ),
]


@pytest.mark.parametrize(("action", "name", "payload"), SAID)
def test_an_action_is_written_as(action: Action, name: str, payload: dict[str, Any]) -> None:
    row = DIALECT.row_for(action)
    assert row is not None
    assert (row.action, row.write(action)) == (name, payload)
    assert SCHEMAS.check_call(name, payload, formats=True) is None
    assert row.answer({}, action) == Acknowledged()


def test_an_evse_that_is_not_there_is_a_reason_to_reject() -> None:
    declined = DIALECT.heard_by_name["SetChargingProfile"].declined
    assert declined["bad_value"] == {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
