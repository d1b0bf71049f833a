"""Rules through both gates: what a rule does on the wire, and what the charger makes of it."""

from both_gates.wired import Wired
from vcp_contracts import commands as c

START = '[2,"b1","RemoteStartTransaction",{"idTag":"APP","connectorId":1}]'
ACCEPTED = '[3,"b1",{"status":"Accepted"}]'
REJECTED = '[3,"b1",{"status":"Rejected"}]'


def plugged(**configuration) -> Wired:
    wired = Wired(**configuration)
    wired.do(c.PlugIn)
    wired.heard()
    return wired


def transactions(wired: Wired) -> int:
    return sum(call[2] == "StartTransaction" for call in wired.calls)


def test_first_no_and_then_yes():
    wired = plugged()
    answers = [{"do": "answer", "payload": {"status": status}} for status in ("Rejected", "Accepted")]
    wired.rules({"name": "r", "when": {"action": "RemoteStartTransaction", "kind": "call"}, "then": answers})
    assert wired.says(START) == [REJECTED]
    assert transactions(wired) == 0, "the charger never heard of it"
    assert wired.says(START)[0] == ACCEPTED
    assert transactions(wired) == 1
    assert [(hit.deed, hit.hits) for hit in wired.seen("rule_applied")] == [("answer", 1), ("answer", 2)]


def test_the_charger_says_no_and_starts_all_the_same():
    wired = plugged()
    wired.rules(
        {
            "name": "r",
            "when": {"word": "start_charging", "direction": "received", "kind": "call"},
            "then": {"do": "fail", "code": "InternalError"},
            "follow": "original",
        }
    )
    assert wired.says(START)[0] == '[4,"b1","InternalError","",{}]'
    assert transactions(wired) == 1


def test_a_card_that_the_backend_seems_to_block():
    wired = plugged()
    blocked = {"do": "edit", "merge": {"idTagInfo": {"status": "Blocked"}}}
    wired.rules({"name": "r", "when": {"action": "Authorize", "direction": "received"}, "then": blocked})
    wired.do(c.PresentToken, token="CARD1")
    assert wired.calls[-1][2] == "Authorize"
    assert [judged.status for judged in wired.seen("token_judged")] == ["blocked"]
    assert transactions(wired) == 0
    assert wired.violations() == []


def test_a_start_that_gets_lost_is_told_again_under_its_id():
    wired = plugged(settings={"TransactionMessageRetryInterval": "10"})
    wired.rules(
        {
            "name": "r",
            "when": {"action": "StartTransaction", "direction": "sent"},
            "then": {"do": "drop"},
            "times": 1,
        }
    )
    wired.do(c.PresentToken, token="CARD1")
    assert transactions(wired) == 0
    wired.wait(120)
    assert transactions(wired) == 1
    assert wired.violations() == []


def test_a_held_remote_start_is_let_in_with_another_card():
    wired = plugged()
    wired.rules({"name": "r", "when": {"word": "start_charging", "kind": "call"}, "then": {"do": "hold"}})
    assert wired.says(START) == []
    [held] = [event.held for event in wired.seen("message_held")]
    assert held.text == START
    done = wired.do(c.ReleaseFrame, frame=held.frame, payload={"idTag": "OTHER", "connectorId": 1})
    assert done is not None
    assert wired.heard()[0] == ACCEPTED
    assert wired.last("StartTransaction")["idTag"] == "OTHER"


def test_a_connection_that_breaks_in_a_session_loses_nothing():
    wired = plugged()
    wired.do(c.PresentToken, token="CARD1")
    wired.rules(
        {
            "name": "r",
            "when": {"action": "MeterValues", "direction": "received"},
            "then": {"do": "cut"},
            "times": 1,
        }
    )
    wired.do(c.MeterNow, evse=1)
    assert wired.link is None
    wired.back()
    wired.do(c.PressStop)
    wired.wait(60)
    assert [call[2] for call in wired.calls if call[2].endswith("Transaction")] == [
        "StartTransaction",
        "StopTransaction",
    ]


def test_a_charger_without_a_backend_that_says_a_word():
    """Every call is answered by rules alone."""
    wired = Wired(online=False)
    wired.answers["*"] = None
    answers = {
        "BootNotification": {"status": "Accepted", "currentTime": "2026-06-01T12:00:00Z", "interval": 600},
        "StatusNotification": {},
        "Authorize": {"idTagInfo": {"status": "Accepted"}},
        "StartTransaction": {"idTagInfo": {"status": "Accepted"}, "transactionId": 7},
        "StopTransaction": {},
    }
    wired.rules(
        *(
            {
                "name": action,
                "when": {"action": action, "direction": "sent"},
                "then": {"do": "answer", "payload": payload},
            }
            for action, payload in answers.items()
        )
    )
    wired.do(c.GoOnline)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.do(c.PressStop)
    assert [event.backend_name for event in wired.seen("transaction_ended")] == ["7"]
    assert wired.calls == [], "nothing of it was on the wire"


def test_a_late_answer_holds_up_what_follows_from_it_and_nothing_else():
    wired = plugged()
    wired.rules(
        {
            "name": "r",
            "when": {"action": "RemoteStartTransaction", "direction": "sent"},
            "then": {"do": "delay", "delay_s": 40},
        }
    )
    assert wired.says(START) == []
    assert wired.says('[2,"b2","ClearCache",{}]') == ['[3,"b2",{"status":"Accepted"}]']
    wired.wait(40)
    assert wired.heard()[0] == ACCEPTED
    assert transactions(wired) == 1


def test_through_the_open_gates_anything_goes():
    wired = plugged()
    wired.do(c.SetGates, handler="open")
    wired.rules(
        {
            "name": "r",
            "when": {"action": "Authorize", "direction": "sent"},
            "then": {"do": "edit", "merge": {"idTag": None}},
        }
    )
    wired.do(c.PresentToken, token="CARD1")
    [frame] = [
        record for record in wired.records if record["action"] == "Authorize" and record["kind"] == "call"
    ]
    assert frame["past_open_gates"] == ["handler"]
    assert frame["text"].endswith('"Authorize",{}]')
