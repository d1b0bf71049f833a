"""What a charger says of itself, and what its meters show, where its configuration says nothing of it."""

import pytest
from abstraction.story import Story
from vcp_abstraction.charger import Charger, Surroundings
from vcp_abstraction.decide import decide
from vcp_abstraction.nameplate import LEAST_COUNTED_WH, MOST_COUNTED_WH, counted_wh, nameplate_of
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ChargePointConfiguration, EvseConfiguration
from vcp_contracts.values import SettingName

PLAIN = ChargePointConfiguration()
TWO = (EvseConfiguration(), EvseConfiguration())
IDS = [f"CP{n:03}" for n in range(50)]


def test_every_charger_has_numbers_of_its_own_the_same_every_time():
    plates = [nameplate_of(id, PLAIN) for id in IDS]
    assert plates == [nameplate_of(id, PLAIN) for id in IDS]
    for name in ("serial_number", "meter_serial_number"):
        assert len({getattr(plate, name) for plate in plates}) == len(IDS)
    assert (plates[1].serial_number, plates[1].meter_serial_number) == ("VCP681438256", "69033329")
    assert (plates[1].firmware_version, plates[1].meter_type) == ("3.2.1", "VCP-M3")


@pytest.mark.parametrize("id", ["a", "C" * 200, "ÄÖ/ü", "CP001"])
def test_what_is_told_fits_every_protocol(id: str):
    plate = nameplate_of(id, PLAIN)
    for told in (plate.serial_number, plate.box_serial_number, plate.meter_serial_number, plate.meter_type):
        assert 0 < len(told or "") <= 25
    assert 0 < len(plate.firmware_version or "") <= 50


def test_what_is_configured_is_told_and_what_is_configured_empty_is_not():
    named = ChargePointConfiguration(
        serial_number="SN1", firmware_version="9", meter_type="M", meter_serial_number=""
    )
    plate = nameplate_of("CP001", named)
    assert (plate.serial_number, plate.box_serial_number) == ("SN1", "SN1")
    assert (plate.firmware_version, plate.meter_type, plate.meter_serial_number) == ("9", "M", None)
    box = nameplate_of("CP001", ChargePointConfiguration(serial_number="SN1", box_serial_number="B1"))
    assert (box.serial_number, box.box_serial_number) == ("SN1", "B1")
    none = nameplate_of("CP001", ChargePointConfiguration(serial_number=""))
    assert (none.serial_number, none.box_serial_number) == (None, None)


def test_a_meter_has_counted_something_each_its_own():
    two = ChargePointConfiguration(evses=TWO)
    shown = [counted_wh(id, two, evse) for id in IDS for evse in (1, 2)]
    assert len(set(shown)) == len(shown)
    assert all(LEAST_COUNTED_WH <= wh < MOST_COUNTED_WH and wh.is_integer() for wh in shown)
    assert shown == [counted_wh(id, two, evse) for id in IDS for evse in (1, 2)]
    assert counted_wh("CP001", PLAIN, 1) == 19_123_366
    assert counted_wh("CP001", ChargePointConfiguration(seed=1), 1) != 19_123_366


@pytest.mark.parametrize("register_wh", [0, 1234.5])
def test_a_register_that_is_configured_holds(register_wh: float):
    story = Story(evses=(EvseConfiguration(register_wh=register_wh), EvseConfiguration()), bared=False)
    assert story.cp.facts.evses[0].register_wh == register_wh
    assert story.cp.facts.evses[1].register_wh == counted_wh("CP001", story.cp.configuration, 2)


def test_the_first_interval_is_counted_from_what_the_meter_showed():
    story = Story(settings={"MeterValuesSampledData": "Energy.Active.Import.Interval"}, bared=False)
    story.online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="04A1B2C3")
    story.answer_all()
    story.wait(60)
    assert [r.value for r in story.said[-1].samples[0].readings] == [368.0]


def test_the_numbers_are_settings_too():
    story = Story("stream", bared=False).online()
    story.do(c.Ask, word="boot")
    boot = story.said[-1]
    assert (boot.serial_number, boot.firmware_version) == ("VCP681438256", "3.2.1")
    names = tuple(
        SettingName(component="ChargingStation", variable=v) for v in ("SerialNumber", "FirmwareVersion")
    )
    reply = story.request(r.ReadSettings, names=names)
    assert [one.value for one in reply.settings] == ["VCP681438256", "3.2.1"]


def test_naming_what_it_tells_anyway_is_no_reason_to_boot_again():
    story = Story(bared=False).online()
    named = story.cp.configuration.model_copy(update={"serial_number": "VCP681438256"})
    story.do(c.Provision, configuration=named)
    assert story.words() == []
    story.do(c.Provision, configuration=named.model_copy(update={"serial_number": "SN1"}))
    assert story.words() == ["close_link", "open_link"]


def test_what_was_kept_before_it_had_numbers_still_loads():
    cp = Charger("CP001")
    story = Story()
    word = c.Provision(id="1", charge_point="CP001", configuration=ChargePointConfiguration())
    decide(cp, word, story.now, Surroundings())
    sections = cp.dump()
    old = sections["setup"].replace(b'"register_wh":null', b'"register_wh":0.0')
    old = old.replace(b'"box_serial_number":null,', b"").replace(b'"restart_s":2.0,', b"")
    assert old != sections["setup"]
    again = Charger.load("CP001", {**sections, "setup": old}, {})
    assert (again.configuration.restart_s, again.configuration.evses[0].register_wh) == (2.0, None)
    assert again.nameplate.serial_number == "VCP681438256"
