import asyncio
import time

import pytest
from plumbing.blocked import somebody_waits
from vcp_contracts.streams import inbox
from vcp_plumbing.reader import Entry, Reader


async def add(redis, partition: int, body: bytes = b"{}", id: str = "*") -> str:
    return (await redis.xadd(inbox(partition), {"__data__": body}, id=id)).decode()


async def test_entries_of_all_partitions_come_in_one_read_each_after_its_position(redis):
    for partition, entry_id in ((0, "5-0"), (0, "5-1"), (0, "6-0"), (1, "7-0"), (2, "8-0")):
        await add(redis, partition, entry_id.encode(), entry_id)
    found = await Reader(redis, inbox).wait({0: "5-0", 1: "0-0", 3: "0-0"}, 0)
    assert found == {
        0: [Entry("5-1", {b"__data__": b"5-1"}), Entry("6-0", {b"__data__": b"6-0"})],
        1: [Entry("7-0", {b"__data__": b"7-0"})],
    }
    assert found[0][1].time_ms == 6


async def test_one_read_takes_a_bounded_number_of_each_partition(redis):
    for n in range(5):
        await add(redis, 0, id=f"{n + 1}-0")
    await add(redis, 1, id="1-0")
    reader = Reader(redis, inbox, count=3)
    moment = await reader.now({0: "0-0", 1: "0-0"})
    assert [entry.id for entry in moment.entries[0]] == ["1-0", "2-0", "3-0"]
    assert moment.cut == {0}
    assert [entry.id for entry in (await reader.wait({0: "3-0"}, 0))[0]] == ["4-0", "5-0"]


async def test_an_idle_reader_wakes_with_the_first_entry(redis):
    reader = asyncio.create_task(Reader(redis, inbox).wait({0: "0-0", 5: "0-0"}, 5_000))
    async with asyncio.timeout(5):
        await somebody_waits(redis)
        entry_id = await add(redis, 5)
        assert await reader == {5: [Entry(entry_id, {b"__data__": b"{}"})]}


async def test_nothing_to_read_ends_after_the_wait(redis):
    reader = Reader(redis, inbox)
    started = time.monotonic()
    assert await reader.wait({0: "0-0"}, 20) == {}
    assert await reader.wait({}, 20) == {}
    assert time.monotonic() - started > 0.03
    assert await reader.wait({0: "0-0"}, 0) == {}


async def test_a_moment_holds_every_entry_up_to_its_time(redis):
    """Publishers write without a pause: no entry may turn up later with a time that a moment had closed."""
    reader = Reader(redis, inbox)
    stop = asyncio.Event()

    async def publisher() -> None:
        while not stop.is_set():
            await add(redis, 0)

    writing = [asyncio.create_task(publisher()) for _ in range(3)]
    position, closed, entries = "0-0", 0, 0
    for _ in range(200):
        moment = await reader.now({0: position})
        assert not moment.cut
        for entry in moment.entries.get(0, []):
            assert entry.time_ms > closed
            position = entry.id
            entries += 1
        closed = moment.time_ms
    stop.set()
    await asyncio.gather(*writing)
    assert entries > 100


async def test_a_moment_without_partitions_tells_the_servers_time(redis):
    moment = await Reader(redis, inbox).now({})
    seconds, _ = await redis.time()
    assert abs(moment.time_ms - seconds * 1000) < 2_000
    assert moment.entries == {}


async def test_a_key_of_another_kind_is_told(redis):
    await redis.set(inbox(0), "text")
    with pytest.raises(Exception, match="WRONGTYPE"):
        await Reader(redis, inbox).wait({0: "0-0"}, 0)
    with pytest.raises(Exception, match="WRONGTYPE"):
        await Reader(redis, inbox).now({0: "0-0"})
