"""Frames opened: calls, answers, and which belongs to which. Reads records only; finds no fault with them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from vcp_backend.frames import Direction, Frame, Payload

CALL, RESULT, ERROR = 2, 3, 4


@dataclass(frozen=True, slots=True)
class Letter:
    """A frame that is an OCPP message. `action` is empty and `payload` the details where it is an error."""

    frame: Frame
    kind: int
    message_id: str
    action: str
    payload: Payload


def opened(frames: Iterable[Frame]) -> Iterator[Letter]:
    """All frames that are calls, results or errors; what can't be read as one is left out."""
    for frame in frames:
        letter = opened_one(frame)
        if letter is not None:
            yield letter


def opened_one(frame: Frame) -> Letter | None:
    """One frame as a message, or None where it isn't one."""
    try:
        parts = orjson.loads(frame.text)
    except orjson.JSONDecodeError:
        return None
    match parts:
        case [2, str(message_id), str(action), dict(payload)]:
            return Letter(frame, CALL, message_id, action, payload)
        case [3, str(message_id), dict(payload)]:
            return Letter(frame, RESULT, message_id, "", payload)
        case [4, str(message_id), str(), str(), dict(details)]:
            return Letter(frame, ERROR, message_id, "", details)
    return None


def calls_of(
    frames: Iterable[Frame],
    *,
    identity: str | None = None,
    action: str | None = None,
    direction: Direction = "in",
) -> list[Letter]:
    """Calls in the order of the wire, repeats included."""
    return [
        letter
        for letter in opened(frames)
        if letter.kind == CALL
        and letter.frame.direction == direction
        and identity in (None, letter.frame.identity)
        and action in (None, letter.action)
    ]


def answers_per_call(frames: Iterable[Frame], direction: Direction = "in") -> dict[tuple[int, str], int]:
    """How often each call was answered on its own socket, by (socket number, message id).

    `direction` is that of the calls.
    """
    counts: dict[tuple[int, str], int] = {}
    for letter in opened(frames):
        key = (letter.frame.socket_number, letter.message_id)
        if letter.kind == CALL and letter.frame.direction == direction:
            counts.setdefault(key, 0)
        elif letter.kind != CALL and letter.frame.direction != direction and key in counts:
            counts[key] += 1
    return counts


def most_open_calls(frames: Iterable[Frame]) -> dict[tuple[int, Direction], int]:
    """The most calls that were open at a time, by (socket number, direction of the calls)."""
    waiting: defaultdict[tuple[int, Direction], Counter[str]] = defaultdict(Counter)
    most: dict[tuple[int, Direction], int] = {}
    for letter in opened(frames):
        socket, direction = letter.frame.socket_number, letter.frame.direction
        if letter.kind == CALL:
            key = (socket, direction)
            waiting[key][letter.message_id] += 1
            most[key] = max(most.get(key, 0), waiting[key].total())
        else:
            key = (socket, other(direction))
            if waiting[key][letter.message_id] > 0:
                waiting[key][letter.message_id] -= 1
    return most


def other(direction: Direction) -> Direction:
    """The way back."""
    return "out" if direction == "in" else "in"
