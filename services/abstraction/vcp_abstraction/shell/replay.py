"""A partition lived through again, from what was kept of its `in`; and where the second life differs. Reads only.

Needs `VCP_KEEP_INPUT` from the first entry on. Each epoch is lived as it was: loaded from what was kept, with the nonce
that was recorded, and the timers merged into the entries by the same rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis
from vcp_plumbing.reader import Entry

from vcp_abstraction.core import Core, Handling
from vcp_abstraction.shell.changes import Epoch
from vcp_abstraction.shell.done import Done
from vcp_abstraction.shell.merge import order_of
from vcp_abstraction.shell.partition import DEADLY, Partition
from vcp_abstraction.shell.store import (
    Kept,
    load_chargers,
    load_circumstances,
    load_dead,
    load_entries,
    load_epochs,
    load_position,
)
from vcp_abstraction.shell.worker import SERVICE


@dataclass(frozen=True, slots=True)
class Recording:
    """All that is kept of a partition's life."""

    partition: int
    partitions: int
    epochs: list[Epoch]
    entries: list[Entry]
    buried: frozenset[str]
    """Entries that were buried unread, since they killed those who tried them."""
    position: str
    horizon: datetime
    chargers: dict[str, Kept]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that lies otherwise in the store than a replay makes it. None: it is missing there."""

    charge_point: str
    part: str
    """`section facts`, `queue 7`, …"""
    kept: bytes | None
    replayed: bytes | None


async def record(redis: Redis, partition: int, partitions: int) -> Recording:
    """Reads a partition whose Abstraction has ended or rests. Raises one of plumbing's `LOST`."""
    position = await load_position(redis, partition, SERVICE)
    circumstances = await load_circumstances(redis, partition, position)
    chargers = await load_chargers(redis, partition, circumstances.charge_points)
    return Recording(
        partition=partition,
        partitions=partitions,
        epochs=await load_epochs(redis, partition),
        entries=await load_entries(redis, partition, position),
        buried=frozenset(entry for entry, why in await load_dead(redis, partition) if why == DEADLY),
        position=position,
        horizon=circumstances.horizon,
        chargers={kept.charge_point: kept for kept in chargers},
    )


def replay(recording: Recording, core: Core) -> dict[str, Kept]:
    """The chargers as they lie in the store after another life on the same entries."""
    chargers: dict[str, Kept] = {}
    handling, done = Handling(), Done()
    for epoch, position, horizon in _epochs(recording):
        partition = Partition(
            recording.partition,
            partitions=recording.partitions,
            core=core,
            nonce=epoch.nonce,
            position=epoch.position,
            horizon=epoch.horizon,
            handling=handling,
            done=done,
        )
        for kept in chargers.values():
            partition.admit(kept.charge_point, kept.sections, kept.queue)
        _live(partition, recording, position, horizon)
        handling = partition.handling
        chargers = {id: Kept(id, *resident.as_kept()) for id, resident in partition.residents.items()}
    return chargers


def differences(kept: Mapping[str, Kept], replayed: Mapping[str, Kept]) -> list[Difference]:
    """Where two lives differ, by charge point and part."""
    return [
        difference
        for id in sorted(kept.keys() | replayed.keys())
        for difference in _differences(id, _parts(kept.get(id)), _parts(replayed.get(id)))
    ]


def _epochs(recording: Recording) -> Iterator[tuple[Epoch, str, datetime]]:
    """Each epoch with the position and time at which the next one took over."""
    ends = [(epoch.position, epoch.horizon) for epoch in recording.epochs[1:]]
    ends.append((recording.position, recording.horizon))
    for epoch, (position, horizon) in zip(recording.epochs, ends, strict=False):
        yield epoch, position, horizon


def _live(partition: Partition, recording: Recording, position: str, horizon: datetime) -> None:
    """One epoch. A buried entry parts it, as it did in the first life."""
    first, last = order_of(partition.position), order_of(position)
    waiting: list[Entry] = []
    for entry in recording.entries:
        if not first < order_of(entry.id) <= last:
            continue
        if entry.id in recording.buried:
            _work(partition, waiting, partition.horizon)
            waiting = []
            partition.bury_head(entry)
        else:
            waiting.append(entry)
    _work(partition, waiting, horizon)


def _work(partition: Partition, entries: list[Entry], bound: datetime) -> None:
    partition.work(entries, bound)
    partition.settle()
    while partition.behind:
        rest = [entry for entry in entries if order_of(entry.id) > order_of(partition.position)]
        partition.work(rest, bound)
        partition.settle()


def _parts(kept: Kept | None) -> dict[str, bytes]:
    if kept is None:
        return {}
    sections = {f"section {name}": body for name, body in kept.sections.items()}
    return sections | {f"queue {name}": body for name, body in kept.queue.items()}


def _differences(id: str, kept: dict[str, bytes], replayed: dict[str, bytes]) -> Iterator[Difference]:
    for part in sorted(kept.keys() | replayed.keys()):
        if kept.get(part) != replayed.get(part):
            yield Difference(id, part, kept.get(part), replayed.get(part))
