"""GetConfiguration and ChangeConfiguration of OCPP 1.6 through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| GetConfiguration | all, some, unknown ones | a key that is no text | more keys than GetConfigurationMaxKeys |
| ChangeConfiguration | four answers | a value too long | read-only, out of range |
"""

import json

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

ACTIONS = ("GetConfiguration", "ChangeConfiguration")


def quiet(**configuration) -> Wired:
    wired = Wired(**configuration)
    wired.heard()
    return wired


@pytest.mark.shows("valid", "GetConfiguration")
def test_known_keys_are_told_and_unknown_ones_listed_as_they_were_asked():
    assert quiet().says(
        '[2,"b1","GetConfiguration",{"key":["heartbeatinterval","Nonsense","MaxEnergyOnInvalidId"]}]'
    ) == [
        '[3,"b1",{"configurationKey":[{"key":"heartbeatinterval","readonly":false,"value":"86400"},'
        '{"key":"MaxEnergyOnInvalidId","readonly":false}],"unknownKey":["Nonsense"]}]'
    ]


@pytest.mark.parametrize("payload", ["{}", '{"key":[]}', "null"])
def test_without_keys_all_are_told(payload: str):
    [answer] = quiet().says(f'[2,"b1","GetConfiguration",{payload}]')
    told = {each["key"] for each in json.loads(answer)[2]["configurationKey"]}
    assert {"HeartbeatInterval", "SupportedFeatureProfiles", "SecurityProfile"} <= told
    assert "unknownKey" not in json.loads(answer)[2]


@pytest.mark.shows("refused", "GetConfiguration")
def test_more_keys_than_may_be_asked_are_an_error():
    wired = quiet()
    keys = ",".join(['"HeartbeatInterval"'] * 51)
    assert wired.says(f'[2,"b1","GetConfiguration",{{"key":[{keys}]}}]') == [
        '[4,"b1","OccurenceConstraintViolation","at most 50 at once",{}]'
    ]


BROKEN = {
    "GetConfiguration": ('{"key":[1]}', "TypeConstraintViolation", "key[0] breaks the rule: type string"),
    "ChangeConfiguration": (
        '{"key":"HeartbeatInterval"}',
        "ProtocolError",
        "value breaks the rule: required",
    ),
}


@pytest.mark.shows("broken", *BROKEN)
@pytest.mark.parametrize("action", BROKEN)
def test_a_broken_call_is_an_error_and_changes_nothing(action: str):
    payload, code, text = BROKEN[action]
    wired = quiet()
    before = wired.cp.facts, wired.cp.settings.values
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[4,"b1","{code}","{text}",{{}}]']
    assert (wired.cp.facts, wired.cp.settings.values) == before


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (f'{{"key":"{"k" * 51}","value":"1"}}', "PropertyConstraintViolation"),
        (f'{{"key":"k","value":"{"1" * 501}"}}', "PropertyConstraintViolation"),
        ('{"key":"k","value":1}', "TypeConstraintViolation"),
        ('{"key":"k","value":"1","unit":"s"}', "FormationViolation"),
    ],
)
def test_each_way_to_break_a_change_has_its_error(payload: str, code: str):
    [answer] = quiet().says(f'[2,"b1","ChangeConfiguration",{payload}]')
    assert answer.startswith(f'[4,"b1","{code}","')


@pytest.mark.shows("valid", "ChangeConfiguration")
def test_an_accepted_change_is_in_force_at_once():
    wired = quiet()
    assert wired.says('[2,"b1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"10"}]') == [
        '[3,"b1",{"status":"Accepted"}]'
    ]
    wired.wait(10)
    assert wired.heard() == ['[2,"#","Heartbeat",{}]']


@pytest.mark.shows("refused", "ChangeConfiguration")
@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("Nonsense", "1", "NotSupported"),
        ("NumberOfConnectors", "7", "Rejected"),
        ("HeartbeatInterval", "-1", "Rejected"),
        ("HeartbeatInterval", "soon", "Rejected"),
        ("WebSocketPingInterval", "-1", "Rejected"),
        ("LocalPreAuthorize", "maybe", "Rejected"),
        ("MeterValuesSampledData", "Energy.Active.Import.Register,Nonsense", "Rejected"),
        ("SecurityProfile", "1", "Rejected"),
        ("AuthorizationKey", "secret", "Rejected"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("minimumstatusduration", "5", "Accepted"),
    ],
)
def test_what_can_t_be_changed_is_refused_and_stays(key: str, value: str, status: str):
    wired = quiet()
    before = dict(wired.cp.settings.values)
    assert wired.says(f'[2,"b1","ChangeConfiguration",{{"key":"{key}","value":"{value}"}}]') == [
        f'[3,"b1",{{"status":"{status}"}}]'
    ]
    assert (wired.cp.settings.values == before) == (status != "Accepted")


@pytest.mark.shows("valid", "ChangeConfiguration")
@pytest.mark.parametrize("restart", ["reset", "power"])
def test_what_needs_a_restart_counts_after_it(restart: str):
    """1.6 §5.3: RebootRequired; which keys need one is the tester's choice"""
    wired = quiet(settings={"RestartKeys": "connectiontimeout,TxCtrlr.StopTxOnInvalidId"})
    for key, value in (("ConnectionTimeOut", "20"), ("StopTransactionOnInvalidId", "false")):
        assert wired.says(f'[2,"b1","ChangeConfiguration",{{"key":"{key}","value":"{value}"}}]') == [
            '[3,"b1",{"status":"RebootRequired"}]'
        ]
    ask = '[2,"b2","GetConfiguration",{"key":["ConnectionTimeOut"]}]'
    assert '"value":"60"' in wired.says(ask)[0]
    if restart == "reset":
        wired.says('[2,"b3","Reset",{"type":"Soft"}]')
        wired.wait(5)
    else:
        wired.do(c.PowerCycle)
    wired.heard()
    assert '"value":"20"' in wired.says(ask)[0]
    assert not wired.cp.settings.flag("TxCtrlr.StopTxOnInvalidId")


def test_a_key_that_needs_a_restart_is_judged_at_once():
    wired = quiet(settings={"RestartKeys": "ConnectionTimeOut"})
    assert wired.says('[2,"b1","ChangeConfiguration",{"key":"ConnectionTimeOut","value":"-1"}]') == [
        '[3,"b1",{"status":"Rejected"}]'
    ]
