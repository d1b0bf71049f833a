"""Whatever a backend may send: valid calls, calls with something wrong, and texts that are no frames at all."""

import json
from typing import Any

import orjson
from handler.dialects.payloads import payloads
from hypothesis import strategies as st
from vcp_handler.versions import VERSIONS

FOLDERS = {"ocpp1.6": ("v16", ""), "ocpp2.0.1": ("v201", "Request")}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
IDS = st.sampled_from(["1", "2", "1", "-1", "b-17"]) | st.text(min_size=1, max_size=36)
BAD_IDS = st.sampled_from([None, 7, "", "x" * 37, "x" * 300, ["1"], 1.5, True])

NESTED = "[" * 600 + "]" * 600
SCALARS = (
    "1e400",
    "-1e400",
    "1" * 400,
    "NaN",
    "1.0000000000000000000001",
    "-0",
    "0.1e1",
    '"\\u0000"',
    '"\\ud800"',
    '"\ufeff"',
    '"' + "é" * 5_000 + '"',
    NESTED,
    '{"a":1,"a":2}',
)
"""JSON, or nearly, in forms that readers stumble over."""


def calls(subprotocol: str) -> st.SearchStrategy[list[Any]]:
    """Calls that the version's schemas allow."""
    folder, suffix = FOLDERS[subprotocol]
    actions = sorted(VERSIONS[subprotocol].dialect.heard_by_name)
    return st.sampled_from(actions).flatmap(
        lambda action: st.tuples(st.just(2), IDS, st.just(action), payloads(folder, action + suffix)).map(
            list
        )
    )


def bent(draw: st.DrawFn, frame: list[Any]) -> list[Any]:
    """A frame with something else in one place."""
    frame = json.loads(json.dumps(frame))
    where: Any = frame
    while True:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            return frame
        key = draw(st.sampled_from(keys))
        inner = where[key]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            where = inner
            continue
        if draw(st.booleans()):
            where[key] = draw(JSON)
        elif isinstance(where, dict):
            where[draw(st.text(max_size=5))] = where.pop(key)
        else:
            del where[key]
        return frame


def spoilt(draw: st.DrawFn, text: str) -> str:
    """A text with something else somewhere."""
    match draw(st.sampled_from(["cut", "put", "twice", "scalar"])):
        case "cut":
            return text[: draw(st.integers(0, len(text)))]
        case "put":
            at = draw(st.integers(0, len(text)))
            return text[:at] + draw(st.text(max_size=3)) + text[at:]
        case "twice":
            # a field that comes twice: the last one counts
            at = text.find("{") + 1
            return text[:at] + '"idTag":7,' + text[at:] if at and text[at] != "}" else text
    parts = text.split(":")
    at = draw(st.integers(0, len(parts) - 1))
    head, tail = ":".join(parts[:at]), ":".join(parts[at + 1 :])
    return f"{head}:{draw(st.sampled_from(SCALARS))}{',' if tail else '}]'}{tail}" if head else text


@st.composite
def texts(draw: st.DrawFn, subprotocol: str) -> str | bytes:
    """A text of a backend's, good or bad in any way."""
    how = draw(st.sampled_from(["call", "call", "bent", "bent", "spoilt", "answer", "id", "json", "any"]))
    frame = draw(calls(subprotocol))
    match how:
        case "bent":
            frame = bent(draw, frame)
        case "answer":
            frame = [draw(st.sampled_from([3, 4])), draw(IDS | JSON), *draw(st.lists(JSON, max_size=4))]
        case "id":
            frame[1] = draw(BAD_IDS)
        case "json":
            frame = draw(JSON)
        case "any":
            return draw(st.text(max_size=20) | st.binary(max_size=5))
    text = orjson.dumps(frame, default=str).decode()
    return spoilt(draw, text) if how == "spoilt" else text


def owed(text: str | bytes) -> str | None:
    """The id under which OCPP says that a text must be answered: a call whose id can be read (OCPP-J 4.2.1).

    Read by another library than the product's. What RFC 8259 §9 lets a reader refuse, such as numbers that are too large,
    is owed its answer too. Where lists lie deeper than this reader goes it can't be told.
    """
    try:
        frame = json.loads(text, parse_constant=_refuse, parse_int=_int)
    except (ValueError, RecursionError):
        return None
    if isinstance(text, bytes) or not isinstance(frame, list) or len(frame) != 4:
        return None
    number, message_id, action, payload = frame
    if type(number) is not int or number != 2 or not isinstance(message_id, str):
        return None
    good = isinstance(action, str) and action and (payload is None or isinstance(payload, dict))
    return message_id if 0 < len(message_id) <= 36 and good and _is_unicode(message_id) else None


def _refuse(_constant: str) -> float:
    raise ValueError("no JSON")


def _int(text: str) -> float:
    return float(text) if len(text) > 18 else int(text)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
