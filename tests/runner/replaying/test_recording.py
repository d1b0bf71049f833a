"""A file of recorded frames: three fields are enough, what is not needed is skipped, what is wrong is named."""

import pytest
from vcp_runner.replaying.recording import BadRecording, read_lines

AT = '"at":"2026-06-01T12:00:00Z"'


def test_three_fields_a_line_are_enough() -> None:
    recording = read_lines(
        [f'{{{AT},"direction":"sent","text":"[2,\\"1\\",\\"Heartbeat\\",{{}}]"}}'.encode()], "log"
    )
    [message] = recording.messages
    assert (message.sent, message.kind, message.message_id, message.action, message.payload) == (
        True, "call", "1", "Heartbeat", {},
    )  # fmt: skip
    assert (recording.charge_point, recording.subprotocol, recording.skipped) == (None, None, 0)


def test_a_header_says_whose_it_was_and_other_lines_are_skipped() -> None:
    lines = [
        b'{"format":"vcp-wire-record","version":1,"charge_point":"CP9","subprotocol":"ocpp2.0.1","more":1}',
        b"",
        b'{"note":"restarted"}',
        f'{{{AT},"direction":"received","text":"garbage","level":"info","valid":"perhaps"}}'.encode(),
    ]
    recording = read_lines(lines, "log")
    assert (recording.charge_point, recording.subprotocol, recording.skipped) == ("CP9", "ocpp2.0.1", 1)
    assert [message.kind for message in recording.messages] == ["broken"]


@pytest.mark.parametrize(
    ("text", "kind", "payload"),
    [
        ('[2,"1","Heartbeat",null]', "call", {}),
        ('[3,"1",{"a":1}]', "result", {"a": 1}),
        ('[4,"1","InternalError","oh",{}]', "error", {"code": "InternalError", "description": "oh"}),
        ('[4,"1","InternalError"]', "error", {"code": "InternalError", "description": ""}),
        ('[2,"1","Heartbeat",[]]', "broken", None),
        ("[]", "broken", None),
    ],
)
def test_the_text_says_what_a_frame_is(text: str, kind: str, payload: object) -> None:
    escaped = text.replace('"', '\\"')
    line = f'{{{AT},"direction":"sent","text":"{escaped}"}}'
    [message] = read_lines([line.encode()], "log").messages
    assert (message.kind, message.payload) == (kind, payload)


def test_what_a_rule_made_was_never_on_the_wire_and_what_it_altered_was_otherwise() -> None:
    lines = [
        f'{{{AT},"direction":"received","text":"[3,\\"1\\",{{}}]","made_up":true}}',
        f'{{{AT},"direction":"received","text":"[3,\\"2\\",{{}}]","original":"[3,\\"2\\",{{\\"a\\":1}}]"}}',
        f'{{{AT},"direction":"sent","text":"[2,\\"3\\",\\"Heartbeat\\",{{\\"cut","kind":"call"}}',
    ]
    recording = read_lines([line.encode() for line in lines], "log")
    assert [(message.message_id, message.payload) for message in recording.messages] == [("2", {"a": 1})]
    assert recording.skipped == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "log, line 1: is not JSON"),
        ("[1]", "log, line 1: is no JSON object"),
        ('{"format":"vcp-wire-record","version":2,"charge_point":"CP1"}', "version is 2, this product reads 1"),
        ('{"format":"vcp-wire-record"}', "log, line 1: charge_point: field required"),
        ('{"at":"yesterday","direction":"sent","text":""}', "log, line 1: at: input should be a valid datetime"),
        ('{"at":"2026-06-01T12:00:00","direction":"sent","text":""}', "line 1: at: input should have timezone info"),
        (f'{{{AT},"direction":"up","text":""}}', "log, line 1: direction: input should be 'sent' or 'received'"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_line_and_field(line: str, reason: str) -> None:
    with pytest.raises(BadRecording) as wrong:
        read_lines([line.encode()], "log")
    assert reason in str(wrong.value)
