"""Charging profiles as the backend sets them, and what the car then draws."""

from datetime import timedelta

import pytest
from abstraction.charging import (
    at,
    charge,
    charger,
    composite,
    install,
    periods,
    power_w,
    profile,
    set_profile,
    single_phase,
    until,
)
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration
from vcp_contracts.profiles import ChargingSchedule
from vcp_contracts.values import Place, SettingName, Token
from vcp_contracts.view import ChargePointView

A_PHASE_W = 230.0
TEN_A_W = 3 * 10 * A_PHASE_W
FULL_W = 3 * 32 * A_PHASE_W

MEASURED = "Power.Active.Import,Current.Import,Power.Offered,Current.Offered,Energy.Active.Import.Register"


# --- what is drawn and metered ---------------------------------------------------------------------------------------


def test_a_default_profile_limits_what_is_drawn_at_once():
    story = charger()
    charge(story)
    assert power_w(story) == FULL_W
    install(story, 1, profile("tx_default", (0, 10.0)))
    assert power_w(story) == TEN_A_W
    [changed] = story.seen("limit_changed")
    assert (changed.current_a, changed.power_w, changed.phases, changed.by) == (
        10.0,
        TEN_A_W,
        3,
        "tx_default",
    )


def test_the_meter_agrees_with_the_limit():
    story = charger(settings={"MeterValuesSampledData": MEASURED})
    charge(story)
    install(story, 1, profile("tx_default", (0, 10.0)))
    until(story, at("11:00"))
    story.words()
    story.do(c.MeterNow)
    readings = {(x.measurand, x.phase): x.value for x in story.said[-1].samples[0].readings}
    assert readings == {
        ("Power.Active.Import", None): TEN_A_W,
        ("Current.Import", "L1"): 10.0,
        ("Current.Import", "L2"): 10.0,
        ("Current.Import", "L3"): 10.0,
        ("Power.Offered", None): TEN_A_W,
        ("Current.Offered", None): 10.0,
        ("Energy.Active.Import.Register", None): TEN_A_W,
    }


def test_every_period_begins_at_its_time():
    story = charger()
    charge(story)
    install(story, 1, profile("tx_default", (0, 10.0), (1800, 20.0), (3600, 0.0)))
    until(story, at("10:29:59"))
    assert power_w(story) == TEN_A_W
    until(story, at("10:30"))
    assert power_w(story) == 2 * TEN_A_W
    until(story, at("12:00"))
    assert power_w(story) == 0
    energy_wh = TEN_A_W / 2 + 2 * TEN_A_W / 2
    assert story.cp.facts.evses[0].register_wh == pytest.approx(energy_wh)


def test_a_limit_of_nothing_suspends_and_its_end_resumes():
    story = charger()
    charge(story)
    limits = ((0, 0.0), (600, 16.0))
    install(story, 1, profile("tx_default", *limits))
    assert story.words() == ["profile_set", "status 1.0 suspended_evse/occupied"]
    story.answer_all()
    until(story, at("10:10"))
    assert story.words() == ["status 1.0 charging/occupied"]


def test_a_session_that_begins_under_a_limit_of_nothing_is_suspended_from_the_start():
    story = charger()
    install(story, 0, profile("tx_default", (0, 0.0)))
    story.words()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    assert story.words() == [
        "status 1.0 preparing/occupied",
        "authorize",
        "status 1.0 suspended_evse/occupied",
        "transaction started authorized ev_connected begin",
    ]


def test_when_both_suspend_it_is_the_stations_doing():
    story = charger()
    charge(story)
    story.do(c.SetEv, ready=False)
    story.answer_all()
    install(story, 1, profile("tx_default", (0, 0.0)))
    story.answer_all()
    assert story.seen("status_changed")[-1].fine == "suspended_evse"


def test_less_than_a_pilot_signal_can_say_is_nothing_but_is_told_as_it_is():
    story = charger()
    charge(story)
    install(story, 1, profile("tx_default", (0, 5.9)))
    assert power_w(story) == 0
    assert composite(story, 60) == [(0, 5.9, 3)]
    story.do(c.WriteSetting, name="LeastPilotCurrent", value="0")
    assert power_w(story) == pytest.approx(3 * 5.9 * A_PHASE_W)


def test_direct_current_has_no_least_current_and_no_phases():
    part = ConnectorConfiguration(type="cCCS2", phases=1, voltage_v=400, max_current_a=125)
    story = charger(evse_parts=(EvseConfiguration(connectors=(part,)),))
    charge(story)
    install(story, 1, profile("tx_default", (0, 1200.0), unit="W"))
    assert power_w(story) == 1200
    assert composite(story, 60, unit=None) == [(0, 1200.0, None)]


def test_the_car_may_want_less():
    story = charger()
    charge(story)
    story.do(c.SetEv, power_w=3000)
    install(story, 1, profile("tx_default", (0, 10.0)))
    assert power_w(story) == 3000


def test_a_single_phase_car_takes_a_limit_in_amperes_on_its_phase():
    story = charger()
    story.do(c.SetEv, phases=1)
    charge(story)
    install(story, 1, profile("tx_default", (0, 10.0, 3)))
    assert power_w(story) == 10 * A_PHASE_W


def test_fewer_phases_are_used_where_a_limit_says_so():
    story = charger(settings={"MeterValuesSampledData": "Current.Import"})
    charge(story)
    install(story, 1, profile("tx_default", (0, 16.0, 1)))
    assert power_w(story) == 16 * A_PHASE_W
    story.do(c.MeterNow)
    assert [(x.phase, x.value) for x in story.said[-1].samples[0].readings] == [("L1", 16.0)]


def test_a_station_that_cannot_switch_phases_keeps_them_and_gives_no_more_power():
    story = charger(settings={"ConnectorSwitch3to1PhaseSupported": "false"})
    charge(story)
    install(story, 1, profile("tx_default", (0, 24.0, 1)))
    assert composite(story, 60) == [(0, 8.0, 3)]
    assert power_w(story) == 24 * A_PHASE_W


def test_limits_change_with_the_clock_that_is_set():
    story = charger()
    charge(story)
    install(story, 1, profile("tx_default", (0, 10.0), start=at("20:00"), lasts=3600))
    assert power_w(story) == FULL_W
    story.do(c.SetClock, time=at("20:30"))
    story.wait(0)
    assert power_w(story) == TEN_A_W
    until(story, at("21:00"))
    assert power_w(story) == FULL_W


def test_a_relative_schedule_goes_on_where_it_was_when_the_clock_is_set():
    story = charger()
    charge(story)
    install(story, 1, profile("tx_default", (0, 10.0), (3600, 20.0)))
    until(story, at("10:30"))
    story.do(c.SetClock, time=at("23:00"))
    until(story, at("23:29:59"))
    assert power_w(story) == TEN_A_W
    until(story, at("23:30"))
    assert power_w(story) == 2 * TEN_A_W


def test_idle_chargers_have_nothing_due():
    story = charger()
    install(story, 0, profile("tx_default", (0, 10.0), (60, 20.0), start=at("00:00"), every="daily"))
    assert story.cp.facts.limit_due is None
    charge(story)
    assert story.cp.facts.limit_due == at("00:00") + timedelta(days=1)


# --- the station's limit ---------------------------------------------------------------------------------------------


def two_charging(**settings: str):
    story = charger(evses=2, settings=settings)
    charge(story, 1, "17")
    until(story, at("10:01"))
    charge(story, 2, "18")
    return story


def test_the_stations_limit_is_shared():
    story = two_charging()
    install(story, 0, profile("station_max", (0, 30.0), start=at("09:00")))
    assert (power_w(story, 1), power_w(story, 2)) == (15 * 690.0, 15 * 690.0)
    assert [(e.place.evse, e.current_a, e.by) for e in story.seen("limit_changed")] == [
        (1, 15.0, "shared"),
        (2, 15.0, "shared"),
    ]


def test_what_one_does_not_take_is_the_others():
    story = two_charging()
    install(story, 0, profile("station_max", (0, 30.0), start=at("09:00")))
    story.do(c.SetEv, evse=1, current_a=8)
    assert (power_w(story, 1), power_w(story, 2)) == (8 * 690.0, 22 * 690.0)
    story.do(c.SetEv, evse=2, ready=False)
    assert (power_w(story, 1), power_w(story, 2)) == (8 * 690.0, 0)


def test_a_newcomer_takes_his_share_and_gives_it_back():
    story = charger(evses=2)
    install(story, 0, profile("station_max", (0, 30.0), start=at("09:00")))
    charge(story, 1, "17")
    assert power_w(story, 1) == 30 * 690.0
    charge(story, 2, "18")
    assert (power_w(story, 1), power_w(story, 2)) == (15 * 690.0, 15 * 690.0)
    story.request(r.StopCharging, transaction="18")
    assert (power_w(story, 1), power_w(story, 2)) == (30 * 690.0, 0)


def test_a_limit_in_watts_is_shared_by_watts():
    parts = (single_phase(), EvseConfiguration())
    story = charger(evse_parts=parts)
    charge(story, 1, "17")
    charge(story, 2, "18")
    install(story, 0, profile("station_max", (0, 9200.0), start=at("09:00"), unit="W"))
    assert (power_w(story, 1), power_w(story, 2)) == (2300.0, 6900.0)


def test_whoever_came_last_waits_where_there_is_too_little_for_all():
    story = two_charging()
    install(story, 0, profile("station_max", (0, 11.0), start=at("09:00")))
    assert (power_w(story, 1), power_w(story, 2)) == (11 * 690.0, 0)
    states = [evse.transaction.state for evse in story.cp.facts.evses]
    assert states == ["charging", "suspended_evse"]
    story.request(r.StopCharging, transaction="17")
    assert power_w(story, 2) == 11 * 690.0


def test_below_the_least_efficient_rate_one_charges_and_the_other_waits():
    story = two_charging()
    install(story, 0, profile("tx_default", (0, 32.0), id=1, min_rate=12.0))
    install(story, 0, profile("station_max", (0, 20.0), id=2, start=at("09:00")))
    assert (power_w(story, 1), power_w(story, 2)) == (20 * 690.0, 0)


def test_own_limits_hold_beside_the_stations():
    story = two_charging()
    install(story, 1, profile("tx_default", (0, 7.0), id=1))
    install(story, 0, profile("station_max", (0, 30.0), id=2, start=at("09:00")))
    assert (power_w(story, 1), power_w(story, 2)) == (7 * 690.0, 23 * 690.0)


# --- coming and going ------------------------------------------------------------------------------------------------


def test_a_transactions_own_profile_overrules_the_default_and_dies_with_it():
    story = charger()
    charge(story)
    install(story, 1, profile("tx_default", (0, 10.0), id=1))
    install(story, 1, profile("tx", (0, 20.0), id=2, transaction="17"))
    assert power_w(story) == 2 * TEN_A_W
    story.request(r.StopCharging, transaction="17")
    assert [each.profile.id for each in story.cp.profiles.installed] == [1]
    assert story.cp.facts.evses[0].offer is None


def test_when_its_own_profile_is_cleared_the_default_counts_again():
    story = charger()
    charge(story)
    install(story, 1, profile("tx_default", (0, 10.0), id=1))
    install(story, 1, profile("tx", (0, 20.0), id=2))
    assert story.request(r.ClearProfiles, profile=2).result == "accepted"
    assert power_w(story) == TEN_A_W
    assert story.request(r.ClearProfiles).result == "accepted"
    assert power_w(story) == FULL_W
    assert story.cp.facts.limit_due is None
    assert [e.by for e in story.seen("limit_changed")] == ["tx_default", "tx", "tx_default", "hardware"]


def test_profiles_outlive_a_loss_of_power():
    story = charger()
    install(story, 1, profile("tx_default", (0, 10.0)))
    story.do(c.PowerCycle)
    story.link_up()
    story.answer_all()
    charge(story)
    assert power_w(story) == TEN_A_W


def test_offline_the_profiles_go_on():
    story = charger()
    charge(story)
    install(story, 1, profile("tx", (0, 10.0), (3600, 20.0)))
    story.do(c.GoOffline)
    until(story, at("11:00"))
    assert power_w(story) == 2 * TEN_A_W


def test_the_same_id_replaces_wherever_it_was():
    story = charger(evses=2)
    install(story, 1, profile("tx_default", (0, 10.0), id=7))
    install(story, 2, profile("tx_default", (0, 12.0), id=7, stack=3))
    assert composite(story, 60, evse=1) == [(0, 32.0, 3)]
    assert composite(story, 60, evse=2) == [(0, 12.0, 3)]


def test_the_same_purpose_and_stack_level_replaces_where_manners_say_so():
    story = charger()
    install(story, 1, profile("tx_default", (0, 10.0), id=1))
    install(story, 1, profile("tx_default", (0, 12.0), id=2, valid_from=at("12:00")))
    assert [each.profile.id for each in story.cp.profiles.installed] == [2]
    assert composite(story, 60) == [(0, 32.0, 3)]


def test_elsewhere_it_is_refused_while_both_would_be_valid():
    story = charger("stream")
    install(story, 0, profile("tx_default", (0, 10.0), id=1, valid_to=at("12:00")))
    reply = set_profile(story, 1, profile("tx_default", (0, 12.0), id=2))
    assert (reply.result, reply.flaw) == ("rejected", "duplicate")
    install(story, 1, profile("tx_default", (0, 12.0), id=2, valid_from=at("12:00")))
    install(story, 0, profile("tx_default", (0, 14.0), id=1, valid_to=at("12:00")))


def test_a_profile_that_comes_with_a_remote_start_is_its_transactions():
    story = charger()
    it = profile("tx", (0, 10.0))
    reply = story.request(r.StartCharging, token=Token(value="CARD1"), place=Place(evse=1), profile=it)
    assert reply.result == "accepted"
    assert story.cp.profiles.installed == []
    story.do(c.PlugIn)
    story.answer_all()
    assert power_w(story) == TEN_A_W
    install(story, 1, profile("tx", (0, 20.0), id=9, transaction="17"))
    assert [each.profile.id for each in story.cp.profiles.installed] == [9]


def test_a_profile_held_for_a_remote_start_is_not_the_next_drivers():
    story = charger(settings={"ConnectionTimeOut": "60"})
    it = profile("tx", (0, 10.0))
    story.request(r.StartCharging, token=Token(value="CARD1"), place=Place(evse=1), profile=it)
    until(story, at("10:01"))
    story.answer_all()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD2")
    story.answer_all()
    assert power_w(story) == FULL_W


@pytest.mark.parametrize(
    ("it", "flaw"),
    [
        (profile("tx_default", (0, 10.0)), "bad_profile"),
        (profile("tx", (0, 10.0), transaction="17"), "bad_profile"),
        (profile("tx", (5, 10.0)), "bad_schedule"),
    ],
)
def test_a_remote_start_with_a_bad_profile_is_rejected(it, flaw):
    story = charger()
    reply = story.request(r.StartCharging, token=Token(value="CARD1"), place=Place(evse=1), profile=it)
    assert (reply.result, reply.flaw) == ("rejected", flaw)
    assert story.cp.facts.evses[0].authorization is None


def test_the_view_shows_the_limit_and_the_profiles():
    story = charger()
    charge(story)
    install(story, 1, profile("tx", (0, 10.0), id=4, stack=2))
    view = ChargePointView.model_validate_json(view_of(story.cp))
    assert view.evses[0].limit is not None
    assert view.evses[0].limit.model_dump() == {"current_a": 10.0, "phases": 3, "by": "tx"}
    [shown] = view.profiles
    transaction = story.cp.facts.evses[0].transaction
    assert (shown.id, shown.evse, shown.purpose, shown.transaction) == (4, 1, "tx", transaction.id)


# --- what is refused -------------------------------------------------------------------------------------------------

SOON = at("10:30")


def bad(purpose: str = "tx_default", *given, **more):
    return profile(purpose, *(given or ((0, 10.0),)), **more)


REFUSED = {
    "a limit of the station at one EVSE": (1, bad("station_max", start=SOON), "bad_profile"),
    "external constraints": (0, bad("external", start=SOON), "bad_profile"),
    "a transaction's profile for the station": (0, bad("tx"), "bad_profile"),
    "a transaction's profile without a transaction": (1, bad("tx"), "no_transaction"),
    "a stack level beyond the highest": (1, bad(stack=11), "bad_stack_level"),
    "a negative stack level": (1, bad(stack=-1), "bad_stack_level"),
    "a recurring profile that does not say how often": (1, bad(start=SOON, kind="recurring"), "bad_profile"),
    "a recurring schedule without start": (1, bad(kind="recurring", recurrency="daily"), "bad_schedule"),
    "validity that ends before it begins": (1, bad(valid_from=SOON, valid_to=at("10:00")), "bad_profile"),
    "a first period that starts late": (1, bad("tx_default", (1, 10.0)), "bad_schedule"),
    "periods that do not ascend": (1, bad("tx_default", (0, 9.0), (60, 8.0), (60, 7.0)), "bad_schedule"),
    "no periods": (1, profile("tx_default"), "bad_schedule"),
    "too many periods": (1, bad("tx_default", *((n, 10.0) for n in range(25))), "bad_schedule"),
    "a period in ten thousand years": (1, bad("tx_default", (0, 9.0), (2**62, 8.0)), "bad_schedule"),
    "a negative limit": (1, bad("tx_default", (0, -0.1)), "bad_schedule"),
    "four phases": (1, bad("tx_default", (0, 10.0, 4)), "bad_schedule"),
    "a negative duration": (1, bad(lasts=-1), "bad_schedule"),
    "an endless duration": (1, bad(lasts=2**62), "bad_schedule"),
    "a negative least rate": (1, bad(min_rate=-1.0), "bad_schedule"),
}


@pytest.mark.parametrize(("evse", "it", "flaw"), REFUSED.values(), ids=REFUSED)
def test_a_profile_is_refused(evse, it, flaw):
    story = charger()
    reply = set_profile(story, evse, it)
    assert (reply.type, reply.result, reply.flaw) == ("profile_set", "rejected", flaw)
    assert reply.detail
    assert story.cp.profiles.installed == []


def test_an_unknown_evse_is_a_bad_value():
    reply = set_profile(charger(), 9, profile("tx_default", (0, 10.0)))
    assert (reply.type, reply.reason) == ("declined", "bad_value")


def test_another_transactions_profile_is_refused():
    story = charger()
    charge(story)
    assert set_profile(story, 1, profile("tx", (0, 10.0), transaction="16")).flaw == "no_transaction"


def test_before_the_backend_has_named_the_transaction_no_name_is_right():
    story = charger()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    for _ in range(3):
        story.answer()
    assert set_profile(story, 1, profile("tx", (0, 10.0), transaction="17")).flaw == "no_transaction"
    install(story, 1, profile("tx", (0, 10.0)))


def test_two_schedules_are_for_cars_that_choose():
    part = ChargingSchedule(unit="A", periods=periods((0, 10.0)))
    it = profile("tx_default", (0, 10.0)).model_copy(update={"schedules": (part, part)})
    assert set_profile(charger(), 1, it).flaw == "bad_schedule"


def test_a_unit_that_the_charger_does_not_take_is_refused():
    story = charger(settings={"ChargingScheduleAllowedChargingRateUnit": "Current"})
    assert set_profile(story, 1, profile("tx_default", (0, 7000.0), unit="W")).flaw == "bad_unit"
    reply = story.request(r.ComposeSchedule, place=Place(evse=1), duration_s=60, unit="W")
    assert (reply.result, reply.flaw) == ("rejected", "bad_unit")


def test_the_charger_keeps_so_many_profiles_and_no_more():
    story = charger(settings={"MaxChargingProfilesInstalled": "2"})
    install(story, 1, profile("tx_default", (0, 10.0), id=1, stack=1, valid_to=at("10:30")))
    install(story, 1, profile("tx_default", (0, 10.0), id=2, stack=2))
    assert set_profile(story, 1, profile("tx_default", (0, 10.0), id=3, stack=3)).flaw == "too_many"
    install(story, 1, profile("tx_default", (0, 12.0), id=4, stack=2))
    until(story, at("10:30"))
    install(story, 1, profile("tx_default", (0, 10.0), id=3, stack=3))


@pytest.mark.parametrize(
    ("style", "accepted"),
    [("three", "accepted"), ("stream", "rejected")],
)
def test_a_schedule_without_start_begins_with_charging_or_is_refused(style, accepted):
    story = charger(style)
    it = profile("tx_default", (0, 10.0), (1800, 20.0), kind="absolute")
    assert set_profile(story, 1, it).result == accepted
    if accepted == "accepted":
        assert composite(story, 3600) == [(0, 10.0, 3), (1800, 20.0, 3)]


def test_strict_manners_refuse_a_start_in_a_relative_schedule_and_a_transaction_without_name():
    story = charger("stream")
    charge(story)
    assert set_profile(story, 1, profile("tx_default", (0, 10.0), start=SOON, kind="relative")).flaw == (
        "bad_schedule"
    )
    assert set_profile(story, 1, profile("tx", (0, 10.0))).flaw == "bad_profile"
    install(story, 1, profile("tx", (0, 10.0), transaction=story.cp.facts.evses[0].transaction.id))


@pytest.mark.parametrize("setting", ["SmartChargingCtrlr.Available", "SmartChargingCtrlr.Enabled"])
def test_without_smart_charging_nothing_of_it_is_supported(setting):
    story = charger()
    charge(story)
    install(story, 1, profile("tx_default", (0, 10.0)))
    story.do(c.WriteSetting, name=setting, value="false")
    assert power_w(story) == FULL_W
    for reply in (
        set_profile(story, 1, profile("tx_default", (0, 10.0))),
        story.request(r.ClearProfiles),
        story.request(r.ComposeSchedule, place=Place(evse=1), duration_s=60),
    ):
        assert (reply.type, reply.reason) == ("declined", "not_supported")


def test_without_smart_charging_a_remote_start_ignores_its_profile():
    story = charger(settings={"SmartChargingCtrlr.Available": "false"})
    it = profile("tx_default", (5, -1.0))
    reply = story.request(r.StartCharging, token=Token(value="CARD1"), place=Place(evse=1), profile=it)
    assert reply.result == "accepted"


# --- clearing and composing --------------------------------------------------------------------------------------------


def stocked():
    story = charger(evses=2)
    install(story, 0, profile("station_max", (0, 60.0), id=1, start=at("09:00")))
    install(story, 0, profile("tx_default", (0, 30.0), id=2, stack=1))
    install(story, 1, profile("tx_default", (0, 20.0), id=3, stack=1))
    install(story, 2, profile("tx_default", (0, 10.0), id=4, stack=2))
    return story


CLEARED = {
    "the one of that id, whatever else is said": ({"profile": 3, "stack_level": 9}, [1, 2, 4]),
    "all": ({}, []),
    "those of the station": ({"place": Place()}, [3, 4]),
    "those of an EVSE": ({"place": Place(evse=2)}, [1, 2, 3]),
    "those of a purpose": ({"purpose": "tx_default"}, [1]),
    "those of a stack level": ({"stack_level": 1}, [1, 4]),
    "those to which everything applies": (
        {"purpose": "tx_default", "stack_level": 1, "place": Place()},
        [1, 3, 4],
    ),
}


@pytest.mark.parametrize(("criteria", "left"), CLEARED.values(), ids=CLEARED)
def test_what_is_cleared(criteria, left):
    story = stocked()
    assert story.request(r.ClearProfiles, **criteria).result == "accepted"
    assert [each.profile.id for each in story.cp.profiles.installed] == left


@pytest.mark.parametrize("criteria", [{"profile": 9}, {"place": Place(evse=9)}, {"purpose": "tx"}])
def test_nothing_to_clear_is_unknown(criteria):
    assert stocked().request(r.ClearProfiles, **criteria).result == "unknown"


@pytest.mark.parametrize(
    ("place", "seconds", "flaw"), [(Place(evse=3), 60, "unknown_place"), (Place(evse=1), -1, "bad_duration")]
)
def test_what_cannot_be_composed(place, seconds, flaw):
    reply = stocked().request(r.ComposeSchedule, place=place, duration_s=seconds)
    assert (reply.result, reply.flaw, reply.periods) == ("rejected", flaw, ())


def test_a_schedule_with_too_many_periods_says_how_far_it_reaches():
    story = charger()
    install(story, 1, profile("tx_default", (0, 10.0), (43200, 20.0), start=at("00:00"), every="daily"))
    reply = story.request(r.ComposeSchedule, place=Place(evse=1), duration_s=2**40)
    assert (len(reply.periods), reply.duration_s) == (1000, 1000 * 43200 - 10 * 3600)


def test_a_schedule_of_no_length_says_what_holds_now():
    assert composite(stocked(), 0) == [(0, 20.0, 3)]


# --- settings --------------------------------------------------------------------------------------------------------


def test_smart_charging_is_a_feature_with_settings():
    story = charger()
    install(story, 1, profile("tx_default", (0, 10.0)))
    names = (
        ("Custom", "SupportedFeatureProfiles", None),
        ("SmartChargingCtrlr", "Entries", "ChargingProfiles"),
        ("SmartChargingCtrlr", "RateUnit", None),
    )
    asked = tuple(SettingName(component=x, variable=y, instance=z) for x, y, z in names)
    reply = story.request(r.ReadSettings, names=asked)
    assert [s.value for s in reply.settings] == [
        "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger",
        "1",
        "A,W",
    ]


# --- the grid --------------------------------------------------------------------------------------------------------


def test_somebody_else_limits_the_grid_and_lifts_the_limit():
    story = two_charging()
    story.do(c.LimitGrid, current_a=20)
    assert (power_w(story, 1), power_w(story, 2)) == (10 * 690.0, 10 * 690.0)
    story.do(c.LimitGrid, evse=2, power_w=4600)
    assert power_w(story, 2) == 4600
    assert story.request(r.ClearProfiles).result == "unknown"
    story.do(c.LimitGrid, evse=2)
    story.do(c.LimitGrid)
    assert (power_w(story, 1), power_w(story, 2)) == (FULL_W, FULL_W)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({}, "evse"), ({"current_a": 1, "power_w": 1}, "power_w"), ({"evse": 9, "current_a": 1}, "evse")],
)
def test_a_grid_limit_that_makes_no_sense(fields, field):
    result = charger().do(c.LimitGrid, **fields)
    assert (result.status, result.field) == ("rejected", field)


def test_a_limit_of_somebody_else_is_told_and_reported_where_that_can_be_said():
    story = charger("stream", settings={"SmartChargingCtrlr.NotifyChargingLimitWithSchedules": "true"})
    story.do(c.LimitGrid, evse=1, current_a=10, source="grid_operator")
    [told] = story.said
    assert (told.type, told.place, told.source) == ("report_limit", Place(evse=1), "grid_operator")
    assert told.schedule.periods == periods((0, 10.0))
    story.answer()
    story.said.clear()
    story.do(c.LimitGrid, evse=1)
    [told] = story.said
    assert (told.type, told.place, told.source) == ("report_limit_cleared", Place(evse=1), "grid_operator")


def test_where_it_cannot_be_said_nothing_is_queued():
    story = charger()
    story.do(c.LimitGrid, current_a=10)
    story.do(c.LimitGrid)
    assert story.words() == []
    story = charger("stream")
    story.do(c.GoOffline)
    story.do(c.LimitGrid, current_a=10)
    assert story.cp.queue == {}


def test_a_charger_may_heed_no_external_limits():
    story = charger(settings={"SmartChargingCtrlr.ExternalControlSignalsEnabled": "false"})
    assert story.do(c.LimitGrid, current_a=10).status == "rejected"


def test_external_constraints_and_all_other_limits_together():
    story = charger()
    charge(story)
    install(story, 0, profile("station_max", (0, 25.0), id=1, start=at("09:00")))
    install(story, 1, profile("tx", (0, 20.0), id=2))
    story.do(c.LimitGrid, evse=1, current_a=12)
    assert composite(story, 3600) == [(0, 12.0, 3)]
    until(story, at("10:30"))
    story.do(c.LimitGrid, evse=1, current_a=28)
    assert composite(story, 3600) == [(0, 20.0, 3)]
    assert story.seen("limit_changed")[-1].by == "tx"


# --- listing ---------------------------------------------------------------------------------------------------------


def test_profiles_are_reported_by_place_and_source():
    story = charger("stream", evses=2)
    install(story, 0, profile("tx_default", (0, 10.0), id=1))
    install(story, 2, profile("tx_default", (0, 12.0), id=2, stack=1))
    story.do(c.LimitGrid, evse=2, current_a=20)
    story.answer_all()
    assert story.request(r.ListProfiles, report=7).result == "accepted"
    reports = story.answer_all()
    shown = [(x.report, x.place.evse, x.source, [p.id for p in x.profiles], x.more) for x in reports]
    assert shown == [
        (7, 0, "backend", [1], True),
        (7, 2, "backend", [2], True),
        (7, 2, "energy_manager", [-3], False),
    ]


LISTED = {
    "on the station": ({"place": Place()}, [1]),
    "by id": ({"profiles": (2, 9)}, [2]),
    "by purpose": ({"purpose": "station_max"}, [3]),
    "by stack level": ({"stack_level": 4}, [2]),
    "by source": ({"sources": ("backend",)}, [1, 3, 2]),
}


@pytest.mark.parametrize(("criteria", "ids"), LISTED.values(), ids=LISTED)
def test_what_is_listed(criteria, ids):
    story = charger("stream")
    install(story, 0, profile("tx_default", (0, 10.0), id=1))
    install(story, 1, profile("tx_default", (0, 12.0), id=2, stack=4))
    install(story, 0, profile("station_max", (0, 12.0), id=3, start=at("09:00")))
    if criteria.get("place"):
        story.request(r.ClearProfiles, profile=3)
    story.request(r.ListProfiles, report=7, **criteria)
    assert [p.id for report in story.answer_all() for p in report.profiles] == ids


def test_nothing_to_list():
    reply = charger("stream").request(r.ListProfiles, report=7)
    assert reply.result == "none"


def test_a_profile_of_a_remote_start_is_listed_with_its_transaction():
    story = charger("stream")
    it = profile("tx", (0, 10.0))
    story.request(
        r.StartCharging, token=Token(value="CARD1"), place=Place(evse=1), remote_start=5, profile=it
    )
    story.do(c.PlugIn)
    story.answer_all()
    story.request(r.ListProfiles, report=7)
    [report] = story.answer_all()
    assert report.profiles[0].transaction == story.cp.facts.evses[0].transaction.id


def test_profiles_of_connectors_that_are_gone_go_too():
    story = charger(evses=2)
    install(story, 1, profile("tx_default", (0, 10.0), id=1))
    install(story, 2, profile("tx_default", (0, 10.0), id=2))
    less = story.cp.configuration.model_copy(update={"evses": (EvseConfiguration(),)})
    story.do(c.Provision, configuration=less)
    assert [each.profile.id for each in story.cp.profiles.installed] == [1]


# --- as a stream of events tells it ------------------------------------------------------------------------------------


def test_a_change_of_the_rate_is_told_where_it_is_significant():
    story = charger("stream")
    charge(story)
    name = story.cp.facts.evses[0].transaction.id
    install(
        story, 1, profile("tx", (0, 20.0), (600, 19.0), (1200, 10.0), (1800, 0.0), id=2, transaction=name)
    )
    assert story.words() == ["profile_set", "transaction updated charging_rate_changed charging"]
    story.answer_all()
    until(story, at("10:10"))
    assert story.words() == []
    until(story, at("10:20"))
    assert story.words() == ["transaction updated charging_rate_changed charging"]
    story.answer_all()
    until(story, at("10:30"))
    assert story.words() == ["transaction updated charging_state_changed suspended_evse"]
