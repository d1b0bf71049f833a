"""Checks of payloads that the schema allows, for rules that only the text has. Knows no version; changes nothing."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from vcp_handler.dialects.table import Payload

Check = Callable[[Any], bool]
"""Whether a value breaks a rule."""


def at(path: str, check: Check) -> Check:
    """A check of whatever stands at a path; `[]`: of any item of a list. What is absent breaks nothing."""
    for step in reversed(path.replace("[]", ".[]").split(".")):
        check = _of_any(check) if step == "[]" else _under(step, check)
    return check


def _under(name: str, check: Check) -> Check:
    def under(value: Payload) -> bool:
        return name in value and check(value[name])

    return under


def _of_any(check: Check) -> Check:
    def of_any(items: list[Any]) -> bool:
        for item in items:  # noqa: SIM110 - this runs for each call; `any` takes twice as long
            if check(item):
                return True
        return False

    return of_any


def below(least: int) -> Check:
    """Whether a number is less than that."""
    return lambda number: bool(number < least)


def outside(least: int, most: int) -> Check:
    """Whether a number is less or more than that."""
    return lambda number: not least <= number <= most


def is_finer_than_a_tenth(number: float) -> bool:
    """Whether a number has more than one decimal."""
    return bool(round(number, 1) != number)


def are_twice(name: Callable[[Payload], Any]) -> Check:
    """Whether two items of a list have the same name."""
    return lambda items: len({name(item) for item in items}) < len(items)


def begins_late(periods: list[Payload]) -> bool:
    """Whether a schedule's first period starts at another time than 0."""
    return bool(periods) and bool(periods[0]["startPeriod"] != 0)


def go_back(periods: list[Payload]) -> bool:
    """Whether a period starts before the one in front of it."""
    return any(later["startPeriod"] < earlier["startPeriod"] for earlier, later in pairwise(periods))


def is_no_plain_hex(serial: str) -> bool:
    """Whether a certificate's number has a prefix or a leading zero."""
    return serial[:2] in ("0x", "0X") or (len(serial) > 1 and serial[0] == "0")
