"""Direct current has no phases: in readings, in reports of a session, in limits, in what is told of the hardware."""

from datetime import timedelta
from typing import Any

import pytest
from abstraction.charging import at, charge, charger, composite, install, power_w, profile, set_profile
from abstraction.story import Story
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vcp_abstraction import limits
from vcp_abstraction.facts.profiles import Installed
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration
from vcp_contracts.profiles import SchedulePeriod
from vcp_contracts.values import Place, Sample, SettingName
from vcp_contracts.view import ChargePointView

OFTEN = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
ALL = (
    "Current.Export,Current.Import,Current.Offered,Energy.Active.Export.Register,Energy.Active.Import.Interval,"
    "Energy.Active.Import.Register,Frequency,Power.Active.Export,Power.Active.Import,Power.Factor,Power.Offered,"
    "SoC,Voltage"
)


def outlet(**fields: Any) -> EvseConfiguration:
    """80 kW."""
    given = {"type": "cCCS2", "voltage_v": 400, "max_current_a": 200} | fields
    return EvseConfiguration(connectors=(ConnectorConfiguration(**given),))


def both_kinds() -> EvseConfiguration:
    """A socket for alternating current, and a cable for direct current, of which one is in use at a time."""
    return EvseConfiguration(connectors=(ConnectorConfiguration(), *outlet().connectors))


def dc(style: str = "three", *parts: EvseConfiguration, measurands: str = ALL, **more: Any) -> Story:
    """A charger that samples when it is told to."""
    given = {"MeterValuesSampledData": measurands} | more.pop("settings", {})
    return charger(style, evse_parts=parts or (outlet(),), settings=given, **more)


def read(story: Story, evse: int = 1) -> list[tuple[str, str | None, float]]:
    """The meter as (measurand, phase, value) each, in the order in which it is told."""
    story.events.clear()
    story.do(c.MeterNow, evse=evse)
    return [line for event in story.seen("meter_sampled") for line in lines(event.sample)]


def lines(sample: Sample) -> list[tuple[str, str | None, float]]:
    return [(x.measurand, x.phase, x.value) for x in sample.readings]


def of(
    readings: list[tuple[str, str | None, float]], *measurands: str
) -> dict[tuple[str, str | None], float]:
    return {(name, phase): value for name, phase, value in readings if name in measurands}


def view(story: Story) -> ChargePointView:
    return ChargePointView.model_validate_json(view_of(story.cp))


def setting(
    story: Story, component: str, evse: int | None = None, connector: int | None = None
) -> str | None:
    name = SettingName(component=component, variable="SupplyPhases", evse=evse, connector=connector)
    return story.request(r.ReadSettings, names=(name,)).settings[0].value


# --- readings --------------------------------------------------------------------------------------------------------


def test_power_is_voltage_times_current_and_nothing_is_read_on_a_phase():
    story = dc()
    charge(story)
    assert power_w(story) == 80_000
    readings = read(story)
    assert of(
        readings, "Voltage", "Current.Import", "Power.Active.Import", "Power.Offered", "Current.Offered"
    ) == {
        ("Voltage", None): 400.0,
        ("Current.Import", None): 200.0,
        ("Power.Active.Import", None): 80_000.0,
        ("Power.Offered", None): 80_000.0,
        ("Current.Offered", None): 200.0,
    }
    assert {phase for _, phase, _ in readings} == {None}
    assert sorted(name for name, _, _ in readings) == sorted(ALL.split(","))


@pytest.mark.parametrize(
    "asked",
    ["Current.Import.L1", "Current.Import.N", "Voltage.L1-N", "Voltage.L1-L2", "Power.Active.Import.L1"],
)
def test_what_is_asked_of_a_phase_is_not_there(asked: str):
    story = dc(measurands=f"{asked},SoC")
    charge(story)
    assert [name for name, _, _ in read(story)] == ["SoC"]
    nothing = dc(measurands=asked)
    charge(nothing)
    assert read(nothing) == []
    assert nothing.words() == []


def test_frequency_and_power_factor_are_those_of_the_inlet():
    story = dc(measurands="Frequency,Power.Factor,Voltage")
    charge(story)
    story.do(c.MeterNow)
    [event] = story.seen("meter_sampled")
    assert [(x.measurand, x.location) for x in event.sample.readings] == [
        ("Frequency", "inlet"),
        ("Power.Factor", "inlet"),
        ("Voltage", "outlet"),
    ]


def test_the_phases_of_a_cars_charger_on_board_change_nothing():
    story = dc()
    result = story.do(c.SetEv, phases=1)
    assert (result.status, result.detail) == (
        "done",
        {"not_heeded": {"phases": "direct current has no phases"}},
    )
    charge(story)
    assert power_w(story) == 80_000
    assert of(read(story), "Current.Import", "Voltage") == {
        ("Current.Import", None): 200.0,
        ("Voltage", None): 400.0,
    }
    assert dc("three", EvseConfiguration()).do(c.SetEv, phases=1).detail == {}


def test_a_car_that_wants_so_many_amperes_wants_them_once():
    story = dc()
    charge(story)
    story.do(c.SetEv, current_a=50)
    assert power_w(story) == 20_000
    assert of(read(story), "Current.Import") == {("Current.Import", None): 50.0}


@pytest.mark.parametrize("style", ["three", "stream"])
def test_no_number_of_phases_is_told_of_a_session(style: str):
    for part, told in ((outlet(), {None}), (EvseConfiguration(), {None, 3})):
        story = dc(style, part)
        story.ever_said.clear()
        charge(story)
        story.do(c.MeterNow)
        story.answer_all()
        assert {w.phases_used for w in story.ever_said if w.type == "report_transaction"} == told


# --- what is told of the hardware ------------------------------------------------------------------------------------


def test_supply_phases_are_none_at_an_outlet_of_direct_current_and_those_of_the_grid_at_the_station():
    """2.0.1 part 2 appendix 3: 0 means direct current; of the station, alternating phases of its supply."""
    story = dc("stream", outlet(), EvseConfiguration(connectors=(ConnectorConfiguration(phases=1),)))
    assert [setting(story, "EVSE", 1), setting(story, "Connector", 1, 1)] == ["0", "0"]
    assert [setting(story, "EVSE", 2), setting(story, "Connector", 2, 1)] == ["1", "1"]
    assert setting(story, "ChargingStation") == "3"
    assert setting(dc("stream"), "ChargingStation") == "3"
    one_phase = EvseConfiguration(connectors=(ConnectorConfiguration(phases=1),))
    assert setting(dc("stream", one_phase), "ChargingStation") == "1"


def test_the_view_says_which_current_a_connector_gives():
    connectors = view(dc("three", both_kinds())).evses[0].connectors
    assert [(it.current, it.phases) for it in connectors] == [("ac", 3), ("dc", None)]


def test_a_number_of_phases_of_such_a_connector_is_not_heeded_and_that_is_told():
    story = Story(evses=(EvseConfiguration(), outlet(phases=1)))
    assert story.result.status == "done"
    assert story.result.detail == {
        "change": "provisioned",
        "not_heeded": {"evses[1].connectors[0].phases": "direct current has no phases"},
    }
    assert Story(evses=(outlet(),)).result.detail == {"change": "provisioned"}


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ({}, (3, 230.0, 32.0, 22_080.0, False)),
        ({"type": "cType2"}, (3, 230.0, 32.0, 22_080.0, True)),
        ({"phases": 1, "max_current_a": 16}, (1, 230.0, 16.0, 3_680.0, False)),
        ({"max_power_w": 11_040}, (3, 230.0, 16.0, 11_040.0, False)),
        ({"max_power_w": 3_680, "phases": 1}, (1, 230.0, 16.0, 3_680.0, False)),
        ({"type": "cCCS2"}, (0, 400.0, 125.0, 50_000.0, True)),
        ({"current": "dc"}, (0, 400.0, 125.0, 50_000.0, False)),
        ({"type": "cCCS2", "current": "ac"}, (3, 230.0, 32.0, 22_080.0, True)),
        ({"type": "cCCS2", "max_power_w": 150_000}, (0, 400.0, 375.0, 150_000.0, True)),
        ({"type": "cG105", "max_power_w": 150_000, "max_current_a": 500}, (0, 400.0, 500.0, 150_000.0, True)),
        ({"type": "cG105", "max_power_w": 150_000, "max_current_a": 125}, (0, 400.0, 125.0, 50_000.0, True)),
        ({"type": "cCCS2", "voltage_v": 800, "fixed_cable": False}, (0, 800.0, 125.0, 100_000.0, False)),
    ],
)
def test_what_is_left_out_is_as_usual_and_of_power_and_current_the_least_holds(given, means):
    part = ConnectorConfiguration(**given)
    story = dc("three", EvseConfiguration(connectors=(part,)))
    charge(story)
    assert (
        part.supply_phases,
        part.voltage_v,
        part.most_current_a,
        power_w(story),
        part.fixed_cable,
    ) == means
    # what is said at length is the same, so that nothing changes where it is said again
    assert ConnectorConfiguration.model_validate_json(part.model_dump_json()) == part
    assert part.model_fields_set == given.keys()


def test_a_configuration_that_was_kept_at_length_is_the_same_as_one_of_defaults():
    kept = '{"type":"sType2","phases":3,"max_current_a":32.0,"voltage_v":230.0,"fixed_cable":false}'
    assert ConnectorConfiguration.model_validate_json(kept) == ConnectorConfiguration()
    old = '{"type":"cCCS2","phases":3,"max_current_a":32.0,"voltage_v":230.0,"fixed_cable":false}'
    assert ConnectorConfiguration.model_validate_json(old).supply_phases == 0


@pytest.mark.parametrize("left_out", ["exclude_defaults", "exclude_none", "exclude_unset"])
@pytest.mark.parametrize(
    "given", [{}, {"type": "cCCS2"}, {"type": "cCCS2", "voltage_v": 230, "max_power_w": 11_000}]
)
def test_a_configuration_is_the_same_when_it_is_written_in_short(given: dict[str, Any], left_out: str):
    part = ConnectorConfiguration(**given)
    assert ConnectorConfiguration.model_validate_json(part.model_dump_json(**{left_out: True})) == part


def test_power_that_three_phases_share_is_there_for_one():
    """Each wire carries 32 A, and all of them together 11 kW."""
    part = ConnectorConfiguration(max_power_w=11_040, max_current_a=32)
    story = dc("three", EvseConfiguration(connectors=(part,)))
    charge(story)
    assert power_w(story) == 11_040
    install(story, 1, profile("tx_default", (0, 32.0, 1)))
    assert power_w(story) == 7_360
    install(story, 1, profile("tx_default", (0, 32.0, 3)))
    assert power_w(story) == 11_040
    story.do(c.SetEv, phases=1)
    assert power_w(story) == 7_360
    assert composite(story, 60, unit="W") == [(0, 7_360.0, 1)]


def test_no_rotation_of_phases_can_be_named_for_direct_current():
    """1.6 §9.1.7: NotApplicable."""
    story = dc("three", EvseConfiguration(), outlet())
    name = SettingName(component="Custom", variable="ConnectorPhaseRotation")

    def write(value: str) -> str:
        setting = r.SettingToWrite(name=name, value=value)
        return story.request(r.WriteSettings, settings=(setting,)).settings[0].result

    assert write("0.RST,1.RTS,2.NotApplicable") == "accepted"
    assert write("0.RST,1.RTS,2.Unknown") == "accepted"
    assert write("0.RST,2.RST") == "bad_value"


def test_a_setting_that_broke_no_rule_when_it_was_kept_is_in_nobodys_way():
    story = dc("three", EvseConfiguration())
    kept = story.cp.configuration.model_copy(
        update={"evses": (outlet(),), "settings": {"ConnectorPhaseRotation": "1.RST"}}
    )
    story.cp.setup.configuration = kept
    story.cp.touch("setup")
    new = kept.model_copy(update={"settings": {}, "labels": {"site": "lab"}})
    assert story.do(c.Provision, configuration=new).detail == {"change": "configured"}


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["three", "stream"])
@pytest.mark.parametrize("switches", ["true", "false"])
@pytest.mark.parametrize("phases", [None, 1, 2, 3])
@pytest.mark.parametrize(
    ("unit", "limit", "drawn"), [("A", 100.0, 40_000), ("W", 30_000.0, 30_000), ("A", 3.0, 1_200)]
)
def test_amperes_and_watts_are_one_voltage_apart(style, switches, phases, unit, limit, drawn):
    story = dc(style, settings={"ConnectorSwitch3to1PhaseSupported": switches})
    charge(story)
    install(story, 1, profile("tx_default", (0, limit, phases), unit=unit))
    assert power_w(story) == drawn
    assert composite(story, 60, unit="A") == [(0, drawn / 400, None)]
    assert composite(story, 60, unit="W") == [(0, float(drawn), None)]
    assert composite(story, 60, unit="W", evse=0) == [(0, float(drawn), None)]
    changed = story.seen("limit_changed")[-1]
    assert (changed.current_a, changed.power_w, changed.phases) == (drawn / 400, drawn, None)
    assert view(story).evses[0].limit.model_dump() == {
        "current_a": drawn / 400,
        "phases": None,
        "by": "tx_default",
    }


def named(phases: int | None, to_use: int | None, purpose: str = "tx_default") -> Any:
    made = profile(purpose, (0, 100.0))
    period = SchedulePeriod(start_s=0, limit=100.0, phases=phases, phase_to_use=to_use)
    schedule = made.schedules[0].model_copy(update={"periods": (period,)})
    return made.model_copy(update={"schedules": (schedule,)})


def test_a_profile_that_names_phases_is_taken_and_they_are_not_heeded():
    """2.0.1 K01.FR.44; of alternating current K01.FR.48."""
    story = dc("stream", outlet(), EvseConfiguration(), both_kinds())
    assert set_profile(story, 1, named(1, 2)).result == "accepted"
    charge(story)
    assert power_w(story) == 40_000
    assert [set_profile(story, evse, named(1, 2)).result for evse in (0, 2, 3)] == ["rejected"] * 3
    assert set_profile(dc("stream", outlet(), outlet()), 0, named(1, 2)).result == "accepted"
    assert set_profile(dc("three"), 1, named(1, None)).result == "accepted"


def test_a_profile_of_a_session_is_judged_by_the_connector_in_use():
    story = dc("three", both_kinds())
    story.do(c.PlugIn, connector=2)
    story.do(c.PresentToken, token="CARD1")
    for _ in range(4):
        story.answer(name="17")
    assert set_profile(story, 1, named(1, 2, "tx")).result == "accepted"
    assert power_w(story) == 40_000


def test_somebody_elses_limit_counts_alike():
    story = dc()
    charge(story)
    story.do(c.LimitGrid, evse=1, current_a=10)
    assert power_w(story) == 4_000
    story.do(c.LimitGrid, evse=1, power_w=9_000)
    assert power_w(story) == 9_000
    story.do(c.LimitGrid, evse=1)
    assert power_w(story) == 80_000


# --- the station -----------------------------------------------------------------------------------------------------


def together(*parts: EvseConfiguration, style: str = "three", **more: Any) -> Story:
    story = dc(style, *parts, **more)
    for evse in range(1, len(parts) + 1):
        charge(story, evse, str(16 + evse))
    return story


@pytest.mark.parametrize("style", ["three", "stream"])
def test_outlets_of_direct_current_share_watts_and_amperes(style: str):
    story = together(outlet(), outlet(), style=style)
    install(story, 0, profile("station_max", (0, 60_000.0), unit="W", start=at("00:00")))
    assert [power_w(story, 1), power_w(story, 2)] == [30_000, 30_000]
    assert composite(story, 60, evse=0, unit="W") == [(0, 60_000.0, None)]
    install(story, 0, profile("station_max", (0, 100.0), start=at("00:00")))
    assert [power_w(story, 1), power_w(story, 2)] == [20_000, 20_000]
    assert composite(story, 60, evse=0, unit="A") == [(0, 100.0, None)]
    assert composite(story, 60, evse=1, unit="A") == [(0, 100.0, None)]


@pytest.mark.parametrize("style", ["three", "stream"])
def test_beside_alternating_current_amperes_are_those_of_the_feed(style: str):
    """60 A on each of three phases of 230 V are 41.4 kW: 13.8 kW at the socket leave 27.6 kW, 69 A at 400 V."""
    story = together(EvseConfiguration(), outlet(), style=style)
    story.do(c.SetEv, evse=1, current_a=20)
    install(story, 0, profile("station_max", (0, 60.0), start=at("00:00")))
    assert [power_w(story, 1), power_w(story, 2)] == pytest.approx([13_800, 27_600])
    assert composite(story, 60, evse=2, unit="A") == [(0, 103.5, None)]
    assert composite(story, 60, evse=0, unit="A") == [(0, 60.0, None)]
    assert composite(story, 60, evse=0, unit="W") == [(0, 41_400.0, None)]
    install(story, 0, profile("station_max", (0, 60.0, 1), start=at("00:00")))
    assert [power_w(story, 1), power_w(story, 2)] == pytest.approx([7_360, 19_320])
    assert composite(story, 60, evse=0, unit="W") == [(0, 41_400.0, None)]
    install(story, 0, profile("station_max", (0, 30_000.0), unit="W", start=at("00:00")))
    assert sum([power_w(story, 1), power_w(story, 2)]) == pytest.approx(30_000)


def test_the_meter_at_the_grid_reads_three_phases_where_direct_current_is_made_of_them():
    story = together(
        outlet(),
        EvseConfiguration(connectors=(ConnectorConfiguration(phases=1),)),
        main_meter=True,
        settings={
            "ClockAlignedDataInterval": "3600",
            "MeterValuesAlignedData": "Current.Import,Voltage,Power.Active.Import,Power.Active.Import.L1,Frequency",
        },
    )
    story.do(c.SetEv, evse=1, power_w=69_000)
    story.do(c.SetEv, evse=2, current_a=10)
    story.answer_all()
    story.events.clear()
    story.do(c.SetClock, time=at("10:59:59"), speed=1)
    story.do(c.AdvanceClock, seconds=1)
    [main] = [event for event in story.seen("meter_sampled") if event.place == Place()]
    assert {x.location for x in main.sample.readings} == {"inlet"}
    assert of(lines(main.sample), "Current.Import", "Voltage", "Power.Active.Import", "Frequency") == {
        ("Current.Import", "L1"): 110.0,
        ("Current.Import", "L2"): 100.0,
        ("Current.Import", "L3"): 100.0,
        ("Voltage", "L1"): 230.0,
        ("Voltage", "L2"): 230.0,
        ("Voltage", "L3"): 230.0,
        ("Power.Active.Import", None): 71_300.0,
        ("Power.Active.Import", "L1"): 25_300.0,
        ("Frequency", None): 50.0,
    }


# --- an EVSE with both ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("connector", "drawn", "phases"), [(1, 22_080, ["L1", "L2", "L3"]), (2, 80_000, [None])]
)
def test_the_connector_in_use_says_which_current_it_is(connector: int, drawn: int, phases: list[str | None]):
    story = dc("stream", both_kinds(), measurands="Current.Import")
    story.do(c.PlugIn, connector=connector)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    assert power_w(story) == drawn
    assert [phase for _, phase, _ in read(story)] == phases
    assert setting(story, "EVSE", 1) == str(3 if connector == 1 else 0)
    assert [setting(story, "Connector", 1, n) for n in (1, 2)] == ["3", "0"]
    # the car draws where it is, whichever connector is named
    story.do(c.SetEv, current_a=10)
    assert power_w(story) == (6_900 if connector == 1 else 4_000)


def test_a_session_whose_cable_was_pulled_is_still_one_of_direct_current():
    story = dc(
        "three",
        both_kinds(),
        measurands="Current.Import,Voltage",
        settings={"StopTransactionOnEVSideDisconnect": "false"},
    )
    story.do(c.PlugIn, connector=2)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.do(c.Unplug, connector=2)
    story.answer_all()
    assert read(story) == [("Current.Import", None, 0.0), ("Voltage", None, 400.0)]


# --- always ----------------------------------------------------------------------------------------------------------

PARTS = st.builds(
    lambda kind, phases, voltage_v, current_a, power_w: ConnectorConfiguration(
        current=kind,
        **({"phases": phases} if kind == "ac" else {}),
        voltage_v=voltage_v,
        max_current_a=current_a,
        max_power_w=power_w,
    ),
    kind=st.sampled_from(["ac", "dc", "dc"]),
    phases=st.integers(1, 3),
    voltage_v=st.sampled_from([120.0, 230.0, 400.0, 920.0]),
    current_a=st.sampled_from([None, 6.0, 32.0, 500.0]),
    power_w=st.sampled_from([None, 3_700.0, 22_000.0, 150_000.0]),
)
LIMITS = st.tuples(
    st.sampled_from("AW"), st.integers(0, 2_000).map(lambda n: n / 10), st.none() | st.integers(1, 3)
)


def sized(unit: str, limit: float) -> float:
    return limit if unit == "A" else limit * 500


@OFTEN
@given(
    part=PARTS,
    steps=st.lists(st.tuples(LIMITS, st.integers(1, 600)), min_size=1, max_size=6),
    wish_w=st.none() | st.integers(0, 100_000),
    car=st.integers(1, 3),
    style=st.sampled_from(["three", "stream"]),
)
def test_readings_agree_with_each_other_and_with_the_limit(part, steps, wish_w, car, style):
    story = dc(
        style,
        EvseConfiguration(connectors=(part,)),
        measurands="Current.Import,Voltage,Power.Active.Import,Energy.Active.Import.Register,Current.Offered",
        settings={"LeastPilotCurrent": "0"},
    )
    story.do(c.SetEv, battery_wh=1e7, phases=car, power_w=wish_w)
    charge(story)
    energy_wh = story.cp.facts.evses[0].register_wh
    for (unit, limit, phases), seconds in steps:
        limit = sized(unit, limit)
        install(story, 1, profile("tx_default", (0, limit, phases), unit=unit))
        readings = read(story)
        volts = of(readings, "Voltage")
        amps = of(readings, "Current.Import")
        [drawn_w] = of(readings, "Power.Active.Import").values()
        assert {phase for _, phase in volts} == {phase for _, phase in amps}
        assert part.direct_current == (set(volts) == {("Voltage", None)})
        through = sum(volts["Voltage", phase] * amps["Current.Import", phase] for _, phase in volts)
        assert through == pytest.approx(drawn_w, abs=0.0005 * sum(volts.values()) + 0.001)
        for current_a in amps.values():
            assert current_a <= part.most_current_a + 0.001
            assert unit == "W" or current_a <= limit + 0.001
        assert drawn_w <= min(part.most_power_w, limit if unit == "W" else drawn_w) + 0.001
        assert wish_w is None or drawn_w <= wish_w
        story.do(c.AdvanceClock, seconds=seconds)
        energy_wh += drawn_w * seconds / 3600
        assert of(read(story), "Energy.Active.Import.Register") == {
            ("Energy.Active.Import.Register", None): pytest.approx(energy_wh, abs=1 + 0.01 * len(steps))
        }


@OFTEN
@given(
    parts=st.lists(PARTS, min_size=2, max_size=4),
    caps=st.lists(LIMITS, min_size=1, max_size=2),
    wishes=st.lists(st.none() | st.integers(0, 100_000), min_size=4, max_size=4),
    style=st.sampled_from(["three", "stream"]),
)
def test_a_station_of_both_draws_no_more_than_it_may(parts, caps, wishes, style):
    evses = tuple(EvseConfiguration(connectors=(part,)) for part in parts)
    story = together(*evses, style=style, settings={"LeastPilotCurrent": "0"})
    for evse, wish_w in enumerate(wishes[: len(parts)], 1):
        story.do(c.SetEv, evse=evse, power_w=wish_w, battery_wh=1e7)
    story.cp.profiles.installed = [
        Installed(
            profile=profile(purpose, (0, sized(unit, limit), phases), unit=unit, start=at("00:00")), evse=0
        )
        for purpose, (unit, limit, phases) in zip(("station_max", "external"), caps, strict=False)
    ]
    story.cp.touch("profiles")
    story.do(c.SetClock, time=story.cp.now + timedelta(seconds=1))
    story.do(c.SetEv, evse=1, ready=True)
    drawn = [evse.power_w for evse in story.cp.facts.evses]
    direct = [part.direct_current for part in parts]
    feed = next((part for part in parts if not part.direct_current), None)
    for limit in limits.limits_at(limits.of_station(story.cp, story.cp.now), story.cp.now):
        if limit.unit == "W":
            assert sum(drawn) <= limit.value + 1e-3
        elif all(direct):
            assert sum(w / part.voltage_v for w, part in zip(drawn, parts, strict=True)) <= limit.value + 1e-3
        elif feed is not None and len({p.voltage_v for p in parts if not p.direct_current}) == 1:
            # as the meter at the grid would read it on the fullest phase
            on_a_phase = sum(
                w / (3 * feed.voltage_v) if part.direct_current else w / (part.voltage_v * part.supply_phases)
                for w, part in zip(drawn, parts, strict=True)
            )
            assert on_a_phase <= limit.value + 1e-3
