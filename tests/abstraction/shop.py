"""What tests of the working loop need: workers that run, words published, and waiting for what comes of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from abstraction.fake_core import FAKE
from bare import BARE
from redis.asyncio import Redis
from vcp_abstraction.core import Core
from vcp_abstraction.shell.worker import Worker
from vcp_contracts import streams
from vcp_plumbing.environment import Environment

PARTITIONS = 4
"""Few, so that a worker has loaded them at once: CP001 lies in 3, CP002 in 1, CP003 in 3, CP004 in 0."""

URL = BARE | {"url": "ws://backend/ocpp"}


def environment(owner: str, **variables: str) -> Environment:
    return Environment.read(
        "abstraction", {"VCP_PARTITIONS": str(PARTITIONS), "VCP_OWNER": owner} | variables
    )


def worker(
    redis: Redis,
    owner: str = "a",
    *,
    core: Core = FAKE,
    clock: Callable[[], float] = time.monotonic,
    **variables: str,
) -> Worker:
    return Worker(redis, environment(owner, **variables), core, clock=clock)


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[Worker]:
    """The worker at work for the length of the block; it must end in good order."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        async with asyncio.timeout(5):
            await task


async def until(holds: Callable[[], bool | Awaitable[bool]], seconds: float = 10) -> None:
    """Waits until something holds."""
    async with asyncio.timeout(seconds):
        while True:
            held = holds()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.005)


async def owning(worker: Worker, count: int = PARTITIONS) -> None:
    """Waits until a running worker has loaded that many partitions."""
    await until(lambda: len(worker.partitions) == count)


async def turned(worker: Worker, holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Turns a worker that does not run by itself until something holds."""

    async def turn() -> bool:
        await worker.cycle()
        held = holds()
        return held if isinstance(held, bool) else await held

    await until(turn)


async def publish(redis: Redis, type: str, id: str, charge_point: str = "CP001", **fields: Any) -> str:
    word = {"type": type, "id": id, "charge_point": charge_point} | fields
    home = streams.partition_of(charge_point, PARTITIONS)
    entry: bytes = await redis.xadd(streams.inbox(home), {streams.FIELD: orjson.dumps(word)})
    return entry.decode()


async def provision(redis: Redis, charge_point: str = "CP001") -> str:
    return await publish(redis, "provision", f"setup {charge_point}", charge_point, configuration=URL)


async def result(redis: Redis, command: str, charge_point: str = "CP001") -> dict[str, Any] | None:
    kept = await redis.hget(streams.done(streams.partition_of(charge_point, PARTITIONS)), command)  # type: ignore[misc]
    return orjson.loads(kept) if kept else None


async def ended(redis: Redis, command: str, charge_point: str = "CP001") -> dict[str, Any]:
    """Waits for the result of a command."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        one = await result(redis, command, charge_point)
        found.extend([one] if one else [])
        return one is not None

    await until(there)
    return found[0]


async def events(redis: Redis, charge_point: str = "CP001", kind: str | None = None) -> list[dict[str, Any]]:
    home = streams.partition_of(charge_point, PARTITIONS)
    return [event for event in await bodies(redis, streams.events(home)) if kind in (None, event["type"])]


async def bodies(redis: Redis, key: str) -> list[dict[str, Any]]:
    return [orjson.loads(fields[b"__data__"]) for _, fields in await redis.xrange(key)]


async def facts(redis: Redis, charge_point: str = "CP001") -> dict[str, Any]:
    home = streams.partition_of(charge_point, PARTITIONS)
    kept: dict[str, Any] = orjson.loads(
        await redis.hget(streams.state(home, charge_point), "facts")  # type: ignore[misc, arg-type]
    )
    return kept


def names(prefix: str, count: int) -> Iterator[str]:
    return (f"{prefix}{n}" for n in range(1, count + 1))
