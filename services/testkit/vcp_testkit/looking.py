"""Waiting until a charge point stands as wanted: its view is looked at until it does. Judges nothing itself."""

import re
import time
from collections.abc import Callable
from typing import Any

from vcp_testkit.asking import Json, Pause, Steps
from vcp_testkit.control_api import view

FIRST_PAUSE_S = 0.01
LONGEST_PAUSE_S = 0.2
_INDEX = re.compile(r"[0-9]{1,9}")


class NotSo(AssertionError):
    """A charge point did not come to stand as wanted; the text has what it stands like."""


def wait_for(
    charge_point: str, /, wanted: Callable[[Json], object] | None = None, *, within: float = 5.0, **paths: Any
) -> Steps[Json]:
    """The view once `wanted(view)` holds and every path has its value; at most `within` seconds.

    A path is written with double underscores: `wait_for(link__state="up", evses__0__connectors__0__fine="preparing")`.
    Raises NotSo.
    """
    __tracebackhide__ = True
    until = time.monotonic() + within
    pause = FIRST_PAUSE_S
    while True:
        seen = yield from view(charge_point)
        wrong = {path: at(seen, path) for path, value in paths.items() if at(seen, path) != value}
        held = wanted is None or wanted(seen)
        if held and not wrong:
            return seen
        if time.monotonic() >= until:
            raise NotSo(_told(charge_point, within, wrong, paths, held, seen))
        yield Pause(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)


def booted(charge_point: str, *, within: float = 10.0) -> Steps[Json]:
    """The view once the backend has accepted the charge point. Raises NotSo."""
    __tracebackhide__ = True
    return (yield from wait_for(charge_point, within=within, boot__verdict="accepted", link__state="up"))


def rules(charge_point: str) -> Steps[list[Json]]:
    """The rules that stand, in the order in which they are tried; each with its `hits`."""
    return list((yield from view(charge_point)).get("rules", ()))


def held(charge_point: str, *, within: float = 5.0) -> Steps[Json]:
    """The message that a rule has held back the longest, awaited; its `frame` is what `release_frame` takes.

    Raises NotSo where none is held in time.
    """
    __tracebackhide__ = True
    seen = yield from wait_for(charge_point, lambda view: view.get("held"), within=within)
    return dict(seen["held"][0])


def at(view: Any, path: str) -> Any:
    """What a view holds at a path; None where there is no such place."""
    for part in path.split("__"):
        if isinstance(view, list) and _INDEX.fullmatch(part):
            view = view[int(part)] if int(part) < len(view) else None
        else:
            view = view.get(part) if isinstance(view, dict) else None
    return view


def _told(charge_point: str, within: float, wrong: Json, paths: Json, held: object, view: Json) -> str:
    lines = [f"{charge_point} did not come to stand as wanted within {within:g} s"]
    lines += [
        f"  {path.replace('__', '.')}: wanted {paths[path]!r}, is {value!r}" for path, value in wrong.items()
    ]
    if not held:
        lines.append(f"  the condition does not hold; the view is {view!r}")
    return "\n".join(lines)
