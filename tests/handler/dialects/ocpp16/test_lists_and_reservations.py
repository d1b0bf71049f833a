"""SendLocalList, GetLocalListVersion, ReserveNow and CancelReservation of OCPP 1.6: literal frames, both ways."""

from datetime import UTC, datetime
from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.actions import ReportMeter, ReportReservation, ReportTransaction
from vcp_contracts.requests import (
    CancelReservation,
    Declined,
    ListedToken,
    ReadTokenListVersion,
    Reply,
    Request,
    ReservationCancelled,
    Reserve,
    Reserved,
    SetTokenList,
    TokenListSet,
    TokenListVersion,
)
from vcp_contracts.values import STATION, Place, Reading, Sample, Token, TokenInfo
from vcp_handler.dialects.ocpp16 import DIALECT
from vcp_handler.validation import Schemas

REPLY: dict[str, Any] = {"id": "r1", "charge_point": "CP1", "link": "h.1", "request": "h.1/1"}
ONE_O_CLOCK = datetime(2026, 6, 1, 13, 0, tzinfo=UTC)
RESERVE = '[2,"7","ReserveNow",{"connectorId":1,"expiryDate":"2026-06-01T13:00:00Z","idTag":"CARD1","reservationId":5}]'
VERSION = '[2,"7","GetLocalListVersion",{}]'
CLEAR = '[2,"7","SendLocalList",{"listVersion":1,"updateType":"Full"}]'


def meant(request: Request) -> dict[str, Any]:
    """A request without its envelope."""
    envelope = {"id", "charge_point", "at", "link", "n", "message_id", "cause", "schema_version", "type"}
    return {name: getattr(request, name) for name in type(request).model_fields if name not in envelope}


@pytest.mark.parametrize(
    ("frame", "kind", "fields"),
    [
        (CLEAR, SetTokenList, {"version": 1, "update": "full", "entries": ()}),
        (
            '[2,"7","SendLocalList",{"listVersion":3,"updateType":"Differential","localAuthorizationList":['
            '{"idTag":"CARD1","idTagInfo":{"status":"Accepted","expiryDate":"2026-06-01T15:00:00+02:00",'
            '"parentIdTag":"FLEET"}},{"idTag":"CARD2","idTagInfo":{"status":"Blocked"}},{"idTag":"GONE"}]}]',
            SetTokenList,
            {
                "version": 3,
                "update": "differential",
                "entries": (
                    ListedToken(
                        token=Token(value="CARD1"),
                        info=TokenInfo(
                            status="accepted", valid_until=ONE_O_CLOCK, group=Token(value="FLEET")
                        ),
                    ),
                    ListedToken(token=Token(value="CARD2"), info=TokenInfo(status="blocked")),
                    ListedToken(token=Token(value="GONE")),
                ),
            },
        ),
        (VERSION, ReadTokenListVersion, {}),
        (
            RESERVE,
            Reserve,
            {
                "reservation": 5,
                "evse": 1,
                "connector_type": None,
                "token": Token(value="CARD1"),
                "group": None,
                "until": ONE_O_CLOCK,
            },
        ),
        (
            '[2,"7","ReserveNow",{"connectorId":0,"expiryDate":"2026-06-01T13:00:00.000Z","idTag":"CARD1",'
            '"parentIdTag":"FLEET","reservationId":-5}]',
            Reserve,
            {
                "reservation": -5,
                "evse": None,
                "connector_type": None,
                "token": Token(value="CARD1"),
                "group": Token(value="FLEET"),
                "until": ONE_O_CLOCK,
            },
        ),
        ('[2,"7","CancelReservation",{"reservationId":5}]', CancelReservation, {"reservation": 5}),
    ],
)
def test_a_call_is_read_as(frame: str, kind: type[Request], fields: dict[str, Any]) -> None:
    it = Linked()
    it.link.take(frame)
    [request] = it.facts
    assert isinstance(request, kind)
    assert meant(request) == fields
    assert it.sent == []


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (
            '[2,"7","SendLocalList",{"listVersion":1}]',
            '[4,"7","ProtocolError","updateType breaks the rule: required",{}]',
        ),
        (
            '[2,"7","SendLocalList",{"listVersion":"1","updateType":"Full"}]',
            '[4,"7","TypeConstraintViolation","listVersion breaks the rule: type integer",{}]',
        ),
        (
            '[2,"7","SendLocalList",{"listVersion":1,"updateType":"Half"}]',
            '[4,"7","PropertyConstraintViolation","updateType breaks the rule: enum Differential, Full",{}]',
        ),
        (
            '[2,"7","SendLocalList",{"listVersion":1,"updateType":"Full","localAuthorizationList":'
            '[{"idTag":"A-CARD-WITH-A-LONG-NAME"}]}]',
            '[4,"7","PropertyConstraintViolation",'
            '"localAuthorizationList[0].idTag breaks the rule: maxLength 20",{}]',
        ),
        (
            '[2,"7","SendLocalList",{"listVersion":1,"updateType":"Full","localAuthorizationList":'
            '[{"idTag":"A","idTagInfo":{"status":"Accepted","expiryDate":"tomorrow"}}]}]',
            '[4,"7","PropertyConstraintViolation",'
            "\"idTagInfo.expiryDate: not a date and time: 'tomorrow'\",{}]",
        ),
        (
            '[2,"7","GetLocalListVersion",{"type":"Full"}]',
            '[4,"7","FormationViolation","type breaks the rule: not a field of this message",{}]',
        ),
        (
            '[2,"7","ReserveNow",{"connectorId":1,"idTag":"CARD1","reservationId":5}]',
            '[4,"7","ProtocolError","expiryDate breaks the rule: required",{}]',
        ),
        (
            '[2,"7","ReserveNow",{"connectorId":1,"expiryDate":"soon","idTag":"CARD1","reservationId":5}]',
            '[4,"7","PropertyConstraintViolation","expiryDate: not a date and time: \'soon\'",{}]',
        ),
        (
            '[2,"7","CancelReservation",{"reservationId":5.5}]',
            '[4,"7","TypeConstraintViolation","reservationId breaks the rule: type integer",{}]',
        ),
    ],
)
def test_a_bad_call_is_answered_at_once(frame: str, answer: str) -> None:
    it = Linked()
    it.link.take(frame)
    assert (it.sent, it.facts) == ([answer], [])


@pytest.mark.parametrize(
    ("frame", "reply", "answer"),
    [
        (CLEAR, TokenListSet(**REPLY, result="accepted"), '[3,"7",{"status":"Accepted"}]'),
        (CLEAR, TokenListSet(**REPLY, result="failed", detail="full"), '[3,"7",{"status":"Failed"}]'),
        (CLEAR, TokenListSet(**REPLY, result="version_mismatch"), '[3,"7",{"status":"VersionMismatch"}]'),
        (CLEAR, Declined(**REPLY, reason="not_supported"), '[3,"7",{"status":"NotSupported"}]'),
        (
            VERSION,
            TokenListVersion(**REPLY, supported=True, enabled=True, version=3, entries=2),
            '[3,"7",{"listVersion":3}]',
        ),
        (
            VERSION,
            TokenListVersion(**REPLY, supported=True, enabled=True, version=3, entries=0),
            '[3,"7",{"listVersion":0}]',
        ),
        (
            VERSION,
            TokenListVersion(**REPLY, supported=True, enabled=False, version=3, entries=2),
            '[3,"7",{"listVersion":-1}]',
        ),
        (
            VERSION,
            TokenListVersion(**REPLY, supported=False, enabled=True, version=0, entries=0),
            '[3,"7",{"listVersion":-1}]',
        ),
        (RESERVE, Reserved(**REPLY, result="accepted"), '[3,"7",{"status":"Accepted"}]'),
        (RESERVE, Reserved(**REPLY, result="rejected", detail="late"), '[3,"7",{"status":"Rejected"}]'),
        (RESERVE, Reserved(**REPLY, result="occupied"), '[3,"7",{"status":"Occupied"}]'),
        (RESERVE, Reserved(**REPLY, result="faulted"), '[3,"7",{"status":"Faulted"}]'),
        (RESERVE, Reserved(**REPLY, result="unavailable"), '[3,"7",{"status":"Unavailable"}]'),
        (
            RESERVE,
            Declined(**REPLY, reason="not_supported"),
            '[4,"7","NotSupported","not supported by this charge point",{}]',
        ),
        (
            '[2,"7","CancelReservation",{"reservationId":5}]',
            ReservationCancelled(**REPLY, result="rejected", detail="no such reservation"),
            '[3,"7",{"status":"Rejected"}]',
        ),
        (
            '[2,"7","GetConfiguration",{"key":["BlinkRepeat","LightIntensity"]}]',
            Declined(**REPLY, reason="too_many", detail="at most 1 at once"),
            '[4,"7","OccurenceConstraintViolation","at most 1 at once",{}]',
        ),
    ],
)
def test_a_reply_is_written_as(frame: str, reply: Reply, answer: str) -> None:
    it = Linked()
    it.link.take(frame)
    it.link.reply(reply)
    assert it.sent == [answer]


def test_a_start_names_the_reservation_that_it_uses() -> None:
    start = ReportTransaction(
        id="a1",
        charge_point="CP1",
        at=ONE_O_CLOCK,
        phase="started",
        transaction="t",
        place=Place(evse=1, connector=1),
        token=Token(value="CARD1"),
        state="ev_connected",
        seq=0,
        trigger="authorized",
        register_wh=1000,
        reservation=5,
    )
    row = DIALECT.row_for(start)
    assert row is not None
    assert row.write(start) == {
        "connectorId": 1,
        "idTag": "CARD1",
        "meterStart": 1000,
        "timestamp": "2026-06-01T13:00:00Z",
        "reservationId": 5,
    }


def test_the_stations_own_meter_is_connector_0() -> None:
    inlet = Sample(
        at=ONE_O_CLOCK, readings=(Reading(value=2500.0, unit="Wh", location="inlet", context="clock"),)
    )
    meter = ReportMeter(id="a1", charge_point="CP1", at=ONE_O_CLOCK, place=STATION, samples=(inlet,))
    row = DIALECT.row_for(meter)
    assert row is not None
    payload = row.write(meter)
    assert payload == {
        "connectorId": 0,
        "meterValue": [
            {
                "timestamp": "2026-06-01T13:00:00Z",
                "sampledValue": [
                    {
                        "value": "2500",
                        "context": "Sample.Clock",
                        "measurand": "Energy.Active.Import.Register",
                        "location": "Inlet",
                        "unit": "Wh",
                    }
                ],
            }
        ],
    }
    assert Schemas("v16").check_call("MeterValues", payload, formats=True) is None


def test_the_end_of_a_reservation_has_no_message() -> None:
    ended = ReportReservation(id="a1", charge_point="CP1", reservation=5, end="expired")
    assert DIALECT.row_for(ended) is None
