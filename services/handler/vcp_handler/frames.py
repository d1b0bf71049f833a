"""The JSON arrays that OCPP-J puts on the wire: text to frame and back. Knows no action, no version, no socket."""

import json
import re
from dataclasses import dataclass
from typing import Literal, NoReturn

import orjson

Payload = dict[str, object]

CALL = 2
RESULT = 3
ERROR = 4

MAX_TEXT = 1024 * 1024
"""Longest text that is read, in characters."""

MAX_DEPTH = 100
"""How deep lists and objects may lie in each other: far deeper than OCPP's do, and less than our own tools take."""

MAX_ID = 36
"""OCPP-J 4.2.1: longest message id."""

MAX_DESCRIPTION = 255
"""OCPP-J 4.2.3: longest error description."""

MAX_READABLE_ID = 255
"""Longest id that an error answer echoes; a longer one counts as unreadable."""

BrokenKind = Literal[
    "too_long",
    "not_text",
    "not_json",
    "not_array",
    "too_deep",
    "unknown_type",
    "arity",
    "bad_id",
    "bad_action",
    "bad_payload",
    "bad_code",
]


@dataclass(slots=True, frozen=True)
class Call:
    """Someone asks or tells something."""

    id: str
    action: str
    payload: Payload


@dataclass(slots=True, frozen=True)
class CallResult:
    """The answer to a call."""

    id: str
    payload: Payload


@dataclass(slots=True, frozen=True)
class Failure:
    """What an error answer says."""

    code: str
    description: str
    details: Payload

    @property
    def payload(self) -> Payload:
        """As one object, so that it can be looked at and changed like any payload."""
        return {
            "errorCode": self.code,
            "errorDescription": self.description,
            "errorDetails": self.details,
        }


@dataclass(slots=True, frozen=True)
class CallError:
    """A call could not be processed. `flaw` says what is wrong with an error that can be understood all the same."""

    id: str
    code: str
    description: str = ""
    details: Payload | None = None
    flaw: str | None = None

    @property
    def failure(self) -> Failure:
        """What it says."""
        return Failure(self.code, self.description, self.details or {})


@dataclass(slots=True, frozen=True)
class Broken:
    """A text that is no proper frame. `id` and `type` are what could be read of it."""

    kind: BrokenKind
    reason: str
    id: str | None = None
    type: int | None = None
    beyond_limits: bool = False
    """Whether it may be good JSON of which our reader takes no more (RFC 8259 §9 lets a reader have limits)."""


Frame = Call | CallResult | CallError | Broken

_HEAD_OF_CALL = re.compile(r'[ \t\r\n]*\[[ \t\r\n]*2[ \t\r\n]*,[ \t\r\n]*("(?:[^"\\]|\\.)*")[ \t\r\n]*,')
"""The beginning of a call, with its id as JSON has it."""


def read(text: str | bytes, limit: int = MAX_TEXT) -> Frame:
    """The frame that a received text holds (OCPP-J 4.2). Never raises: what can't be read is `Broken`."""
    if len(text) > limit:
        return Broken("too_long", f"a message of {len(text)} characters; {limit} are read")
    try:
        parts = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _refused(text, error)
    if not isinstance(parts, list) or not parts:
        return Broken("not_array", "not a JSON array with a message type in front")
    if _is_too_deep(text, parts):
        reason = f"lists and objects lie more than {MAX_DEPTH} deep in each other"
        kind = parts[0] if type(parts[0]) is int else None
        return Broken("too_deep", reason, _readable_id(parts), kind, beyond_limits=True)
    match parts[0]:
        case bool() | float():
            return _unknown_type(parts)
        case 2:
            return _read_call(parts)
        case 3:
            return _read_result(parts)
        case 4:
            return _read_error(parts)
    return _unknown_type(parts)


def write_call(message_id: str, action: str, payload: Payload) -> str:
    """The text of a call. Raises TypeError for what JSON can't hold."""
    return orjson.dumps([CALL, message_id, action, payload]).decode()


def write_result(message_id: str, payload: Payload) -> str:
    """The text of an answer. Raises TypeError for what JSON can't hold."""
    return orjson.dumps([RESULT, message_id, payload]).decode()


def write_error(message_id: str, code: str, description: str) -> str:
    """The text of an error answer; a longer description than OCPP-J 4.2.3 allows is cut."""
    return write_failure(message_id, Failure(code, description[:MAX_DESCRIPTION], {}))


def write_failure(message_id: str, failure: Failure) -> str:
    """The text of an error answer as it is given. Raises TypeError for what JSON can't hold."""
    return orjson.dumps([ERROR, message_id, failure.code, failure.description, failure.details]).decode()


def _refused(text: str | bytes, why: orjson.JSONDecodeError) -> Broken:
    """What our reader refuses. RFC 8259 §9 lets it refuse JSON too, e.g. the number 1e400: such a call has an id, and
    whoever sent it waits for an answer."""
    message_id = _id_at_head(text)
    if message_id is None or not _is_json(text):
        return Broken("not_json", f"not JSON: {why}")
    return Broken("bad_payload", f"JSON that can't be read: {why}", message_id, CALL, beyond_limits=True)


def _id_at_head(text: str | bytes) -> str | None:
    head = _HEAD_OF_CALL.match(text if isinstance(text, str) else text.decode(errors="replace"))
    try:
        return None if head is None else _readable_id([CALL, orjson.loads(head[1])])
    except orjson.JSONDecodeError:
        return None


def _is_json(text: str | bytes) -> bool:
    """Whether it keeps to JSON's grammar, as far as a reader goes that takes numbers and surrogates of any kind."""
    try:
        json.loads(text, parse_constant=_refuse, parse_float=len, parse_int=len)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _is_too_deep(text: str | bytes, parts: list[object]) -> bool:
    """Few brackets can't lie deep, and few is what nearly every frame has."""
    brackets = (
        text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")
    )
    layer: list[object] = [parts]
    depth = 0
    while brackets > MAX_DEPTH and layer:
        depth += 1
        if depth > MAX_DEPTH:
            return True
        inner = [each.values() if isinstance(each, dict) else each for each in layer]
        layer = [part for parts in inner for part in parts if isinstance(part, list | dict)]  # type: ignore[attr-defined]
    return False


def unwritable(payload: object) -> str | None:
    """Why this can't be written as JSON, e.g. for a number beyond 64 bits; None: it can."""
    try:
        orjson.dumps(payload)
    except TypeError as reason:
        return f"can't be written as JSON: {reason}"
    return None


def canonical(payload: Payload) -> bytes:
    """The same bytes for the same content, however it was written."""
    return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)


def _read_call(parts: list[object]) -> Call | Broken:
    message_id = _readable_id(parts)
    if len(parts) != 4:
        return Broken("arity", f"a CALL has 4 elements, this has {len(parts)}", message_id, CALL)
    if (broken := _check_id(parts, message_id, CALL)) is not None:
        return broken
    action = parts[2]
    if not isinstance(action, str) or not action:
        return Broken("bad_action", "the action is not a text", message_id, CALL)
    payload = _payload(parts[3])
    if payload is None:
        return Broken("bad_payload", "the payload is not an object", message_id, CALL)
    return Call(str(message_id), action, payload)


def _read_result(parts: list[object]) -> CallResult | Broken:
    message_id = _readable_id(parts)
    if len(parts) != 3:
        return Broken("arity", f"a CALLRESULT has 3 elements, this has {len(parts)}", message_id, RESULT)
    if (broken := _check_id(parts, message_id, RESULT)) is not None:
        return broken
    payload = _payload(parts[2])
    if payload is None:
        return Broken("bad_payload", "the payload is not an object", message_id, RESULT)
    return CallResult(str(message_id), payload)


def _read_error(parts: list[object]) -> CallError | Broken:
    message_id = _readable_id(parts)
    if (broken := _check_id(parts, message_id, ERROR)) is not None:
        return broken
    if len(parts) < 3 or not isinstance(parts[2], str):
        return Broken("bad_code", "the error code is not a text", message_id, ERROR)
    rest = parts[3:]
    description = rest[0] if rest and isinstance(rest[0], str) else ""
    details = rest[1] if len(rest) > 1 and isinstance(rest[1], dict) else None
    return CallError(str(message_id), parts[2], description, details, _error_flaw(rest))


def _error_flaw(rest: list[object]) -> str | None:
    """What is wrong with the last two elements of an error: it is understood without them."""
    if len(rest) != 2:
        return f"a CALLERROR has 5 elements, this has {3 + len(rest)}"
    if not isinstance(rest[0], str):
        return "the error description is not a text"
    return None if isinstance(rest[1], dict) else "the error details are not an object"


def _unknown_type(parts: list[object]) -> Broken:
    return Broken("unknown_type", f"message type {str(parts[0])[:20]} is not known", _readable_id(parts))


def _readable_id(parts: list[object]) -> str | None:
    if len(parts) > 1 and isinstance(parts[1], str) and 0 < len(parts[1]) <= MAX_READABLE_ID:
        return parts[1]
    return None


def _check_id(parts: list[object], message_id: str | None, kind: int) -> Broken | None:
    if message_id is None:
        shape = (
            "a text" if len(parts) > 1 and not isinstance(parts[1], str) else f"1 to {MAX_ID} characters long"
        )
        return Broken("bad_id", f"the message id is not {shape}", None, kind)
    if len(message_id) > MAX_ID:
        reason = f"the message id has {len(message_id)} characters, {MAX_ID} are allowed"
        return Broken("bad_id", reason, message_id, kind)
    return None


def _payload(payload: object) -> Payload | None:
    """An empty payload may come as null (OCPP-J 4.2.1 tells receivers to accept it)."""
    if payload is None:
        return {}
    return payload if isinstance(payload, dict) else None
