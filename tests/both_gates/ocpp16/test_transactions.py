"""StartTransaction, MeterValues and StopTransaction of OCPP 1.6 through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| StartTransaction | plugged and authorized | no name: retried, then told without one | idTagInfo not Accepted |
| MeterValues | sampled, aligned | a field too many: retried, then given up | - |
| StopTransaction | with its readings | unknown verdict: retried, then given up | - |
"""

import pytest
from both_gates.wired import Wired, broken, refusing
from vcp_contracts import commands as c

ACTIONS = ("StartTransaction", "MeterValues", "StopTransaction")
NO_REFUSAL = {
    "MeterValues": "it is the charger's own, and its answer is empty",
    "StopTransaction": "1.6 §4.10: the backend can't prevent a transaction from stopping",
}

START = '[2,"#","StartTransaction",{"connectorId":1,"idTag":"CARD1","meterStart":0,"timestamp":"2026-06-01T12:00:00Z"}]'


def charging(**settings: str) -> Wired:
    wired = Wired(settings=settings)
    begin(wired)
    wired.heard()
    return wired


def begin(wired: Wired) -> None:
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")


@pytest.mark.shows("valid", "StartTransaction")
def test_a_session_starts_when_the_cable_is_in_and_the_card_is_good():
    wired = Wired()
    wired.heard()
    begin(wired)
    assert START in wired.heard()
    evse = wired.cp.facts.evses[0]
    assert evse.power_w == 22_080
    [transaction] = [connector.transaction for connector in wired.view.evses if connector.transaction]
    assert transaction.backend_name == "17"


@pytest.mark.shows("valid", "MeterValues")
def test_readings_go_out_in_their_interval_under_the_backend_s_name():
    wired = charging(
        MeterValueSampleInterval="60", MeterValuesSampledData="Energy.Active.Import.Register,SoC"
    )
    wired.wait(60)
    assert wired.heard() == [
        '[2,"#","MeterValues",{"connectorId":1,"transactionId":17,"meterValue":[{"timestamp":"2026-06-01T12:01:00Z",'
        '"sampledValue":[{"value":"368","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register",'
        '"unit":"Wh"},{"value":"20.6","context":"Sample.Periodic","measurand":"SoC","location":"EV",'
        '"unit":"Percent"}]}]}]'
    ]


@pytest.mark.shows("valid", "StopTransaction")
def test_the_same_card_stops_it_and_the_register_is_told():
    wired = charging(MeterValueSampleInterval="0", StopTxnSampledData="")
    wired.wait(90)
    wired.do(c.PresentToken, token="card1")
    assert wired.heard() == [
        '[2,"#","StopTransaction",{"transactionId":17,"idTag":"card1","meterStop":552,'
        '"timestamp":"2026-06-01T12:01:30Z","reason":"Local"}]',
        '[2,"#","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Finishing",'
        '"timestamp":"2026-06-01T12:01:30Z"}]',
    ]


@pytest.mark.shows("refused", "StartTransaction")
@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_a_card_that_the_backend_does_not_accept_at_the_start_ends_the_transaction(status: str):
    """1.6 §4.8, errata 3.17"""
    wired = Wired(settings={"StopTxnSampledData": ""})
    wired.answers["StartTransaction"] = lambda _: {"idTagInfo": {"status": status}, "transactionId": 5}
    wired.heard()
    begin(wired)
    assert wired.called()[-2].startswith("StopTransaction ")
    stop = wired.last("StopTransaction")
    assert (stop["transactionId"], stop["reason"]) == (5, "DeAuthorized")
    assert wired.cp.facts.evses[0].power_w == 0


@pytest.mark.shows("refused", "StartTransaction")
def test_or_takes_its_energy_where_it_must_not_stop():
    wired = Wired(settings={"StopTransactionOnInvalidId": "false"})
    wired.answers["StartTransaction"] = lambda _: {"idTagInfo": {"status": "Invalid"}, "transactionId": 5}
    begin(wired)
    assert wired.statuses() == ["Available", "SuspendedEVSE"]
    assert wired.cp.facts.evses[0].transaction is not None


@pytest.mark.shows("broken", "StartTransaction")
@pytest.mark.parametrize(
    ("answer", "violation"),
    [
        ('{"idTagInfo":{"status":"Accepted"}}', "StartTransaction: transactionId: required"),
        (
            '{"idTagInfo":{"status":"Accepted"},"transactionId":"seventeen"}',
            "StartTransaction: transactionId: type integer",
        ),
        (
            '{"idTagInfo":{"status":"Accepted"},"transactionId":17.5}',
            "StartTransaction: transactionId: type integer",
        ),
        ('{"transactionId":17}', "StartTransaction: idTagInfo: required"),
    ],
)
def test_without_a_name_the_start_is_tried_again_and_the_rest_told_under_minus_1(answer: str, violation: str):
    """1.6 §3.7.2 and errata 3.18"""
    wired = Wired(
        settings={
            "TransactionMessageAttempts": "2",
            "TransactionMessageRetryInterval": "10",
            "MeterValueSampleInterval": "60",
        }
    )
    wired.answers["StartTransaction"] = broken(answer)
    wired.heard()
    begin(wired)
    assert wired.heard()[-1] == START
    wired.wait(10)
    assert wired.heard() == [START]
    assert wired.violations() == [violation] * 2
    wired.wait(50)
    assert wired.last("MeterValues")["transactionId"] == -1
    wired.do(c.PresentToken, token="CARD1")
    assert wired.last("StopTransaction")["transactionId"] == -1


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ('"17"', 17),
        ("0", 0),
        ("-1", -1),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
    ],
)
def test_any_integer_is_a_name_even_as_text(number: str, name: int):
    """1.6 errata: 0 and negative ones mean nothing special"""
    wired = Wired(settings={"TransactionMessageAttempts": "1"})
    answer = f'{{"idTagInfo":{{"status":"Accepted"}},"transactionId":{number}}}'
    wired.answers["StartTransaction"] = broken(answer)
    begin(wired)
    wired.wait(60)
    assert wired.last("MeterValues")["transactionId"] == name
    stopped = wired.says(f'[2,"b1","RemoteStopTransaction",{{"transactionId":{name}}}]')
    assert stopped[-2:][0] != '[3,"b1",{"status":"Rejected"}]'
    assert wired.last("StopTransaction")["transactionId"] == name
    assert wired.seen("self_violation") == []


@pytest.mark.shows("broken", "MeterValues", "StopTransaction")
@pytest.mark.parametrize(
    ("action", "answer", "violation"),
    [
        ("MeterValues", '{"status":"Accepted"}', "MeterValues: status: not a field of this message"),
        ("StopTransaction", '{"idTagInfo":{}}', "StopTransaction: idTagInfo.status: required"),
    ],
)
def test_a_broken_answer_counts_as_a_failed_try_and_the_next_session_is_told(
    action: str, answer: str, violation: str
):
    """1.6 §3.7.2"""
    wired = charging(TransactionMessageRetryInterval="10", MeterValueSampleInterval="60")
    wired.answers[action] = broken(answer)
    wired.wait(60)
    wired.do(c.PresentToken, token="CARD1")
    wired.wait(10 + 20)
    told = [call.split()[0] for call in wired.called()]
    assert told.count(action) == 3
    assert wired.violations() == [violation] * 3
    del wired.answers[action]
    wired.do(c.Unplug)
    begin(wired)
    assert wired.last("StartTransaction")["timestamp"] == "2026-06-01T12:01:30Z"
    assert wired.view.queue.transactions == 0


@pytest.mark.parametrize("code", ["InternalError", "GenericError", "NotImplemented"])
def test_an_error_is_a_failed_try_and_the_waits_grow(code: str):
    """1.6 §3.7.2: the interval times the transmissions so far"""
    wired = Wired(
        settings={
            "TransactionMessageAttempts": "3",
            "TransactionMessageRetryInterval": "60",
            "MeterValueSampleInterval": "0",
        }
    )
    wired.answers["StartTransaction"] = refusing(code)
    begin(wired)
    times = []
    for second in range(1, 300):
        wired.heard()
        wired.wait(1)
        times += [second] * sum("StartTransaction" in text for text in wired.heard())
    assert times == [60, 180]
