"""The one order of a partition's entries and timers. Pure; the same from the stream alone at any later time.

A timer goes before an entry when it is due strictly before the entry's millisecond, else after it. A timer with no
entry behind it goes when it is due strictly before the bound: a time before which every entry has been read, at least
that of the last entry. So an
entry that is read later can never belong before a timer that has fired.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from vcp_plumbing.reader import Entry

START = "0-0"
"""The position before every entry."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Timer(NamedTuple):
    """A charge point whose next timer is due. Of two that are due together, the lesser name goes first."""

    due: datetime
    charge_point: str


def merge(
    entries: Iterable[Entry], first_timer: Callable[[], Timer | None], bound: datetime
) -> Iterator[Entry | Timer]:
    """Entries and timers in order. `first_timer` is asked anew before each, as every one may have moved the timers."""
    for entry in entries:
        time = time_of(entry.id)
        while (timer := first_timer()) is not None and timer.due < time:
            yield timer
        yield entry
        bound = max(bound, time)
    while (timer := first_timer()) is not None and timer.due < bound:
        yield timer


def time_of(entry_id: str) -> datetime:
    """The time in a stream id."""
    return EPOCH + int(entry_id.partition("-")[0]) * _MILLISECOND


def order_of(entry_id: str) -> tuple[int, int]:
    """A stream id as something that compares as its stream is ordered."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)


def micros(time: datetime) -> int:
    """A time as whole microseconds since 1970, as it is kept."""
    return (time - EPOCH) // timedelta(microseconds=1)


def from_micros(kept: int) -> datetime:
    """A kept time."""
    return EPOCH + timedelta(microseconds=kept)
