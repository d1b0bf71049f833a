"""Events for one client: from now on or from a cursor, with gaps told, however slowly it reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from control.played_abstraction import PlayedAbstraction
from control.until import until
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.events import FaultRaised, LinkChanged
from vcp_contracts.values import Fault, Place
from vcp_contracts.words import Word
from vcp_control.cursor import Cursor
from vcp_control.event_streams import EventStreams, Interest
from vcp_control.follower import Follower
from vcp_plumbing.world import World, open_world

AT = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
EVERYTHING = Interest()


def link(n: int, charge_point: str = "CP001") -> LinkChanged:
    return LinkChanged(id=f"e{n}", charge_point=charge_point, at=AT, state="up")


def fault(n: int, charge_point: str = "CP001") -> FaultRaised:
    return FaultRaised(
        id=f"e{n}", charge_point=charge_point, at=AT, place=Place(), fault=Fault(kind="weak_signal")
    )


class Client:
    """Reads a stream as a browser does: blocks of lines, the last id remembered."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self.cursor: Cursor | None = None
        self._stream = stream
        self._blocks: list[str] = []

    async def block(self) -> dict[str, str]:
        """The next block, as its fields; a comment is under an empty name."""
        while not self._blocks:
            self._blocks = (await anext(self._stream)).decode().split("\n\n")[:-1]
        fields = dict(
            line.split(": ", 1) for line in self._blocks.pop(0).split("\n") if not line.startswith(":")
        )
        if "id" in fields:
            self.cursor = Cursor.parse(fields["id"])
        return fields

    async def event(self) -> Any:
        """The next event; what only keeps the connection alive is passed over."""
        async with asyncio.timeout(5):
            while "data" not in (block := await self.block()):
                pass
        return orjson.loads(block["data"])

    async def ids(self, count: int) -> list[str]:
        return [(await self.event())["id"] for _ in range(count)]


@pytest.fixture
def sources(redis: Redis, follower: Follower) -> EventStreams:
    return EventStreams(redis, follower)


async def opened(
    sources: EventStreams, interest: Interest = EVERYTHING, after: Cursor | None = None
) -> Client:
    client = Client(sources.stream(interest, after))
    await client.block()
    return client


async def tell_all(abstraction: PlayedAbstraction, *events: Word) -> None:
    for event in events:
        await abstraction.tell(event)


async def test_a_client_without_a_cursor_hears_what_happens_from_now_on(
    sources: EventStreams, abstraction: PlayedAbstraction
) -> None:
    await abstraction.tell(link(1))
    client = await opened(sources)
    await tell_all(abstraction, link(2), fault(3))
    event = await client.event()
    assert (event["id"], event["type"], event["charge_point"]) == ("e2", "link_changed", "CP001")
    assert await client.ids(1) == ["e3"]


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", "no json", '{"type":"command_done"}', '{"type":"command_done","result":{"command":[]}}'],
)
async def test_what_a_stranger_writes_into_the_stream_stops_nobody(
    redis: Redis, sources: EventStreams, abstraction: PlayedAbstraction, body: str
) -> None:
    client = await opened(sources)
    await redis.xadd(streams.events(0), {streams.FIELD: body})
    await abstraction.tell(link(1))
    async with asyncio.timeout(5):
        while (await client.event()).get("id") != "e1":
            pass


async def test_a_client_that_comes_back_misses_nothing_and_hears_nothing_twice(
    sources: EventStreams, abstraction: PlayedAbstraction
) -> None:
    client = await opened(sources)
    await tell_all(abstraction, *(link(n, f"CP{n}") for n in range(8)))
    first = await client.ids(3)
    await tell_all(abstraction, *(link(n, f"CP{n}") for n in range(8, 12)))
    back = await opened(sources, after=client.cursor)
    rest = await back.ids(9)
    assert sorted(first + rest) == sorted(f"e{n}" for n in range(12))


async def test_a_cursor_outlives_the_process_that_gave_it(
    redis: Redis, world: World, abstraction: PlayedAbstraction
) -> None:
    async with Follower(redis, world) as follower:
        client = await opened(EventStreams(redis, follower))
        await abstraction.tell(link(1))
        await client.event()
        text = str(client.cursor)
    await abstraction.tell(link(2))
    async with Follower(redis, world) as follower:
        back = await opened(EventStreams(redis, follower), after=Cursor.parse(text))
        assert await back.ids(1) == ["e2"]


async def test_the_beginning_is_the_oldest_event_kept(
    sources: EventStreams, abstraction: PlayedAbstraction
) -> None:
    await tell_all(abstraction, *(link(n) for n in range(450)))
    client = await opened(sources, after=sources.beginning())
    assert await client.ids(450) == [f"e{n}" for n in range(450)]


async def test_only_the_wanted_charge_point_is_told(
    sources: EventStreams, abstraction: PlayedAbstraction
) -> None:
    client = await opened(sources, Interest(charge_point="CP2"))
    await tell_all(abstraction, *(link(n, f"CP{n}") for n in range(8)), fault(9, "CP2"))
    assert await client.ids(2) == ["e2", "e9"]


async def test_only_the_wanted_types_are_told(sources: EventStreams, abstraction: PlayedAbstraction) -> None:
    client = await opened(sources, Interest(types=frozenset({"fault_raised"})))
    await tell_all(abstraction, link(1), fault(2), link(3), fault(4))
    assert await client.ids(2) == ["e2", "e4"]


async def test_trimmed_events_are_told_as_a_gap(
    sources: EventStreams, abstraction: PlayedAbstraction, redis: Redis
) -> None:
    client = await opened(sources)
    await abstraction.tell(link(1))
    await client.event()
    for n in range(2, 6):
        last = await abstraction.tell(link(n))
    await redis.xtrim(streams.events(streams.partition_of("CP001", 4)), maxlen=1, approximate=False)
    back = await opened(sources, after=client.cursor)
    gap = await back.event()
    assert (gap["type"], gap["charge_point"], gap["first"]) == ("gap", "*", last)
    assert await back.ids(1) == ["e5"]


async def test_what_was_trimmed_before_a_client_came_is_no_gap(
    sources: EventStreams, abstraction: PlayedAbstraction, redis: Redis
) -> None:
    await tell_all(abstraction, link(1), link(2), link(3))
    await redis.xtrim(streams.events(streams.partition_of("CP001", 4)), maxlen=2, approximate=False)
    client = await opened(sources)
    await abstraction.tell(link(4))
    await client.event()
    await abstraction.tell(link(5))
    back = await opened(sources, after=client.cursor)
    assert await back.ids(1) == ["e5"]


async def test_a_slow_client_goes_on_from_its_own_place(
    redis: Redis, world: World, abstraction: PlayedAbstraction
) -> None:
    async with Follower(redis, world, queue_limit=3) as follower:
        sources = EventStreams(redis, follower)
        slow, quick = await opened(sources), await opened(sources)
        await abstraction.tell(link(0))
        assert await slow.ids(1) == ["e0"]
        for n in range(1, 20):
            await abstraction.tell(link(n))
            if n % 3 == 0:
                await quick.event()
        assert await slow.ids(19) == [f"e{n}" for n in range(1, 20)]


async def test_a_slow_client_is_told_what_it_lost_for_good(
    redis: Redis, world: World, abstraction: PlayedAbstraction
) -> None:
    async with Follower(redis, world, queue_limit=3) as follower:
        slow = await opened(EventStreams(redis, follower))
        await tell_all(abstraction, *(link(n) for n in range(10)))
        await until(lambda: follower.seen == 10)
        await redis.xtrim(streams.events(streams.partition_of("CP001", 4)), maxlen=2, approximate=False)
        told = [await slow.event() for _ in range(3)]
        assert [event["type"] for event in told] == ["gap", "link_changed", "link_changed"]
        assert [event["id"] for event in told[1:]] == ["e8", "e9"]


async def test_a_flushed_broker_is_told_as_a_gap(
    sources: EventStreams, abstraction: PlayedAbstraction, redis: Redis
) -> None:
    client = await opened(sources)
    await abstraction.tell(link(1))
    await client.event()
    await redis.flushall()
    await open_world(redis, 4)
    await abstraction.tell(link(2))
    assert (await client.event())["type"] == "gap"
    assert await client.ids(1) == ["e2"]


async def test_an_idle_stream_is_kept_alive_and_its_cursor_moves_on(
    redis: Redis, follower: Follower, abstraction: PlayedAbstraction
) -> None:
    sources = EventStreams(redis, follower, keep_alive_s=0.05)
    client = await opened(sources, Interest(types=frozenset({"fault_raised"})))
    before = client.cursor
    last = await abstraction.tell(link(1))
    await until(lambda: follower.seen == 1)
    partition = streams.partition_of("CP001", 4)
    async with asyncio.timeout(5):
        while client.cursor == before:
            await client.block()
    assert client.cursor is not None
    assert client.cursor.positions[partition] == last


async def test_streams_end_when_the_process_does(sources: EventStreams, follower: Follower) -> None:
    stream = sources.stream(EVERYTHING, None)
    await anext(stream)
    assert sources.clients == 1
    follower.close()
    assert [chunk async for chunk in stream] == []
    assert sources.clients == 0


async def test_a_client_that_goes_leaves_nothing_behind(sources: EventStreams, follower: Follower) -> None:
    async with aclosing(sources.stream(EVERYTHING, None)) as stream:  # type: ignore[type-var]
        await anext(stream)
        assert (sources.clients, follower.listeners) == (1, 1)
    assert (sources.clients, follower.listeners) == (0, 0)


async def test_nothing_is_read_while_nobody_listens(
    redis: Redis, world: World, abstraction: PlayedAbstraction
) -> None:
    async with Follower(redis, world, linger_s=0) as follower:
        sources = EventStreams(redis, follower)
        async with aclosing(sources.stream(EVERYTHING, None)) as stream:  # type: ignore[type-var]
            client = Client(stream)
            await client.block()
            await abstraction.tell(link(1))
            await client.event()
        await until(lambda: not follower.is_reading)
        await tell_all(abstraction, link(2), link(3))
        client = await opened(sources)
        await abstraction.tell(link(4))
        assert await client.ids(1) == ["e4"]
        assert follower.seen == 2
