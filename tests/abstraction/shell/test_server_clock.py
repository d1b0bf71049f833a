"""The server's time between two of its answers."""

from datetime import UTC, datetime, timedelta

from vcp_abstraction.shell.server_clock import ServerClock

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOON_MS = 1_780_315_200_000


def test_it_goes_on_with_the_process_s_own_clock():
    seconds = [50.0]
    clock = ServerClock(lambda: seconds[0])
    clock.note(NOON_MS)
    assert clock.ms_until(NOON + timedelta(seconds=3)) == 3000
    seconds[0] += 2
    assert clock.ms_until(NOON + timedelta(seconds=3)) == 1000
    seconds[0] += 2
    assert clock.ms_until(NOON + timedelta(seconds=3)) == -1000


def test_the_last_answer_counts():
    clock = ServerClock(lambda: 50.0)
    clock.note(NOON_MS)
    clock.note(NOON_MS - 500)
    assert clock.ms_until(NOON) == 500


def test_before_any_answer_everything_may_be_due():
    assert ServerClock(lambda: 50.0).ms_until(NOON + timedelta(days=1)) < 0
