"""What a test may wish of a field, beside a plain value. Held against the payload by `matching`."""

from collections.abc import Mapping
from typing import Any, Final

Wish = Mapping[str, Any]

present: Final[Wish] = {"present": True}
"""The field is there, with any value."""

absent: Final[Wish] = {"present": False}
"""The field is not there."""


def any_of(*wishes: Any) -> Wish:
    """One of these."""
    return {"any_of": list(wishes)}


def matches(expression: str) -> Wish:
    """A text in which the regular expression is found; a number is compared as JSON writes it."""
    return {"matches": expression}


def at_least(number: float) -> Wish:
    """This number or more; also where the wire writes numbers as texts."""
    return {"at_least": number}


def at_most(number: float) -> Wish:
    """This number or less; also where the wire writes numbers as texts."""
    return {"at_most": number}


def other_than(wish: Any) -> Wish:
    """Anything but this."""
    return {"not": wish}


def containing(wish: Any) -> Wish:
    """A list in which one element is as wished."""
    return {"contains": wish}
