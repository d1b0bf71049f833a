"""Remote start, stop and trigger of OCPP 1.6 through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| RemoteStartTransaction | with a cable, without, with a profile | card too long | no such connector, in use, out of service |
| RemoteStopTransaction | stops | id is a text | no such transaction |
| TriggerMessage | every message | unknown message | no such connector, boot after boot |
| ExtendedTriggerMessage | every message | unknown message | no such connector |
"""

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

ACTIONS = (
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "TriggerMessage",
    "ExtendedTriggerMessage",
)


def quiet(**configuration) -> Wired:
    wired = Wired(**configuration)
    wired.heard()
    return wired


def charging(**configuration) -> Wired:
    wired = Wired(**configuration)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    return wired


@pytest.mark.shows("valid", "RemoteStartTransaction")
def test_with_the_cable_in_a_remote_start_charges_without_asking():
    wired = quiet()
    wired.do(c.PlugIn)
    wired.heard()
    assert wired.says('[2,"b1","RemoteStartTransaction",{"idTag":"APP","connectorId":1}]') == [
        '[3,"b1",{"status":"Accepted"}]',
        '[2,"#","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Charging",'
        '"timestamp":"2026-06-01T12:00:00Z"}]',
        '[2,"#","StartTransaction",{"connectorId":1,"idTag":"APP","meterStart":0,'
        '"timestamp":"2026-06-01T12:00:00Z"}]',
    ]


@pytest.mark.shows("valid", "RemoteStartTransaction")
def test_without_a_cable_it_waits_for_one_and_then_for_nothing():
    """1.6 §5.11, ConnectionTimeOut"""
    wired = quiet(settings={"ConnectionTimeOut": "30", "AuthorizeRemoteTxRequests": "true"})
    assert wired.says('[2,"b1","RemoteStartTransaction",{"idTag":"APP"}]') == [
        '[3,"b1",{"status":"Accepted"}]',
        '[2,"#","Authorize",{"idTag":"APP"}]',
        '[2,"#","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Preparing",'
        '"timestamp":"2026-06-01T12:00:00Z"}]',
    ]
    wired.wait(30)
    assert wired.heard() == [
        '[2,"#","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available",'
        '"timestamp":"2026-06-01T12:00:30Z"}]'
    ]


PROFILE = (
    '{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"%s","chargingProfileKind":"Relative",'
    '"chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":10}]}}'
)


@pytest.mark.shows("valid", "RemoteStartTransaction")
def test_the_profile_that_comes_along_is_the_transaction_s():
    wired = quiet()
    wired.do(c.PlugIn)
    profile = PROFILE % "TxProfile"
    wired.says(f'[2,"b1","RemoteStartTransaction",{{"idTag":"APP","chargingProfile":{profile}}}]')
    assert wired.cp.facts.evses[0].power_w == 3 * 230 * 10


@pytest.mark.shows("refused", "RemoteStartTransaction")
@pytest.mark.parametrize(
    "payload",
    [
        '{"idTag":"APP","connectorId":1}',
        '{"idTag":"APP","connectorId":2}',
        '{"idTag":"APP","connectorId":3}',
        '{"idTag":"APP","connectorId":9}',
        '{"idTag":"APP"}',
    ],
)
def test_a_place_that_can_t_serve_is_rejected(payload: str):
    wired = charging(evses=({}, {}, {}))
    wired.says('[2,"b1","ChangeAvailability",{"connectorId":2,"type":"Inoperative"}]')
    wired.do(c.RaiseFault, evse=3, kind="ground_failure")
    wired.heard()
    assert wired.says(f'[2,"b2","RemoteStartTransaction",{payload}]') == ['[3,"b2",{"status":"Rejected"}]']


@pytest.mark.shows("refused", "RemoteStartTransaction")
def test_a_profile_of_another_purpose_is_rejected():
    wired = quiet()
    profile = PROFILE % "TxDefaultProfile"
    assert wired.says(f'[2,"b1","RemoteStartTransaction",{{"idTag":"A","chargingProfile":{profile}}}]') == [
        '[3,"b1",{"status":"Rejected"}]'
    ]


@pytest.mark.shows("valid", "RemoteStopTransaction")
def test_a_running_transaction_is_stopped():
    wired = charging()
    assert wired.says('[2,"b1","RemoteStopTransaction",{"transactionId":17}]')[0] == (
        '[3,"b1",{"status":"Accepted"}]'
    )
    stop = wired.last("StopTransaction")
    assert (stop["transactionId"], stop["reason"], "idTag" in stop) == (17, "Remote", False)
    assert wired.statuses() == ["Available", "Finishing"]


@pytest.mark.shows("refused", "RemoteStopTransaction")
def test_an_unknown_transaction_is_rejected():
    wired = charging()
    for number in (16, -1, 0):
        assert wired.says(f'[2,"b1","RemoteStopTransaction",{{"transactionId":{number}}}]') == [
            '[3,"b1",{"status":"Rejected"}]'
        ]
    assert wired.cp.facts.evses[0].transaction is not None


TRIGGERED = {
    "Heartbeat": ["Heartbeat {}"],
    "StatusNotification": [
        'StatusNotification {"connectorId":0,"errorCode":"NoError","status":"Available"}',
        'StatusNotification {"connectorId":1,"errorCode":"NoError","status":"Available"}',
    ],
    "MeterValues": [
        'MeterValues {"connectorId":1,"meterValue":[{"sampledValue":[{"value":"0","context":"Trigger",'
        '"measurand":"Energy.Active.Import.Register","unit":"Wh"}]}]}'
    ],
}


@pytest.mark.shows("valid", "TriggerMessage", "ExtendedTriggerMessage")
@pytest.mark.parametrize("action", ["TriggerMessage", "ExtendedTriggerMessage"])
@pytest.mark.parametrize("message", TRIGGERED)
def test_a_message_on_demand_follows_the_answer(action: str, message: str):
    wired = quiet()
    [answer, *calls] = wired.says(f'[2,"b1","{action}",{{"requestedMessage":"{message}"}}]')
    assert answer == '[3,"b1",{"status":"Accepted"}]'
    assert len(calls) == len(TRIGGERED[message])
    wired.says(f'[2,"b2","{action}",{{"requestedMessage":"{message}"}}]')
    wired.sent = wired.calls[-len(calls) :]
    assert wired.called() == TRIGGERED[message]


@pytest.mark.shows("valid", "TriggerMessage")
@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("DiagnosticsStatusNotification", '[2,"#","DiagnosticsStatusNotification",{"status":"Idle"}]'),
        ("FirmwareStatusNotification", '[2,"#","FirmwareStatusNotification",{"status":"Idle"}]'),
    ],
)
def test_what_is_not_going_on_is_idle(message: str, call: str):
    assert quiet().says(f'[2,"b1","TriggerMessage",{{"requestedMessage":"{message}"}}]') == [
        '[3,"b1",{"status":"Accepted"}]',
        call,
    ]


@pytest.mark.shows("valid", "ExtendedTriggerMessage")
@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("LogStatusNotification", '[2,"#","LogStatusNotification",{"status":"Idle"}]'),
        ("FirmwareStatusNotification", '[2,"#","SignedFirmwareStatusNotification",{"status":"Idle"}]'),
    ],
)
def test_the_extended_trigger_asks_for_the_extended_messages(message: str, call: str):
    assert quiet().says(f'[2,"b1","ExtendedTriggerMessage",{{"requestedMessage":"{message}"}}]') == [
        '[3,"b1",{"status":"Accepted"}]',
        call,
    ]


@pytest.mark.shows("valid", "ExtendedTriggerMessage")
def test_a_new_certificate_is_asked_for():
    wired = quiet(settings={"CpoName": "Operator"}, serial_number="SN1")
    assert wired.says(
        '[2,"b1","ExtendedTriggerMessage",{"requestedMessage":"SignChargePointCertificate"}]'
    ) == ['[3,"b1",{"status":"Accepted"}]']
    [chore] = wired.chores
    assert (chore.type, chore.common_name, chore.organization) == ("make_key", "SN1", "Operator")


@pytest.mark.shows("refused", "TriggerMessage", "ExtendedTriggerMessage")
@pytest.mark.parametrize("action", ["TriggerMessage", "ExtendedTriggerMessage"])
@pytest.mark.parametrize(
    "payload",
    [
        '{"requestedMessage":"BootNotification"}',
        '{"requestedMessage":"StatusNotification","connectorId":2}',
        '{"requestedMessage":"MeterValues","connectorId":2}',
    ],
)
def test_what_can_t_be_triggered_is_rejected(action: str, payload: str):
    assert quiet().says(f'[2,"b1","{action}",{payload}]') == ['[3,"b1",{"status":"Rejected"}]']


def test_a_connector_that_does_not_matter_is_ignored():
    """1.6 §5.17"""
    assert quiet().says('[2,"b1","TriggerMessage",{"requestedMessage":"Heartbeat","connectorId":9}]') == [
        '[3,"b1",{"status":"Accepted"}]',
        '[2,"#","Heartbeat",{}]',
    ]


MESSAGES = "BootNotification, DiagnosticsStatusNotification, FirmwareStatusNotification, Heartbeat"
BROKEN = {
    "RemoteStartTransaction": (
        '{"idTag":"a card of more than 20"}',
        "PropertyConstraintViolation",
        "idTag breaks the rule: maxLength 20",
    ),
    "RemoteStopTransaction": (
        '{"transactionId":"17"}',
        "TypeConstraintViolation",
        "transactionId breaks the rule: type integer",
    ),
    "TriggerMessage": (
        '{"requestedMessage":"LogStatusNotification"}',
        "PropertyConstraintViolation",
        "requestedMessage breaks the rule: enum BootNotification, DiagnosticsStatusNotification, "
        "FirmwareStatusNotification, Heartbeat, MeterValues, StatusNotification",
    ),
    "ExtendedTriggerMessage": ("{}", "ProtocolError", "requestedMessage breaks the rule: required"),
}


@pytest.mark.shows("broken", *BROKEN)
@pytest.mark.parametrize("action", BROKEN)
def test_a_broken_call_is_an_error_and_changes_nothing(action: str):
    payload, code, text = BROKEN[action]
    wired = charging()
    before = wired.cp.facts
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[4,"b1","{code}","{text}",{{}}]']
    assert wired.cp.facts == before


@pytest.mark.parametrize(
    "payload", ['{"idTag":"A","connectorId":-1}', '{"idTag":"A","connectorId":9007199254740993}']
)
def test_a_connector_that_is_no_number_of_one_is_an_unknown_one(payload: str):
    [answer] = quiet().says(f'[2,"b1","RemoteStartTransaction",{payload}]')
    assert answer == '[3,"b1",{"status":"Rejected"}]'
