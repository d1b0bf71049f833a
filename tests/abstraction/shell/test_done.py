"""The memory of results: the last 5,000, for an hour."""

from datetime import UTC, datetime, timedelta

from vcp_abstraction.shell.done import KEPT, Done
from vcp_contracts.results import CommandResult

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def result(command: str, at: datetime = NOON) -> CommandResult:
    return CommandResult(command=command, charge_point="CP1", status="done", at=at)


def test_a_result_is_found_for_an_hour():
    done = Done()
    done.note(result("a"))
    assert done.first_result("a", NOON + timedelta(hours=1)) == result("a")
    assert done.first_result("a", NOON + timedelta(hours=1, seconds=1)) is None
    assert done.first_result("b", NOON) is None


def test_the_oldest_gives_way():
    done = Done()
    for n in range(KEPT + 1):
        done.note(result(f"command {n}"))
    assert len(done) == KEPT
    assert done.first_result("command 0", NOON) is None
    assert done.first_result("command 1", NOON) is not None


def test_an_id_used_anew_after_its_time_is_the_youngest():
    done = Done()
    later = NOON + timedelta(hours=2)
    done.note(result("a"))
    done.note(result("a", later))
    assert done.first_result("a", later) == result("a", later)
