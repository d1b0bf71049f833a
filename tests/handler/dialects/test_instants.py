"""Instants on the wire, both ways."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vcp_handler.dialects import instants
from vcp_handler.dialects.table import Unreadable

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (NOON, "2026-03-01T12:00:00Z"),
        (NOON.replace(microsecond=7_000), "2026-03-01T12:00:00.007Z"),
        (NOON.replace(microsecond=999), "2026-03-01T12:00:00Z"),
        (datetime(2026, 3, 1, 14, 0, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T12:00:00Z"),
    ],
)
def test_it_is_written_in_utc_with_milliseconds_if_any(instant: datetime, text: str) -> None:
    assert instants.written(instant) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00z",
        "2026-03-01t12:00Z",
        "2026-03-01 12:00:00",
        "2026-03-01T12:00:00.000000000Z",
        "2026-03-01T13:30:00+01:30",
        "2026-03-01T13:30:00+0130",
        "2026-03-01T11:00:00.0-01",
    ],
)
def test_many_spellings_mean_the_same(text: str) -> None:
    assert instants.read(text, "currentTime") == NOON


def test_a_token_may_be_valid_to_the_end_of_time() -> None:
    assert instants.read("9999-12-31T23:59:59Z", "expiryDate") == datetime(
        9999, 12, 31, 23, 59, 59, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1772366400",
        "2026-03-01",
        "20260301T120000Z",
        "2026-13-01T12:00:00Z",
        "2026-03-01T12:00:60Z",
        "2026-03-01T12:00:00+99:00",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-12:00",
        "2026-03-01T12:00:00Z\n",
        "２０２６-03-01T12:00:00Z",
    ],
)
def test_anything_else_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        instants.read(text, "currentTime")
    assert caught.value.field == "currentTime"


@settings(derandomize=True)
@given(st.text(alphabet="0123456789-:T .Z+zt", max_size=30) | st.text(max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(Unreadable):
        assert instants.read(text, "at").tzinfo is UTC


@settings(derandomize=True)
@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_can_be_read_to_the_millisecond(instant: datetime) -> None:
    read = instants.read(instants.written(instant), "at")
    assert timedelta(0) <= instant - read < timedelta(milliseconds=1)
