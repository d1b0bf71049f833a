"""Instants on the wire: RFC 3339 text both ways. Knows no version: all of them spell time alike."""

import re
from datetime import UTC, datetime

from vcp_handler.dialects.table import Unreadable

_SHAPE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)?", re.ASCII)


def written(instant: datetime) -> str:
    """UTC with "Z", in milliseconds, which are left out when zero (2.x: at most three decimals)."""
    utc = instant.astimezone(UTC)
    seconds = utc.isoformat()[:19]
    millis = utc.microsecond // 1000
    return f"{seconds}.{millis:03d}Z" if millis else f"{seconds}Z"


def read(text: str, field: str) -> datetime:
    """The instant that a text names; without a zone it is UTC. Raises Unreadable, naming `field`."""
    if not _SHAPE.fullmatch(text):
        raise Unreadable(field, f"not a date and time: {text[:40]!r}")
    try:
        instant = datetime.fromisoformat(text.upper())
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as broken:
        raise Unreadable(field, f"no such instant: {text[:40]!r}") from broken


def read_optional(text: str | None, field: str) -> datetime | None:
    """Like `read`, None for none."""
    return None if text is None else read(text, field)
