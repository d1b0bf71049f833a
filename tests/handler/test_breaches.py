"""Each way of a backend to break a rule on the wire has its own code."""

import json

import pytest
from handler.linked import Linked
from vcp_contracts.actions import Authorize, Beat
from vcp_contracts.events import ProtocolViolation
from vcp_contracts.values import Token


def codes(it: Linked) -> list[str]:
    return [event.code for event in it.events if isinstance(event, ProtocolViolation)]


CALLED_FIRST = '[2,"1","ClearCache",{}]'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"\x00", "frame_not_text"),
        ("[3,", "frame_not_json"),
        ("{}", "frame_not_array"),
        ('[9,"1",{}]', "frame_type"),
        ('[3,"a1",{},{}]', "frame_elements"),
        ('[3,"' + 37 * "x" + '",{}]', "frame_id"),
        ('[2,"1",7,{}]', "frame_action"),
        ('[2,"1","ClearCache",[]]', "frame_payload"),
        ('[4,"a1",7,"",{}]', "frame_error_code"),
        ('[4,"a1","InternalError",""]', "frame_error_parts"),
        ('[4,"a1","Oops","",{}]', "error_code_unknown"),
        ('[3,"zz",{}]', "answer_to_no_call"),
        ('[2,"1","BrewCoffee",{}]', "call_unknown"),
        ('[2,"1","Heartbeat",{}]', "call_wrong_way"),
        ('[2,"1","Reset",{}]', "call_field_missing"),
        ('[2,"1","ClearCache",{"x":1}]', "call_field_extra"),
        ('[2,"1","Reset",{"type":7}]', "call_field_type"),
        ('[2,"1","Reset",{"type":"Warm"}]', "call_field_value"),
        ('[3,"a1",{}]', "answer_field_missing"),
        ('[3,"a1",{"idTagInfo":{"status":"Accepted"},"x":1}]', "answer_field_extra"),
        ('[3,"a1",{"idTagInfo":7}]', "answer_field_type"),
        ('[3,"a1",{"idTagInfo":{"status":"Nice"}}]', "answer_field_value"),
    ],
)
def test_a_breach_on_the_wire_has_its_code(text: str | bytes, code: str) -> None:
    it = Linked()
    it.link.act(Authorize(id="a1", charge_point="CP1", link="h.1", token=Token(value="T")))
    it.link.take(text)
    assert codes(it) == [code]


def test_a_frame_that_is_too_long() -> None:
    it = Linked()
    it.link.take(json.dumps([2, "1", "ClearCache", {"x": "y" * 1_048_576}]))
    assert codes(it) == ["frame_too_long"]


def test_a_message_that_no_websocket_may_carry() -> None:
    it = Linked()
    it.link.breach("invalid UTF-8")
    assert codes(it) == ["frame_unread"]


def test_a_second_call_comes_too_early() -> None:
    it = Linked()
    it.link.take(CALLED_FIRST)
    it.link.take('[2,"2","ClearCache",{}]')
    assert codes(it) == ["call_too_early"]


def test_an_id_may_be_used_again_for_the_same_message_only() -> None:
    it = Linked()
    it.link.take('[2,"1","Reset",{}]')
    it.link.take('[2,"1","Reset",{}]')
    assert codes(it) == ["call_field_missing", "call_field_missing"]
    it.link.take('[2,"1","Reset",{"type":7}]')
    assert codes(it)[2:] == ["call_id_used", "call_field_type"]


def test_a_call_to_a_charge_point_that_was_rejected() -> None:
    it = Linked(gate="silent")
    it.link.take(CALLED_FIRST)
    assert codes(it) == ["call_not_registered"]


def test_an_answer_that_comes_twice() -> None:
    it = Linked()
    it.link.act(Beat(id="a1", charge_point="CP1", link="h.1"))
    for _ in range(2):
        it.link.take('[3,"a1",{"currentTime":"2026-01-01T00:00:00Z"}]')
    assert codes(it) == ["answer_twice"]
