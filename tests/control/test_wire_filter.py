"""Which frames are meant. Pure: each wish alone, and what can't be understood."""

from datetime import UTC, datetime
from typing import Any

import pytest
from vcp_control.wire_filter import BadWish, FieldWish, Filter

FRAME: dict[str, Any] = {
    "type": "frame_received",
    "at": "2026-06-01T12:00:00Z",
    "kind": "result",
    "action": "StartTransaction",
    "message_id": "m1",
    "valid": True,
    "verdict": None,
    "rule_applied": "slow",
    "text": '[3,"m1",{"transactionId":17,"idTagInfo":{"status":"Accepted"},"list":[{"a/b":true}]}]',
}


def at(second: int) -> datetime:
    return datetime(2026, 6, 1, 12, 0, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        ({}, True),
        ({"action": "StartTransaction"}, True),
        ({"action": "starttransaction"}, False),
        ({"direction": "received"}, True),
        ({"direction": "sent"}, False),
        ({"kind": "error"}, False),
        ({"valid": False}, False),
        ({"verdict": "accepted"}, False),
        ({"message_id": "m1", "kind": "result"}, True),
        ({"message_id": "m1", "kind": "call"}, False),
        ({"rule_applied": "slow"}, True),
        ({"since": at(0)}, True),
        ({"since": at(1)}, False),
        ({"until": at(0)}, False),
        ({"until": at(1)}, True),
    ],
)
def test_a_frame_fits_what_is_wished(wish: dict[str, Any], fits: bool) -> None:
    assert Filter(**wish).fits(FRAME) is fits


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("transactionId=17", True),
        ("transactionId=1", False),
        ("/idTagInfo/status=Accepted", True),
        ("/idTagInfo/status=Blocked", False),
        ("/list/0/a~1b=true", True),
        ("/list/1/a~1b=true", False),
        ("/list/x=1", False),
        ("/list/٠/a~1b=true", False),
        ("/list/00/a~1b=true", False),
        (f"/list/{'9' * 5000}=1", False),
        ("idTagInfo={\"status\":\"Accepted\"}", True),
        ("nothing=1", False),
        ("/transactionId/deeper=1", False),
    ],
)  # fmt: skip
def test_a_field_of_the_payload_is_compared(text: str, fits: bool) -> None:
    assert Filter(fields=[FieldWish.read(text)]).fits(FRAME) is fits


@pytest.mark.parametrize("text", ["not json", "[3]", "[9,1,2]", "{}", '[[],"x",{}]'])
def test_what_is_no_frame_has_no_field(text: str) -> None:
    assert not Filter(fields=[FieldWish.read("a=1")]).fits({**FRAME, "text": text})


@pytest.mark.parametrize("text", ["idTag", "=CARD1", ""])
def test_a_wish_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadWish, match="name=value"):
        FieldWish.read(text)
