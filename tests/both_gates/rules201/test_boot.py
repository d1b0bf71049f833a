"""What a charging station of 2.0.1 may say around its boot, and what it answers, on real frames (2.0.1 B01 to B03)."""

import json

import pytest
from both_gates.wired import Wired, refusing
from vcp_contracts import commands as c


def verdict(status: str, interval: int):
    return lambda _: {"status": status, "currentTime": "2026-06-01T12:00:00Z", "interval": interval}


def waiting(status: str, interval: int = 300) -> Wired:
    wired = Wired("ocpp2.0.1", online=False, settings={"SecurityEvents": "never"})
    wired.answers["BootNotification"] = verdict(status, interval)
    wired.do(c.GoOnline)
    wired.heard()
    return wired


def names(wired: Wired) -> list[str]:
    return [text.split()[0] for text in wired.called()]


GET = '{"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}'


def test_a_pending_station_answers_and_reports_what_it_is_asked_for():
    """B02.FR.01, FR.05: and starts and stops nothing"""
    wired = waiting("Pending")
    assert '"attributeStatus":"Accepted"' in wired.says(f'[2,"b1","GetVariables",{GET}]')[0]
    report = '{"requestId":1,"reportBase":"ConfigurationInventory"}'
    answer, *pages = wired.says(f'[2,"b2","GetBaseReport",{report}]')
    assert json.loads(answer)[2] == {"status": "Accepted"}
    assert {json.loads(page)[2] for page in pages} == {"NotifyReport"}
    start = '{"idToken":{"idToken":"A","type":"Central"},"remoteStartId":1,"evseId":1}'
    assert json.loads(wired.says(f'[2,"b3","RequestStartTransaction",{start}]')[0])[2]["status"] == "Rejected"
    stop = '{"transactionId":"t"}'
    assert json.loads(wired.says(f'[2,"b4","RequestStopTransaction",{stop}]')[0])[2]["status"] == "Rejected"
    wired.do(c.PlugIn)
    assert names(wired) == []


def test_a_pending_station_boots_again_when_it_is_triggered():
    """B02.FR.06, BootReasonEnumType"""
    wired = waiting("Pending")
    wired.says('[2,"b1","TriggerMessage",{"requestedMessage":"BootNotification"}]')
    assert [call[3]["reason"] for call in wired.calls] == ["PowerUp", "Triggered"]


def test_a_rejected_station_answers_with_a_security_error():
    """B03.FR.08"""
    wired = waiting("Rejected")
    assert wired.says(f'[2,"b1","GetVariables",{GET}]') == [
        '[4,"b1","SecurityError","the charge point is not registered",{}]'
    ]
    wired.answers = {}
    wired.wait(300)
    assert names(wired)[0] == "BootNotification"
    assert '"attributeStatus":"Accepted"' in wired.says(f'[2,"b2","GetVariables",{GET}]')[0]


def test_a_station_that_is_told_it_is_unknown_boots_again():
    """B01.FR.10"""
    wired = Wired("ocpp2.0.1", settings={"SecurityEvents": "never"})
    wired.wait(60)
    wired.heard()
    wired.answers = {"StatusNotification": refusing("SecurityError")}
    wired.do(c.PlugIn)
    wired.answers = {}
    wired.wait(30)
    assert "BootNotification" in names(wired)
    assert wired.view.boot.verdict == "accepted"


@pytest.mark.parametrize(("away", "told"), [(30, 1), (120, 2)])
def test_after_a_long_loss_every_connector_is_told_after_a_short_one_what_has_changed(away: int, told: int):
    """B04.FR.01, FR.02"""
    wired = Wired("ocpp2.0.1", evses=({}, {}), settings={"OCPPCommCtrlr.OfflineThreshold": "60"})
    wired.lose()
    wired.do(c.PlugIn, evse=1)
    wired.wait(away)
    wired.heard()
    wired.back()
    assert names(wired).count("StatusNotification") == told
    assert "BootNotification" not in {call[2] for call in wired.calls[-told - 1 :]}


def test_what_happened_offline_says_so_and_keeps_its_numbers():
    """E04, E02: seqNo without gaps, offline set"""
    wired = Wired("ocpp2.0.1", settings={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    wired.lose()
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.wait(120)
    wired.do(c.PresentToken, token="CARD1")
    wired.back()
    events = [call[3] for call in wired.calls if call[2] == "TransactionEvent"]
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert (events[0]["eventType"], events[-1]["eventType"]) == ("Started", "Ended")
    assert all(event["offline"] for event in events)
    assert len({event["transactionInfo"]["transactionId"] for event in events}) == 1


def test_what_needs_a_restart_counts_after_it():
    """B05.FR.10"""
    wired = Wired("ocpp2.0.1", settings={"RestartKeys": "TxCtrlr.EVConnectionTimeOut"})
    wired.heard()
    item = '{"attributeValue":"20","component":{"name":"TxCtrlr"},"variable":{"name":"EVConnectionTimeOut"}}'
    [answer] = wired.says(f'[2,"b1","SetVariables",{{"setVariableData":[{item}]}}]')
    assert json.loads(answer)[2]["setVariableResult"][0]["attributeStatus"] == "RebootRequired"
    assert wired.cp.settings.text("TxCtrlr.EVConnectionTimeOut") == "60"
    wired.says('[2,"b2","Reset",{"type":"Immediate"}]')
    wired.wait(5)
    assert wired.cp.settings.text("TxCtrlr.EVConnectionTimeOut") == "20"


def test_an_idle_reset_waits_for_the_car_and_a_fault_of_the_backend_does_not_stop_it():
    """B12.FR.01"""
    wired = Wired("ocpp2.0.1")
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    [answer] = wired.says('[2,"b1","Reset",{"type":"OnIdle"}]')
    assert json.loads(answer)[2]["status"] == "Scheduled"
    wired.wait(60)
    assert wired.link is not None
    wired.do(c.PresentToken, token="CARD1")
    wired.do(c.Unplug)
    wired.wait(15)
    assert wired.last("BootNotification")["reason"] == "ScheduledReset"
