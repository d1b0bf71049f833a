"""Instants on the wire, both ways."""

from calendar import monthrange
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
        "2026-03-01T12:00:00+99:00",
        "2026-03-01T24:00:00Z",
        "2026-03-01T12:60:00Z",
        "2026-03-01T23:59:61Z",
        "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+01:60",
        "2026-02-29T12:00:00Z",
        "0000-02-30T12:00:00Z",
        "0000-00-00T00:00:00Z",
        "2026-03-01T12:00:00Z\n",
        "２０２６-03-01T12:00:00Z",
    ],
)
def test_anything_else_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        instants.read(text, "currentTime")
    assert caught.value.field == "currentTime"


EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("0001-01-01T00:00:00+05:00", EARLIEST),
        ("0001-01-01T00:00:00+00:01", EARLIEST),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("0000-01-01T00:00:00Z", EARLIEST),
        ("0000-02-29T00:00:00-23:59", EARLIEST),
        ("0000-12-31T23:59:59-12:00", EARLIEST + timedelta(hours=11, minutes=59, seconds=59)),
        ("0000-12-31T23:59:59+12:00", EARLIEST),
        ("9999-12-31T23:59:59-12:00", LATEST),
        ("9999-12-31T23:59:59.9999999Z", LATEST),
        ("9999-12-31T23:59:60Z", LATEST),
        ("9999-12-31T23:59:60-00:01", LATEST),
        ("2026-03-01T12:00:60Z", datetime(2026, 3, 1, 12, 0, 59, 999_999, tzinfo=UTC)),
        ("2026-03-01T23:59:60+01:00", datetime(2026, 3, 1, 22, 59, 59, 999_999, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2016-12-31t23:59:60.5z", datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("1990-12-31T15:59:60-08:00", datetime(1990, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2017-01-01T05:44:60+05:45", datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("9999-12-31T12:59:60-11:00", LATEST),
        ("0001-01-01T05:59:60+06:00", EARLIEST),
        ("2026-03-01T12:00:00-00:00", NOON),
    ],
)
def test_what_no_datetime_can_hold_is_the_nearest_that_it_can(text: str, instant: datetime) -> None:
    """RFC 3339 §5.6 to §5.8: years 0000 to 9999, offsets up to 23:59, seconds up to 60"""
    assert instants.read(text, "at") == instant


@st.composite
def rfc_3339(draw: st.DrawFn) -> str:
    """Any text of RFC 3339's grammar that names a day of the calendar; leap seconds apart."""
    year, month = draw(st.integers(0, 9999)), draw(st.integers(1, 12))
    day = draw(st.integers(1, monthrange(year or 400, month)[1]))
    time = draw(st.times()).isoformat(timespec="seconds")
    fraction = draw(st.just("") | st.from_regex(r"\.[0-9]{1,12}", fullmatch=True))
    zone = draw(st.sampled_from("zZ") | st.from_regex(r"[+-]([01][0-9]|2[0-3]):[0-5][0-9]", fullmatch=True))
    return f"{year:04d}-{month:02d}-{day:02d}{draw(st.sampled_from('tT '))}{time}{fraction}{zone}"


@settings(derandomize=True)
@given(rfc_3339())
def test_every_text_of_rfc_3339_is_an_instant(text: str) -> None:
    read = instants.read(text, "at")
    assert read.tzinfo is UTC
    if 2 <= int(text[:4]) <= 9998 and "," not in text:
        assert read == datetime.fromisoformat(text.upper())


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
