"""Expectations of a test: messages on the wire, awaited in their order, and a readable failure where they do not come.

Each expectation begins after the last message that an expectation was met by, the first at the charger's first frame;
what lies between is passed over. Directions are the charge point's.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from vcp_testkit.asking import Steps
from vcp_testkit.difference import wire_around
from vcp_testkit.following import Wire
from vcp_testkit.frames import WireFrame, answer_to
from vcp_testkit.scenarios import seeking
from vcp_testkit.scenarios.messages import Expected

WITHIN_S = 5.0
QUIET_S = 0.5
Direction = Literal["sent", "received"]
S = TypeVar("S")


class Unmet(AssertionError):
    """What was expected did not come, or what was not to come did. The text shows the difference and the wire."""


class Seen:
    """A call that was seen on the wire."""

    def __init__(self, frame: WireFrame) -> None:
        self.frame = frame

    @property
    def action(self) -> str:
        """The OCPP action."""
        return self.frame.action or ""

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the call carries."""
        return self.frame.payload or {}

    @property
    def message_id(self) -> str:
        """The id by which the answer is paired."""
        return self.frame.message_id or ""

    def __repr__(self) -> str:
        return f"<{'sent' if self.frame.sent else 'received'} {self.action} {dict(self.payload)}>"


@dataclass(frozen=True)
class Wish:
    """A call that is wished for. Build it with `message`."""

    action: str
    payload: Mapping[str, Any]
    direction: Direction | None = None
    answered: Mapping[str, Any] | None = None
    error: str | None = None

    def over(self, frames: Sequence[WireFrame]) -> Expected:
        """The wish as it is sought: without a direction it is the one in which such a call came."""
        directed = self.direction or _direction(self.action, frames)
        given: dict[str, Any] = {directed: self.action, "with": dict(self.payload)}
        if self.answered is not None:
            given["answer"] = dict(self.answered)
        if self.error is not None:
            given["error"] = self.error
        return Expected.model_validate(given)


def message(
    action: str,
    payload: Mapping[str, Any] | None = None,
    /,
    *,
    direction: Direction | None = None,
    answered: Mapping[str, Any] | None = None,
    error: str | None = None,
    **fields: Any,
) -> Wish:
    """A call by its OCPP action or its word of the contracts, and what must stand in its payload:
    `message("StartTransaction", idTag="04A1B2C3")`.

    A field's value is a plain one, a mapping (what must stand in the object), or one of `vcp_testkit.wishes`.
    `answered`: what must stand in the answer. `error`: the answer is an error with this code (`any`: with any).
    """
    return Wish(action, {**(payload or {}), **fields}, direction, answered, error)


def expect(
    wire: Wire[S],
    action: str,
    payload: Mapping[str, Any] | None = None,
    /,
    *,
    within: float = WITHIN_S,
    direction: Direction | None = None,
    answered: Mapping[str, Any] | None = None,
    error: str | None = None,
    **fields: Any,
) -> Steps[S]:
    """The next such call on the wire, awaited for `within` seconds: `expect("StartTransaction", idTag="04A1B2C3")`.

    Fields, `answered` and `error` as for `message`. Raises Unmet.
    """
    __tracebackhide__ = True
    wish = message(action, payload, direction=direction, answered=answered, error=error, **fields)
    [seen] = yield from expect_in_any_order(wire, wish, within=within)
    return seen


def expect_in_any_order(wire: Wire[S], /, *wishes: Wish | str, within: float = WITHIN_S) -> Steps[list[S]]:
    """All these calls, each by a message of its own, in whatever order; they are given in the order of the wishes.

    What is expected next comes after the last of them. Raises Unmet.
    """
    __tracebackhide__ = True
    wanted = [wish if isinstance(wish, Wish) else message(wish) for wish in wishes]
    until = time.monotonic() + within
    while True:
        ahead = wire.frames[wire.used :]
        sought = [wish.over(ahead) for wish in wanted]
        if len(sought) == 1:
            found: list[seeking.Seen] = [seeking.seek(sought[0], wire.frames, wire.used)]
        else:
            found = seeking.seek_all(sought, wire.frames, wire.used)
        met = [seen for seen in found if isinstance(seen, seeking.Met)]
        if len(met) == len(sought):
            wire.used = max((seen.at + 1 for seen in met), default=wire.used)
            return [wire.seen(seen.call) for seen in met]
        hopeless = any(isinstance(seen, seeking.Wrong) for seen in found)
        if hopeless or not (yield from wire.more(until)):
            raise Unmet(_unmet(wire, sought, found, within))


def expect_none(
    wire: Wire[S],
    action: str,
    payload: Mapping[str, Any] | None = None,
    /,
    *,
    within: float = QUIET_S,
    direction: Direction | None = None,
    **fields: Any,
) -> Steps[None]:
    """No such call, neither among those not yet passed over nor within the next `within` seconds. Uses nothing up.

    Raises Unmet.
    """
    __tracebackhide__ = True
    wish = message(action, payload, direction=direction, **fields)
    until = time.monotonic() + within
    while True:
        ahead = wire.frames[wire.used :]
        sought = wish.over(ahead)
        unwanted = next((frame for frame in ahead if seeking.is_meant(sought, frame)), None)
        if unwanted is not None:
            raise Unmet(f"not expected, and it came: {seeking.in_words(sought)}\n{_around(wire, unwanted)}")
        if not (yield from wire.more(until)):
            return


def answered(wire: Wire[Any], call: WireFrame) -> Steps[WireFrame]:
    """The answer to a call, a result or an error; as long as the wire is patient. Raises Unmet."""
    __tracebackhide__ = True
    until = time.monotonic() + wire.patience_s
    while True:
        following = wire.frames[wire.frames.index(call) + 1 :]
        if (answer := answer_to(call, following)) is not None:
            return answer
        if not (yield from wire.more(until)):
            raise Unmet(f"{call.action} was not answered within {wire.patience_s:g} s\n{_around(wire, call)}")


def _direction(action: str, frames: Sequence[WireFrame]) -> Direction:
    received = any(frame.kind == "call" and not frame.sent and frame.is_named(action) for frame in frames)
    return "received" if received else "sent"


def _unmet(wire: Wire[Any], sought: Sequence[Expected], found: Sequence[seeking.Seen], within: float) -> str:
    lines = []
    marked: WireFrame | None = None
    for wish, seen in zip(sought, found, strict=True):
        if isinstance(seen, seeking.Met):
            continue
        if isinstance(seen, seeking.Wrong):
            lines.append(f"the answer is not as expected: {seeking.in_words(wish)}")
            marked = marked or seen.answer
        else:
            lines.append(f"did not come within {within:g} s: {seeking.in_words(wish)}")
            marked = marked or seen.nearest
        lines.append(seeking.shown(seen))
    return "\n".join([*lines, _around(wire, marked)])


def _around(wire: Wire[Any], marked: WireFrame | None) -> str:
    return (
        f"the wire of {wire.charge_point} (→ sent by the charge point, ← received):\n"
        f"{wire_around(wire.frames, marked)}"
    )
