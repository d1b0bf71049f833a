"""A recorded payload for another day: transaction ids of today, times of now. Pure."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

TRANSACTION = "transactionId"
_TIMES = ("timestamp", "generatedat")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)


class Translator:
    """Knows which id of today stands for which id of the record. Where a charge point makes them (they are texts),
    each gets a new one, unless `keep_ids`; where a backend does (they are numbers), `learn` says which."""

    def __init__(self, *, keep_ids: bool = False, fresh: Callable[[], str] = lambda: str(uuid4())) -> None:
        self._keep_ids = keep_ids
        self._fresh = fresh
        self._ids: dict[Any, Any] = {}

    def learn(self, recorded: Any, answered: Any) -> None:
        """What the backend's answer of the record and that of today call the transaction."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            then, now = recorded.get(TRANSACTION), answered.get(TRANSACTION)
            if then is not None and now is not None:
                self._ids[then] = now

    def today(self, payload: Any, later: timedelta | None) -> Any:
        """The payload as it is said today; times are moved by `later`, None: stay."""
        return self._walk("", payload, later)

    def expected(self, recorded: Any) -> Any:
        """An answer of the record as it would be given today."""
        return self._walk("", recorded, None)

    def _walk(self, name: str, value: Any, later: timedelta | None) -> Any:
        if isinstance(value, dict):
            return {key: self._walk(key, inner, later) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._walk(name, inner, later) for inner in value]
        if name == TRANSACTION:
            return self._id(value)
        if later is not None and isinstance(value, str) and name.lower() in _TIMES:
            return moved(value, later)
        return value

    def _id(self, value: Any) -> Any:
        if isinstance(value, str) and not self._keep_ids:
            return self._ids.setdefault(value, self._fresh())
        return self._ids.get(value, value) if isinstance(value, int | str) else value


def moved(text: str, later: timedelta) -> str:
    """An instant, later; a text that is none stays."""
    if not _INSTANT.fullmatch(text):
        return text
    try:
        instant = datetime.fromisoformat(text.upper())
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return (instant + later).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return text


def is_instant(value: object) -> bool:
    """Whether a value is a point in time: those differ from day to day."""
    return isinstance(value, str) and _INSTANT.fullmatch(value) is not None
