"""Expected beside arrived, as a person reads it."""

from vcp_testkit.difference import difference, frame_line, wire_around
from vcp_testkit.frames import answer_to, frame_of
from vcp_testkit.matching import compare


def shown(cursor: int, type: str, kind: str, action: str, text: str, id: str = "1", **more) -> dict:
    return {
        "cursor": str(cursor),
        "at": f"2026-01-01T08:00:{cursor:02}.250Z",
        "type": type,
        "kind": kind,
        "action": action,
        "message_id": id,
        "text": text,
        "valid": True,
        **more,
    }


CALL = frame_of(shown(1, "frame_sent", "call", "Authorize", '[2,"1","Authorize",{"idTag":"A"}]'))
ANSWER = frame_of(
    shown(2, "frame_received", "result", "Authorize", '[3,"1",{"idTagInfo":{"status":"Blocked"}}]')
)
ERROR = frame_of(shown(3, "frame_received", "error", "Authorize", '[4,"1","InternalError","oops",{}]'))
BROKEN = frame_of(
    shown(4, "frame_received", "broken", None, "[3,", None, valid=False, rule="not_json")  # type: ignore[arg-type]
)


def test_a_difference_is_a_table():
    held = compare(
        {"idTagInfo.status": "Accepted", "idTagInfo.parentIdTag": {"present": False}}, ANSWER.payload
    )
    assert difference(held).splitlines() == [
        "     field                  expected    arrived",
        '  ✗  idTagInfo.status       "Accepted"  "Blocked"',
        "  ✓  idTagInfo.parentIdTag  nothing     nothing",
    ]


def test_the_wire_around_marks_the_frame_that_is_meant():
    assert wire_around([CALL, ANSWER, ERROR, BROKEN], ANSWER).splitlines() == [
        '  08:00:01.250 → 1       Authorize                      {"idTag":"A"}',
        '▶ 08:00:02.250 ← 1       Authorize answer               {"idTagInfo":{"status":"Blocked"}}',
        "  08:00:03.250 ← 1       Authorize error                InternalError: oops",
        "  08:00:04.250 ←         ? broken                       [3,  breaks OCPP: not_json",
    ]


def test_of_many_frames_the_nearest_are_shown():
    many = [
        frame_of(shown(n, "frame_sent", "call", "Heartbeat", f'[2,"{n}","Heartbeat",{{}}]'))
        for n in range(40)
    ]
    lines = wire_around(many, many[20]).splitlines()
    assert lines[0] == "  … 10 of 40 frames"
    assert sum(line.startswith("▶") for line in lines) == 1
    assert wire_around(many).splitlines()[-1].startswith("  08:00:39.250")
    assert wire_around([]) == "  nothing was on the wire"


def test_a_frame_is_opened_and_its_answer_found():
    assert (CALL.sent, CALL.payload) == (True, {"idTag": "A"})
    assert (ERROR.code, ERROR.description, ERROR.payload) == ("InternalError", "oops", None)
    assert answer_to(CALL, [BROKEN, ANSWER, ERROR]) is ANSWER


def test_a_frame_tells_what_was_done_to_it_and_the_end_of_a_long_id():
    text = '[3,"9535b7b3-52eb0a5b06-17",{"status":"Rejected"}]'
    made = shown(1, "frame_sent", "result", "Reset", text, "9535b7b3-52eb0a5b06-17", rule_applied="no reset")
    assert frame_line(frame_of(made)) == (
        '08:00:01.250 → …b06-17 Reset answer                   {"status":"Rejected"}  by the rule \'no reset\''
    )
