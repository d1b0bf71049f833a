"""What can be asked of the control API, each once, for both clients. Opens no connection."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from vcp_testkit.asking import Ask, Json, Steps, asked, read
from vcp_testkit.problems import Problem

WAIT_S = 15.0
"""How long a command may take before the API answers that it is still under way."""


def path_of(charge_point: str, *parts: str) -> str:
    """Where a charge point, or a part of it, is found."""
    return "/".join(("/charge-points", *(quote(part, safe="") for part in (charge_point, *parts))))


def configure(charge_point: str, configuration: Mapping[str, Any]) -> Steps[Json]:
    """Sets up a charge point, or sets it up anew; its view."""
    return (yield from asked(Ask("POST", "/charge-points", body={"id": charge_point, **configuration})))


def command(
    charge_point: str, verb: str, body: Mapping[str, Any] | None = None, *, wait_s: float = WAIT_S
) -> Steps[Json]:
    """Touches a charge point, e.g. `command("CP001", "plug-in", {"evse": 1})`; the command's result.

    With `wait_s` 0 it is only given. A command that is not done in time is a Problem too.
    """
    __tracebackhide__ = True
    path = path_of(charge_point, verb)
    result = yield from asked(Ask("POST", path, {"wait": f"{wait_s:g}"}, dict(body or {}), wait_s))
    if wait_s and result.get("status") == "pending":
        raise Problem(202, {"reason": f"{verb} was taken in, but not done within {wait_s:g} s"})
    return result


def result(charge_point: str, command: str, *, wait_s: float = WAIT_S) -> Steps[Json | None]:
    """What became of a command that was only given; None if it has not ended in time."""
    path = path_of(charge_point, "commands", command)
    try:
        return (yield from asked(Ask("GET", path, {"wait": f"{wait_s:g}"}, patience_s=wait_s)))
    except Problem as problem:
        if problem.status == 404:
            return None
        raise


def view(charge_point: str) -> Steps[Json]:
    """A charge point as it stands."""
    return (yield from asked(Ask("GET", path_of(charge_point))))


def messages(charge_point: str, /, **filters: str | int | Sequence[str]) -> Steps[Json]:
    """The wire record of a charge point: `items`, oldest first, and `next`, to be sent as `after`.

    Filters: action, direction, kind, valid, verdict, message_id, rule, since, until, field (`idTag=04A1B2C3`, one or a
    list), after, limit.
    """
    return (yield from asked(Ask("GET", path_of(charge_point, "messages"), filters)))


def message(
    charge_point: str, /, *, wait_s: float = WAIT_S, **filters: str | int | Sequence[str]
) -> Steps[Json | None]:
    """The first message that passes the filters, waited for; None if none came in time."""
    params = {**filters, "timeout": f"{wait_s:g}"}
    try:
        return (
            yield from asked(Ask("GET", path_of(charge_point, "messages", "wait"), params, patience_s=wait_s))
        )
    except Problem as problem:
        if problem.status == 504:
            return None
        raise


def export(charge_point: str, /, **filters: str | int | Sequence[str]) -> Steps[str]:
    """The wire record of a charge point as a file that can be replayed: JSON Lines, a header, then a frame a line."""
    return (yield from read(Ask("GET", path_of(charge_point, "messages", "export"), filters)))


def violations(charge_point: str, /, *, since: str | None = None) -> Steps[Json]:
    """In what the backend broke OCPP: `verdict` (`clean`, `advice`, `broken`) and `findings`, with counts."""
    params = {"since": since} if since else {}
    return (yield from asked(Ask("GET", path_of(charge_point, "violations"), params)))


def violations_as(charge_point: str, format: str, /, *, since: str | None = None) -> Steps[str]:
    """The same as a text: `json`, `junit` or `markdown`."""
    params = {"format": format} | ({"since": since} if since else {})
    return (yield from read(Ask("GET", path_of(charge_point, "violations"), params)))


def retire(charge_point: str) -> Steps[None]:
    """Takes a charge point out of the world."""
    yield from asked(Ask("DELETE", path_of(charge_point)))


def retire_all(**labels: str) -> Steps[Sequence[str]]:
    """Takes all charge points that wear every given label out of the world; their ids."""
    if not labels:
        raise ValueError(
            "without a label every charge point would go: name one, as in retire_all(test='mine')"
        )
    wanted = [f"{key}={value}" for key, value in labels.items()]
    gone = yield from asked(Ask("DELETE", "/charge-points", {"label": wanted}))
    return [*gone["retired"], *gone.get("pending", ())]
