"""Waiting until nothing is going on any more. Looks at the state in the store, as the next owner would find it."""

import asyncio

from chaos import books
from chaos.bed import PARTITIONS, Bed
from vcp_abstraction.charger import Charger
from vcp_abstraction.shell.store import Kept, load_chargers
from vcp_contracts.streams import charge_points

REST_S = 10.0
"""How long after the last blow the chargers may take to come to rest."""


async def come_to_rest(bed: Bed) -> list[str]:
    """Waits until every charger is at rest; what still goes on when the time is over."""
    deadline = asyncio.get_running_loop().time() + REST_S
    while True:
        chargers = [
            Charger.load(kept.charge_point, kept.sections, kept.queue)
            for partition in range(PARTITIONS)
            for kept in await kept_chargers(bed, partition)
        ]
        complaints = books.unrest(chargers, await bed.server_time())
        if not complaints or asyncio.get_running_loop().time() > deadline:
            return complaints
        await asyncio.sleep(0.2)


async def kept_chargers(bed: Bed, partition: int) -> list[Kept]:
    """The chargers of a partition, as they lie in the store."""
    ids = sorted(id.decode() for id in await bed.redis.smembers(charge_points(partition)))
    return await load_chargers(bed.redis, partition, ids)
