from vcp_contracts.streams import inbox
from vcp_plumbing.commit import Full
from vcp_plumbing.publish import judge_publishing, publish, publishing
from vcp_plumbing.script import run


async def test_a_command_goes_into_the_partitions_input(redis):
    entry_id = await publish(redis, 3, b'{"type":"plug_in"}')
    assert await redis.xrange(inbox(3)) == [(entry_id.encode(), {b"__data__": b'{"type":"plug_in"}'})]


async def test_a_full_input_takes_no_more(redis):
    for _ in range(3):
        assert isinstance(await publish(redis, 3, b"{}", limit=3), str)
    refused = await publish(redis, 3, b"{}", limit=3)
    assert isinstance(refused, Full)
    assert "full" in refused.reason
    assert await redis.xlen(inbox(3)) == 3


async def test_several_go_in_together_or_not_at_all(redis):
    [reply] = await run(redis, [publishing(3, [b"1", b"2", b"3"], limit=2)])
    assert isinstance(judge_publishing(reply), Full)
    assert await redis.xlen(inbox(3)) == 0
    [reply] = await run(redis, [publishing(3, [b"1", b"2"], limit=2)])
    ids = judge_publishing(reply)
    assert [(i.decode(), f[b"__data__"]) for i, f in await redis.xrange(inbox(3))] == list(
        zip(ids, [b"1", b"2"], strict=True)
    )


async def test_a_server_without_memory_takes_no_more(redis):
    await redis.set("ballast", b"x" * 1_000_000)
    await redis.config_set("maxmemory", "1000000")
    refused = await publish(redis, 3, b"{}")
    assert isinstance(refused, Full)
    assert "maxmemory" in refused.reason
