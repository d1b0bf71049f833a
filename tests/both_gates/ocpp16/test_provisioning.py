"""Boot, beat and reset of OCPP 1.6 through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| BootNotification | accepted, pending, rejected: what may be sent, and when it boots again | no interval: booted again later | the backend's Rejected: it is silent |
| Heartbeat | after the interval of silence | no time: the next one comes | - |
| Reset | soft, hard: sessions end, then the boot | unknown type | refused by its maker's switch |
"""

import pytest
from both_gates.wired import Wired, broken, refusing
from vcp_contracts import commands as c

ACTIONS = ("BootNotification", "Heartbeat", "Reset")
NO_REFUSAL = {"Heartbeat": "it is the charger's own, and its answer holds a time alone"}

BOOT = '[2,"#","BootNotification",{"chargePointVendor":"VCP","chargePointModel":"Virtual"}]'


def status(connector: int, word: str, time: str = "12:00:00") -> str:
    fields = f'"connectorId":{connector},"errorCode":"NoError","status":"{word}"'
    return f'[2,"#","StatusNotification",{{{fields},"timestamp":"2026-06-01T{time}Z"}}]'


def boot_answer(status: str, interval: int = 60):
    return lambda _: {"status": status, "currentTime": "2026-06-01T12:00:00Z", "interval": interval}


def offline() -> Wired:
    return Wired(online=False)


@pytest.mark.shows("valid", "BootNotification")
def test_an_accepted_boot_is_followed_by_the_status_of_all_connectors():
    wired = Wired()
    assert wired.heard() == [BOOT, status(0, "Available"), status(1, "Available")]
    assert wired.view.boot.verdict == "accepted"
    assert wired.cp.settings.text("OCPPCommCtrlr.HeartbeatInterval") == "86400"


@pytest.mark.shows("valid", "BootNotification")
def test_a_pending_charger_answers_says_nothing_of_itself_and_boots_again():
    """1.6 §4.2: Pending"""
    wired = offline()
    wired.answers["BootNotification"] = boot_answer("Pending")
    wired.do(c.GoOnline)
    wired.do(c.PlugIn)
    assert wired.heard() == [BOOT]
    assert wired.says('[2,"b1","GetConfiguration",{"key":["NumberOfConnectors"]}]') == [
        '[3,"b1",{"configurationKey":[{"key":"NumberOfConnectors","readonly":true,"value":"1"}]}]'
    ]
    assert wired.says('[2,"b2","RemoteStartTransaction",{"idTag":"CARD1"}]') == [
        '[3,"b2",{"status":"Rejected"}]'
    ]
    assert wired.says('[2,"b3","TriggerMessage",{"requestedMessage":"StatusNotification"}]') == [
        '[3,"b3",{"status":"Accepted"}]',
        status(0, "Available"),
        status(1, "Preparing"),
    ]
    wired.wait(59)
    assert wired.heard() == []
    del wired.answers["BootNotification"]
    wired.wait(1)
    assert wired.heard() == [BOOT, status(0, "Available", "12:01:00"), status(1, "Finishing", "12:01:00")]


@pytest.mark.shows("refused", "BootNotification")
def test_a_rejected_charger_is_silent_until_it_may_boot_again():
    """1.6 §4.2: Rejected"""
    wired = offline()
    wired.answers["BootNotification"] = boot_answer("Rejected", 300)
    wired.do(c.GoOnline)
    assert wired.heard() == [BOOT]
    assert wired.says('[2,"b1","GetConfiguration",{}]') == []
    assert wired.says('[2,"b2","TriggerMessage",{"requestedMessage":"BootNotification"}]') == []
    assert wired.violations() == [
        "GetConfiguration: a call to a charge point whose boot was rejected",
        "TriggerMessage: a call to a charge point whose boot was rejected",
    ]
    wired.wait(299)
    assert wired.heard() == []
    del wired.answers["BootNotification"]
    wired.wait(1)
    assert wired.heard()[0] == BOOT
    assert wired.says('[2,"b3","ClearCache",{}]') == ['[3,"b3",{"status":"Accepted"}]']


@pytest.mark.shows("broken", "BootNotification")
@pytest.mark.parametrize(
    ("answer", "violation"),
    [
        ('{"status":"Accepted","interval":300}', "BootNotification: currentTime: required"),
        (
            '{"status":"Welcome","currentTime":"2026-06-01T12:00:00Z","interval":1}',
            "BootNotification: status: enum Accepted, Pending, Rejected",
        ),
        (
            '{"status":"Accepted","currentTime":"noon","interval":300}',
            "BootNotification: currentTime: not a date and time: 'noon'",
        ),
    ],
)
def test_a_broken_verdict_counts_as_none_and_it_boots_again(answer: str, violation: str):
    wired = offline()
    wired.answers["BootNotification"] = broken(answer)
    wired.do(c.GoOnline)
    assert wired.heard() == [BOOT]
    assert wired.violations() == [violation]
    assert wired.view.boot.verdict == "none"
    del wired.answers["BootNotification"]
    wired.wait(30)
    assert wired.heard() == [BOOT, status(0, "Available", "12:00:30"), status(1, "Available", "12:00:30")]


@pytest.mark.parametrize("answer", [refusing("InternalError"), refusing("Whatever")])
def test_a_boot_without_a_verdict_is_repeated(answer):
    wired = offline()
    wired.answers["BootNotification"] = answer
    wired.do(c.GoOnline)
    wired.wait(29)
    assert wired.heard() == [BOOT]
    wired.wait(1)
    assert wired.heard() == [BOOT]


def test_a_boot_that_is_not_answered_is_repeated_on_the_same_link():
    """1.6 §4.2: after the call's timeout, and the charger's own wait"""
    wired = offline()
    wired.answers["BootNotification"] = None
    wired.do(c.GoOnline)
    wired.wait(59)
    assert wired.heard() == [BOOT]
    wired.wait(1)
    assert wired.heard() == [BOOT]
    assert wired.link is not None
    assert wired.link.id == "h.1"


@pytest.mark.shows("valid", "Heartbeat")
def test_a_beat_comes_after_the_interval_of_silence_and_sets_the_clock():
    """1.6 §4.6"""
    wired = Wired(settings={"HeartbeatInterval": "60"})
    wired.says('[2,"b1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"60"}]')
    wired.wait(50)
    wired.says('[2,"b2","TriggerMessage",{"requestedMessage":"StatusNotification","connectorId":1}]')
    wired.wait(59)
    assert wired.heard() == []
    wired.answers["Heartbeat"] = lambda _: {"currentTime": "2026-06-01T13:00:00Z"}
    wired.wait(1)
    assert wired.heard() == ['[2,"#","Heartbeat",{}]']
    assert wired.cp.now.isoformat() == "2026-06-01T13:00:00+00:00"


@pytest.mark.shows("broken", "Heartbeat")
def test_a_beat_without_a_time_changes_no_clock_and_the_next_one_comes():
    wired = Wired()
    wired.says('[2,"b1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"60"}]')
    wired.heard()
    wired.answers["Heartbeat"] = broken('{"currentTime":7}')
    wired.wait(60)
    assert wired.heard() == ['[2,"#","Heartbeat",{}]']
    assert wired.violations() == ["Heartbeat: currentTime: type string"]
    assert wired.cp.now == wired.now
    wired.wait(60)
    assert wired.heard() == ['[2,"#","Heartbeat",{}]']


@pytest.mark.shows("valid", "Reset")
@pytest.mark.parametrize(("type", "reason"), [("Soft", "SoftReset"), ("Hard", "HardReset")])
def test_a_reset_ends_the_session_tells_it_and_boots(type: str, reason: str):
    """1.6 §5.14"""
    wired = Wired(restart_s=1)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    assert wired.says(f'[2,"b1","Reset",{{"type":"{type}"}}]')[0] == '[3,"b1",{"status":"Accepted"}]'
    assert wired.last("StopTransaction")["reason"] == reason
    assert wired.link is None
    wired.wait(1)
    assert wired.heard() == [BOOT, status(0, "Available", "12:00:01"), status(1, "Preparing", "12:00:01")]


@pytest.mark.shows("broken", "Reset")
@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ("{}", '"ProtocolError","type breaks the rule: required"'),
        ('{"type":"Warm"}', '"PropertyConstraintViolation","type breaks the rule: enum Hard, Soft"'),
        ('{"type":1}', '"TypeConstraintViolation","type breaks the rule: type string"'),
        (
            '{"type":"Hard","when":1}',
            '"FormationViolation","when breaks the rule: not a field of this message"',
        ),
    ],
)
def test_a_broken_reset_resets_nothing(payload: str, error: str):
    wired = Wired()
    wired.heard()
    before = wired.cp.facts
    assert wired.says(f'[2,"b1","Reset",{payload}]') == [f'[4,"b1",{error},{{}}]']
    assert wired.cp.facts == before
    assert wired.link is not None


@pytest.mark.shows("refused", "Reset")
def test_a_reset_that_is_switched_off_is_rejected():
    wired = Wired()
    wired.do(c.SetBehaviour, reset="refused")
    wired.heard()
    assert wired.says('[2,"b1","Reset",{"type":"Hard"}]') == ['[3,"b1",{"status":"Rejected"}]']
    assert wired.link is not None


def test_a_backend_that_accepts_the_boot_and_nothing_else_is_not_flooded():
    """It answers all but the boot with SecurityError: the charger boots again, in its own interval."""
    wired = offline()
    wired.answers = {"*": refusing("SecurityError"), "BootNotification": boot_answer("Accepted", 0)}
    wired.do(c.GoOnline)
    wired.wait(95)
    boots = [text for text in wired.heard() if "BootNotification" in text]
    assert len(boots) == 4
    wired.answers = {}
    wired.wait(30)
    assert wired.statuses() == ["Available", "Available"]
    assert wired.view.boot.verdict == "accepted"
