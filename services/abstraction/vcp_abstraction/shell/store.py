"""Loading a partition from Redis and putting its changes into a commit. The one file of this room that knows keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
from pydantic import TypeAdapter
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.manners import Manners
from vcp_contracts.results import CommandResult
from vcp_plumbing.batch import Batch
from vcp_plumbing.connection import Command, ask
from vcp_plumbing.reader import Entry

from vcp_abstraction.core import Handling
from vcp_abstraction.shell.changes import Changes, Dead, Epoch, Keeping
from vcp_abstraction.shell.done import Done
from vcp_abstraction.shell.merge import EPOCH, START, from_micros, micros

DEAD_KEPT = 10_000
"""About how many dead letters a partition keeps."""
OUT_KEPT = 100_000
"""About how many words wait for a Handler that is away; the queues keep what matters."""
EPOCHS_KEPT = 1_000
CHORES_KEPT = 10_000
"""About how many words wait for a chores worker that is away; the chargers remember what they wait for."""

_CHUNK = 200
"""How many chargers are loaded in one round trip."""

_PAGE = 1_000
"""How many entries are loaded in one round trip."""

_manners: TypeAdapter[dict[str, Manners]] = TypeAdapter(dict[str, Manners])


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is kept of a partition beside its chargers."""

    charge_points: list[str]
    horizon: datetime
    handling: Handling
    done: Done
    head: Entry | None
    """The first entry after the position, if one waits."""
    trying: tuple[str, int] | None
    """The entry that earlier owners tried alone, because the partition had changed hands before it too often, and how
    many of them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One charger as it lies in the store."""

    charge_point: str
    sections: dict[str, bytes]
    queue: dict[str, bytes]


async def load_circumstances(redis: Redis, partition: int, position: str) -> Circumstances:
    """All but the chargers. Raises one of plumbing's `LOST`."""
    wire, ids, done, order, head = await ask(
        redis,
        [
            ("HGETALL", streams.wire(partition)),
            ("SMEMBERS", streams.charge_points(partition)),
            ("HGETALL", streams.done(partition)),
            ("ZRANGE", streams.done_at(partition), 0, -1),
            ("XRANGE", streams.inbox(partition), f"({position}", "+", "COUNT", 1),
        ],
    )
    known = _hash(wire)
    return Circumstances(
        charge_points=sorted(id.decode() for id in ids),
        horizon=from_micros(int(known["horizon"])) if "horizon" in known else EPOCH,
        handling=_handling(known),
        done=_done(_hash(done), order),
        head=Entry(head[0][0].decode(), _fields(head[0][1])) if head else None,
        trying=_trying(known["trying"].decode()) if "trying" in known else None,
    )


async def load_chargers(redis: Redis, partition: int, charge_points: list[str]) -> list[Kept]:
    """The chargers of these ids, as kept. Raises one of plumbing's `LOST`."""
    kept: list[Kept] = []
    for at in range(0, len(charge_points), _CHUNK):
        ids = charge_points[at : at + _CHUNK]
        asked: list[Command] = [("HGETALL", streams.state(partition, id)) for id in ids]
        asked += [("HGETALL", streams.queue(partition, id)) for id in ids]
        hashes = [_hash(reply) for reply in await ask(redis, asked)]
        kept += map(Kept, ids, hashes[: len(ids)], hashes[len(ids) :])
    return kept


async def load_epochs(redis: Redis, partition: int) -> list[Epoch]:
    """The loads of the partition that led to a commit, the oldest first. Raises one of plumbing's `LOST`."""
    [records] = await ask(redis, [("LRANGE", streams.epochs(partition), 0, -1)])
    return [
        Epoch(record["position"], from_micros(record["horizon"]), record["nonce"])
        for record in map(orjson.loads, records)
    ]


async def load_dead(redis: Redis, partition: int) -> list[tuple[str, str]]:
    """The dead letters' entries and reasons, in their order. Raises one of plumbing's `LOST`."""
    [found] = await ask(redis, [("XRANGE", streams.dead(partition), "-", "+")])
    letters = [orjson.loads(words[1]) for _, words in found]
    return [(letter["entry"], letter["reason"]) for letter in letters]


async def load_position(redis: Redis, partition: int, service: str) -> str:
    """The last entry that a service has taken from a partition. Raises one of plumbing's `LOST`."""
    [position] = await ask(redis, [("HGET", streams.meta(partition, service), "position")])
    return position.decode() if position else START


async def load_entries(redis: Redis, partition: int, last: str) -> list[Entry]:
    """All entries of `in` that are still there, up to `last`. Raises one of plumbing's `LOST`."""
    entries: list[Entry] = []
    after = "-"
    while True:
        asked: list[Command] = [("XRANGE", streams.inbox(partition), after, last, "COUNT", _PAGE)]
        [found] = await ask(redis, asked)
        entries += (Entry(id.decode(), _fields(words)) for id, words in found)
        if len(found) < _PAGE:
            return entries
        after = f"({entries[-1].id}"


def write_changes(batch: Batch, changes: Changes, *, owner: str, events_kept: int) -> None:
    """Puts all changes of one cycle into the partition's commit."""
    partition = batch.partition
    batch.position = changes.position
    for keeping in changes.keepings:
        _write_charger(batch, keeping)
    for command, result in changes.results:
        batch.done(command, result)
    _append(batch, streams.outbox(partition), changes.to_handler, OUT_KEPT)
    _append(batch, streams.chores(partition), changes.to_chores, CHORES_KEPT)
    _append(batch, streams.events(partition), changes.events, events_kept)
    _append(batch, streams.dead(partition), map(_letter, changes.dead), DEAD_KEPT)
    _write_wire(batch, changes)
    if changes.epoch is not None:
        batch.add("RPUSH", streams.epochs(partition), _record(changes.epoch, owner))
        batch.add("LTRIM", streams.epochs(partition), -EPOCHS_KEPT, -1)


def write_trying(batch: Batch, entry: str, times: int) -> None:
    """Notes, before an entry is tried alone, which one it is, and the how manieth time."""
    batch.hset(streams.wire(batch.partition), "trying", f"{entry} {times}")


def _trying(noted: str) -> tuple[str, int]:
    entry, _, times = noted.partition(" ")
    return entry, int(times or 1)


def _write_charger(batch: Batch, keeping: Keeping) -> None:
    partition, id = batch.partition, keeping.charge_point
    state, queue = streams.state(partition, id), streams.queue(partition, id)
    if keeping.forget:
        batch.delete(state, queue, streams.frames(partition, id))
    if not keeping.exists:
        batch.srem(streams.charge_points(partition), id)
        batch.hdel(streams.view(partition), id)
        return
    if keeping.new:
        batch.sadd(streams.charge_points(partition), id)
    batch.hset_all(state, keeping.sections)
    batch.hdel(state, *keeping.sections_removed)
    batch.hset_all(queue, keeping.queue_written)
    batch.hdel(queue, *keeping.queue_removed)
    if keeping.view is not None:
        batch.hset(streams.view(partition), id, keeping.view)


def _append(batch: Batch, key: str, bodies: Iterable[bytes], kept: int) -> None:
    """Adds to a stream; bounds it once for all."""
    before = len(batch.words)
    for body in bodies:
        batch.xadd(key, body)
    if len(batch.words) > before:
        batch.add("XTRIM", key, "MAXLEN", "~", kept)


def _write_wire(batch: Batch, changes: Changes) -> None:
    wire = streams.wire(batch.partition)
    if changes.horizon is not None:
        batch.hset(wire, "horizon", micros(changes.horizon))
    if changes.handling is not None:
        batch.hset(wire, "handler", changes.handling.handler or "")
        batch.hset(wire, "manners", _manners.dump_json(dict(changes.handling.manners)))
        batch.hset(wire, "secrets_flaw", changes.handling.secrets_flaw or "")


def _letter(dead: Dead) -> bytes:
    return orjson.dumps(
        {
            "entry": dead.entry,
            "charge_point": dead.charge_point,
            "reason": dead.reason,
            "body": dead.body.decode(errors="replace"),
        }
    )


def _record(epoch: Epoch, owner: str) -> bytes:
    return orjson.dumps(
        {"position": epoch.position, "horizon": micros(epoch.horizon), "nonce": epoch.nonce, "owner": owner}
    )


def _handling(known: dict[str, bytes]) -> Handling:
    if "manners" not in known:
        return Handling()
    return Handling(
        known["handler"].decode() or None,
        _manners.validate_json(known["manners"]),
        # one that was kept before this was told says nothing of it
        known.get("secrets_flaw", b"").decode() or None,
    )


def _done(results: dict[str, bytes], order: list[bytes]) -> Done:
    done = Done()
    for command in order:
        result = results.get(command.decode())
        if result is not None:
            done.note(CommandResult.model_validate_json(result))
    return done


def _hash(flat: list[bytes]) -> dict[str, bytes]:
    return {key.decode(): value for key, value in zip(flat[::2], flat[1::2], strict=True)}


def _fields(flat: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
