"""Spans of time as people write them: `5`, `500ms`, `5s`, `10m`, `2h`, `7d`. Knows no clock."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", re.ASCII)


def seconds(written: Any) -> Any:
    """A span in seconds; anything but a text goes through. Raises ValueError."""
    if not isinstance(written, str):
        return written
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValueError("write a number of seconds, or 500ms, 5s, 10m, 2h, 7d")
    return float(found[1]) * _UNITS[found[2]]


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    Field(ge=0, le=31_622_400),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 31_622_400},
                {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)$"},
            ],
            "description": "Seconds, or 500ms, 5s, 10m, 2h, 7d.",
        }
    ),
]
"""A span of time in seconds."""
