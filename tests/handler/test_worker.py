"""The working loop on a real broker, with real sockets; the test plays the Abstraction."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from handler.fakes import a_backend
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.actions import Beat
from vcp_contracts.events import FrameReceived, FrameSent
from vcp_contracts.letters import any_event, to_abstraction
from vcp_contracts.link import BackOff, HandlerUp, LinkDown, LinkFailed, LinkUp, OpenLink
from vcp_contracts.outcomes import Answered
from vcp_contracts.requests import ForgetTokens
from vcp_contracts.words import Word
from vcp_handler.switchboard import Switchboard
from vcp_handler.versions import VERSIONS
from vcp_handler.worker import Worker
from vcp_plumbing.connection import client
from vcp_plumbing.environment import Environment

CP = "CP1"
PARTITIONS = 4
HOME = streams.partition_of(CP, PARTITIONS)


def environment(server: str, name: str) -> Environment:
    return Environment.read(
        "handler",
        {"REDIS_URL": server, "VCP_PARTITIONS": str(PARTITIONS), "VCP_OWNER": name},
    )


@asynccontextmanager
async def a_handler(server: str, name: str = "h1", **more: Any) -> AsyncIterator[Worker]:
    """A Handler that works for the length of the block and leaves in good order."""
    redis = client(server)
    worker = Worker(redis, environment(server, name), Switchboard(name, random=lambda: 0.0), **more)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await running
        await redis.aclose()


class Charger:
    """Plays the Abstraction for one charge point: writes into `out`, reads `in` from the start."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.at = "0-0"
        self.words: list[Any] = []

    async def say(self, word: Word | str) -> None:
        body = word if isinstance(word, str) else word.model_dump_json()
        await self.redis.xadd(streams.outbox(HOME), {streams.FIELD: body})

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


def order(url: str, n: int = 1) -> OpenLink:
    return OpenLink(
        id=f"o{n}",
        charge_point=CP,
        order=n,
        url=url,
        protocols=("ocpp1.6",),
        back_off=BackOff(minimum_s=0.05, random_s=0),
    )


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits for something that only another process's look can tell."""
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110 (the broker raises no event for it)
            await asyncio.sleep(0.01)


async def until_owned(worker: Worker, partitions: int) -> None:
    async def owned() -> bool:
        return len(worker.owned) == partitions

    await until(owned)


@pytest.fixture
def charger(redis: Redis) -> Charger:
    return Charger(redis)


async def test_a_handler_announces_itself_with_its_manners(server_url: str, charger: Charger) -> None:
    async with a_handler(server_url):
        up = await charger.hear(HandlerUp)
    assert up.owner == "h1"
    assert up.manners.keys() == VERSIONS.keys()
    assert "boot" in up.manners["ocpp1.6"].speaks


async def test_an_exchange_and_its_record(server_url: str, charger: Charger, redis: Redis) -> None:
    async with a_backend() as backend, a_handler(server_url):
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        up = await charger.hear(LinkUp)
        await charger.say(Beat(id="a1", charge_point=CP, link=up.link))
        answered = await charger.hear(Answered)
        assert (answered.action, answered.n) == ("a1", 1)
        entries = await redis.xrange(streams.frames(HOME, CP))
    frames = [any_event.validate_json(fields[streams.FIELD.encode()]) for _, fields in entries]
    assert [type(frame) for frame in frames] == [FrameSent, FrameReceived]


async def test_leaving_closes_the_links_tells_so_and_gives_the_partitions_back(
    server_url: str, charger: Charger, redis: Redis
) -> None:
    async with a_backend() as backend:
        async with a_handler(server_url):
            await charger.hear(HandlerUp)
            await charger.say(order(backend.url))
            await charger.hear(LinkUp)
        assert await backend.ended.get() == 1001
        assert (await charger.hear(LinkDown)).why == "closed_by_us"
    owners = [await redis.hget(streams.meta(p, "handler"), "owner") for p in range(PARTITIONS)]
    assert owners == [b""] * PARTITIONS


async def test_what_was_said_before_the_handler_came_is_for_links_that_are_gone(
    server_url: str, charger: Charger
) -> None:
    async with a_backend() as backend:
        await charger.say(order(backend.url))
        async with a_handler(server_url):
            await charger.hear(HandlerUp)
            await charger.say(order(backend.url, 2))
            assert (await charger.hear(LinkUp)).order == 2


async def test_an_entry_that_can_not_be_read_goes_to_the_dead_and_the_rest_goes_on(
    server_url: str, charger: Charger, redis: Redis
) -> None:
    async with a_backend() as backend, a_handler(server_url):
        await charger.hear(HandlerUp)
        await charger.say('{"type":"no such word"}')
        await charger.say(order(backend.url))
        await charger.hear(LinkUp)
        [(_, fields)] = await redis.xrange(streams.dead(HOME))
    letter = orjson.loads(fields[streams.FIELD.encode()])
    assert letter["body"] == '{"type":"no such word"}'
    assert letter["stream"] == streams.outbox(HOME)


async def test_a_second_handler_takes_only_partitions_without_links(
    server_url: str, charger: Charger
) -> None:
    async with a_backend() as backend, a_handler(server_url, "h1") as first:
        await charger.hear(HandlerUp)
        await until_owned(first, PARTITIONS)
        await charger.say(order(backend.url))
        up = await charger.hear(LinkUp)
        async with a_handler(server_url, "h2") as second:
            await until_owned(second, PARTITIONS // 2)
            assert HOME in first.owned
            await charger.say(Beat(id="a1", charge_point=CP, link=up.link))
            await charger.hear(Answered)


async def test_a_handler_that_was_fenced_cuts_its_links(
    server_url: str, charger: Charger, redis: Redis
) -> None:
    async with a_backend() as backend, a_handler(server_url, "h1"):
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        await charger.hear(LinkUp)
        connection = await backend.connections.get()
        far = 4_000_000_000_000
        meta = streams.meta(HOME, "handler")
        await redis.hset(meta, mapping={"owner": "another", "until": far, "number": 99})
        await connection.send('[2,"1","ClearCache",{}]')
        await connection.wait_closed()
        assert charger.words == []
        await redis.hset(meta, mapping={"until": 0})
        assert (await charger.hear(HandlerUp)).owner == "h1"


async def test_a_record_that_the_broker_has_set_back_costs_the_links_and_is_taken_anew(
    server_url: str, charger: Charger, redis: Redis
) -> None:
    async with a_backend() as backend, a_handler(server_url, "h1", lease_ms=1_500) as worker:
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        await charger.hear(LinkUp)
        connection = await backend.connections.get()
        # As a broker does that lost its last writes: a renewal finds out, and finds the partition free at once.
        await redis.hincrby(streams.meta(HOME, "handler"), "number", -1)
        await connection.wait_closed()
        assert (await charger.hear(HandlerUp)).owner == "h1"
        await charger.say(order(backend.url))
        await charger.hear(LinkUp)
        assert len(worker.owned) == PARTITIONS


async def test_another_world_cuts_every_link(server_url: str, charger: Charger, redis: Redis) -> None:
    async with a_backend() as backend, a_handler(server_url, "h1"):
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        await charger.hear(LinkUp)
        connection = await backend.connections.get()
        await redis.flushall()
        await connection.wait_closed()
        charger.at = "0-0"
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        await charger.hear(LinkUp)


async def test_a_short_loss_of_the_broker_costs_no_link(
    server_url: str, charger: Charger, redis: Redis
) -> None:
    async with a_backend() as backend, a_handler(server_url, "h1"):
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        up = await charger.hear(LinkUp)
        for _ in range(5):
            await redis.client_kill_filter(_type="normal", skipme=True)
            await asyncio.sleep(0.1)
        await charger.say(Beat(id="a1", charge_point=CP, link=up.link))
        assert (await charger.hear(Answered)).link == up.link


async def test_a_broker_that_stands_still_beyond_the_lease_costs_every_link(
    server_url: str, charger: Charger, redis: Redis
) -> None:
    async with a_backend() as backend, a_handler(server_url, "h1", lease_ms=1_500):
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        await charger.hear(LinkUp)
        connection = await backend.connections.get()
        await redis.execute_command("CLIENT", "PAUSE", "2500", "ALL")
        await connection.wait_closed()
        await charger.hear(HandlerUp)


async def test_links_that_fail_are_told_once_and_tried_again(
    server_url: str, charger: Charger, nobody: str
) -> None:
    async with a_handler(server_url):
        await charger.hear(HandlerUp)
        await charger.say(order(f"ws://{nobody}/ocpp"))
        failed = await charger.hear(LinkFailed)
        assert failed.why == "refused"
        assert charger.words == []


async def test_the_stream_is_trimmed_as_it_is_read(server_url: str, charger: Charger, redis: Redis) -> None:
    async with a_backend() as backend, a_handler(server_url):
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        up = await charger.hear(LinkUp)
        await charger.say(Beat(id="a1", charge_point=CP, link=up.link))
        await charger.hear(Answered)

        async def trimmed() -> bool:
            return not await redis.xlen(streams.outbox(HOME))

        await until(trimmed)


async def test_a_broker_without_memory_keeps_the_facts_waiting(
    server_url: str, charger: Charger, redis: Redis
) -> None:
    async with a_backend() as backend, a_handler(server_url) as handler:
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        up = await charger.hear(LinkUp)
        connection = await backend.connections.get()
        await redis.config_set("maxmemory", "1")
        await connection.send('[2,"1","ClearCache",{}]')

        async def refused() -> bool:
            return handler.measures.full > 0

        await until(refused)
        await redis.config_set("maxmemory", "0")
        assert (await charger.hear(ForgetTokens)).link == up.link


async def test_a_commit_that_the_broker_refuses_costs_the_links_of_one_partition(
    server_url: str, charger: Charger, redis: Redis
) -> None:
    async with a_backend() as backend, a_handler(server_url):
        await charger.hear(HandlerUp)
        await charger.say(order(backend.url))
        await charger.hear(LinkUp)
        connection = await backend.connections.get()
        frames = streams.frames(HOME, CP)
        await redis.delete(frames)
        await redis.set(frames, "a foreign hand")
        await connection.send('[2,"1","ClearCache",{}]')
        await connection.wait_closed()
        await redis.delete(frames)
        while not isinstance(await charger.hear(object), HandlerUp):
            pass
