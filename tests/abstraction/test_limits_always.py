"""What holds for any charging profiles: no limit is ever exceeded, and what was composed is what is done."""

from datetime import datetime, timedelta
from math import inf

from abstraction.charging import MONDAY, at, charge, charger, composite, profile
from abstraction.story import Story
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vcp_abstraction import limits
from vcp_abstraction.facts.profiles import Installed
from vcp_abstraction.schedule import Timetable
from vcp_abstraction.sharing import Claim, share
from vcp_contracts import commands as c
from vcp_contracts.profiles import ChargingProfile

OFTEN = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
NOW = at("10:00")
SECONDS = st.integers(-1200, 1200)
TIMES = SECONDS.map(lambda seconds: NOW + timedelta(seconds=seconds))


@st.composite
def profiles(draw, purpose: str, id: int) -> ChargingProfile:
    starts = sorted(draw(st.sets(st.integers(1, 900), max_size=3)))
    unit = draw(st.sampled_from("AW"))
    most = 40 if unit == "A" else 25000
    steps = [
        (start, draw(st.integers(0, most * 10)) / 10, draw(st.none() | st.integers(1, 3)))
        for start in (0, *starts)
    ]
    kind = draw(st.sampled_from(["absolute", "recurring", "relative"]))
    if purpose == "station_max" and kind == "relative":
        kind = "absolute"
    start = draw(TIMES)
    if kind == "recurring":
        start -= timedelta(days=draw(st.integers(0, 30)))
    valid = sorted(draw(st.lists(TIMES, min_size=2, max_size=2, unique=True)))
    return profile(
        purpose,
        *steps,
        id=id,
        stack=draw(st.integers(0, 3)),
        start=None if kind == "relative" else start,
        every=draw(st.sampled_from(["daily", "weekly"])) if kind == "recurring" else None,
        kind=kind,
        lasts=draw(st.none() | st.integers(1, 2000)),
        unit=unit,
        valid_from=draw(st.none() | st.just(valid[0])),
        valid_to=draw(st.none() | st.just(valid[1])),
    )


@st.composite
def shelves(draw) -> list[Installed]:
    purposes = draw(st.lists(st.sampled_from(["station_max", "external", "tx_default", "tx"]), max_size=6))
    shelf = [
        Installed(
            profile=draw(profiles(purpose, n)),
            evse=0 if purpose == "station_max" else 1 if purpose == "tx" else draw(st.integers(0, 1)),
        )
        for n, purpose in enumerate(purposes)
    ]
    # as a charger keeps them: one of a purpose and stack level at a place
    kept = {(each.profile.purpose, each.profile.stack_level, each.evse): each for each in shelf}
    return list(kept.values())


def charging_with(shelf: list[Installed], style: str = "three") -> Story:
    """A charger in the middle of a transaction, with these profiles, whose pilot signal can say any current."""
    story = charger(style, since=NOW, settings={"LeastPilotCurrent": "0"})
    charge(story)
    transaction = story.cp.facts.evses[0].transaction
    story.cp.profiles.installed = [
        each.model_copy(update={"transaction": transaction.id}) if each.profile.purpose == "tx" else each
        for each in shelf
    ]
    story.cp.touch("profiles")
    story.do(c.SetEv, battery_wh=1e7)
    return story


def said_at(steps: list[tuple[int, float, int | None]], second: int) -> tuple[float, int]:
    return next((limit, phases) for start, limit, phases in reversed(steps) if start <= second)


def naive(profile: ChargingProfile, when: datetime) -> float | None:
    """What a profile's schedule says, found the slow way: its occurrences one by one. In its own unit."""
    if (profile.valid_from and when < profile.valid_from) or (profile.valid_to and when >= profile.valid_to):
        return None
    it = profile.schedules[0]
    step = {"daily": 86400, "weekly": 604800, None: None}[profile.recurrency]
    base = NOW if profile.kind == "relative" else it.start
    while step and base + timedelta(seconds=step) <= when:
        base += timedelta(seconds=step)
    ends = min(it.duration_s or inf, step or inf)
    gone = (when - base).total_seconds()
    if not 0 <= gone < ends:
        return None
    return [period.limit for period in it.periods if period.start_s <= gone][-1]


@OFTEN
@given(shelf=shelves(), seconds=st.lists(st.integers(0, 1500), min_size=1, max_size=8))
def test_a_composite_exceeds_no_limit_that_counts(shelf, seconds):
    story = charging_with(shelf)
    amperes, watts = composite(story, 1600, unit="A"), composite(story, 1600, unit="W")
    for second in seconds:
        when = NOW + timedelta(seconds=second)
        counting = {}
        for each in sorted(shelf, key=lambda e: e.profile.stack_level):
            limit = naive(each.profile, when)
            if limit is not None:
                counting[each.profile.purpose, each.evse] = (limit, each.profile.schedules[0].unit)
        if ("tx", 1) in counting:
            counting.pop(("tx_default", 1), None)
            counting.pop(("tx_default", 0), None)
        if ("tx_default", 1) in counting:
            counting.pop(("tx_default", 0), None)
        for limit, unit in counting.values():
            said, _ = said_at(amperes if unit == "A" else watts, second)
            assert said <= limit + 0.05


@OFTEN
@given(
    shelf=shelves(),
    seconds=st.lists(st.integers(0, 1500), min_size=1, max_size=5),
    style=st.sampled_from(["three", "stream"]),
)
def test_what_was_composed_is_what_is_drawn(shelf, seconds, style):
    story = charging_with(shelf, style)
    steps = composite(story, 1600, unit="W")
    for second in sorted(set(seconds)):
        passed = (story.cp.now - NOW).total_seconds()
        if second > passed:
            story.do(c.AdvanceClock, seconds=second - passed)
        said, _ = said_at(steps, second)
        assert abs(story.cp.facts.evses[0].power_w - said) <= 0.05 + 1e-6


@OFTEN
@given(shelf=shelves(), wishes=st.lists(st.integers(0, 22000), min_size=3, max_size=3))
def test_all_evses_together_draw_no_more_than_the_station_may(shelf, wishes):
    story = charger(evses=3, since=NOW)
    for number, wish in enumerate(wishes, 1):
        charge(story, number, str(number))
        story.do(c.SetEv, evse=number, power_w=wish)
    story.cp.profiles.installed = [each for each in shelf if each.profile.purpose != "tx"]
    story.cp.touch("profiles")
    for _ in range(4):
        story.do(c.SetClock, time=story.cp.now + timedelta(seconds=300))
        story.wait(0)
        drawn = sum(evse.power_w for evse in story.cp.facts.evses)
        current_a = sum(evse.offer.current_a for evse in story.cp.facts.evses if evse.offer is not None)
        for limit in limits.limits_at(limits.of_station(story.cp, story.cp.now), story.cp.now):
            if limit.unit == "W":
                assert drawn <= limit.value + 1e-6
            else:
                assert drawn <= limit.value * 690 + 1e-6
                assert current_a <= limit.value + 1e-6


CLAIMS = st.lists(
    st.tuples(
        st.integers(0, 640), st.integers(0, 640), st.sampled_from([0, 6, 12]), st.sampled_from([230, 690])
    ),
    min_size=1,
    max_size=6,
).map(
    lambda rows: [
        Claim(
            evse=n, allowed_a=allowed / 10, wanted_a=wanted / 10, least_a=min(least, allowed / 10), w_per_a=w
        )
        for n, (allowed, wanted, least, w) in enumerate(rows)
    ]
)


@OFTEN
@given(claims=CLAIMS, most_a=st.integers(0, 200) | st.just(inf), most_w=st.integers(0, 99999) | st.just(inf))
def test_shares_stay_within_what_there_is(claims, most_a, most_w):
    shares = share(claims, most_a, most_w)
    assert shares.keys() == {claim.evse for claim in claims}
    assert sum(shares.values()) <= most_a + 1e-6
    assert sum(shares[claim.evse] * claim.w_per_a for claim in claims) <= most_w + 1e-3
    waiting = [n for n, claim in enumerate(claims) if shares[claim.evse] < claim.least_a - 1e-9]
    for n, claim in enumerate(claims):
        assert 0 <= shares[claim.evse] <= claim.allowed_a + 1e-9
        # below the least that can be offered nothing is
        assert n not in waiting or shares[claim.evse] == 0


def claim(evse: int, allowed: float, wanted: float, least: float = 6.0) -> Claim:
    return Claim(evse=evse, allowed_a=allowed, wanted_a=wanted, least_a=least, w_per_a=690)


def test_everyone_may_draw_up_to_one_level():
    assert share([claim(1, 32, 4), claim(2, 32, 32), claim(3, 10, 32)], 30) == {1: 6, 2: 14, 3: 10}


def test_what_nobody_draws_is_offered_to_those_who_may_take_more():
    assert share([claim(1, 32, 8), claim(2, 32, 8)], 30) == {1: 15, 2: 15}


def test_who_could_not_even_charge_alone_keeps_nobody_else_from_it():
    assert share([claim(1, 32, 32, least=12), claim(2, 32, 32)], 10) == {1: 0, 2: 10}


@OFTEN
@given(shelf=shelves(), second=st.integers(-2000, 2000))
def test_a_limit_changes_only_when_it_is_said_to(shelf, second):
    when = NOW + timedelta(seconds=second)
    for each in shelf:
        timetable = Timetable(each.profile, NOW)
        change, before = timetable.next_change(when), timetable.limit_at(when)
        last = min(change or when + timedelta(days=8), when + timedelta(days=8)) - timedelta(microseconds=1)
        for share_of_time in (0.0, 0.3, 0.9, 1.0):
            assert timetable.limit_at(when + (last - when) * share_of_time) == before


def test_times_at_the_end_of_the_calendar_break_nothing():
    last = datetime.max.replace(tzinfo=MONDAY.tzinfo)
    first = datetime.min.replace(tzinfo=MONDAY.tzinfo)
    for start in (first, last):
        for every in ("daily", "weekly", None):
            it = profile("tx_default", (0, 10.0), (60, 8.0), start=start, every=every, lasts=3_155_760_000)
            for when in (first, MONDAY, last):
                Timetable(it, when).limit_at(when)
                Timetable(it, when).next_change(when)
