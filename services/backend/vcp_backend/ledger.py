"""The auditor: rules that a record must keep, as pure functions from frames to violations. Reads; changes nothing.

An empty list means that the rule was kept. The views that the rules are made of are in `letters` and
`transactions`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import orjson

from vcp_backend.frames import Direction, Frame, Payload, Violation
from vcp_backend.letters import (
    CALL,
    ERROR,
    Letter,
    answers_per_call,
    calls_of,
    most_open_calls,
    opened,
    opened_one,
    other,
)
from vcp_backend.transactions import Reading, Transaction, readings, transactions

__all__ = [
    "all_violations",
    "answers_at_most_once_on_own_socket",
    "answers_per_call",
    "calls_of",
    "equal_id_equal_payload",
    "meter_never_falls",
    "most_open_calls",
    "one_start_one_stop",
    "open_calls_never_exceed_one",
    "seq_without_gaps",
    "transactions",
]


def open_calls_never_exceed_one(
    frames: Sequence[Frame], *, direction: Direction = "in", given_up_after: timedelta | None = None
) -> list[Violation]:
    """OCPP-J: a sender has at most one open call on a socket.

    `given_up_after` is the sender's call timeout: an older call no longer counts. None forgives nothing.
    """
    open_since: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    found: list[Violation] = []
    for letter in opened(frames):
        waiting = open_since[letter.frame.socket_number]
        if letter.kind != CALL:
            if letter.frame.direction == other(direction):
                waiting.pop(letter.message_id, None)
        elif letter.frame.direction == direction:
            now = letter.frame.at
            still = [i for i, at in waiting.items() if given_up_after is None or now - at < given_up_after]
            if still:
                what = f"{letter.action} {letter.message_id} while {', '.join(still)} is open"
                found.append(_violation("one open call", letter, what))
            waiting[letter.message_id] = now
    return found


def one_start_one_stop(frames: Sequence[Frame], *, may_run: bool = False) -> list[Violation]:
    """Every transaction starts once and stops once, in this order. With `may_run` it needn't have stopped."""
    found: list[Violation] = []
    for transaction in transactions(frames):
        found.extend(_ends(transaction, may_run))
    return found + _started_twice(frames)


def seq_without_gaps(frames: Sequence[Frame]) -> list[Violation]:
    """2.0.1 E01: `seqNo` rises by one from message to message of a transaction, repeats aside."""
    found: list[Violation] = []
    for transaction in transactions(frames):
        numbered = [(m, n) for m in transaction.messages if isinstance(n := m.payload.get("seqNo"), int)]
        for (_, before), (letter, number) in pairwise(numbered):
            if number != before + 1:
                what = f"transaction {transaction.name}: seqNo {number} after {before}"
                found.append(_violation("seqNo", letter, what))
    return found + _numbered_twice(frames)


def meter_never_falls(frames: Sequence[Frame]) -> list[Violation]:
    """The energy register of a transaction never shows less than it did at an earlier time."""
    found: list[Violation] = []
    for transaction in transactions(frames):
        try:
            values = readings(transaction)
        except (ValueError, TypeError, KeyError) as error:
            found.append(_violation("meter", transaction.messages[0], f"unreadable: {error!r}"))
            continue
        last: dict[tuple[str, str], Reading] = {}
        for value in values:
            before = last.get(value.place, value)
            if value.energy_wh < before.energy_wh - 1e-6:
                what = f"transaction {transaction.name}: {value.energy_wh} Wh after {before.energy_wh} Wh"
                found.append(Violation("meter", transaction.identity, value.seq, what))
            last[value.place] = value
    return found


def equal_id_equal_payload(frames: Sequence[Frame]) -> list[Violation]:
    """A message id of a charger stands for one message, over all its connections.

    A repeat is equal to the first; only 2.0.1's `offline` may have turned true since.
    """
    first: dict[tuple[str, str], Letter] = {}
    found: list[Violation] = []
    for letter in calls_of(frames):
        known = first.setdefault((letter.frame.identity, letter.message_id), letter)
        if known.action != letter.action or not _same(known.payload, letter.payload):
            what = f"{letter.message_id} was {known.action} (frame {known.frame.seq}), now {letter.action}"
            found.append(_violation("one id, one message", letter, what))
    return found


def answers_at_most_once_on_own_socket(frames: Sequence[Frame]) -> list[Violation]:
    """A charger answers each call once, on the socket it came by, and answers nothing else.

    An error with the id "-1" answers what could not be read, and is let pass.
    """
    due: Counter[tuple[int, str]] = Counter()
    asked: Counter[tuple[int, str]] = Counter()
    found: list[Violation] = []
    for frame in frames:
        if frame.direction == "out":
            message_id = _answerable(frame)
            if message_id is not None:
                due[frame.socket_number, message_id] += 1
                asked[frame.socket_number, message_id] += 1
            continue
        letter = opened_one(frame)
        if letter is None or letter.kind == CALL or (letter.kind == ERROR and letter.message_id == "-1"):
            continue
        key = (frame.socket_number, letter.message_id)
        if due[key] > 0:
            due[key] -= 1
        else:
            why = "answered again" if asked[key] else "answered, but not asked on this socket"
            found.append(_violation("one answer", letter, f"{letter.message_id} {why}"))
    return found


RULES: tuple[Callable[[Sequence[Frame]], list[Violation]], ...] = (
    open_calls_never_exceed_one,
    one_start_one_stop,
    seq_without_gaps,
    meter_never_falls,
    equal_id_equal_payload,
    answers_at_most_once_on_own_socket,
)


def all_violations(frames: Sequence[Frame]) -> list[Violation]:
    """Holds a record against every rule, each at its strictest."""
    return [violation for rule in RULES for violation in rule(frames)]


def _ends(transaction: Transaction, may_run: bool) -> list[Violation]:
    messages, name = transaction.messages, transaction.name
    starts, stops = transaction.starts, transaction.stops
    found: list[Violation] = []
    if not starts:
        found.append(_violation("one start", messages[0], f"transaction {name} never started"))
    elif starts[0] is not messages[0]:
        found.append(
            _violation("one start", starts[0], f"transaction {name} starts after its other messages")
        )
    for again in starts[1:]:
        found.append(_violation("one start", again, f"transaction {name} starts again"))
    for again in stops[1:]:
        found.append(_violation("one stop", again, f"transaction {name} stops again"))
    if stops and stops[0] is not messages[-1] and len(stops) == 1:
        found.append(_violation("one stop", messages[-1], f"transaction {name} goes on after its stop"))
    if not stops and not may_run:
        found.append(_violation("one stop", messages[-1], f"transaction {name} never stops"))
    return found


def _started_twice(frames: Sequence[Frame]) -> list[Violation]:
    """1.6: the same start under two message ids makes two transactions out of one."""
    first: dict[tuple[str, bytes], Letter] = {}
    found: list[Violation] = []
    for letter in calls_of(frames, action="StartTransaction"):
        key = (letter.frame.identity, orjson.dumps(letter.payload, option=orjson.OPT_SORT_KEYS))
        known = first.setdefault(key, letter)
        if known.message_id != letter.message_id:
            what = f"{letter.message_id} starts what {known.message_id} has started"
            found.append(_violation("one start", letter, what))
    return found


def _numbered_twice(frames: Sequence[Frame]) -> list[Violation]:
    """2.0.1: one `seqNo` of a transaction stands for one message, whatever its message id."""
    first: dict[tuple[str, object, object], Letter] = {}
    found: list[Violation] = []
    for letter in calls_of(frames, action="TransactionEvent"):
        info = letter.payload.get("transactionInfo")
        name = info.get("transactionId") if isinstance(info, dict) else None
        number = letter.payload.get("seqNo")
        known = first.setdefault((letter.frame.identity, name, number), letter)
        if not _same(known.payload, letter.payload):
            what = f"transaction {name}: seqNo {number} with two payloads"
            found.append(_violation("seqNo", letter, what))
    return found


def _same(first: Payload, later: Payload) -> bool:
    """Whether one payload may be a repeat of the other."""
    turned = bool(first.get("offline", False)) and not later.get("offline", False)
    return not turned and _without_offline(first) == _without_offline(later)


def _without_offline(payload: Payload) -> Payload:
    return {name: value for name, value in payload.items() if name != "offline"}


def _answerable(frame: Frame) -> str | None:
    """The id of what a charger may answer: a call, or (with an error) what only looks like one."""
    try:
        parts = orjson.loads(frame.text)
    except orjson.JSONDecodeError:
        return None
    match parts:
        case [kind, str(message_id), *_] if kind not in (3, 4):
            return message_id
    return None


def _violation(rule: str, letter: Letter, what: str) -> Violation:
    return Violation(rule, letter.frame.identity, letter.frame.seq, what)
