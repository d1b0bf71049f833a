"""OCPP 1.6: charging profiles as a backend writes them, beside what they mean; and what the charger answers."""

from datetime import UTC, datetime
from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, SchedulePeriod
from vcp_contracts.requests import (
    ClearProfiles,
    ComposeSchedule,
    ProfilesCleared,
    ProfileSet,
    Reply,
    Request,
    ScheduleComposed,
    SetProfile,
    SettingRead,
    SettingsRead,
    StartCharging,
)
from vcp_contracts.values import STATION, Place, SettingName, Token
from vcp_handler.dialects.ocpp16 import DIALECT
from vcp_handler.dialects.table import Envelope, Unreadable
from vcp_handler.validation import Schemas

SCHEMAS = Schemas("v16")
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

SHORT = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.1}],
    },
}
SHORT_MEANT = ChargingProfile(
    id=1,
    stack_level=0,
    purpose="tx",
    kind="relative",
    schedules=(ChargingSchedule(unit="A", periods=(SchedulePeriod(start_s=0, limit=16.1),)),),
)
LONG = {
    "chargingProfileId": 7,
    "transactionId": 17,
    "stackLevel": 2,
    "chargingProfilePurpose": "ChargePointMaxProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Weekly",
    "validFrom": "2026-03-01T12:00:00Z",
    "validTo": "2026-03-01T14:00:00+01:00",
    "chargingSchedule": {
        "duration": 86400,
        "startSchedule": "2013-01-01T00:00:00.5Z",
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 11000, "numberPhases": 3},
            {"startPeriod": 28800, "limit": 6000.0, "numberPhases": 1},
        ],
        "minChargingRate": 1380.0,
    },
}
LONG_MEANT = ChargingProfile(
    id=7,
    stack_level=2,
    purpose="station_max",
    kind="recurring",
    recurrency="weekly",
    valid_from=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    valid_to=datetime(2026, 3, 1, 13, 0, tzinfo=UTC),
    transaction="17",
    schedules=(
        ChargingSchedule(
            start=datetime(2013, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC),
            duration_s=86400,
            unit="W",
            periods=(
                SchedulePeriod(start_s=0, limit=11000.0, phases=3),
                SchedulePeriod(start_s=28800, limit=6000.0, phases=1),
            ),
            min_rate=1380.0,
        ),
    ),
)

HEARD: list[tuple[str, dict[str, Any], Request]] = [
    (
        "SetChargingProfile",
        {"connectorId": 1, "csChargingProfiles": SHORT},
        SetProfile(**COMMON, place=Place(evse=1), profile=SHORT_MEANT),
    ),
    (
        "SetChargingProfile",
        {"connectorId": 0, "csChargingProfiles": LONG},
        SetProfile(**COMMON, place=STATION, profile=LONG_MEANT),
    ),
    (
        "RemoteStartTransaction",
        {"idTag": "CARD1", "chargingProfile": SHORT},
        StartCharging(**COMMON, token=Token(value="CARD1"), profile=SHORT_MEANT),
    ),
    ("ClearChargingProfile", {}, ClearProfiles(**COMMON)),
    ("ClearChargingProfile", {"id": 7}, ClearProfiles(**COMMON, profile=7)),
    (
        "ClearChargingProfile",
        {"connectorId": 0, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 2},
        ClearProfiles(**COMMON, place=STATION, purpose="tx_default", stack_level=2),
    ),
    (
        "GetCompositeSchedule",
        {"connectorId": 1, "duration": 3600},
        ComposeSchedule(**COMMON, place=Place(evse=1), duration_s=3600),
    ),
    (
        "GetCompositeSchedule",
        {"connectorId": 0, "duration": 3600, "chargingRateUnit": "W"},
        ComposeSchedule(**COMMON, place=STATION, duration_s=3600, unit="W"),
    ),
]


@pytest.mark.parametrize(("action", "payload", "meant"), HEARD)
def test_a_call_is_read_as(action: str, payload: dict[str, Any], meant: Request) -> None:
    assert SCHEMAS.check_call(action, payload) is None
    assert DIALECT.heard_by_name[action].request(payload, ENVELOPE) == meant


@pytest.mark.parametrize(
    ("action", "payload", "field"),
    [
        (
            "SetChargingProfile",
            {"connectorId": 1, "csChargingProfiles": SHORT | {"validFrom": "yesterday"}},
            "csChargingProfiles.validFrom",
        ),
        (
            "RemoteStartTransaction",
            {"idTag": "CARD1", "chargingProfile": SHORT | {"validTo": ""}},
            "chargingProfile.validTo",
        ),
    ],
)
def test_a_valid_call_may_still_make_no_sense(action: str, payload: dict[str, Any], field: str) -> None:
    assert SCHEMAS.check_call(action, payload) is None
    with pytest.raises(Unreadable) as caught:
        DIALECT.heard_by_name[action].request(payload, ENVELOPE)
    assert caught.value.field == field


SET = {"connectorId": 1, "csChargingProfiles": SHORT}
ASKED = {"connectorId": 0, "duration": 3600}
ANSWERED: list[tuple[str, dict[str, Any], Reply, dict[str, Any]]] = [
    ("SetChargingProfile", SET, ProfileSet(**REPLY, result="accepted"), {"status": "Accepted"}),
    (
        "SetChargingProfile",
        SET,
        ProfileSet(**REPLY, result="rejected", flaw="bad_schedule", detail="no place for remarks in 1.6"),
        {"status": "Rejected"},
    ),
    ("ClearChargingProfile", {}, ProfilesCleared(**REPLY, result="accepted"), {"status": "Accepted"}),
    ("ClearChargingProfile", {}, ProfilesCleared(**REPLY, result="unknown"), {"status": "Unknown"}),
    (
        "GetCompositeSchedule",
        ASKED,
        ScheduleComposed(
            **REPLY,
            result="accepted",
            start=AT,
            duration_s=3600,
            unit="A",
            periods=(
                SchedulePeriod(start_s=0, limit=8.7, phases=3),
                SchedulePeriod(start_s=60, limit=0.1 + 0.2),
            ),
        ),
        {
            "status": "Accepted",
            "connectorId": 0,
            "scheduleStart": "2026-03-01T12:00:00Z",
            "chargingSchedule": {
                "duration": 3600,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [
                    {"startPeriod": 0, "limit": 8.7, "numberPhases": 3},
                    {"startPeriod": 60, "limit": 0.3},
                ],
            },
        },
    ),
    (
        "GetCompositeSchedule",
        ASKED,
        ScheduleComposed(**REPLY, result="rejected", flaw="unknown_place"),
        {"status": "Rejected"},
    ),
]


@pytest.mark.parametrize(("action", "original", "reply", "payload"), ANSWERED)
def test_a_reply_is_written_as(
    action: str, original: dict[str, Any], reply: Reply, payload: dict[str, Any]
) -> None:
    assert DIALECT.heard_by_name[action].write(reply, original) == payload
    assert SCHEMAS.check_result(action, payload, formats=True) is None


PERIODS = '"chargingSchedulePeriod":[{"startPeriod":0,"limit":16.05}]'
PROFILE = (
    '{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative",'
    '"chargingSchedule":{"chargingRateUnit":"A",' + PERIODS + "}}"
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            '[2,"7","SetChargingProfile",{"connectorId":1}]',
            '[4,"7","ProtocolError","csChargingProfiles breaks the rule: required",{}]',
        ),
        (
            f'[2,"7","SetChargingProfile",{{"connectorId":1,"csChargingProfiles":{PROFILE}}}]',
            '[4,"7","PropertyConstraintViolation","csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0]'
            '.limit breaks the rule: multipleOf 0.1",{}]',
        ),
        (
            '[2,"7","ClearChargingProfile",{"stackLevel":"1"}]',
            '[4,"7","TypeConstraintViolation","stackLevel breaks the rule: type integer",{}]',
        ),
        (
            '[2,"7","GetCompositeSchedule",{"connectorId":1,"duration":60,"chargingRateUnit":"kW"}]',
            '[4,"7","PropertyConstraintViolation","chargingRateUnit breaks the rule: enum A, W",{}]',
        ),
        (
            '[2,"7","GetCompositeSchedule",{"connectorId":1,"duration":60,"unit":"A"}]',
            '[4,"7","FormationViolation","unit breaks the rule: not a field of this message",{}]',
        ),
    ],
)
def test_a_payload_that_breaks_the_schema_is_refused_at_once(text: str, answer: str) -> None:
    it = Linked("ocpp1.6")
    it.link.take(text)
    assert it.sent == [answer]


def test_the_units_have_other_names_in_their_key() -> None:
    name = SettingName(component="SmartChargingCtrlr", variable="RateUnit")
    key = "ChargingScheduleAllowedChargingRateUnit"
    reply = SettingsRead(
        **REPLY, settings=(SettingRead(name=name, result="accepted", value="A,W", read_only=True),)
    )
    assert DIALECT.heard_by_name["GetConfiguration"].write(reply, {"key": [key]}) == {
        "configurationKey": [{"key": key, "readonly": True, "value": "Current,Power"}]
    }
