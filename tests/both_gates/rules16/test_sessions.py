"""How sessions are told, and in what order, on real frames (1.6 §3.7, §4.7 to §4.10, §5.18)."""

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

LEAN = {"MeterValueSampleInterval": "0", "StopTxnSampledData": ""}


def charging(**more) -> Wired:
    wired = Wired(settings=LEAN | more.pop("settings", {}), **more)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    return wired


def status(word: str, more: str = "") -> str:
    return f'StatusNotification {{"connectorId":1,"errorCode":"NoError","status":"{word}"{more}}}'


def stopped(wired: Wired) -> tuple[str | None, str | None]:
    stop = wired.last("StopTransaction")
    return stop.get("reason"), stop.get("idTag")


def test_every_cause_has_its_reason_and_its_card():
    causes = {
        "Local": lambda w: w.do(c.PresentToken, token="CARD1"),
        "EmergencyStop": lambda w: w.do(c.PressEmergency),
        "EVDisconnected": lambda w: w.do(c.Unplug, end="ev"),
        "Remote": lambda w: w.says('[2,"b","RemoteStopTransaction",{"transactionId":17}]'),
        "UnlockCommand": lambda w: w.says('[2,"b","UnlockConnector",{"connectorId":1}]'),
        "SoftReset": lambda w: w.says('[2,"b","Reset",{"type":"Soft"}]'),
        "HardReset": lambda w: w.says('[2,"b","Reset",{"type":"Hard"}]'),
        "PowerLoss": lambda w: w.do(c.PowerCycle),
    }
    for reason, cause in causes.items():
        wired = charging()
        cause(wired)
        assert stopped(wired) == (reason, "CARD1" if reason == "Local" else None)


@pytest.mark.parametrize("stops", ["true", "false"])
def test_the_car_s_end_pulled_stops_or_pauses(stops: str):
    wired = charging(settings={"StopTransactionOnEVSideDisconnect": stops})
    wired.do(c.Unplug, end="ev")
    remark = ',"info":"EV side disconnected"'
    if stops == "true":
        assert wired.called() == [
            'StopTransaction {"transactionId":17,"meterStop":0,"reason":"EVDisconnected"}',
            status("Finishing", remark),
        ]
        return
    assert wired.called() == [status("SuspendedEV", remark)]
    wired.do(c.PlugIn, end="ev")
    assert wired.called() == [status("Charging")]
    assert wired.cp.facts.evses[0].transaction is not None


@pytest.mark.parametrize(("unlocks", "locked"), [("true", False), ("false", True)])
def test_the_station_s_end_is_let_go_where_the_setting_says_so(unlocks: str, locked: bool):
    wired = charging(settings={"UnlockConnectorOnEVSideDisconnect": unlocks})
    wired.do(c.Unplug, end="ev")
    assert wired.cp.facts.evses[0].connectors[0].locked == locked


def test_offline_a_whole_session_waits_and_is_told_in_order_under_its_name():
    """1.6 §3.7: in the order of the events, with the times of the events"""
    wired = Wired(settings={"AllowOfflineTxForUnknownId": "true", "StopTxnSampledData": ""})
    wired.heard()
    wired.lose()
    wired.wait(10)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.wait(60)
    wired.do(c.PresentToken, token="CARD1")
    wired.do(c.Unplug)
    wired.wait(10)
    wired.back()
    told = [(call[2], call[3].get("timestamp")) for call in wired.calls[-3:]]
    assert told == [
        ("StartTransaction", "2026-06-01T12:00:10Z"),
        ("MeterValues", None),
        ("StopTransaction", "2026-06-01T12:01:10Z"),
    ]
    assert [call[3].get("transactionId") for call in wired.calls[-3:]] == [None, 17, 17]
    # nothing has changed since, so that no status is told
    assert len(wired.called()) == 3


def test_a_lost_line_costs_no_attempt_and_the_message_keeps_its_id():
    wired = Wired(settings=LEAN | {"TransactionMessageAttempts": "1"})
    wired.answers["StartTransaction"] = None
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    for _ in range(3):
        wired.lose()
        wired.back()
    starts = [call for call in wired.calls if call[2] == "StartTransaction"]
    assert len(starts) == 4
    assert len({start[1] for start in starts}) == 1
    wired.answers = {}
    wired.lose()
    wired.back()
    assert wired.view.queue.transactions == 0


def test_other_messages_overtake_the_queue_and_a_new_transaction_waits_for_the_one_before():
    wired = charging(settings={"TransactionMessageRetryInterval": "10"})
    wired.answers["StopTransaction"] = lambda _: '[4,"#","InternalError","",{}]'
    wired.do(c.PresentToken, token="CARD1")
    wired.do(c.Unplug)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    assert not any(text.startswith("StartTransaction") for text in wired.called())
    assert (
        wired.says('[2,"b","TriggerMessage",{"requestedMessage":"Heartbeat"}]')[1] == '[2,"#","Heartbeat",{}]'
    )
    wired.answers = {}
    wired.wait(10)
    assert [text.split()[0] for text in wired.called()] == ["StopTransaction", "StartTransaction"]


def test_a_cable_without_a_card_is_finishing_and_its_owner_may_start_again():
    """1.6 §4.9, B6 and F2"""
    wired = Wired(settings={"ConnectionTimeOut": "30"})
    wired.heard()
    wired.do(c.PlugIn)
    wired.wait(30)
    assert wired.called() == [status("Preparing"), status("Finishing")]
    wired.do(c.PresentToken, token="CARD1")
    assert [text.split()[0] for text in wired.called()] == [
        "Authorize",
        "StatusNotification",
        "StatusNotification",
        "StartTransaction",
    ]


def test_without_a_timeout_a_card_waits_for_its_cable_for_ever():
    wired = Wired(settings={"ConnectionTimeOut": "0"})
    wired.do(c.PresentToken, token="CARD1")
    wired.wait(86_000)
    assert wired.statuses() == ["Available", "Preparing"]


def test_a_card_shown_twice_without_a_cable_takes_it_back():
    """B1"""
    wired = Wired()
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    wired.do(c.PresentToken, token="CARD1")
    assert wired.called() == [status("Available")]


def test_a_connector_that_is_none_can_not_be_unlocked():
    wired = Wired()
    wired.heard()
    for number in (0, 2):
        assert wired.says(f'[2,"b","UnlockConnector",{{"connectorId":{number}}}]') == [
            '[3,"b",{"status":"NotSupported"}]'
        ]


def test_a_fault_in_a_session_suspends_or_ends_it_and_the_status_returns():
    """I1 to I8: back to what it was"""
    wired = Wired()
    wired.do(c.PlugIn)
    wired.do(c.RaiseFault, evse=1, kind="over_voltage")
    wired.do(c.ClearFault, evse=1)
    assert [text for text in wired.called() if '"connectorId":1' in text][1:] == [
        status("Preparing"),
        'StatusNotification {"connectorId":1,"errorCode":"OverVoltage","status":"Faulted"}',
        status("Preparing"),
    ]


def test_a_warning_is_told_beside_the_status():
    wired = charging()
    wired.do(c.RaiseFault, evse=1, kind="weak_signal", blocking=False)
    assert wired.called() == [
        'StatusNotification {"connectorId":1,"errorCode":"WeakSignal","status":"Charging"}'
    ]
