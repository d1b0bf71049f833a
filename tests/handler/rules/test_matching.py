"""Which messages a rule means."""

from typing import Any

import pytest
from vcp_contracts.rules import Match
from vcp_contracts.values import Place
from vcp_handler.rules.matching import Message, compiled
from vcp_handler.versions import VERSIONS

START = {"connectorId": 1, "idTag": "T", "meterStart": 0, "list": [{"a/b": 1}], "on": True, "gone": None}
EVENT = {"evse": {"id": 2, "connectorId": 1}, "transactionInfo": {"transactionId": "tx-1"}}


def message(payload: dict[str, Any] = START, version: str = "ocpp1.6", **more: Any) -> Message:
    given: dict[str, Any] = {
        "direction": "sent",
        "kind": "call",
        "action": "StartTransaction",
        "word": "report_transaction",
        **more,
    }
    return Message(payload=payload, subject=VERSIONS[version].dialect.subject, **given)


def fits(match: dict[str, Any], **more: Any) -> bool:
    return compiled(Match.model_validate(match))(message(**more))


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({}, True),
        ({"action": "StartTransaction"}, True),
        ({"action": "startTransaction"}, False),
        ({"word": "report_transaction"}, True),
        ({"word": "report_status"}, False),
        ({"direction": "sent", "kind": "call"}, True),
        ({"direction": "received"}, False),
        ({"kind": "result"}, False),
        ({"action": "StartTransaction", "direction": "received"}, False),
    ],
)
def test_what_a_message_is(match: dict[str, Any], expected: bool) -> None:
    assert fits(match) is expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"path": "idTag", "equals": "T"}, True),
        ({"path": "idTag", "equals": "t"}, False),
        ({"path": "/idTag", "equals": "T"}, True),
        ({"path": "connectorId", "equals": 1}, True),
        ({"path": "connectorId", "equals": 1.0}, True),
        ({"path": "connectorId", "equals": True}, False),
        ({"path": "on", "equals": True}, True),
        ({"path": "on", "equals": 1}, False),
        ({"path": "/list/0", "equals": {"a/b": 1}}, True),
        ({"path": "/list/0", "equals": {"a/b": True}}, False),
        ({"path": "/list/0/a~1b", "equals": 1}, True),
        ({"path": "/list/1/a~1b", "equals": 1}, False),
        ({"path": "/list/00", "present": True}, False),
        ({"path": "/list/x", "present": True}, False),
        ({"path": "/idTag/0", "present": True}, False),
        ({"path": "list", "equals": [{"a/b": 1}]}, True),
        ({"path": "idTag", "any_of": ["S", "T"]}, True),
        ({"path": "idTag", "any_of": ["S"]}, False),
        ({"path": "gone", "any_of": [None]}, True),
        ({"path": "nothing", "any_of": [None]}, False),
        ({"path": "gone", "present": True}, True),
        ({"path": "nothing", "present": True}, False),
        ({"path": "nothing", "present": False}, True),
        ({"path": "idTag", "matches": "^[A-Z]$"}, True),
        ({"path": "idTag", "matches": "^[a-z]$"}, False),
        ({"path": "connectorId", "matches": "^1$"}, True),
        ({"path": "on", "matches": "^true$"}, True),
        ({"path": "list", "matches": "."}, False),
        ({"path": "nothing", "matches": ""}, False),
    ],
)
def test_what_a_field_is(test: dict[str, Any], expected: bool) -> None:
    assert fits({"fields": [test]}) is expected


def test_all_fields_must_fit() -> None:
    tests = [{"path": "idTag", "equals": "T"}, {"path": "connectorId", "equals": 2}]
    assert not fits({"fields": tests})


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"evse": 2}, True),
        ({"evse": 1}, False),
        ({"evse": 2, "connector": 1}, True),
        ({"connector": 2}, False),
        ({"transaction": "tx-1"}, True),
        ({"transaction": "tx-2"}, False),
    ],
)
def test_what_a_message_of_2_0_1_is_about(match: dict[str, Any], expected: bool) -> None:
    assert fits(match, payload=EVENT, version="ocpp2.0.1") is expected


def test_in_1_6_the_connector_is_the_evse_and_a_transaction_a_number() -> None:
    assert fits({"evse": 1})
    assert not fits({"connector": 1})
    assert fits({"transaction": "7"}, payload={"transactionId": 7})
    assert not fits({"transaction": "True"}, payload={"transactionId": True})


def test_an_answer_is_about_what_its_call_is_about() -> None:
    assert fits({"evse": 1}, payload={"transactionId": 7}, call=START)
    assert fits({"transaction": "7"}, payload={"transactionId": 7}, call=START)


def test_a_transaction_has_the_chargers_name_too() -> None:
    assert fits({"transaction": "tx-9"}, transactions=("tx-9",))


def test_the_charger_knows_what_a_message_is_about_where_the_wire_does_not_say() -> None:
    ended = {"transactionId": 7, "meterStop": 1}
    assert fits({"evse": 2}, payload=ended, place=Place(evse=2, connector=1))
    assert not fits({"evse": 1}, payload=ended, place=Place(evse=2, connector=1))
    assert not fits({"connector": 1}, payload=ended, place=Place(evse=2, connector=1)), (
        "1.6 names no connectors of EVSEs"
    )
    assert fits({"connector": 1}, payload={}, version="ocpp2.0.1", place=Place(evse=2, connector=1))
