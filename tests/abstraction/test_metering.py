"""Meter readings: at clock-aligned times, for the end of a transaction, of the station's own meter, on one phase."""

import pytest
from abstraction.story import NOON, Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import EvseConfiguration
from vcp_contracts.values import Place, Sample, SettingName, TokenInfo

TWO = (EvseConfiguration(register_wh=1000), EvseConfiguration(register_wh=500))


def charging(*, power_w: float = 6000, **configuration) -> Story:
    story = Story(**configuration).online()
    for evse in range(1, len(configuration.get("evses", "1")) + 1):
        story.do(c.PlugIn, evse=evse)
        story.do(c.PresentToken, token=f"CARD{evse}", evse=evse)
        story.answer_all()
        story.do(c.SetEv, evse=evse, power_w=power_w)
    story.answer_all()
    story.said.clear()
    return story


def live(story: Story, seconds: int) -> None:
    """Time passes, and the backend answers at once."""
    for _ in range(seconds // 10):
        story.wait(10)
        story.answer_all()


def said(story: Story, kind: str) -> list:
    story.answer_all()
    words, story.said = [word for word in story.said if word.type == kind], []
    return words


def values(sample: Sample) -> dict[str, float]:
    return {f"{x.measurand} {x.phase}" if x.phase else x.measurand: x.value for x in sample.readings}


def contexts(samples: tuple[Sample, ...]) -> list[tuple[str, int]]:
    return [(s.readings[0].context, int((s.at - NOON).total_seconds())) for s in samples]


def for_the_end(story: Story) -> str | None:
    """How the setting TxEndedMeasurands is read."""
    name = SettingName(component="SampledDataCtrlr", variable="TxEndedMeasurands")
    return story.request(r.ReadSettings, names=(name,)).settings[0].value


# --- clock-aligned ---------------------------------------------------------------------------------------------------


def test_clock_aligned_readings_come_with_and_without_a_transaction():
    story = charging(
        settings={"ClockAlignedDataInterval": "900", "MeterValueSampleInterval": "0"},
    )
    live(story, 900)
    [in_session] = said(story, "report_transaction")
    assert contexts(in_session.samples) == [("clock", 900)]
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.said.clear()
    live(story, 900)
    [idle] = said(story, "report_meter")
    assert (idle.place, contexts(idle.samples)) == (Place(evse=1), [("clock", 1800)])


def test_the_end_carries_what_was_sampled_and_what_was_aligned_each_by_its_own_list():
    story = charging(
        settings={
            "ClockAlignedDataInterval": "900",
            "MeterValueSampleInterval": "600",
            "StopTxnSampledData": "Power.Active.Import",
            "StopTxnAlignedData": "Energy.Active.Import.Register",
        }
    )
    live(story, 1300)
    story.do(c.PresentToken, token="CARD1")
    stop = said(story, "report_transaction")[-1]
    assert contexts(stop.samples) == [
        ("begin", 0),
        ("periodic", 600),
        ("clock", 900),
        ("periodic", 1200),
        ("end", 1300),
    ]
    assert [list(values(s)) for s in stop.samples] == [
        ["Power.Active.Import", "Energy.Active.Import.Register"],
        ["Power.Active.Import"],
        ["Energy.Active.Import.Register"],
        ["Power.Active.Import"],
        ["Power.Active.Import", "Energy.Active.Import.Register"],
    ]


def test_where_the_end_has_intervals_of_its_own_those_count():
    story = Story(
        "stream",
        settings={
            "SampledDataCtrlr.TxUpdatedInterval": "100",
            "SampledDataCtrlr.TxEndedInterval": "250",
            "AlignedDataCtrlr.TxEndedInterval": "900",
            "AlignedDataCtrlr.TxEndedMeasurands": "Voltage",
        },
    ).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    live(story, 1000)
    story.do(c.PresentToken, token="CARD1")
    ended = said(story, "report_transaction")[-1]
    assert contexts(ended.samples) == [
        ("begin", 0),
        ("periodic", 250),
        ("periodic", 500),
        ("periodic", 750),
        ("clock", 900),
        ("periodic", 1000),
        ("end", 1000),
    ]


def test_no_list_no_readings_at_the_end():
    story = charging(settings={"StopTxnSampledData": "", "StopTxnAlignedData": ""})
    live(story, 100)
    story.do(c.PresentToken, token="CARD1")
    assert said(story, "report_transaction")[-1].samples == ()


def test_of_too_many_readings_begin_and_end_stay():
    story = charging(
        settings={
            "MeterValueSampleInterval": "60",
            "StopTransactionMaxMeterValues": "5",
            "StopTxnSampledData": "Energy.Active.Import.Register",
        },
    )
    live(story, 3600)
    story.do(c.PresentToken, token="CARD1")
    samples = said(story, "report_transaction")[-1].samples
    assert len(samples) <= 5
    assert contexts(samples)[0] == ("begin", 0)
    assert contexts(samples)[-1] == ("end", 3600)


def test_intervals_add_up_to_the_register():
    story = charging(
        settings={
            "ClockAlignedDataInterval": "900",
            "MeterValuesAlignedData": "Energy.Active.Import.Interval",
            "MeterValuesSampledData": "Energy.Active.Import.Interval",
            "MeterValueSampleInterval": "600",
        },
        evses=(EvseConfiguration(register_wh=1000),),
    )
    live(story, 1800)
    reports = [(contexts(a.samples)[0], values(a.samples[0])) for a in said(story, "report_transaction")]
    interval = "Energy.Active.Import.Interval"
    assert reports == [
        (("periodic", 600), {interval: 1000.0}),
        (("clock", 900), {interval: 1500.0}),
        (("periodic", 1200), {interval: 1000.0}),
        (("clock", 1800), {interval: 1500.0}),
        (("periodic", 1800), {interval: 1000.0}),
    ]


# --- the station's own meter -----------------------------------------------------------------------------------------


def test_the_stations_meter_reads_what_all_draw_together():
    story = charging(
        evses=TWO,
        settings={
            "ClockAlignedDataInterval": "3600",
            "MeterValueSampleInterval": "0",
            "MeterValuesAlignedData": "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC",
        },
        main_meter=True,
    )
    live(story, 3600)
    [main] = said(story, "report_meter")
    assert main.place == Place()
    assert {x.location for x in main.samples[0].readings} == {"inlet"}
    assert values(main.samples[0]) == {
        "Energy.Active.Import.Register": 13500.0,
        "Power.Active.Import": 12000.0,
        "Current.Import L1": 17.392,
        "Current.Import L2": 17.392,
        "Current.Import L3": 17.392,
        "Voltage L1": 230.0,
        "Voltage L2": 230.0,
        "Voltage L3": 230.0,
    }


def test_without_such_a_meter_nothing_is_told_of_the_station():
    story = Story(settings={"ClockAlignedDataInterval": "900"}).online()
    live(story, 900)
    assert [a.place.evse for a in said(story, "report_meter")] == [1]


def test_a_trigger_without_a_place_reads_it_too():
    story = Story(main_meter=True, evses=TWO).online()
    assert story.request(r.Trigger, what="meter").result == "accepted"
    assert [a.place.evse for a in said(story, "report_meter")] == [1, 2, 0]


# --- measurands ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measurand", "read"),
    [
        ("Voltage", {"Voltage L1": 230.0, "Voltage L2": 230.0, "Voltage L3": 230.0}),
        ("Voltage.L2", {"Voltage L2": 230.0}),
        ("Voltage.L2-N", {"Voltage L2-N": 230.0}),
        ("Voltage.L1-L2", {"Voltage L1-L2": 398.372}),
        ("Current.Import.L3", {"Current.Import L3": 10.0}),
        ("Current.Import.N", {"Current.Import N": 0.0}),
        ("Power.Active.Import.L1", {"Power.Active.Import L1": 2300.0}),
        ("Power.Active.Import", {"Power.Active.Import": 6900.0}),
    ],
)
def test_a_measurand_may_name_a_phase(measurand: str, read: dict[str, float]):
    story = charging(power_w=6900, settings={"MeterValuesSampledData": measurand})
    live(story, 60)
    [report] = said(story, "report_transaction")
    assert values(report.samples[0]) == read


def test_a_phase_that_the_car_does_not_use_is_not_read():
    story = Story(settings={"MeterValuesSampledData": "Voltage.L1,Voltage.L3,Current.Import.N"}).online()
    story.do(c.SetEv, phases=1, current_a=16)
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.said.clear()
    live(story, 60)
    [report] = said(story, "report_transaction")
    assert values(report.samples[0]) == {"Voltage L1": 230.0, "Current.Import N": 16.0}


@pytest.mark.parametrize("context", ["interruption_begin", "interruption_end", "other", "periodic", "clock"])
def test_a_reading_on_command_says_why(context: str):
    story = charging()
    story.do(c.MeterNow, context=context)
    [report] = said(story, "report_transaction")
    assert contexts(report.samples) == [(context, 0)]


def test_energy_allowed_to_a_refused_token_is_delivered_and_no_more():
    story = Story(settings={"StopTransactionOnInvalidId": "false", "MaxEnergyOnInvalidId": "1000"}).online()
    story.do(c.SetEv, power_w=6000)
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    for _ in range(3):
        story.answer()
    story.answer(info=TokenInfo(status="invalid"), name="9")
    story.said.clear()
    story.wait(599)
    assert story.cp.facts.evses[0].power_w == 6000
    story.wait(2)
    story.answer_all()
    assert story.cp.facts.evses[0].power_w == 0
    assert story.cp.facts.evses[0].register_wh == pytest.approx(1000, abs=0.01)
    assert [e.fine for e in story.seen("status_changed")][-1] == "suspended_evse"


def test_sampled_data_can_be_switched_off_and_on():
    story = Story("stream", settings={"SampledDataCtrlr.Enabled": "false"}).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.wait(150)
    story.answer_all()
    assert not [w for w in story.ever_said if w.type == "report_transaction" and w.samples]
    story.do(c.WriteSetting, name="SampledDataCtrlr.Enabled", value="true")
    story.wait(61)
    assert story.said[-1].samples[0].readings[0].context == "periodic"


def test_aligned_data_can_be_switched_off():
    settings = {"AlignedDataCtrlr.Interval": "60", "AlignedDataCtrlr.Enabled": "false"}
    story = Story("stream", settings=settings).online()
    assert story.cp.facts.aligned_due is None
    story.do(c.WriteSetting, name="AlignedDataCtrlr.Enabled", value="true")
    story.wait(61)
    assert [word.type for word in story.said if word.type == "report_meter"] == ["report_meter"]


@pytest.mark.parametrize(
    ("style", "value", "at_the_end"),
    [("three", "", []), ("stream", "Energy.Active.Import.Register", ["begin", "end"])],
)
def test_what_is_kept_for_the_end_until_it_is_set_is_a_matter_of_manners(
    style: str, value: str, at_the_end: list[str]
):
    """1.6 §9.1 StopTxnSampledData; 2.0.1 SampledDataCtrlr.TxEndedMeasurands"""
    story = Story(style).online()
    assert for_the_end(story) == value
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    live(story, 30)
    story.do(c.PresentToken, token="CARD1")
    ended = said(story, "report_transaction")[-1]
    assert [context for context, _ in contexts(ended.samples)] == at_the_end


def test_what_is_kept_for_the_end_can_be_written_and_emptied_in_any_manners():
    story = Story("stream", settings={"SampledDataCtrlr.TxEndedMeasurands": ""}).online()
    assert for_the_end(story) == ""
    story.do(c.WriteSetting, name="SampledDataCtrlr.TxEndedMeasurands", value="SoC")
    assert for_the_end(story) == "SoC"
