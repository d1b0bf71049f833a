"""From what is kept of a partition to the partition in memory, with a doubt about its head. Writes nothing."""

from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from vcp_plumbing.ownership import Held
from vcp_plumbing.reader import Entry

from vcp_abstraction.core import Core
from vcp_abstraction.shell.merge import time_of
from vcp_abstraction.shell.partition import Partition
from vcp_abstraction.shell.store import load_chargers, load_circumstances

SUSPECT = 3
"""A head before which the partition changed hands this often is tried alone."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A partition in memory."""

    partition: Partition
    suspect: Entry | None
    """Its next entry, where that has seen too many owners go."""
    tried: int = 0
    """How many earlier owners have tried it alone, and ended before it was done."""


async def load_partition(
    redis: Redis, number: int, held: Held, *, partitions: int, core: Core, nonce: str
) -> Loaded:
    """The partition as it was last committed. Raises one of plumbing's `LOST`."""
    known = await load_circumstances(redis, number, held.position)
    partition = Partition(
        number,
        partitions=partitions,
        core=core,
        nonce=nonce,
        position=held.position,
        horizon=max(known.horizon, time_of(held.position)),
        handling=known.handling,
        done=known.done,
    )
    for kept in await load_chargers(redis, number, known.charge_points):
        partition.admit(kept.charge_point, kept.sections, kept.queue)
    for charge_point, reason in partition.unloadable.items():
        log.error("charge_point_unreadable", charge_point=charge_point, reason=reason)
    if held.takeovers < SUSPECT or known.head is None:
        return Loaded(partition, None)
    entry, times = known.trying or ("", 0)
    return Loaded(partition, known.head, tried=times if entry == known.head.id else 0)
