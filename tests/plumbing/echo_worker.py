"""A service as small as can be, run as a process to be killed: says in `out` what it read from `in`, numbered."""

import asyncio
import sys
from itertools import count

import orjson
from vcp_contracts import streams
from vcp_plumbing.commit import commit_all
from vcp_plumbing.connection import connect
from vcp_plumbing.entry import decode_entry
from vcp_plumbing.ownership import Ownership
from vcp_plumbing.reader import Reader

LEASE_MS = 500


async def work(url: str, name: str) -> None:
    redis = await connect(url)
    ownership = Ownership(redis, "abstraction", name, 4, reads=streams.inbox, lease_ms=LEASE_MS)
    reader = Reader(redis, streams.inbox, count=20)
    for cycle in count():
        if cycle % 5 == 0:
            await ownership.renew()
            await ownership.rebalance()
        found = await reader.wait({p: held.position for p, held in ownership.held.items()}, 20)
        batches = []
        for partition, entries in found.items():
            batch = ownership.batch(partition)
            for entry in entries:
                message = orjson.loads(decode_entry(entry.fields))
                seen = streams.state(partition, message["charge_point"])
                # What a real service would keep in memory is what this counter shows: the effect of each entry.
                batch.add("HINCRBY", seen, "count", 1)
                batch.xadd(streams.outbox(partition), orjson.dumps(message))
            batch.position = entries[-1].id
            batches.append(batch)
        ownership.settle(await commit_all(redis, name, batches, lease_ms=LEASE_MS))


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2]))
