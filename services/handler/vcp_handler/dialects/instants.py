"""Instants on the wire: RFC 3339 text both ways. Knows no version: all of them spell time alike."""

import re
from datetime import UTC, datetime, timedelta

from vcp_handler.dialects.table import Unreadable

_SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)

_CALENDAR_YEARS = 400
_CALENDAR = timedelta(days=146_097)
"""After so many years, which have so many days, the calendar is the same again."""


def written(instant: datetime) -> str:
    """UTC with "Z", in milliseconds, which are left out when zero (2.x: at most three decimals)."""
    utc = instant.astimezone(UTC)
    seconds = utc.isoformat()[:19]
    millis = utc.microsecond // 1000
    return f"{seconds}.{millis:03d}Z" if millis else f"{seconds}Z"


def read(text: str, field: str) -> datetime:
    """The instant that a text names; without a zone it is UTC. Raises Unreadable, naming `field`.

    What RFC 3339 can say and a datetime can't hold becomes the nearest that it can: before the year 1 or after 9999 in
    UTC, the year 0, and a second 60: which minutes have one is no charger's to know (§5.6 allows it, §5.7 says when
    leap seconds have come). The hour 24 is ISO 8601's alone (RFC 3339 §5.6: 00 to 23).
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise Unreadable(field, f"not a date and time: {text[:40]!r}")
    instant = _instant(*shape.groups())
    if instant is None:
        raise Unreadable(field, f"no such instant: {text[:40]!r}")
    return instant


def _instant(
    year: str,
    month: str,
    day: str,
    hour: str,
    minute: str,
    second: str | None,
    fraction: str | None,
    sign: str | None,
    ahead_h: str | None,
    ahead_min: str | None,
) -> datetime | None:
    away = timedelta(hours=int(ahead_h or 0), minutes=int(ahead_min or 0))
    if int(ahead_h or 0) > 23 or int(ahead_min or 0) > 59:
        return None
    leap = second == "60"
    micros = int((fraction or "")[:6].ljust(6, "0"))
    before_christ = int(year) == 0
    try:
        there = datetime(
            _CALENDAR_YEARS if before_christ else int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            59 if leap else int(second or 0),
            999_999 if leap else micros,
            tzinfo=UTC,
        )
    except ValueError:
        return None
    try:
        utc = there + away if sign == "-" else there - away
        utc = utc - _CALENDAR if before_christ else utc
    except OverflowError:
        utc = _LATEST if sign == "-" and not before_christ else _EARLIEST
    return utc


def read_optional(text: str | None, field: str) -> datetime | None:
    """Like `read`, None for none."""
    return None if text is None else read(text, field)
