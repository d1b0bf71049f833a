"""The working loop on a real broker; the test plays the Abstraction, and real servers the rest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from chores.file_servers import WebServer
from redis.asyncio import Redis
from vcp_chores.doing import Doer
from vcp_chores.worker import Worker
from vcp_contracts import streams
from vcp_contracts.chores import AnyChore, ChoreDone, ChoresUp, DropChore, FetchFile, FileFetched
from vcp_contracts.letters import to_abstraction
from vcp_contracts.words import Word
from vcp_plumbing.connection import client
from vcp_plumbing.environment import Environment

CP = "CP001"
PARTITIONS = 4
HOME = streams.partition_of(CP, PARTITIONS)


def environment(server: str, name: str) -> Environment:
    return Environment.read(
        "chores", {"REDIS_URL": server, "VCP_PARTITIONS": str(PARTITIONS), "VCP_OWNER": name}
    )


class Patient(Doer):
    """Does nothing until the test lets it."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[str] = asyncio.Queue()

    async def do(self, partition: int, chore: AnyChore) -> Any:
        self.begun.put_nowait(chore.id)
        await asyncio.Event().wait()


@asynccontextmanager
async def a_worker(
    server: str, name: str = "w1", doer: Doer | None = None, **more: Any
) -> AsyncIterator[Worker]:
    """A worker at work for the length of the block; it leaves in good order."""
    redis = client(server)
    worker = Worker(redis, environment(server, name), doer or Doer(redis, None), **more)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await running
        await redis.aclose()


class Abstraction:
    """Orders chores, and reads `in` from the start."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.at = "0-0"
        self.words: list[Any] = []

    async def order(self, word: Word | str) -> None:
        body = word if isinstance(word, str) else word.model_dump_json()
        await self.redis.xadd(streams.chores(HOME), {streams.FIELD: body})

    async def hear(self, kind: type[Any]) -> Any:
        """The next word in `in`, which must be of this kind."""
        async with asyncio.timeout(10):
            while not self.words:
                for _, entries in await self.redis.xread({streams.inbox(HOME): self.at}, block=200):
                    for entry_id, fields in entries:
                        self.at = entry_id.decode()
                        self.words.append(to_abstraction.validate_json(fields[streams.FIELD.encode()]))
        word = self.words.pop(0)
        assert isinstance(word, kind), word
        return word


@pytest.fixture
def abstraction(redis: Redis) -> Abstraction:
    return Abstraction(redis)


def fetch(url: str, id: str = "c1") -> FetchFile:
    return FetchFile(id=id, charge_point=CP, location=url)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits for something that only another process's look can tell."""
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110 (the broker raises no event for it)
            await asyncio.sleep(0.01)


async def test_a_worker_announces_itself_and_tells_what_came(
    server_url: str, abstraction: Abstraction, web: WebServer
):
    web.files["/fw.bin"] = b"firmware"
    async with a_worker(server_url):
        up = await abstraction.hear(ChoresUp)
        assert up.owner == "w1"
        await abstraction.order(fetch(web.url("/fw.bin")))
        done = await abstraction.hear(ChoreDone)
    assert (done.charge_point, done.chore, done.cause) == (CP, "c1", "c1")
    assert isinstance(done.result, FileFetched)
    assert done.result.size == 8


async def test_a_chore_that_is_ordered_again_is_told_again(
    server_url: str, abstraction: Abstraction, web: WebServer
):
    web.files["/fw.bin"] = b"firmware"
    async with a_worker(server_url):
        await abstraction.hear(ChoresUp)
        await abstraction.order(fetch(web.url("/fw.bin")))
        first = await abstraction.hear(ChoreDone)
        await abstraction.order(fetch(web.url("/fw.bin")))
        again = await abstraction.hear(ChoreDone)
    assert first.result == again.result
    assert first.id != again.id


async def test_a_dropped_chore_is_cut(server_url: str, abstraction: Abstraction):
    doer = Patient()
    async with a_worker(server_url, doer=doer) as worker:
        await abstraction.hear(ChoresUp)
        await abstraction.order(fetch("http://files.example/"))
        assert await doer.begun.get() == "c1"
        await abstraction.order(DropChore(id="d", charge_point=CP, chore="c1"))

        async def none_left() -> bool:
            return worker.under_way == 0

        await until(none_left)
    assert abstraction.words == []


async def test_what_was_ordered_before_a_worker_came_is_for_one_that_is_gone(
    server_url: str, abstraction: Abstraction, web: WebServer
):
    await abstraction.order(fetch(web.url("/old"), "old"))
    async with a_worker(server_url):
        await abstraction.hear(ChoresUp)
        await abstraction.order(fetch(web.url("/new"), "new"))
        assert (await abstraction.hear(ChoreDone)).chore == "new"


async def test_leaving_gives_back_what_was_owned_and_tells_nothing_of_what_was_cut(
    server_url: str, abstraction: Abstraction, redis: Redis
):
    doer = Patient()
    async with a_worker(server_url, doer=doer):
        await abstraction.hear(ChoresUp)
        await abstraction.order(fetch("http://files.example/"))
        await doer.begun.get()
    owners = [await redis.hget(streams.meta(p, "chores"), "owner") for p in range(PARTITIONS)]  # type: ignore[misc]
    assert owners == [b""] * PARTITIONS
    async with a_worker(server_url, "w2"):
        assert (await abstraction.hear(ChoresUp)).owner == "w2"


async def test_a_second_worker_takes_only_what_is_idle(server_url: str, abstraction: Abstraction):
    doer = Patient()
    async with a_worker(server_url, "w1", doer) as first:
        await abstraction.hear(ChoresUp)
        await abstraction.order(fetch("http://files.example/"))
        await doer.begun.get()
        async with a_worker(server_url, "w2") as second:

            async def shared() -> bool:
                return len(second.owned) == PARTITIONS // 2

            await until(shared)
            assert HOME in first.owned
            assert first.under_way == 1


async def test_a_worker_that_was_fenced_lets_go(server_url: str, abstraction: Abstraction, redis: Redis):
    doer = Patient()
    async with a_worker(server_url, doer=doer, lease_ms=1_000) as worker:
        await abstraction.hear(ChoresUp)
        await abstraction.order(fetch("http://files.example/"))
        await doer.begun.get()
        meta = streams.meta(HOME, "chores")
        await redis.hset(meta, mapping={"owner": "another", "until": 4_000_000_000_000, "number": 99})  # type: ignore[misc]

        async def let_go() -> bool:
            return worker.under_way == 0

        await until(let_go)
        await redis.hset(meta, mapping={"until": 0})  # type: ignore[misc]
        assert (await abstraction.hear(ChoresUp)).owner == "w1"


async def test_a_partition_that_was_lost_and_is_free_is_taken_anew_at_once(
    server_url: str, abstraction: Abstraction, redis: Redis
):
    async with a_worker(server_url, lease_ms=1_000):
        await abstraction.hear(ChoresUp)
        meta = streams.meta(HOME, "chores")
        await redis.hset(meta, mapping={"owner": "another", "until": 0, "number": 99})  # type: ignore[misc]
        assert (await abstraction.hear(ChoresUp)).owner == "w1"


async def test_an_order_that_can_not_be_read_goes_to_the_dead_and_the_rest_goes_on(
    server_url: str, abstraction: Abstraction, redis: Redis, web: WebServer
):
    async with a_worker(server_url):
        await abstraction.hear(ChoresUp)
        await abstraction.order('{"type":"no such word"}')
        await abstraction.order(fetch(web.url("/none")))
        await abstraction.hear(ChoreDone)
        [(_, fields)] = await redis.xrange(streams.dead(HOME))
    letter = orjson.loads(fields[streams.FIELD.encode()])
    assert (letter["body"], letter["stream"]) == ('{"type":"no such word"}', streams.chores(HOME))


async def test_a_broker_without_memory_keeps_the_results_waiting(
    server_url: str, abstraction: Abstraction, redis: Redis, web: WebServer
):
    async with a_worker(server_url) as worker:
        await abstraction.hear(ChoresUp)
        await abstraction.order(fetch(web.url("/none")))
        await redis.config_set("maxmemory", "1")

        async def refused() -> bool:
            return worker.measures.full > 0 or worker.measures.results > 0

        await until(refused)
        await redis.config_set("maxmemory", "0")
        await abstraction.hear(ChoreDone)


async def test_another_world_ends_all_that_is_under_way(
    server_url: str, abstraction: Abstraction, redis: Redis
):
    doer = Patient()
    async with a_worker(server_url, doer=doer):
        await abstraction.hear(ChoresUp)
        await redis.flushall()
        abstraction.at = "0-0"
        assert (await abstraction.hear(ChoresUp)).owner == "w1"


async def test_orders_are_trimmed_as_they_are_read(
    server_url: str, abstraction: Abstraction, redis: Redis, web: WebServer
):
    async with a_worker(server_url):
        await abstraction.hear(ChoresUp)
        await abstraction.order(fetch(web.url("/none")))
        await abstraction.hear(ChoreDone)

        async def trimmed() -> bool:
            return not await redis.xlen(streams.chores(HOME))

        await until(trimmed)
