"""Composite schedules: the worked examples, each told to a charger as its backend would, and asked of it."""

from datetime import timedelta

import pytest
from abstraction.charging import at, charge, charger, composite, install, profile, until
from abstraction.story import Story

SUNDAY = at("00:00") - timedelta(days=1)
FULL = 32.0


def running(style: str = "three", since: str = "10:00", now: str = "10:00") -> Story:
    """A charger with a transaction that began at `since`."""
    story = charger(style, since=at(since))
    charge(story)
    if now != since:
        until(story, at(now))
    return story


def test_without_profiles_the_hardware_is_the_limit():
    assert composite(charger(), 3600) == [(0, FULL, 3)]


def test_a_station_limit_changes_in_the_middle():
    story = charger()
    install(story, 0, profile("station_max", (0, 20.0), (3600, 10.0), start=at("09:30")))
    assert composite(story, 3600) == [(0, 20.0, 3), (1800, 10.0, 3)]


def test_a_higher_stack_level_counts_only_while_it_sets_a_limit():
    story = charger()
    install(story, 1, profile("tx_default", (0, 10.0), id=1, stack=1, start=at("10:20"), lasts=1200))
    install(story, 1, profile("tx_default", (0, 16.0), id=2, stack=0))
    assert composite(story, 3600) == [(0, 16.0, 3), (1200, 10.0, 3), (2400, 16.0, 3)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (350, [(0, 7.0, 3), (90, 9.0, 3), (140, 8.0, 3), (190, 10.0, 3)]),
        (400, [(0, 7.0, 3), (90, 9.0, 3), (140, 8.0, 3), (190, 10.0, 3), (390, FULL, 3)]),
    ],
)
def test_two_stacked_defaults_with_a_duration(seconds, expected):
    story = charger(since=at("10:00:10"))
    start = at("10:00")
    steps = ((0, 6.0), (100, 8.0), (200, 10.0))
    install(story, 1, profile("tx_default", *steps, id=1, stack=0, start=start, lasts=400))
    install(story, 1, profile("tx_default", (0, 7.0), (100, 9.0), id=2, stack=1, start=start, lasts=150))
    assert composite(story, seconds) == expected


def test_station_default_and_transaction_profiles_together():
    story = running(since="10:00:04", now="10:00:04")
    start = at("10:00")
    install(story, 0, profile("station_max", (0, 10.0), id=1, start=start, lasts=86400))
    default = ((0, 6.0), (60, 10.0), (120, 8.0), (180, 15.0), (260, 8.0))
    install(story, 1, profile("tx_default", *default, id=2, start=start, lasts=300))
    own = ((0, 8.0), (50, 11.0), (140, 16.0), (200, 6.0), (240, 12.0))
    install(story, 1, profile("tx", *own, id=3, start=start, lasts=260))
    assert composite(story, 400) == [
        (0, 8.0, 3),
        (46, 10.0, 3),
        (196, 6.0, 3),
        (236, 10.0, 3),
        (256, 8.0, 3),
        (296, 10.0, 3),
    ]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("W", [(0, 6000.0, 3), (3600, 11000.0, 3)]), ("A", [(0, 8.7, 3), (3600, 15.9, 3)])],
)
def test_a_daily_limit_in_watts(unit, expected):
    story = charger(since=at("19:00"))
    start = at("00:00").replace(year=2013, month=1, day=1)
    steps = ((0, 11000.0, 3), (28800, 6000.0, 3), (72000, 11000.0, 3))
    install(story, 0, profile("tx_default", *steps, start=start, lasts=86400, every="daily", unit="W"))
    assert composite(story, 7200, unit=unit) == expected


def evening(story: Story) -> None:
    start = at("17:00").replace(month=1, day=1)
    install(story, 1, profile("tx_default", (0, 8.0), id=1, stack=1, start=start, lasts=10800, every="daily"))


def test_nothing_is_limited_between_two_occurrences():
    story = charger(since=at("16:00"))
    evening(story)
    assert composite(story, 18000) == [(0, FULL, 3), (3600, 8.0, 3), (14400, FULL, 3)]


def test_a_weekly_exception_overrules_the_daily_rule():
    story = charger(since=at("16:00", SUNDAY))
    evening(story)
    start = at("00:00").replace(month=1, day=4)
    exception = profile("tx_default", (0, 999.0), id=2, stack=2, start=start, lasts=86400, every="weekly")
    install(story, 1, exception)
    assert composite(story, 18000) == [(0, FULL, 3)]


def test_a_weekly_occurrence_goes_on_past_midnight():
    story = charger(since=at("21:00", SUNDAY))
    start = at("22:00").replace(month=1, day=4)
    install(story, 1, profile("tx_default", (0, 10.0), start=start, lasts=14400, every="weekly"))
    assert composite(story, 21600) == [(0, FULL, 3), (3600, 10.0, 3), (18000, FULL, 3)]


RELATIVE = ((0, 32.0), (1800, 16.0), (3600, 8.0))


def test_a_relative_schedule_starts_with_the_transaction():
    story = running(now="10:10")
    install(story, 1, profile("tx_default", *RELATIVE))
    assert composite(story, 3600) == [(0, 32.0, 3), (1200, 16.0, 3), (3000, 8.0, 3)]


def test_without_a_transaction_a_relative_schedule_would_start_now():
    story = charger(since=at("10:10"))
    install(story, 1, profile("tx_default", *RELATIVE))
    assert composite(story, 3600) == [(0, 32.0, 3), (1800, 16.0, 3)]


def test_validity_does_not_delay_a_relative_schedule():
    story = running(since="10:30", now="11:30")
    valid = {"valid_from": at("12:00"), "valid_to": at("20:00")}
    install(story, 1, profile("tx_default", (0, 32.0), (3600, 6.0), **valid))
    assert composite(story, 7200) == [(0, 32.0, 3), (1800, 6.0, 3)]


def test_validity_begins_and_ends():
    story = running(since="11:30", now="11:30")
    valid = {"valid_from": at("12:00"), "valid_to": at("13:00")}
    install(story, 1, profile("tx_default", (0, 24.0), (3600, 6.0), **valid))
    assert composite(story, 7200) == [(0, FULL, 3), (1800, 24.0, 3), (3600, 6.0, 3), (5400, FULL, 3)]


def test_after_the_transactions_own_profile_the_default_counts():
    story = running()
    install(story, 1, profile("tx", (0, 10.0), id=1, start=at("10:00"), lasts=1800))
    install(story, 1, profile("tx_default", (0, 20.0), id=2))
    install(story, 0, profile("station_max", (0, 25.0), id=3, start=at("09:00")))
    assert composite(story, 3600) == [(0, 10.0, 3), (1800, 20.0, 3)]


def test_watts_become_amperes():
    story = running()
    steps = ((0, 11040.0, 3), (600, 6900.0, 3), (1200, 3680.0, 1))
    install(story, 1, profile("tx", *steps, start=at("10:00"), unit="W"))
    assert composite(story, 1800) == [(0, 16.0, 3), (600, 10.0, 3), (1200, 16.0, 1)]


def test_amperes_become_watts():
    story = running()
    install(story, 1, profile("tx", (0, 16.0, 3), (600, 10.0, 1), (1200, 6.0, 3), start=at("10:00")))
    assert composite(story, 1800, unit="W") == [(0, 11040.0, 3), (600, 2300.0, 1), (1200, 4140.0, 3)]


@pytest.mark.parametrize(
    ("reading", "unit", "expected"),
    [
        ("per_phase", "A", [(0, 16.0, 1), (600, 10.0, 1), (1200, 3.0, 1)]),
        ("per_phase", "W", [(0, 3680.0, 1), (600, 2300.0, 1), (1200, 690.0, 1)]),
        ("total", "A", [(0, 16.0, 1), (1200, 9.0, 1)]),
        ("total", "W", [(0, 3680.0, 1), (1200, 2070.0, 1)]),
    ],
)
def test_two_readings_of_watts_on_fewer_phases(reading, unit, expected):
    story = charger(settings={"PowerLimitReading": reading})
    install(story, 0, profile("station_max", (0, 16.0, 1), id=1, start=at("09:00")))
    steps = ((0, 11040.0), (600, 6900.0), (1200, 2070.0))
    install(story, 1, profile("tx_default", *steps, id=2, unit="W"))
    assert composite(story, 1800, unit=unit) == expected


@pytest.mark.parametrize(("style", "limit"), [("three", 9.0), ("stream", 3.0)])
def test_which_reading_holds_is_a_manner_unless_a_setting_says_so(style, limit):
    story = charger(style)
    install(story, 0, profile("station_max", (0, 16.0, 1), id=1, start=at("09:00")))
    install(story, 1, profile("tx_default", (0, 2070.0), id=2, unit="W"))
    assert composite(story, 60) == [(0, limit, 1)]


def test_periods_beyond_the_duration_never_run():
    story = charger(since=at("10:30"))
    steps = ((0, 20.0), (6000, 18.0), (12000, 15.0))
    install(story, 1, profile("tx_default", *steps, start=at("10:00"), lasts=3600))
    assert composite(story, 3600) == [(0, 20.0, 3), (1800, FULL, 3)]


def test_an_occurrence_is_no_longer_than_its_day():
    story = charger(since=at("11:00"))
    steps = ((0, 10.0), (43200, 20.0), (90000, 30.0))
    install(story, 1, profile("tx_default", *steps, start=at("00:00", SUNDAY), lasts=100000, every="daily"))
    assert composite(story, 50400) == [(0, 10.0, 3), (3600, 20.0, 3), (46800, 10.0, 3)]


def test_the_station_may_draw_what_its_evses_may_together():
    story = charger(evses=2, since=at("08:01"))
    install(story, 0, profile("tx_default", (0, 16.0), (1800, 15.0), (2700, 14.0), id=1, lasts=3600))
    cap = ((0, 24.0), (900, 28.0), (1800, 30.0), (2700, 32.0))
    install(story, 0, profile("station_max", *cap, id=2, start=at("08:00"), every="daily"))
    assert composite(story, 3600, evse=0) == [(0, 24.0, 3), (840, 28.0, 3), (1740, 30.0, 3), (2700, 28.0, 3)]


def test_the_stations_composite_in_watts():
    story = charger(evses=2)
    install(story, 1, profile("tx_default", (0, 10.0, 1), id=1))
    install(story, 0, profile("station_max", (0, 20000.0), id=2, start=at("09:00"), lasts=7200, unit="W"))
    assert composite(story, 5400, evse=0, unit="W") == [(0, 20000.0, 3), (3600, 24380.0, 3)]


@pytest.mark.parametrize(("style", "first"), [("three", 20.0), ("stream", 10.0)])
def test_an_own_default_overrides_that_of_the_station_or_is_pooled_with_it(style, first):
    story = charger(style, evses=2)
    install(story, 0, profile("tx_default", (0, 10.0), id=1, stack=5))
    install(story, 1, profile("tx_default", (0, 20.0), id=2, stack=0))
    assert composite(story, 60, evse=1) == [(0, first, 3)]
    assert composite(story, 60, evse=2) == [(0, 10.0, 3)]


def test_a_limit_of_nothing_for_an_hour():
    story = charger(since=at("16:30"))
    start = at("17:00", SUNDAY)
    install(story, 1, profile("tx_default", (0, 0.0), id=1, stack=1, start=start, lasts=3600, every="daily"))
    install(story, 1, profile("tx_default", (0, 16.0), id=2, stack=0))
    assert composite(story, 5400) == [(0, 16.0, 3), (1800, 0.0, 3)]


def test_the_lowest_number_of_phases_counts():
    story = running("stream")
    name = story.cp.facts.evses[0].transaction.id
    install(story, 0, profile("station_max", (0, 32.0, 3), id=1, start=at("09:00")))
    install(story, 1, profile("tx", (0, 32.0, 1), id=2, transaction=name))
    assert composite(story, 600) == [(0, 32.0, 1)]


def test_a_recurring_schedule_does_not_recur_before_its_start():
    story = charger()
    start = at("10:00") + timedelta(days=3)
    install(story, 1, profile("tx_default", (0, 10.0), start=start, every="daily"))
    assert composite(story, 3600) == [(0, FULL, 3)]


def test_a_profile_that_becomes_valid():
    story = charger()
    install(story, 1, profile("tx_default", (0, 10.0), valid_from=at("10:30")))
    assert composite(story, 3600) == [(0, FULL, 3), (1800, 10.0, 3)]


# --- the request's own instant ---------------------------------------------------------------------------------------


def set_one_after_another(story: Story, *limits: float, stack: bool = False) -> None:
    """Default profiles, a few milliseconds apart, each from the instant on at which it is set."""
    for number, limit in enumerate(limits, 1):
        story.wait(0.003)
        more = {"id": number, "stack": number} if stack else {"id": 1}
        install(story, 1, profile("tx_default", (0, limit), (60, 8.0), start=story.cp.now, **more))


@pytest.mark.parametrize("style", ["three", "stream"])
@pytest.mark.parametrize("stack", [True, False])
@pytest.mark.parametrize("limits", [(10.0, 16.0, 24.0), (24.0, 16.0, 10.0), (10.0, 24.0, 16.0)])
@pytest.mark.parametrize("evse", [0, 1])
def test_profiles_of_the_same_second_show_what_holds_at_the_request(
    style: str, stack: bool, limits: tuple[float, ...], evse: int
):
    """1.6 §5.7: from the moment the request is received; 2.0.1 K08.FR.02"""
    story = charger(style)
    story.wait(0.4)
    set_one_after_another(story, *limits, stack=stack)
    story.wait(0.003)
    assert composite(story, 60, evse) == [(0, limits[-1], 3), (59, 8.0, 3)]


@pytest.mark.parametrize("style", ["three", "stream"])
def test_one_that_ended_in_the_same_second_is_not_shown(style: str):
    story = charger(style)
    ends = story.cp.now + timedelta(milliseconds=300)
    install(story, 1, profile("tx_default", (0, 10.0), start=at("09:00"), valid_to=ends))
    story.wait(0.5)
    assert composite(story, 60) == [(0, FULL, 3)]


@pytest.mark.parametrize("style", ["three", "stream"])
@pytest.mark.parametrize(("then", "second"), [(20.0, 60), (8.0, 59)])
def test_a_change_between_two_seconds_never_promises_more_than_there_is(style: str, then: float, second: int):
    """2.0.1 K08.FR.04"""
    story = charger(style)
    install(story, 1, profile("tx_default", (0, 10.0), (60, then), start=at("10:00")))
    story.wait(0.4)
    assert composite(story, 3600) == [(0, 10.0, 3), (second, then, 3)]


@pytest.mark.parametrize("style", ["three", "stream"])
def test_a_relative_schedule_without_a_transaction_starts_at_the_request(style: str):
    """2.0.1 K08.FR.06"""
    story = charger(style)
    install(story, 1, profile("tx_default", (0, 10.0), (60, 20.0)))
    story.wait(0.4)
    assert composite(story, 3600) == [(0, 10.0, 3), (60, 20.0, 3)]
