"""Whether what was expected has come, seen over the frames so far. Waits for nothing and fetches nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from vcp_testkit.difference import difference, frame_line
from vcp_testkit.frames import WireFrame, answer_to
from vcp_testkit.matching import ABSENT, Held, as_json, compare, fits, look
from vcp_testkit.scenarios.messages import Expected, Message
from vcp_testkit.scenarios.values import filled

Values = Mapping[str, Any]
Wish = TypeVar("Wish", bound=Message)


@dataclass(frozen=True, slots=True)
class Met:
    """The message came, at this number in the record, and its answer, where one was asked for."""

    at: int
    call: WireFrame
    answer: WireFrame | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Not yet; what came nearest, and how it differs."""

    nearest: WireFrame | None = None
    held: tuple[Held, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """It came, and its answer is not as expected: waiting is no use."""

    at: int
    answer: WireFrame
    held: tuple[Held, ...]


Seen = Met | Missing | Wrong


def seek(wish: Expected, frames: Sequence[WireFrame], start: int) -> Seen:
    """The first message from number `start` on that is as wished."""
    for at in range(start, len(frames)):
        if is_meant(wish, frames[at]):
            return _answered(wish, frames, at)
    if any(is_meant(wish, frame) for frame in frames[:start]):
        return Missing(
            hint="one came before what was expected last: messages are expected in order; for another use in_any_order"
        )
    return _nearest(wish, frames[start:])


def seek_all(wishes: Sequence[Expected], frames: Sequence[WireFrame], start: int) -> list[Seen]:
    """Each wish with a message of its own, in any order; messages are dealt out so that as many as can be are met."""
    dealt = _deal(wishes, frames, start)
    return [
        _answered(wish, frames, dealt[number]) if number in dealt else _nearest(wish, frames[start:])
        for number, wish in enumerate(wishes)
    ]


def is_meant(wish: Message, frame: WireFrame) -> bool:
    """Whether this is a call of that name in that direction, with what it must hold."""
    return _is_named(wish, frame) and fits(wish.with_ or {}, frame.payload)


def kept(wish: Expected, met: Met) -> dict[str, Any]:
    """The values that a message was to leave behind. Raises LookupError with the path that leads nowhere."""
    both = {"payload": met.call.payload, "answer": met.answer.payload if met.answer else None}
    found = {}
    for name, path in wish.capture.items():
        found[name] = look(both, path)
        if found[name] is ABSENT:
            raise LookupError(f"there is no {path} to keep as {name}")
    return found


def filled_in(wish: Wish, known: Values) -> Wish:
    """The wish with its values filled in. Raises Unknown."""
    return type(wish).model_validate(filled(wish.model_dump(by_alias=True, exclude_unset=True), known))


def in_words(wish: Message) -> str:
    """A wish as a person says it."""
    said = f"{'sent' if wish.sent else 'received'} {wish.action}"
    if wish.with_:
        said += f" with {_short(wish.with_)}"
    if isinstance(wish, Expected) and wish.answer is not None:
        said += f", answered {_short(wish.answer) if wish.answer else 'without an error'}"
    if isinstance(wish, Expected) and wish.error is not None:
        said += f", answered with {_error_in_words(wish)}"
    return said


def _error_in_words(wish: Expected) -> str:
    if wish.error == "any":
        return "any error"
    return f"error {wish.error if isinstance(wish.error, str) else ' or '.join(wish.error or ())}"


def shown(seen: Missing | Wrong) -> str:
    """What came instead, and how it differs."""
    frame = seen.answer if isinstance(seen, Wrong) else seen.nearest
    lines = [f"nearest: {frame_line(frame)}"] if frame else []
    if seen.held:
        lines.append(difference(seen.held))
    if isinstance(seen, Missing) and seen.hint:
        lines.append(seen.hint)
    return "\n".join(lines)


def _is_named(wish: Message, frame: WireFrame) -> bool:
    return frame.kind == "call" and frame.sent is (wish.sent is not None) and frame.is_named(wish.action)


def _answered(wish: Expected, frames: Sequence[WireFrame], at: int) -> Seen:
    call = frames[at]
    if not wish.awaits_answer:
        return Met(at, call, None)
    answer = answer_to(call, frames[at + 1 :])
    if answer is None:
        return Missing(call, hint="it came, and has no answer yet")
    held = tuple(_held(wish, answer))
    if all(one.fits for one in held):
        return Met(at, call, answer)
    return Wrong(at, answer, held)


def _held(wish: Expected, answer: WireFrame) -> list[Held]:
    if wish.error is not None:
        codes = (wish.error,) if isinstance(wish.error, str) else wish.error
        fitting = answer.kind == "error" and ("any" in codes or answer.code in codes)
        return [Held("answer", _error_in_words(wish), answer.code or "no error", fitting)]
    if answer.kind == "error":
        return [Held("answer", "an answer", f"error {answer.code}: {answer.description}", False)]
    return list(compare(wish.answer or {}, answer.payload, "answer"))


def _nearest(wish: Expected, frames: Sequence[WireFrame]) -> Missing:
    named = [frame for frame in frames if _is_named(wish, frame)]
    if named:
        near = max(named, key=lambda frame: _score(wish, frame))
        return Missing(near, tuple(compare(wish.with_ or {}, near.payload)))
    others = {
        frame.action
        for frame in frames
        if frame.kind == "call" and frame.action and frame.sent is (wish.sent is not None)
    }
    close = get_close_matches(wish.action, others, n=1)
    hint = f"none came; there was {close[0]}" if close else f"no {wish.action} came"
    return Missing(hint=hint)


def _score(wish: Expected, frame: WireFrame) -> float:
    held = list(compare(wish.with_ or {}, frame.payload))
    return sum(one.fits for one in held) / max(1, len(held))


def _deal(wishes: Sequence[Message], frames: Sequence[WireFrame], start: int) -> dict[int, int]:
    """Wish number → frame number: a largest matching, by augmenting paths (Kuhn)."""
    fitting = [[at for at in range(start, len(frames)) if is_meant(wish, frames[at])] for wish in wishes]
    owner: dict[int, int] = {}

    def place(wish: int, tried: set[int]) -> bool:
        for at in fitting[wish]:
            if at not in tried:
                tried.add(at)
                if at not in owner or place(owner[at], tried):
                    owner[at] = wish
                    return True
        return False

    for number in range(len(wishes)):
        place(number, set())
    return {wish: at for at, wish in owner.items()}


def _short(wish: Any) -> str:
    text = as_json(wish)
    return text if len(text) <= 100 else f"{text[:99]}…"
