"""What a failed test is told of its chargers: the wire of each, as far as it can still be had. Judges nothing."""

from vcp_testkit.charge_point import ChargePoint
from vcp_testkit.difference import wire_around
from vcp_testkit.problems import Problem, Unreachable
from vcp_testkit.product import Chargers

SHOWN = 40
"""How many frames of a charger are shown."""


def wires(chargers: Chargers) -> list[tuple[str, str]]:
    """A section for each charger of the test."""
    return [(f"wire of {charger.id}", _wire(charger)) for charger in chargers.made]


def _wire(charger: ChargePoint) -> str:
    try:
        charger.client.walk(charger.wire.read())
    except (Problem, Unreachable) as gone:
        return f"it can't be read: {gone}"
    return wire_around(charger.wire.frames, most=SHOWN)
