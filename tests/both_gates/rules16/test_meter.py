"""Meter values of 1.6 on real frames: when, which, in what words (1.6 §3.16, §4.7)."""

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

NO_END = {"StopTxnSampledData": ""}


def charging(**more) -> Wired:
    wired = Wired(settings=NO_END | more.pop("settings", {}), **more)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    return wired


def values(payload: dict) -> list[tuple[str, ...]]:
    return [
        tuple(
            str(value[key]) for key in ("measurand", "context", "phase", "unit", "location") if key in value
        )
        for sample in payload["meterValue"]
        for value in sample["sampledValue"]
    ]


def test_an_interval_of_nothing_samples_nothing():
    wired = charging(settings={"MeterValueSampleInterval": "0"})
    wired.wait(3600)
    assert wired.called() == []


def test_a_new_interval_counts_at_once():
    wired = charging(settings={"MeterValueSampleInterval": "0"})
    wired.says('[2,"b","ChangeConfiguration",{"key":"MeterValueSampleInterval","value":"20"}]')
    wired.heard()
    wired.wait(60)
    assert len(wired.called()) == 3


def test_aligned_readings_fall_on_slots_from_midnight_with_and_without_a_session():
    wired = Wired(settings=NO_END | {"ClockAlignedDataInterval": "900", "MeterValueSampleInterval": "0"})
    wired.wait(100)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    wired.wait(900)
    [call] = wired.calls[-1:]
    assert (call[2], call[3]["transactionId"]) == ("MeterValues", 17)
    assert call[3]["meterValue"][0]["timestamp"] == "2026-06-01T12:15:00Z"
    assert values(call[3]) == [("Energy.Active.Import.Register", "Sample.Clock", "Wh")]
    wired.do(c.PresentToken, token="CARD1")
    wired.wait(900)
    assert wired.calls[-1][2] == "MeterValues"
    assert "transactionId" not in wired.calls[-1][3]


def test_the_main_meter_is_connector_0():
    wired = Wired(main_meter=True, settings={"ClockAlignedDataInterval": "900"})
    wired.wait(900)
    assert [call[3]["connectorId"] for call in wired.calls[-2:]] == [1, 0] or [
        call[3]["connectorId"] for call in wired.calls[-2:]
    ] == [0, 1]


def test_every_measurand_is_told_in_the_words_of_1_6():
    every = (
        "Current.Export,Current.Import,Current.Offered,Energy.Active.Export.Register,Energy.Active.Import.Interval,"
        "Energy.Active.Import.Register,Frequency,Power.Active.Export,Power.Active.Import,Power.Factor,Power.Offered,"
        "SoC,Voltage"
    )
    wired = charging(settings={"MeterValueSampleInterval": "60", "MeterValuesSampledData": every})
    wired.wait(60)
    told = values(wired.last("MeterValues"))
    assert {value[0] for value in told} == set(every.split(","))
    assert ("Frequency", "Sample.Periodic") in told
    assert ("SoC", "Sample.Periodic", "Percent", "EV") in told
    assert ("Current.Import", "Sample.Periodic", "L1", "A") in told
    assert wired.seen("self_violation") == []


@pytest.mark.parametrize("measurand", ["Voltage.L1", "Current.Import.L2"])
def test_one_phase_alone(measurand: str):
    wired = charging(settings={"MeterValueSampleInterval": "60", "MeterValuesSampledData": measurand})
    wired.wait(60)
    [told] = values(wired.last("MeterValues"))
    assert f"{told[0]}.{told[2]}" in (measurand, f"{measurand}-N")


def test_the_end_carries_begin_and_end_of_every_list():
    wired = Wired(
        settings={
            "MeterValueSampleInterval": "60",
            "ClockAlignedDataInterval": "60",
            "StopTxnSampledData": "Energy.Active.Import.Register",
            "StopTxnAlignedData": "Power.Active.Import",
        }
    )
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.wait(90)
    wired.do(c.PresentToken, token="CARD1")
    data = wired.last("StopTransaction")["transactionData"]
    told = [
        (item["timestamp"][14:19], v["context"], v["measurand"])
        for item in data
        for v in item["sampledValue"]
    ]
    register, power = "Energy.Active.Import.Register", "Power.Active.Import"
    assert ("00:00", "Transaction.Begin", register) in told
    assert ("01:00", "Sample.Periodic", register) in told
    assert ("01:00", "Sample.Clock", power) in told
    assert ("01:30", "Transaction.End", register) in told
    assert [at for at, _, _ in told] == sorted(at for at, _, _ in told)


def test_the_register_never_falls_and_starts_where_it_stood():
    wired = charging(evses=({"register_wh": 1234.5},), settings={"MeterValueSampleInterval": "60"})
    wired.wait(180)
    wired.do(c.PresentToken, token="CARD1")
    start, stop = wired.last("StartTransaction")["meterStart"], wired.last("StopTransaction")["meterStop"]
    registers = [
        float(call[3]["meterValue"][0]["sampledValue"][0]["value"])
        for call in wired.calls
        if call[2] == "MeterValues"
    ]
    assert [start, *registers, stop] == sorted([start, *registers, stop])
    assert start in (1234, 1235)
    assert stop - start == pytest.approx(1104, abs=1)
