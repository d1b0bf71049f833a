"""The books of a run with crashes, as pure functions from records to complaints: an empty list means that all is well.

What crossed the wire is judged by the backend's own ledger; here are the records of the driver, the broker and the state.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vcp_abstraction.charger import Charger
from vcp_abstraction.due import next_due
from vcp_backend import Frame, Socket
from vcp_backend.transactions import transactions

Event = Mapping[str, Any]

RESULTS = ("command_done", "command_rejected")
"""The events that bring a command's result."""


# --- commands and their results ------------------------------------------------------------------------------------


def one_result_each(commands: Iterable[str], events: Iterable[Event]) -> list[str]:
    """Every command has one result; whatever else is told of it is the same again, marked as a repeat."""
    told: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for event in events:
        if event["type"] in RESULTS:
            told[event["result"]["command"]].append(event["result"])
    wanted = set(commands)
    complaints = [f"{command} has no result" for command in sorted(wanted - told.keys())]
    complaints += [f"{command} has a result and was never given" for command in sorted(told.keys() - wanted)]
    for command, results in told.items():
        first = [result for result in results if not result.get("repeated")]
        if len(first) != 1:
            complaints.append(f"{command} has {len(first)} results")
        elif any({**result, "repeated": False} != {**first[0], "repeated": False} for result in results):
            complaints.append(f"{command} was told another result on its repeat")
    return complaints


def no_id_twice(events: Iterable[Event]) -> list[str]:
    """No two events have one id."""
    seen: dict[str, str] = {}
    complaints = []
    for event in events:
        if event["id"] in seen:
            complaints.append(f"event {event['id']}: {seen[event['id']]} and {event['type']}")
        seen[event["id"]] = event["type"]
    return complaints


# --- sessions --------------------------------------------------------------------------------------------------------


def as_many_sessions(
    driven: Mapping[str, int], events: Iterable[Event], frames: Sequence[Frame]
) -> list[str]:
    """What was driven, what the charger says of itself, and what its backend heard: the same number everywhere."""
    started: defaultdict[str, int] = defaultdict(int)
    ended: defaultdict[str, int] = defaultdict(int)
    heard: defaultdict[str, int] = defaultdict(int)
    for event in events:
        started[event["charge_point"]] += event["type"] == "transaction_started"
        ended[event["charge_point"]] += event["type"] == "transaction_ended"
    for transaction in transactions(frames):
        heard[transaction.identity] += 1
    return [
        f"{charger}: {number} sessions driven, {started[charger]} started, {ended[charger]} ended, {heard[charger]} heard"
        for charger, number in driven.items()
        if not number == started[charger] == ended[charger] == heard[charger]
    ]


# --- sockets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Blow:
    """Something that may cost the sockets of these partitions, from then on until it is mended."""

    at: datetime
    until: datetime
    partitions: frozenset[int]
    what: str


def closed_without_cause(
    sockets: Iterable[Socket], blows: Sequence[Blow], partition_of: Callable[[str], int], until: datetime
) -> list[str]:
    """Sockets that closed before `until` though no blow hit their partition then."""
    return [
        f"socket {socket.number} of {socket.identity} (partition {home}) closed at {socket.closed_at:%H:%M:%S.%f}"
        for socket in sockets
        if socket.closed_at is not None and socket.closed_at < until
        for home in [partition_of(socket.identity)]
        if not any(home in blow.partitions and blow.at <= socket.closed_at <= blow.until for blow in blows)
    ]


# --- the broker's own record -----------------------------------------------------------------------------------------


def commands_of(aof: bytes) -> Iterator[list[bytes]]:
    """The commands in an append-only file, as far as the last one is whole."""
    at = 0
    while at < len(aof):
        end = aof.find(b"\r\n", at)
        if end < 0:
            return
        head, at = aof[at:end], end + 2
        if not head.startswith(b"*"):
            continue  # an annotation
        words = []
        for _ in range(int(head[1:])):
            end = aof.find(b"\r\n", at)
            start = end + 2
            if end < 0 or start + int(aof[at + 1 : end]) + 2 > len(aof):
                return
            at = start + int(aof[at + 1 : end])
            words.append(aof[start:at])
            at += 2
        yield words


def commit_numbers_without_gaps(commands: Iterable[Sequence[bytes]]) -> list[str]:
    """The number of each partition's record rises by one from change to change, and its position never falls."""
    numbers: defaultdict[bytes, int] = defaultdict(int)
    positions: dict[bytes, tuple[int, int]] = {}
    complaints = []
    for name, key, *words in (command for command in commands if len(command) > 2):
        if b":meta:" not in key:
            continue
        if name.upper() == b"HINCRBY":
            numbers[key] += int(words[1])
        elif name.upper() == b"HSET":
            fields = dict(zip(words[::2], words[1::2], strict=True))
            if b"number" in fields:
                number = int(fields[b"number"])
                if number != numbers[key] + 1:
                    complaints.append(f"{key.decode()}: number {number} after {numbers[key]}")
                numbers[key] = number
            if b"position" in fields:
                position = _order(fields[b"position"])
                if position < positions.get(key, position):
                    complaints.append(f"{key.decode()}: position {position} after {positions[key]}")
                positions[key] = position
    return complaints


def _order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number or 0)


# --- rest ------------------------------------------------------------------------------------------------------------


def unrest(chargers: Iterable[Charger], now: datetime, *, online: bool = True) -> list[str]:
    """What is still going on: something in flight, queued, or due in the past; or a link that does not stand."""
    complaints = []
    for charger in chargers:
        lanes, due = charger.facts.lanes, next_due(charger)
        if lanes.in_flight is not None:
            complaints.append(f"{charger.id}: {lanes.in_flight.word} {lanes.in_flight.id} is in flight")
        waiting = [str(entry.action.type) for entry in charger.queue.values()]
        if waiting or lanes.boot or lanes.express or lanes.transactions:
            complaints.append(f"{charger.id}: queued {', '.join(waiting)}")
        if due is not None and due < now - timedelta(seconds=1):
            complaints.append(f"{charger.id}: due since {due:%H:%M:%S.%f}")
        if online and not charger.online:
            complaints.append(f"{charger.id}: its link is {charger.facts.link.state}")
        if charger.facts.quarantined:
            complaints.append(f"{charger.id}: quarantined")
    return complaints
