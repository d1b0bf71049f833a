"""Which frames of the wire are meant: by action, direction, time, verdict, field of the payload. Pure; reads no stream."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import orjson

Direction = Literal["sent", "received"]
Kind = Literal["call", "result", "error", "broken"]
Frame = Mapping[str, Any]

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
"""A place in a list (RFC 6901 §4)."""

_TYPES: dict[Direction, str] = {"sent": "frame_sent", "received": "frame_received"}
_PAYLOAD_AT: dict[object, int] = {2: 3, 3: 2, 4: 4}
"""Where the payload (of an error: its details) stands in a frame, by message type."""


class BadWish(ValueError):
    """A field of the payload is wished for in a way that can't be understood."""


class FieldWish(NamedTuple):
    """A field of the payload, and the value that it has: as text, or as JSON writes it."""

    path: str
    """A name, or a JSON pointer (RFC 6901)."""
    value: str

    @classmethod
    def read(cls, text: str) -> "FieldWish":
        """`idTag=04A1B2C3`, `connectorId=1`, `/idTagInfo/status=Accepted`. Raises BadWish."""
        path, equals, value = text.partition("=")
        if not path or not equals:
            raise BadWish("a field is wished for as name=value")
        return cls(path, value)

    def holds(self, payload: object) -> bool:
        """Whether the payload has that value there."""
        try:
            found = _at(payload, self.path)
        except LookupError:
            return False
        return found == self.value if isinstance(found, str) else orjson.dumps(found).decode() == self.value


@dataclass(frozen=True, slots=True)
class Filter:
    """Which frames are meant; None or empty: any. Directions are the charge point's."""

    action: str | None = None
    word: str | None = None
    direction: Direction | None = None
    kind: Kind | None = None
    valid: bool | None = None
    verdict: str | None = None
    message_id: str | None = None
    rule_applied: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Frames of exactly this time are none."""
    fields: Sequence[FieldWish] = ()

    def fits(self, frame: Frame) -> bool:
        return (
            (self.direction is None or frame.get("type") == _TYPES[self.direction])
            and all(
                wanted is None or frame.get(name) == wanted
                for name, wanted in (
                    ("action", self.action),
                    ("word", self.word),
                    ("kind", self.kind),
                    ("valid", self.valid),
                    ("verdict", self.verdict),
                    ("message_id", self.message_id),
                    ("rule_applied", self.rule_applied),
                )
            )
            and self._is_in_time(frame)
            and self._has_fields(frame)
        )

    def _is_in_time(self, frame: Frame) -> bool:
        if self.since is None and self.until is None:
            return True
        at = datetime.fromisoformat(str(frame["at"]))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def _has_fields(self, frame: Frame) -> bool:
        if not self.fields:
            return True
        payload = payload_of(frame)
        return all(wish.holds(payload) for wish in self.fields)


def payload_of(frame: Frame) -> object:
    """The payload that a frame's text carries, of an error its details; None where it is no frame of OCPP."""
    try:
        parts = orjson.loads(frame["text"])
        return parts[_PAYLOAD_AT[parts[0]]]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return None


def _at(payload: object, path: str) -> object:
    """What stands at a path. Raises LookupError."""
    steps = path[1:].split("/") if path.startswith("/") else [path]
    found = payload
    for step in steps:
        name = step.replace("~1", "/").replace("~0", "~") if path.startswith("/") else step
        if isinstance(found, dict):
            found = found[name]
        elif isinstance(found, list) and _INDEX.fullmatch(name):
            found = found[int(name)]
        else:
            raise LookupError(name)
    return found
