"""What is sampled in a transaction while nobody has said what; the car's charge only where the car tells it."""

from typing import Any

import pytest
from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.settings import name_of_key

USUAL = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage"


def charging(*connectors: dict[str, Any], connector: int = 1, **more: Any) -> Story:
    story = Story(evses=({"connectors": connectors},), bared=False, **more).online()
    story.do(c.PlugIn, connector=connector)
    story.do(c.PresentToken, token="04A1B2C3", evse=1)
    story.answer_all()
    story.said.clear()
    return story


def told(story: Story) -> str:
    """What is measured in the one report said since the last look, each measurand once."""
    [report] = story.said
    readings = [reading.measurand for sample in report.samples for reading in sample.readings]
    return ",".join(dict.fromkeys(readings))


def shown(story: Story) -> str | None:
    [setting] = story.request(r.ReadSettings, names=(name_of_key("MeterValuesSampledData"),)).settings
    value: str | None = setting.value
    return value


@pytest.mark.parametrize(
    ("connectors", "connector", "setting", "sampled"),
    [
        ([{}], 1, USUAL, USUAL),
        ([{"type": "cTesla"}], 1, USUAL, USUAL),
        ([{"type": "cCCS2"}], 1, f"{USUAL},SoC", f"{USUAL},SoC"),
        ([{"type": "cTesla", "current": "dc"}], 1, f"{USUAL},SoC", f"{USUAL},SoC"),
        ([{}, {"type": "cCCS2"}], 1, f"{USUAL},SoC", USUAL),
        ([{}, {"type": "cCCS2"}], 2, f"{USUAL},SoC", f"{USUAL},SoC"),
    ],
)
def test_a_car_s_charge_is_known_with_direct_current_alone(
    connectors: list[dict[str, Any]], connector: int, setting: str, sampled: str
):
    story = charging(*connectors, connector=connector)
    assert shown(story) == setting
    story.said.clear()
    story.wait(60)
    assert told(story) == sampled


@pytest.mark.parametrize("connector", [{}, {"type": "cCCS2"}])
@pytest.mark.parametrize("written", [USUAL, "SoC", "Energy.Active.Import.Register"])
def test_what_was_written_is_sampled_as_it_was_written(connector: dict[str, Any], written: str):
    story = charging(connector)
    reply = story.request(
        r.WriteSettings,
        settings=(r.SettingToWrite(name=name_of_key("MeterValuesSampledData"), value=written),),
    )
    assert reply.settings[0].result == "accepted"
    story.said.clear()
    story.wait(60)
    assert told(story) == written
    assert shown(story) == written


def test_what_was_configured_is_sampled_so():
    assert shown(charging({"type": "cCCS2"}, settings={"MeterValuesSampledData": USUAL})) == USUAL


def test_nothing_is_sampled_where_it_is_switched_off():
    story = charging({}, settings={"SampledDataCtrlr.Enabled": "false"})
    story.wait(120)
    assert story.said == []


def test_a_meter_asked_for_at_once_shows_the_same():
    story = charging({"type": "cCCS2"})
    story.request(r.Trigger, what="meter")
    reply, report = story.said
    assert reply.result == "accepted"
    story.said = [report]
    assert told(story) == f"{USUAL},SoC"


def test_the_station_s_own_meter_knows_no_car():
    story = charging({"type": "cCCS2"}, main_meter=True)
    story.request(r.Trigger, what="meter")
    story.answer_all()
    [main] = [word for word in story.said if word.type == "report_meter"]
    assert main.place.evse == 0
    assert "SoC" not in {reading.measurand for reading in main.samples[0].readings}
