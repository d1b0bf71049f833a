"""The order of entries and timers: by time, an entry first when both fall on one millisecond."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vcp_abstraction.shell.merge import EPOCH, Timer, from_micros, merge, micros, order_of, time_of
from vcp_plumbing.reader import Entry

MS = timedelta(milliseconds=1)


def at(ms: float) -> datetime:
    return EPOCH + ms * MS


class Timers:
    """Chargers whose timers go off once, at given milliseconds."""

    def __init__(self, *due_ms: float) -> None:
        self._left = sorted(Timer(at(ms), f"CP{ms:g}") for ms in due_ms)

    def first(self) -> Timer | None:
        return self._left[0] if self._left else None

    def run(self, entries: list[str], bound_ms: float) -> list[str]:
        order = []
        for item in merge([Entry(id, {}) for id in entries], self.first, at(bound_ms)):
            if isinstance(item, Timer):
                self._left.remove(item)
            order.append(item.charge_point if isinstance(item, Timer) else item.id)
        return order


def test_timers_go_between_the_entries():
    assert Timers(5, 15, 25).run(["10-0", "20-0"], 30) == ["CP5", "10-0", "CP15", "20-0", "CP25"]


def test_an_entry_goes_before_a_timer_of_its_own_millisecond():
    assert Timers(10).run(["10-0", "10-1"], 11) == ["10-0", "10-1", "CP10"]


def test_a_timer_within_the_millisecond_waits_for_its_end():
    assert Timers(10.5).run(["10-0"], 10.5) == ["10-0"]
    assert Timers(10.5).run(["10-0", "11-0"], 11) == ["10-0", "CP10.5", "11-0"]


def test_nothing_due_at_the_bound_goes_yet():
    assert Timers(9, 10).run([], 10) == ["CP9"]


def test_what_was_read_is_a_bound_too():
    assert Timers(5, 12).run(["10-0"], 0) == ["CP5", "10-0"]


@pytest.mark.parametrize(("id", "ms"), [("0-0", 0), ("1780315200000-7", 1_780_315_200_000)])
def test_the_time_of_an_entry_is_in_its_id(id: str, ms: int):
    assert time_of(id) == EPOCH + ms * MS


def test_ids_are_ordered_as_numbers():
    assert order_of("9-10") < order_of("10-2") < order_of("10-10")


def test_times_are_kept_to_the_microsecond():
    time = datetime(2026, 6, 1, 12, 0, 0, 123_457, tzinfo=UTC)
    assert from_micros(micros(time)) == time


@given(
    entries=st.lists(st.integers(0, 30), max_size=12).map(sorted),
    timers=st.lists(st.integers(0, 60), max_size=12, unique=True).map(lambda halves: [h / 2 for h in halves]),
    cuts=st.lists(st.integers(0, 12), max_size=4).map(sorted),
)
def test_any_cut_into_reads_gives_the_one_order(entries: list[int], timers: list[float], cuts: list[int]):
    ids = [f"{ms}-{n}" for n, ms in enumerate(entries)]
    whole = Timers(*timers).run(ids, 40)
    parts, in_parts = Timers(*timers), []
    for start, end in zip([0, *cuts], [*cuts, len(ids)], strict=True):
        read = ids[start:end]
        if read:
            in_parts += parts.run(read, int(read[-1].partition("-")[0]))
    in_parts += parts.run([], 40)
    assert in_parts == whole
