from vcp_plumbing.pace import Pace


def at_rate(pace: Pace, a_second: int, *, worked_ms: float = 0.5, cycles: int = 200) -> float:
    """The wait that a steady rate of entries leads to; a read blocks until there is one."""
    rate = a_second / 1000
    for _ in range(cycles):
        gathered = rate * (pace.wait_ms + worked_ms)
        blocked_ms = max(0.0, (1 - gathered) / rate)
        pace.observe(round(max(1.0, gathered)), blocked_ms, worked_ms=worked_ms)
    return pace.wait_ms


def test_an_idle_reader_never_waits():
    pace = Pace()
    assert [pace.observe(0, 500), pace.observe(1, 300), pace.observe(2, 20)] == [0, 0, 0]


def test_a_few_hundred_entries_a_second_are_not_waited_for():
    assert at_rate(Pace(), 300) == 0


def test_when_entries_keep_coming_some_are_let_gather():
    assert at_rate(Pace(longest_ms=5), 1_000) == 5


def test_the_wait_does_not_begin_with_the_first_entry():
    assert Pace().observe(1, 0.2) == 0


def test_the_more_entries_come_the_shorter_is_the_wait_for_enough_of_them():
    assert 0.5 < at_rate(Pace(), 5_000) < 1.5


def test_what_gathers_while_the_last_ones_are_worked_on_is_not_waited_for():
    assert at_rate(Pace(), 8_000, worked_ms=6.0) == 0


def test_a_pause_of_the_publishers_ends_the_wait():
    pace = Pace()
    assert at_rate(pace, 1_000) == 5
    assert pace.observe(1, 60.0) == 0


def test_one_who_says_one_thing_at_a_time_is_not_kept_waiting_for_long():
    pace = Pace()
    assert at_rate(pace, 1_000) == 5
    for _ in range(100):
        pace.observe(1, blocked_ms=2.0)
    assert pace.wait_ms < 1


def test_with_a_backlog_there_is_no_wait_but_the_pace_is_kept():
    pace = Pace()
    assert at_rate(pace, 1_000) == 5
    assert pace.observe(6, 0.1, more=True) == 0
    assert pace.observe(6, 0.1) > 0
