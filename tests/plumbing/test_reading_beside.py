"""Reading beside everything else: woken by what comes, each entry heard once."""

import asyncio

from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_plumbing.connection import client
from vcp_plumbing.reader import Reader
from vcp_plumbing.reading_beside import ReadingBeside


async def put(redis: Redis, partition: int, word: str) -> str:
    entry: bytes = await redis.xadd(streams.outbox(partition), {"__data__": word})
    return entry.decode()


def heard(reading: ReadingBeside) -> dict[int, list[bytes]]:
    return {p: [entry.fields[b"__data__"] for entry in some] for p, some in reading.brought().items()}


async def test_it_wakes_whoever_waits_and_is_heard_once(redis: Redis):
    woken = asyncio.Event()
    reading = ReadingBeside(Reader(redis, streams.outbox), woken.set)
    reading.follow(0, await put(redis, 0, "old"))
    reading.begin(5_000)
    assert reading.brought() == {}
    assert reading.under_way
    last = await put(redis, 0, "new")
    async with asyncio.timeout(5):
        await woken.wait()
    assert heard(reading) == {0: [b"new"]}
    assert reading.read_to == {0: last}
    assert (reading.brought(), reading.under_way) == ({}, False)


async def test_what_is_left_meanwhile_is_not_heard_of(redis: Redis):
    reading = ReadingBeside(Reader(redis, streams.outbox), lambda: None)
    for partition in (0, 1):
        reading.follow(partition, "0-0")
        await put(redis, partition, f"word {partition}")
    await asyncio.wait([reading.begin(0)])
    reading.leave({1})
    assert heard(reading) == {0: [b"word 0"]}
    assert set(reading.read_to) == {0}


async def test_what_a_read_that_was_given_up_would_have_brought_is_read_again(redis: Redis):
    reading = ReadingBeside(Reader(redis, streams.outbox), lambda: None)
    reading.follow(0, "0-0")
    await put(redis, 0, "word")
    await asyncio.wait([reading.begin(0)])
    reading.follow(1, "0-0")
    assert (reading.brought(), reading.under_way) == ({}, False)
    await asyncio.wait([reading.begin(0)])
    assert heard(reading) == {0: [b"word"]}


async def test_a_broker_that_is_away_brings_nothing():
    reading = ReadingBeside(Reader(client("redis://127.0.0.1:1/0"), streams.outbox), lambda: None)
    reading.follow(0, "0-0")
    await asyncio.wait([reading.begin(0)])
    assert (reading.brought(), reading.under_way) == ({}, False)
