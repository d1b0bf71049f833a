import pytest
from vcp_contracts.streams import WORLD
from vcp_plumbing.world import WorldChanged, WorldMismatch, check_world, open_world


async def test_the_first_makes_the_world_and_the_next_enters_it(redis):
    first = await open_world(redis, 16)
    assert await open_world(redis, 16) == first
    assert (first.partitions, len(first.id)) == (16, 16)
    await check_world(redis, first)


async def test_another_number_of_partitions_is_refused_with_both_numbers(redis):
    world = await open_world(redis, 16)
    with pytest.raises(
        WorldMismatch, match=r"configured for 4 partitions, the world has 16.*VCP_PARTITIONS=16"
    ):
        await open_world(redis, 4)
    assert await open_world(redis, 16) == world


async def test_a_flushed_or_replaced_world_is_noticed(redis):
    world = await open_world(redis, 16)
    await redis.flushall()
    with pytest.raises(WorldChanged):
        await check_world(redis, world)
    await open_world(redis, 16)
    with pytest.raises(WorldChanged):
        await check_world(redis, world)


async def test_a_foreign_key_in_the_worlds_place_is_told(redis):
    await redis.set(WORLD, "text")
    with pytest.raises(Exception, match="WRONGTYPE"):
        await open_world(redis, 16)
