"""Committing batches, and what became of them. All or nothing a partition, also when the connection breaks."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import MasterDownError, OutOfMemoryError, ReadOnlyError

from vcp_plumbing.batch import Batch
from vcp_plumbing.connection import LOST
from vcp_plumbing.script import Call, Script, run

LEASE_MS = 4_000
RESULT_AGE_MS = 3_600_000
RESULTS_KEPT = 5_000
"""How many results of commands each partition remembers, for at most an hour."""

_PAUSE_S = 0.05
_COMMIT = Script.of("commit")
_UNWILLING = ("MISCONF", "NOREPLICAS", "BUSY ", "CLUSTERDOWN", "TRYAGAIN")


@dataclass(frozen=True, slots=True)
class Committed:
    """It happened, exactly once."""

    number: int
    """The commit number to expect at the next commit."""
    time_ms: int | None
    """The server's time at the commit; None when its reply was lost and the record found later."""
    deadline: float
    """The lease is ours until then, on our own monotonic clock."""
    position: str | None
    """The position that was committed, None when the batch had none."""


@dataclass(frozen=True, slots=True)
class Fenced:
    """Nothing was touched: the partition is another owner's, or its record is not the one we knew."""

    owner: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Full:
    """Nothing was touched: the server takes no writes now (memory, disk, read-only). Commit again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The server refused a command of the batch, which is a bug or a foreign hand in our keys.

    The position has not moved; commands before the refused one may have been applied.
    """

    reason: str


Outcome = Committed | Fenced | Full | Broken


async def commit_all(
    redis: Redis,
    owner: str,
    batches: Sequence[Batch],
    *,
    lease_ms: int = LEASE_MS,
    patience_s: float = LEASE_MS / 1000,
    clock: Callable[[], float] = time.monotonic,
) -> dict[int, Outcome]:
    """Commit all batches in one round trip; what became of each, by partition.

    A broken connection leaves open whether a batch was applied, so the same batches are sent again: the script
    applies each only at the number it expects, and a record that is ours and one further means that the first
    sending did it. Raises one of `LOST` when that stays open for `patience_s`: then reload from the broker.
    """
    if not batches:
        return {}
    calls = [_call(batch, owner, lease_ms) for batch in batches]
    lease_s = lease_ms / 1000
    first = sent = clock()
    first_deadline: float | None = None
    while True:
        try:
            replies = await run(redis, calls, timeout_s=patience_s)
            break
        except LOST:
            if clock() + _PAUSE_S - first >= patience_s:
                raise
            await asyncio.sleep(_PAUSE_S)
            first_deadline = first + lease_s
            sent = clock()
    return {
        batch.partition: _judge(batch, owner, reply, sent + lease_s, first_deadline)
        for batch, reply in zip(batches, replies, strict=True)
    }


def _call(batch: Batch, owner: str, lease_ms: int) -> Call:
    return _COMMIT.call(
        batch.keys(),
        (
            owner,
            batch.number,
            batch.position or "",
            batch.oldest_kept,
            lease_ms,
            RESULT_AGE_MS,
            RESULTS_KEPT,
            len(batch.results) // 2,
            *batch.results,
            *batch.words,
        ),
    )


def _judge(batch: Batch, owner: str, reply: Any, deadline: float, first_deadline: float | None) -> Outcome:
    """What a reply says. `first_deadline` is given when the batch had been sent before, with its reply lost."""
    if isinstance(reply, Exception):
        return _refusal(reply)
    done, *rest = reply
    if done:
        return Committed(rest[0], rest[1], deadline, batch.position)
    found = rest[0].decode()
    number = int(rest[1]) if rest[1] else None
    if first_deadline is not None and found == owner and number == batch.number + 1:
        return Committed(number, None, first_deadline, batch.position)
    return Fenced(found, number)


def _refusal(error: Exception) -> Outcome:
    reason = str(error)
    if isinstance(error, OutOfMemoryError | ReadOnlyError | MasterDownError) or reason.startswith(_UNWILLING):
        return Full(reason)
    return Broken(reason)
