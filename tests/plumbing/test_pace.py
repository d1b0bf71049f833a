from vcp_plumbing.pace import Pace


def test_an_idle_reader_never_waits():
    pace = Pace()
    assert [pace.observe(0, 1000), pace.observe(1, 300), pace.observe(2, 20)] == [0, 0, 0]


def test_when_entries_keep_coming_the_wait_grows_to_its_longest():
    pace = Pace(longest_ms=5)
    assert [pace.observe(3, 0.2) for _ in range(7)] == [1, 2, 3, 4, 5, 5, 5]


def test_a_pause_of_the_publishers_ends_the_wait_at_once():
    pace = Pace()
    for _ in range(5):
        pace.observe(3, 0.1)
    assert pace.observe(3, 4.0) == 0


def test_waiting_for_a_single_entry_does_not_pay():
    pace = Pace()
    for _ in range(4):
        pace.observe(3, 0.1)
    assert [pace.observe(1, 0.1), pace.observe(1, 0.1)] == [2, 1]


def test_with_a_backlog_there_is_no_wait_but_the_pace_is_kept():
    pace = Pace()
    for _ in range(4):
        pace.observe(3, 0.1)
    assert pace.observe(200, 0.1, more=True) == 0
    assert pace.observe(3, 0.1) == 5
