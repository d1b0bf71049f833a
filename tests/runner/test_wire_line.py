"""A frame as a line: direction, action, and what both gates said; and what became of the link."""

from vcp_runner.wire_line import link_line, wire_line

SENT = {
    "type": "frame_sent",
    "charge_point": "CP001",
    "kind": "call",
    "action": "Heartbeat",
    "text": '[2,"1","Heartbeat",{}]',
    "valid": True,
}


def words(frame: dict) -> str:
    return " ".join(wire_line(frame).plain.split())


def test_a_call_of_the_charger_passed_both_gates():
    assert (
        words(SENT)
        == '--:--:--.--- CP001 → backend Heartbeat call handler ✓ charger ✓ [2,"1","Heartbeat",{}]'
    )


def test_a_brief_line_has_room_for_the_payload():
    answer = {**SENT, "type": "frame_received", "kind": "result", "text": '[3,"1",{"interval":300}]'}
    assert wire_line(SENT, brief=True).plain.endswith(
        " CP001 → Heartbeat              call   handler ✓ charger ✓ {}"
    )
    assert wire_line(answer, brief=True).plain.endswith('answer handler ✓           {"interval":300}')
    broken = {**SENT, "kind": "broken", "text": '[2,"1"'}
    assert wire_line(broken, brief=True).plain.endswith('[2,"1"')


def test_an_answer_shows_the_charger_s_verdict():
    answer = {
        **SENT,
        "kind": "result",
        "action": "RemoteStopTransaction",
        "verdict": "accepted",
        "text": "[3]",
    }
    assert words(answer).endswith("RemoteStopTransaction answer handler ✓ charger accepted [3]")


def test_a_bad_payload_shows_the_rule_that_it_breaks():
    bad = {**SENT, "type": "frame_received", "valid": False, "rule": "required: idTag", "text": "[2]"}
    assert words(bad).endswith("CP001 ← backend Heartbeat call handler ✗ required: idTag [2]")


def test_a_frame_that_nobody_can_read_is_shown_too():
    broken = {
        "type": "frame_received",
        "kind": "broken",
        "valid": False,
        "text": "{",
        "at": "2030-01-02T03:04:05.678Z",
    }
    assert words(broken).endswith("← backend ? broken handler ✗ {")
    assert ":05.678" in words(broken)


def test_a_link_that_comes_and_goes_is_a_line():
    came = {
        "type": "link_changed",
        "charge_point": "CP001",
        "state": "up",
        "subprotocol": "ocpp1.6",
        "detail": None,
    }
    went = {**came, "state": "down", "why": "lost", "detail": "no close frame"}
    assert link_line(came).plain == "--:--:--.--- CP001 link up, ocpp1.6"
    assert link_line(went).plain == "--:--:--.--- CP001 link down, lost, no close frame"
