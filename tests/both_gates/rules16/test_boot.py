"""What a charge point of 1.6 may say around its boot, on real frames (1.6 §4.2, OCPP-J §5.4)."""

from both_gates.wired import Wired
from vcp_contracts import commands as c

BOOT = 'BootNotification {"chargePointVendor":"VCP","chargePointModel":"Virtual"}'


def verdict(status: str, interval: int):
    return lambda _: {"status": status, "currentTime": "2026-06-01T12:00:00Z", "interval": interval}


def status(connector: int, word: str) -> str:
    return f'StatusNotification {{"connectorId":{connector},"errorCode":"NoError","status":"{word}"}}'


def test_an_interval_of_nothing_keeps_the_charger_s_own():
    wired = Wired(online=False, settings={"HeartbeatInterval": "40"})
    wired.answers["BootNotification"] = verdict("Accepted", 0)
    wired.do(c.GoOnline)
    wired.called()
    wired.wait(40)
    assert wired.called() == ["Heartbeat {}"]


def test_not_accepted_and_without_an_interval_it_waits_its_own():
    for word in ("Pending", "Rejected"):
        wired = Wired(online=False)
        wired.answers["BootNotification"] = verdict(word, 0)
        wired.do(c.GoOnline)
        wired.called()
        wired.wait(29)
        assert wired.called() == []
        wired.wait(1)
        assert wired.called() == [BOOT]


def test_while_pending_a_triggered_boot_goes_out_at_once():
    wired = Wired(online=False)
    wired.answers["BootNotification"] = verdict("Pending", 300)
    wired.do(c.GoOnline)
    wired.heard()
    assert wired.says('[2,"b1","TriggerMessage",{"requestedMessage":"BootNotification"}]') == [
        '[3,"b1",{"status":"Accepted"}]',
        '[2,"#","BootNotification",{"chargePointVendor":"VCP","chargePointModel":"Virtual"}]',
    ]


def test_while_pending_remote_start_and_stop_are_rejected_and_settings_answered():
    wired = Wired(online=False)
    wired.answers["BootNotification"] = verdict("Pending", 300)
    wired.do(c.GoOnline)
    wired.heard()
    assert wired.says('[2,"b1","RemoteStartTransaction",{"idTag":"A","connectorId":1}]') == [
        '[3,"b1",{"status":"Rejected"}]'
    ]
    assert wired.says('[2,"b2","RemoteStopTransaction",{"transactionId":1}]') == [
        '[3,"b2",{"status":"Rejected"}]'
    ]
    assert wired.says('[2,"b3","ChangeConfiguration",{"key":"ConnectionTimeOut","value":"7"}]') == [
        '[3,"b3",{"status":"Accepted"}]'
    ]


def test_a_charger_that_was_never_accepted_serves_nobody():
    wired = Wired(online=False)
    wired.answers["BootNotification"] = verdict("Pending", 300)
    wired.do(c.GoOnline)
    wired.do(c.PlugIn)
    result = wired.do(c.PresentToken, token="CARD1")
    assert result is not None
    assert (result.status, wired.cp.facts.evses[0].transaction) == ("rejected", None)


def test_after_a_mere_loss_it_does_not_boot_and_tells_only_what_has_changed():
    wired = Wired(evses=({}, {}))
    wired.lose()
    wired.do(c.PlugIn, evse=2)
    wired.called()
    wired.back()
    assert wired.called() == [status(2, "Preparing")]
    wired.lose()
    wired.back()
    assert wired.called() == []


def test_what_was_queued_before_a_restart_waits_for_the_boot_and_the_statuses():
    wired = Wired(settings={"MeterValueSampleInterval": "0", "StopTxnSampledData": ""})
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.lose()
    wired.do(c.PowerOff)
    wired.called()
    wired.answers["BootNotification"] = verdict("Pending", 10)
    wired.do(c.PowerOn)
    wired.back()
    assert wired.called() == [BOOT]
    wired.answers = {}
    wired.wait(10)
    assert wired.called() == [
        BOOT,
        status(0, "Available"),
        status(1, "Preparing"),
        'StopTransaction {"transactionId":17,"meterStop":0,"reason":"PowerLoss"}',
    ]


def test_availability_survives_reset_and_loss_of_power():
    wired = Wired()
    wired.says('[2,"b1","ChangeAvailability",{"connectorId":1,"type":"Inoperative"}]')
    wired.says('[2,"b2","Reset",{"type":"Hard"}]')
    wired.wait(5)
    wired.do(c.PowerCycle)
    assert wired.called()[-1] == status(1, "Unavailable")


def test_a_later_order_takes_a_scheduled_one_back():
    wired = Wired()
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    assert wired.says('[2,"b1","ChangeAvailability",{"connectorId":1,"type":"Inoperative"}]')[-1] == (
        '[3,"b1",{"status":"Scheduled"}]'
    )
    assert wired.says('[2,"b2","ChangeAvailability",{"connectorId":1,"type":"Operative"}]') == [
        '[3,"b2",{"status":"Accepted"}]'
    ]
    wired.do(c.PresentToken, token="CARD1")
    wired.do(c.Unplug)
    assert wired.statuses() == ["Available", "Available"]
