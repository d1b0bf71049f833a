"""Named points at which a process kills itself when it was told to, so that tests can show what survives.

Told to nothing, passing a point is one call that does nothing.
"""

import os
import signal
from collections.abc import Callable
from typing import Literal

Point = Literal[
    "read",
    "decided",
    "committed",
    "sent",
    "answered",
]
"""In the order of a walk: entries read, not yet looked at · their consequences known, not yet committed · committed,
the reply unread (the Handler's commit is what publishes an outcome) · a frame of ours written, and no fact of it
committed · a frame of the backend's received, not yet looked at."""

Passing = Callable[[Point], None]
"""Called wherever a process passes a point."""

PATTERN = r"^((read|decided|committed|sent|answered)(:[1-9][0-9]{0,5})?)?$"
"""`point`, or `point:nth` to die when passing for the nth time; empty: never."""


def pass_by(point: Point) -> None:
    """What to call where nothing is wanted: does nothing."""


def crash_at(wanted: str, *, die: Callable[[], None] | None = None) -> Passing:
    """What to call at each point; it ends this process (SIGKILL) at the wanted one. `wanted` fits `PATTERN`."""
    if not wanted:
        return pass_by
    point, _, nth = wanted.partition(":")
    left = int(nth or 1)

    def passing(passed: Point) -> None:
        nonlocal left
        if passed == point:
            left -= 1
            if left == 0:
                (die or _die)()

    return passing


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
