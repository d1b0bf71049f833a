"""Waiting between attempts to connect: 2.0.1 part 4 §5.3."""

from vcp_handler.backoff import Attempts


def test_the_wait_doubles_as_often_as_said_and_then_stays() -> None:
    attempts = Attempts(lambda: 0.0)
    assert [attempts.failed(10, 5, 3) for _ in range(6)] == [10, 20, 40, 80, 80, 80]


def test_each_wait_has_its_own_random_part() -> None:
    dice = iter([0.0, 0.5, 1.0])
    attempts = Attempts(lambda: next(dice))
    assert [attempts.failed(10, 4, 3) for _ in range(3)] == [10, 22, 44]


def test_a_link_that_lasted_starts_the_series_anew() -> None:
    attempts = Attempts(lambda: 0.0)
    attempts.failed(1, 0, 5)
    attempts.failed(1, 0, 5)
    attempts.ended(lasted_s=60.0)
    assert attempts.failed(1, 0, 5) == 1


def test_accepted_and_closed_at_once_is_a_failure_like_another() -> None:
    attempts = Attempts(lambda: 0.0)
    waits = []
    for _ in range(4):
        attempts.ended(lasted_s=0.1)
        waits.append(attempts.failed(1, 0, 5))
    assert waits == [1, 2, 4, 8]
