"""SendLocalList, GetLocalListVersion, ReserveNow, CancelReservation and ReservationStatusUpdate of OCPP 2.0.1."""

from datetime import UTC, datetime
from typing import Any

import pytest
from handler.linked import Linked
from vcp_contracts.actions import ReportReservation
from vcp_contracts.outcomes import Acknowledged
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
from vcp_contracts.values import Token, TokenInfo
from vcp_handler.dialects.ocpp201 import DIALECT
from vcp_handler.dialects.secrets import masked
from vcp_handler.validation import Schemas

REPLY: dict[str, Any] = {"id": "r1", "charge_point": "CP1", "link": "h.1", "request": "h.1/1"}
ONE_O_CLOCK = datetime(2026, 6, 1, 13, 0, tzinfo=UTC)
RESERVE = (
    '[2,"7","ReserveNow",{"id":5,"expiryDateTime":"2026-06-01T13:00:00Z",'
    '"idToken":{"idToken":"CARD1","type":"ISO14443"},"evseId":1}]'
)
VERSION = '[2,"7","GetLocalListVersion",{}]'
CLEAR = '[2,"7","SendLocalList",{"versionNumber":1,"updateType":"Full"}]'
CANCEL = '[2,"7","CancelReservation",{"reservationId":5}]'


def meant(request: Request) -> dict[str, Any]:
    """A request without its envelope."""
    envelope = {"id", "charge_point", "at", "link", "n", "message_id", "cause", "schema_version", "type"}
    return {name: getattr(request, name) for name in type(request).model_fields if name not in envelope}


@pytest.mark.parametrize(
    ("frame", "kind", "fields"),
    [
        (
            '[2,"7","SendLocalList",{"versionNumber":3,"updateType":"Differential","localAuthorizationList":['
            '{"idToken":{"idToken":"CARD1","type":"ISO14443"},"idTokenInfo":{"status":"NoCredit",'
            '"cacheExpiryDateTime":"2026-06-01T13:00:00Z","groupIdToken":{"idToken":"FLEET","type":"Central"},'
            '"evseId":[1]}},{"idToken":{"idToken":"1234","type":"KeyCode"}}]}]',
            SetTokenList,
            {
                "version": 3,
                "update": "differential",
                "entries": (
                    ListedToken(
                        token=Token(value="CARD1", kind="iso14443"),
                        info=TokenInfo(
                            status="no_credit",
                            valid_until=ONE_O_CLOCK,
                            group=Token(value="FLEET", kind="central"),
                            evses=(1,),
                        ),
                    ),
                    ListedToken(token=Token(value="1234", kind="key_code")),
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
                "token": Token(value="CARD1", kind="iso14443"),
                "group": None,
                "until": ONE_O_CLOCK,
            },
        ),
        (
            '[2,"7","ReserveNow",{"id":5,"expiryDateTime":"2026-06-01T13:00:00Z","connectorType":"cCCS2",'
            '"idToken":{"idToken":"CARD1","type":"Central"},'
            '"groupIdToken":{"idToken":"FLEET","type":"Central"}}]',
            Reserve,
            {
                "reservation": 5,
                "evse": None,
                "connector_type": "cCCS2",
                "token": Token(value="CARD1", kind="central"),
                "group": Token(value="FLEET", kind="central"),
                "until": ONE_O_CLOCK,
            },
        ),
        (CANCEL, CancelReservation, {"reservation": 5}),
    ],
)
def test_a_call_is_read_as(frame: str, kind: type[Request], fields: dict[str, Any]) -> None:
    it = Linked("ocpp2.0.1")
    it.link.take(frame)
    [request] = it.facts
    assert isinstance(request, kind)
    assert meant(request) == fields


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (
            '[2,"7","SendLocalList",{"updateType":"Full"}]',
            '[4,"7","OccurrenceConstraintViolation","versionNumber breaks the rule: required",{}]',
        ),
        (
            '[2,"7","SendLocalList",{"versionNumber":1,"updateType":"Full","localAuthorizationList":[]}]',
            '[4,"7","OccurrenceConstraintViolation","localAuthorizationList breaks the rule: minItems 1",{}]',
        ),
        (
            '[2,"7","GetLocalListVersion",{"type":"Full"}]',
            '[4,"7","FormatViolation","type breaks the rule: not a field of this message",{}]',
        ),
        (
            '[2,"7","ReserveNow",{"id":5,"expiryDateTime":"soon","idToken":{"idToken":"A","type":"Local"}}]',
            '[4,"7","PropertyConstraintViolation","expiryDateTime: not a date and time: \'soon\'",{}]',
        ),
        (
            '[2,"7","ReserveNow",{"id":5,"expiryDateTime":"2026-06-01T13:00:00Z",'
            '"idToken":{"idToken":"A","type":"Card"}}]',
            '[4,"7","PropertyConstraintViolation","idToken.type breaks the rule: enum Central, eMAID, ISO14443, '
            'ISO15693, KeyCode, Local, MacAddress, NoAuthorization",{}]',
        ),
        (
            '[2,"7","CancelReservation",{"reservationId":"5"}]',
            '[4,"7","TypeConstraintViolation","reservationId breaks the rule: type integer",{}]',
        ),
    ],
)
def test_a_bad_call_is_answered_at_once(frame: str, answer: str) -> None:
    it = Linked("ocpp2.0.1")
    it.link.take(frame)
    assert (it.sent, it.facts) == ([answer], [])


@pytest.mark.parametrize(
    ("frame", "reply", "answer"),
    [
        (CLEAR, TokenListSet(**REPLY, result="accepted"), '[3,"7",{"status":"Accepted"}]'),
        (
            CLEAR,
            TokenListSet(**REPLY, result="version_mismatch", detail="the list has version 3"),
            '[3,"7",{"status":"VersionMismatch","statusInfo":'
            '{"reasonCode":"Unspecified","additionalInfo":"the list has version 3"}}]',
        ),
        (
            CLEAR,
            Declined(**REPLY, reason="not_supported"),
            '[4,"7","NotSupported","not supported by this charge point",{}]',
        ),
        (
            VERSION,
            TokenListVersion(**REPLY, supported=True, enabled=True, version=3, entries=0),
            '[3,"7",{"versionNumber":3}]',
        ),
        (
            VERSION,
            TokenListVersion(**REPLY, supported=True, enabled=False, version=3, entries=2),
            '[3,"7",{"versionNumber":0}]',
        ),
        (RESERVE, Reserved(**REPLY, result="occupied"), '[3,"7",{"status":"Occupied"}]'),
        (CANCEL, ReservationCancelled(**REPLY, result="accepted"), '[3,"7",{"status":"Accepted"}]'),
    ],
)
def test_a_reply_is_written_as(frame: str, reply: Reply, answer: str) -> None:
    it = Linked("ocpp2.0.1")
    it.link.take(frame)
    it.link.reply(reply)
    assert it.sent == [answer]


@pytest.mark.parametrize(("end", "status"), [("expired", "Expired"), ("removed", "Removed")])
def test_the_end_of_a_reservation_is_told(end: Any, status: str) -> None:
    ended = ReportReservation(id="a1", charge_point="CP1", reservation=5, end=end)
    row = DIALECT.row_for(ended)
    assert row is not None
    assert row.write(ended) == {"reservationId": 5, "reservationUpdateStatus": status}
    assert Schemas("v201").check_call(row.action, row.write(ended)) is None
    assert row.answer({}, ended) == Acknowledged()


def test_what_a_driver_keys_in_is_masked_in_lists_and_reservations() -> None:
    code = {"idToken": {"idToken": "1234", "type": "KeyCode"}}
    listed = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [code]}
    shown = masked(listed, DIALECT.heard_by_name["SendLocalList"].secrets)
    assert shown["localAuthorizationList"] == [{"idToken": {"idToken": "***", "type": "KeyCode"}}]
    assert masked(code, DIALECT.heard_by_name["ReserveNow"].secrets)["idToken"]["idToken"] == "***"
