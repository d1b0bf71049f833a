import asyncio
import json

import pytest
from plumbing.swallowing_proxy import SwallowingProxy
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError
from vcp_contracts.streams import DOOR, DOOR_DEAD, DOOR_META, inbox, partition_of
from vcp_plumbing.connection import client
from vcp_plumbing.door import Door
from vcp_plumbing.ownership import release_owner
from vcp_plumbing.publish import IN_LIMIT

CP1, CP2 = partition_of("CP1"), partition_of("CP2")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def door(redis, name: str = "d1", clock=None, limit: int = IN_LIMIT) -> Door:
    return Door(redis, name=name, partitions=16, limit=limit, clock=clock or Clock())


async def knock(redis, message: object, field: str = "__data__") -> str:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return (await redis.xadd(DOOR, {field: body})).decode()


async def arrived(redis, partition: int) -> list[dict]:
    return [json.loads(fields[b"__data__"]) for _, fields in await redis.xrange(inbox(partition))]


async def dead(redis) -> list[dict]:
    return [json.loads(fields[b"__data__"]) for _, fields in await redis.xrange(DOOR_DEAD)]


def test_the_two_charge_points_of_these_tests_live_in_two_partitions():
    assert CP1 != CP2


async def test_entries_go_to_their_charge_points_partition_in_order(redis):
    await knock(redis, {"id": "c1", "type": "plug_in", "charge_point": "CP1"})
    await knock(redis, {"id": "c2", "type": "unplug", "charge_point": "CP1"}, field="data")
    await redis.xadd(DOOR, {"id": "c3", "type": "press_stop", "charge_point": "CP2"})
    assert await door(redis).step() == 3
    assert [it["id"] for it in await arrived(redis, CP1)] == ["c1", "c2"]
    assert await arrived(redis, CP2) == [{"id": "c3", "type": "press_stop", "charge_point": "CP2"}]
    assert await redis.xlen(DOOR) == 0


async def test_an_entry_without_an_id_gets_one_of_its_own(redis):
    entry_id = await knock(redis, {"type": "plug_in", "charge_point": "CP1"})
    await door(redis).step()
    assert await arrived(redis, CP1) == [{"id": f"door-{entry_id}", "type": "plug_in", "charge_point": "CP1"}]


async def test_an_entry_with_an_id_is_passed_on_byte_for_byte(redis):
    body = b'{ "id": "c1",  "charge_point":"CP1", "energy_wh": 1.50 }'
    await knock(redis, body)
    await door(redis).step()
    [(_, fields)] = await redis.xrange(inbox(CP1))
    assert fields == {b"__data__": body}


async def test_what_names_no_charge_point_goes_to_the_dead_with_its_reason(redis):
    ids = [
        await knock(redis, b"{broken"),
        await knock(redis, {"type": "plug_in"}),
        await knock(redis, {"type": "plug_in", "charge_point": 7}),
        await knock(redis, [1, 2]),
        (await redis.xadd(DOOR, {"x": b"\xff"})).decode(),
    ]
    await knock(redis, {"id": "good", "charge_point": "CP1"})
    assert await door(redis).step() == 6
    buried = await dead(redis)
    assert [it["entry"] for it in buried] == ids
    assert [it["reason"].partition(":")[0] for it in buried] == [
        "not JSON",
        "charge_point is missing or is not a text",
        "charge_point is missing or is not a text",
        "the JSON is not an object",
        "the entry has none of the fields __data__, data, type",
    ]
    assert buried[0]["fields"] == {"__data__": "{broken"}
    assert [it["id"] for it in await arrived(redis, CP1)] == ["good"]
    assert await redis.xlen(DOOR) == 0


async def test_only_one_stands_at_the_door_and_the_next_follows_a_dead_one(redis):
    clock1, clock2 = Clock(), Clock()
    d1, d2 = door(redis, "d1", clock1), door(redis, "d2", clock2)
    await d1.step()
    await knock(redis, {"id": "c1", "charge_point": "CP1"})
    assert await d2.step() == 0
    assert (d1.ours, d2.ours) == (True, False)
    assert await release_owner(redis, "abstraction", "d1", 16) == 1
    clock2.now += 2
    assert await d2.step() == 1
    assert (await redis.hget(DOOR_META, "owner")) == b"d2"


async def test_a_full_partition_keeps_its_entries_waiting_and_holds_up_no_other(redis, clock):
    it = door(redis, clock=clock, limit=2)
    for number in (1, 2):
        await redis.xadd(inbox(CP1), {"__data__": json.dumps({"id": f"old{number}"})})
    await knock(redis, {"id": "a", "charge_point": "CP1"})
    await knock(redis, {"id": "b", "charge_point": "CP2"})
    await knock(redis, {"id": "c", "charge_point": "CP1"})
    for _ in range(3):
        assert await it.step() == 0
        assert it.blocked
    assert [x["id"] for x in await arrived(redis, CP2)] == ["b"]
    await redis.delete(inbox(CP1))
    assert await it.step() == 3
    assert not it.blocked
    assert [x["id"] for x in await arrived(redis, CP1)] == ["a", "c"]
    assert [x["id"] for x in await arrived(redis, CP2)] == ["b"]


async def test_after_a_lost_reply_an_entry_may_come_twice_but_with_one_id(redis, server_url):
    async with SwallowingProxy(server_url) as proxy:
        through = client(proxy.url)
        it = door(through)
        await knock(redis, {"id": "first", "charge_point": "CP1"})
        await it.step()
        entry_id = await knock(redis, {"charge_point": "CP1"})
        proxy.lose_reply = 2  # The first tells what waits at the door, the second that it was forwarded.
        with pytest.raises(RedisConnectionError):
            await it.step()
        assert await it.step() == 1
        again = f"door-{entry_id}"
        assert [x["id"] for x in await arrived(redis, CP1)] == ["first", again, again]
        await through.aclose()


async def test_a_running_door_works_until_it_is_told_to_stop(redis):
    stop = asyncio.Event()
    it = Door(redis, name="d1", partitions=16)
    running = asyncio.create_task(it.run(stop))
    await knock(redis, {"id": "c1", "charge_point": "CP1"})
    async with asyncio.timeout(10):
        assert await redis.xread({inbox(CP1): "0"}, block=5_000)
        stop.set()
        await running
    assert await redis.hget(DOOR_META, "owner") == b""


async def test_a_broker_that_refuses_for_a_while_does_not_end_the_door(redis, monkeypatch):
    door = Door(redis, name="a", partitions=16)
    stop = asyncio.Event()
    seen = []

    async def refused(*, block_ms: int = 0) -> int:
        seen.append(block_ms)
        if len(seen) == 2:
            stop.set()
        raise ReadOnlyError("READONLY You can't write against a read only replica.")

    monkeypatch.setattr(door, "step", refused)
    await door.run(stop)
    assert len(seen) == 2
