"""What a charger of which only the backend's address is known says of itself, on real frames."""

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

CARD = "04A1B2C3"
RESET = {"ocpp1.6": '{"type":"Hard"}', "ocpp2.0.1": '{"type":"Immediate"}'}


def charging(subprotocol: str = "ocpp1.6", **more: object) -> Wired:
    wired = Wired(subprotocol, bared=False, **more)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token=CARD)
    return wired


def status16(word: str) -> str:
    return f'StatusNotification {{"connectorId":1,"errorCode":"NoError","status":"{word}"}}'


def test_it_has_numbers_a_version_and_a_meter():
    assert Wired(bared=False).called() == [
        'BootNotification {"chargePointVendor":"VCP","chargePointModel":"Virtual",'
        '"chargePointSerialNumber":"VCP681438256","chargeBoxSerialNumber":"VCP681438256","firmwareVersion":"3.2.1",'
        '"meterSerialNumber":"69033329","meterType":"VCP-M3"}',
        'StatusNotification {"connectorId":0,"errorCode":"NoError","status":"Available"}',
        status16("Available"),
    ]
    assert Wired("ocpp2.0.1", bared=False).last("BootNotification") == {
        "reason": "PowerUp",
        "chargingStation": {
            "model": "Virtual",
            "vendorName": "VCP",
            "serialNumber": "VCP681438256",
            "firmwareVersion": "3.2.1",
        },
    }


def test_the_box_in_it_may_have_a_number_of_its_own_which_the_later_version_does_not_know():
    """1.6 §6.3: chargeBoxSerialNumber"""
    boot = Wired(bared=False, serial_number="SN1", box_serial_number="B1").last("BootNotification")
    assert (boot["chargePointSerialNumber"], boot["chargeBoxSerialNumber"]) == ("SN1", "B1")
    boot = Wired(bared=False, box_serial_number="").last("BootNotification")
    assert "chargeBoxSerialNumber" not in boot
    station = Wired("ocpp2.0.1", bared=False, box_serial_number="B1").last("BootNotification")[
        "chargingStation"
    ]
    assert "B1" not in station.values()


def test_what_the_inventory_says_is_what_the_boot_said():
    """2.0.1 part 2 appendix 3: ChargingStation"""
    wired = Wired("ocpp2.0.1", bared=False)
    wired.heard()
    names = [
        f'{{"component":{{"name":"ChargingStation"}},"variable":{{"name":"{variable}"}}}}'
        for variable in ("SerialNumber", "FirmwareVersion")
    ]
    [answer] = wired.says(f'[2,"b","GetVariables",{{"getVariableData":[{",".join(names)}]}}]')
    assert '"attributeValue":"VCP681438256"' in answer
    assert '"attributeValue":"3.2.1"' in answer


def test_a_session_begins_with_a_card_and_what_the_meter_has_counted():
    """1.6 §3.16.3, §7.31: what is sampled, where and in which unit"""
    wired = charging()
    assert wired.last("StartTransaction")["meterStart"] == 19_123_366
    wired.called()
    wired.wait(60)
    [values] = wired.called(brief=False)
    assert values == (
        'MeterValues {"connectorId":1,"transactionId":17,"meterValue":[{"timestamp":"2026-06-01T12:01:00Z","sampledValue":['
        '{"value":"19123734","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"},'
        '{"value":"22080","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"},'
        '{"value":"32","context":"Sample.Periodic","measurand":"Current.Import","phase":"L1","unit":"A"},'
        '{"value":"32","context":"Sample.Periodic","measurand":"Current.Import","phase":"L2","unit":"A"},'
        '{"value":"32","context":"Sample.Periodic","measurand":"Current.Import","phase":"L3","unit":"A"},'
        '{"value":"230","context":"Sample.Periodic","measurand":"Voltage","phase":"L1","unit":"V"},'
        '{"value":"230","context":"Sample.Periodic","measurand":"Voltage","phase":"L2","unit":"V"},'
        '{"value":"230","context":"Sample.Periodic","measurand":"Voltage","phase":"L3","unit":"V"}]}]}'
    )


@pytest.mark.parametrize(("type", "charge"), [("cCCS2", True), ("cType2", False)])
@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
def test_a_car_tells_its_charge_where_it_can(subprotocol: str, type: str, charge: bool):
    wired = charging(subprotocol, evses=({"connectors": ({"type": type},)},))
    wired.called()
    wired.wait(60)
    [values] = wired.called()
    assert ('"measurand":"SoC"' in values) == charge
    assert '"measurand":"Power.Active.Import"' in values


def test_the_later_version_starts_with_the_register_and_ends_with_it():
    """2.0.1 J02: TxStartedMeasurands, TxEndedMeasurands"""
    wired = charging("ocpp2.0.1")
    wired.wait(90)
    wired.do(c.PresentToken, token=CARD)
    wired.do(c.Unplug)
    events = [call[3] for call in wired.calls if call[2] == "TransactionEvent"]
    started, ended = events[0], events[-1]
    assert (started["eventType"], ended["eventType"]) == ("Started", "Ended")
    values = [[v["value"] for v in m["sampledValue"]] for m in (*started["meterValue"], *ended["meterValue"])]
    assert values == [[19_123_366], [19_123_366], [19_123_918]]


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        (CARD, "ISO14443"),
        ("04a1b2c3d4e5f6", "ISO14443"),
        ("E0040100A1B2C3D4", "ISO15693"),
        ("CARD1", "Local"),
        ("04A1", "Local"),
        ("04A1B2CG", "Local"),
    ],
)
def test_a_token_is_of_the_kind_that_its_value_can_be(token: str, kind: str):
    """2.0.1 IdTokenEnumType"""
    wired = Wired("ocpp2.0.1", bared=False)
    wired.do(c.PresentToken, token=token)
    assert wired.last("Authorize")["idToken"] == {"idToken": token, "type": kind}
    wired.do(c.PlugIn)
    started = next(call[3] for call in wired.calls if call[2] == "TransactionEvent")
    assert started["idToken"] == {"idToken": token, "type": kind}


def test_with_both_ends_pulled_the_transaction_has_stopped_before_the_place_is_free():
    """1.6 §4.9, §4.10"""
    wired = charging()
    wired.called()
    wired.do(c.Unplug)
    assert wired.called() == [
        'StopTransaction {"transactionId":17,"meterStop":19123366,"reason":"EVDisconnected"}',
        status16("Finishing")[:-1] + ',"info":"EV side disconnected"}',
        status16("Available"),
    ]


def test_so_too_in_the_later_version():
    """2.0.1 E09: the event that ends the transaction, then the status"""
    wired = charging("ocpp2.0.1")
    wired.called()
    wired.do(c.Unplug)
    words = wired.called()
    assert [word.split()[0] for word in words] == ["TransactionEvent", "StatusNotification"]
    assert '"eventType":"Ended"' in words[0]
    assert '"connectorStatus":"Available"' in words[1]


def test_a_stop_that_gets_no_answer_holds_the_status_no_longer_than_its_time():
    wired = charging(call_timeout_s=30)
    wired.answers["StopTransaction"] = None
    wired.called()
    wired.do(c.Unplug)
    assert [word.split()[0] for word in wired.called()] == ["StopTransaction"]
    wired.wait(31)
    assert wired.called()[:2] == [
        status16("Finishing")[:-1] + ',"info":"EV side disconnected"}',
        status16("Available"),
    ]


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
def test_a_restart_takes_its_time_and_finds_the_cable_as_after_a_power_loss(subprotocol: str):
    wired = charging(subprotocol)
    wired.says(f'[2,"b","Reset",{RESET[subprotocol]}]')
    assert wired.link is None
    wired.wait(1.9)
    assert wired.link is None
    wired.wait(0.2)
    assert wired.link is not None
    after_reset = [word for word in wired.called() if word.startswith("StatusNotification")][-1]
    lost = charging(subprotocol)
    lost.do(c.PowerCycle)
    assert lost.link is None
    lost.wait(2)
    assert lost.link is not None
    assert after_reset == [word for word in lost.called() if word.startswith("StatusNotification")][-1]
    assert ("Preparing" if subprotocol == "ocpp1.6" else "Occupied") in after_reset
