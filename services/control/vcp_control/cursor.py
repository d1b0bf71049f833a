"""A place in the events of all partitions as one short text, for Last-Event-ID. Pure; reads no stream."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MARK = re.compile(r"[0-9a-z]{1,4}\.[0-9a-z]{1,13}\.[0-9a-z]{1,13}")

START = "0-0"
"""The position before the first entry of a stream."""


class UnreadableCursor(ValueError):
    """A text that was never a cursor of this API."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Per partition the id of the last entry seen. `world` names the life of the data it belongs to.

    Written as `<world>~<partition>.<ms>.<seq>_…`, numbers in base 36; partitions at their start are left out.
    """

    world: str
    positions: Mapping[int, str]

    def __str__(self) -> str:
        return f"{self.world}~" + "_".join(
            mark(partition, position)
            for partition, position in sorted(self.positions.items())
            if position != START
        )

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read what `str` wrote. Raises UnreadableCursor."""
        world, tilde, marks = text.partition("~")
        if not tilde or not world.isalnum():
            raise UnreadableCursor("a cursor is the id of an event that this API sent")
        try:
            return cls(world, dict(_unmark(part) for part in marks.split("_") if part))
        except ValueError as wrong:
            raise UnreadableCursor("a cursor is the id of an event that this API sent") from wrong


def order(entry_id: str) -> tuple[int, int]:
    """A stream id as something that can be compared."""
    ms, _, sequence = entry_id.partition("-")
    return int(ms), int(sequence or 0)


def mark(partition: int, position: str) -> str:
    """One partition's part of a cursor."""
    ms, sequence = order(position)
    return f"{_base36(partition)}.{_base36(ms)}.{_base36(sequence)}"


def _unmark(text: str) -> tuple[int, str]:
    if not _MARK.fullmatch(text):
        raise ValueError("no numbers in base 36")
    partition, ms, sequence = (int(part, 36) for part in text.split("."))
    return partition, f"{ms}-{sequence}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
