"""Text to frame and back, as OCPP-J 4.2 has it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vcp_handler.frames import (
    Broken,
    Call,
    CallError,
    CallResult,
    read,
    write_call,
    write_error,
    write_result,
)


def test_a_call_is_read() -> None:
    """OCPP-J 4.2.1"""
    text = (
        '[2,"19223201","BootNotification",{"chargePointVendor":"VendorX","chargePointModel":"SingleSocket"}]'
    )
    assert read(text) == Call(
        "19223201", "BootNotification", {"chargePointVendor": "VendorX", "chargePointModel": "SingleSocket"}
    )


def test_an_answer_is_read() -> None:
    """OCPP-J 4.2.2"""
    assert read('[3,"19223201",{"status":"Accepted"}]') == CallResult("19223201", {"status": "Accepted"})


def test_an_error_is_read() -> None:
    """OCPP-J 4.2.3"""
    assert read('[4,"1","NotSupported","no such profile",{}]') == CallError(
        "1", "NotSupported", "no such profile", {}
    )


@pytest.mark.parametrize("text", ['[2,"1","Heartbeat",null]', '[2,"1","Heartbeat",{}]'])
def test_an_empty_payload_may_be_null(text: str) -> None:
    assert read(text) == Call("1", "Heartbeat", {})


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ('[4,"1","InternalError"]', "a CALLERROR has 5 elements, this has 3"),
        ('[4,"1","InternalError","",null]', "the error details are not an object"),
        ('[4,"1","InternalError",null,{}]', "the error description is not a text"),
    ],
)
def test_a_sloppy_error_is_understood_and_its_flaw_told(text: str, flaw: str) -> None:
    frame = read(text)
    assert isinstance(frame, CallError)
    assert (frame.id, frame.code, frame.flaw) == ("1", "InternalError", flaw)


@pytest.mark.parametrize(
    ("text", "kind", "message_id", "type_number"),
    [
        ("", "not_json", None, None),
        ('[2,"1","Heartbeat",{}', "not_json", None, None),
        ('[2,"1","Heartbeat",{"n":NaN}]', "not_json", None, None),
        ("[" * 100_000, "not_json", None, None),
        ('{"a":1}', "not_array", None, None),
        ("[]", "not_array", None, None),
        ('"[2]"', "not_array", None, None),
        ('[7,"1","Heartbeat",{}]', "unknown_type", "1", None),
        ('["2","1","Heartbeat",{}]', "unknown_type", "1", None),
        ('[2.0,"1","Heartbeat",{}]', "unknown_type", "1", None),
        ('[true,"1","Heartbeat",{}]', "unknown_type", "1", None),
        ('[2,"1","Heartbeat"]', "arity", "1", 2),
        ('[2,"1","Heartbeat",{},{}]', "arity", "1", 2),
        ("[2]", "arity", None, 2),
        ('[2,1,"Heartbeat",{}]', "bad_id", None, 2),
        ('[2,"","Heartbeat",{}]', "bad_id", None, 2),
        (f'[2,"{"i" * 37}","Heartbeat",{{}}]', "bad_id", "i" * 37, 2),
        (f'[2,"{"i" * 256}","Heartbeat",{{}}]', "bad_id", None, 2),
        ('[2,"1",5,{}]', "bad_action", "1", 2),
        ('[2,"1",{},{}]', "bad_action", "1", 2),
        ('[2,"1","Heartbeat",[]]', "bad_payload", "1", 2),
        ('[2,"1","DataTransfer",{"n":1e400}]', "bad_payload", "1", 2),
        (' [ 2 , "1\\u0041\\"" , "DataTransfer" , {"n":[-1e999]}]', "bad_payload", '1A"', 2),
        (f'[2,"1","DataTransfer",{{"n":{"9" * 5_000}}}]', "bad_payload", "1", 2),
        (r'[2,"1","DataTransfer",{"data":"\ud800"}]', "bad_payload", "1", 2),
        (r'[2,"1","\ud800",{}]', "bad_payload", "1", 2),
        (f'[2,"1","DataTransfer",{{"data":{"[" * 1_100 + "]" * 1_100}}}]', "bad_payload", "1", 2),
        (f'[2,"1","DataTransfer",{{"data":{"[" * 100_000 + "]" * 100_000}}}]', "bad_payload", "1", 2),
        (f'[2,"{"i" * 256}","DataTransfer",{{"n":1e400}}]', "not_json", None, None),
        (r'[2,"\ud800","DataTransfer",{}]', "not_json", None, None),
        ('[2,"1","DataTransfer",{"n":1e400}', "not_json", None, None),
        ('[2,"1","DataTransfer",{"n":1e400,}]', "not_json", None, None),
        ('[3,"1",{"n":1e400}]', "not_json", None, None),
        (b'[2,"1","DataTransfer",{"n":1e400}]', "bad_payload", "1", 2),
        (b'[2,"1","DataTransfer",{"n":"\xff"}]', "not_json", None, None),
        (f'[2,"1","DataTransfer",{{"data":{"[" * 99 + "]" * 99}}}]', "too_deep", "1", 2),
        (f'[3,"1",{"[" * 600 + "]" * 600}]', "too_deep", "1", 3),
        ('[3,"1"]', "arity", "1", 3),
        ('[3,"1",{},"Reset"]', "arity", "1", 3),
        ("[3,null,{}]", "bad_id", None, 3),
        ('[3,"1",[]]', "bad_payload", "1", 3),
        ('[4,"1"]', "bad_code", "1", 4),
        ('[4,"1",17,"",{}]', "bad_code", "1", 4),
    ],
)
def test_what_is_no_frame_is_told_with_all_that_can_be_read_of_it(
    text: str | bytes, kind: str, message_id: str | None, type_number: int | None
) -> None:
    frame = read(text)
    assert isinstance(frame, Broken)
    assert (frame.kind, frame.id, frame.type) == (kind, message_id, type_number)
    assert frame.reason


def test_an_oversized_text_is_not_read() -> None:
    frame = read('[2,"1","DataTransfer",{"vendorId":"x"}]', limit=20)
    assert isinstance(frame, Broken)
    assert frame.kind == "too_long"


@settings(deadline=None)
@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(repr))
def test_nothing_that_is_received_can_raise(text: str) -> None:
    assert isinstance(read(text), Broken | Call | CallResult | CallError)


def test_frames_are_written_without_blanks() -> None:
    assert write_call("17", "Heartbeat", {}) == '[2,"17","Heartbeat",{}]'
    assert write_result("17", {"status": "Accepted"}) == '[3,"17",{"status":"Accepted"}]'
    assert write_error("17", "InternalError", "broken") == '[4,"17","InternalError","broken",{}]'


def test_a_long_error_description_is_cut() -> None:
    """OCPP-J 4.2.3: at most 255 characters."""
    frame = read(write_error("17", "GenericError", "ä" * 300))
    assert frame == CallError("17", "GenericError", "ä" * 255, {})


def test_many_brackets_that_do_not_lie_deep_are_read() -> None:
    payload = {"list": [{"n": [n]} for n in range(300)]}
    assert read(write_call("1", "DataTransfer", payload)) == Call("1", "DataTransfer", payload)
    deep = f'[2,"1","DataTransfer",{{"data":{"[" * 98 + "]" * 98}}}]'
    assert isinstance(read(deep), Call)
