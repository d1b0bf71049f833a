import asyncio
from collections.abc import AsyncIterator

import pytest
from plumbing.swallowing_proxy import SwallowingProxy
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from vcp_contracts import streams
from vcp_plumbing import commit as committing
from vcp_plumbing.batch import Batch, after
from vcp_plumbing.commit import Broken, Committed, Fenced, Full, commit_all
from vcp_plumbing.connection import client

META = streams.meta(3, "abstraction")
INBOX = streams.inbox(3)
OUTBOX = streams.outbox(3)


async def own(
    redis: Redis, *, owner: str = "a1", number: int = 7, position: str = "0-0", partition: int = 3
) -> None:
    await redis.hset(
        streams.meta(partition, "abstraction"),
        mapping={"owner": owner, "number": number, "position": position, "until": 0, "takeovers": 2},
    )


def batch(*, number: int = 7, partition: int = 3, keep_input: bool = False) -> Batch:
    return Batch(
        partition,
        meta=streams.meta(partition, "abstraction"),
        reads=streams.inbox(partition),
        number=number,
        keep_input=keep_input,
    )


async def everything(redis: Redis) -> dict[bytes, bytes | None]:
    return {key: await redis.dump(key) for key in sorted(await redis.keys("*"))}


@pytest.fixture
async def flaky(redis: Redis, server_url: str) -> AsyncIterator[tuple[SwallowingProxy, Redis]]:
    async with SwallowingProxy(server_url) as proxy:
        through = client(proxy.url)
        yield proxy, through
        await through.aclose()


async def test_a_commit_applies_everything_and_moves_number_position_and_lease(redis):
    await own(redis)
    first = (await redis.xadd(INBOX, {"__data__": b"{}"})).decode()
    second = (await redis.xadd(INBOX, {"__data__": b"{}"})).decode()
    it = batch()
    it.position = first
    it.hset(streams.state(3, "CP1"), "facts", b'{"plugged":true}')
    it.hset_all(streams.queue(3, "CP1"), {"m1": b"{}", "m2": b"{}"})
    it.hdel(streams.queue(3, "CP1"), "m1")
    it.sadd(streams.charge_points(3), "CP1", "CP2")
    it.srem(streams.charge_points(3), "CP2")
    it.xadd(OUTBOX, b'{"type":"beat"}')
    it.add("RPUSH", streams.epochs(3), b"e")
    it.done("c1", b'{"result":"done"}')

    outcome = (await commit_all(redis, "a1", [it], clock=lambda: 50.0))[3]

    assert isinstance(outcome, Committed)
    assert (outcome.number, outcome.position, outcome.deadline) == (8, first, 54.0)
    assert await redis.hgetall(streams.state(3, "CP1")) == {b"facts": b'{"plugged":true}'}
    assert await redis.hgetall(streams.queue(3, "CP1")) == {b"m2": b"{}"}
    assert await redis.smembers(streams.charge_points(3)) == {b"CP1"}
    assert [fields for _, fields in await redis.xrange(OUTBOX)] == [{b"__data__": b'{"type":"beat"}'}]
    assert await redis.lrange(streams.epochs(3), 0, -1) == [b"e"]
    assert await redis.hgetall(streams.done(3)) == {b"c1": b'{"result":"done"}'}
    assert [entry.decode() for entry, _ in await redis.xrange(INBOX)] == [second]
    assert await redis.hgetall(META) == {
        b"owner": b"a1",
        b"number": b"8",
        b"position": first.encode(),
        b"until": str(outcome.time_ms + 4000).encode(),
        b"takeovers": b"0",
    }


async def test_a_commit_of_timers_alone_leaves_position_and_input(redis):
    await own(redis, position="5-0")
    await redis.xadd(INBOX, {"__data__": b"{}"})
    it = batch()
    it.hset("{p03}k", "f", 1)
    assert isinstance((await commit_all(redis, "a1", [it]))[3], Committed)
    assert await redis.hmget(META, "position", "takeovers") == [b"5-0", b"2"]
    assert await redis.xlen(INBOX) == 1


async def test_kept_input_is_not_trimmed(redis):
    await own(redis)
    first = (await redis.xadd(INBOX, {"__data__": b"{}"})).decode()
    it = batch(keep_input=True)
    it.position = first
    assert isinstance((await commit_all(redis, "a1", [it]))[3], Committed)
    assert await redis.hget(META, "position") == first.encode()
    assert await redis.xlen(INBOX) == 1


@pytest.mark.parametrize(
    ("owner", "number"),
    [("a2", 7), ("a1", 8), ("a1", 6), ("", 7)],
    ids=["other", "later", "undone", "released"],
)
async def test_a_fenced_owner_touches_nothing(redis, owner: str, number: int):
    await own(redis, owner=owner, number=number)
    await redis.xadd(INBOX, {"__data__": b"{}"}, id="5-1")
    before = await everything(redis)
    it = batch()
    it.position = "5-1"
    it.xadd(OUTBOX, b"{}")
    it.done("c1", b"{}")
    assert await commit_all(redis, "a1", [it]) == {3: Fenced(owner, number)}
    assert await everything(redis) == before


async def test_after_a_flush_an_owner_is_fenced(redis):
    it = batch()
    it.xadd(OUTBOX, b"{}")
    assert await commit_all(redis, "a1", [it]) == {3: Fenced("", None)}
    assert await redis.dbsize() == 0


async def test_partitions_are_committed_together_and_judged_apart(redis):
    await own(redis, partition=1)
    await own(redis, partition=2, owner="a2")
    batches = [batch(partition=1), batch(partition=2)]
    for it in batches:
        it.xadd(streams.outbox(it.partition), b"{}")
    outcomes = await commit_all(redis, "a1", batches)
    assert isinstance(outcomes[1], Committed)
    assert outcomes[2] == Fenced("a2", 7)
    assert (await redis.xlen(streams.outbox(1)), await redis.xlen(streams.outbox(2))) == (1, 0)


async def test_a_reply_that_is_lost_is_not_done_twice(flaky, redis):
    proxy, through = flaky
    await own(redis)
    it = batch()
    it.xadd(OUTBOX, b"{}")
    await commit_all(through, "a1", [batch(partition=9)])
    proxy.lose_reply = 1
    outcome = (await commit_all(through, "a1", [it], clock=iter((10.0, 11.0, 12.0)).__next__))[3]
    assert proxy.lost == 1
    # The lease counts from before the first sending: the second one prolonged nothing.
    assert outcome == Committed(8, None, 14.0, None)
    assert await redis.xlen(OUTBOX) == 1


async def test_a_request_that_is_lost_is_sent_again(flaky, redis):
    proxy, through = flaky
    await own(redis)
    it = batch()
    it.xadd(OUTBOX, b"{}")
    await through.ping()
    proxy.lose_request = 1
    outcome = (await commit_all(through, "a1", [it], clock=iter((10.0, 11.0, 12.0)).__next__))[3]
    assert proxy.lost == 1
    assert isinstance(outcome, Committed)
    assert (outcome.number, outcome.deadline) == (8, 16.0)
    assert await redis.xlen(OUTBOX) == 1


async def test_a_lost_reply_is_understood_even_when_no_time_seems_to_pass(flaky, redis):
    proxy, through = flaky
    await own(redis)
    await commit_all(through, "a1", [batch(partition=9)])
    proxy.lose_reply = 1
    assert await commit_all(through, "a1", [batch()], clock=lambda: 10.0) == {
        3: Committed(8, None, 14.0, None)
    }


async def test_after_a_lost_reply_another_owners_record_fences(flaky, redis):
    proxy, through = flaky
    await own(redis, owner="a2", number=8)
    await through.ping()
    proxy.lose_reply = 1
    assert await commit_all(through, "a1", [batch()]) == {3: Fenced("a2", 8)}


async def test_a_killed_connection_does_not_repeat_a_commit(redis, server_url):
    await own(redis)
    killed = client(server_url)
    me = await killed.client_id()
    for number in range(7, 12):
        await redis.client_kill_filter(_id=me)
        it = batch(number=number)
        it.xadd(OUTBOX, b"{}")
        assert isinstance((await commit_all(killed, "a1", [it]))[3], Committed)
        me = await killed.client_id()
    assert await redis.xlen(OUTBOX) == 5
    await killed.aclose()


async def test_a_server_that_stays_away_is_given_up_after_the_patience(tmp_path):
    nowhere = client(f"unix://{tmp_path}/none")
    with pytest.raises(RedisConnectionError):
        await commit_all(nowhere, "a1", [batch()], patience_s=0.12)
    await nowhere.aclose()


async def test_a_server_that_forgot_the_script_gets_it_again(redis):
    await own(redis)
    await redis.script_flush()
    assert isinstance((await commit_all(redis, "a1", [batch()]))[3], Committed)


async def fill_memory(redis: Redis) -> None:
    await redis.set("ballast", b"x" * 1_000_000)
    await redis.config_set("maxmemory", "1000000")
    await redis.config_set("maxmemory-policy", "noeviction")


async def test_with_memory_full_a_commit_that_frees_nothing_touches_nothing(redis):
    await own(redis)
    await commit_all(redis, "a1", [batch(partition=9)])
    await fill_memory(redis)
    before = await everything(redis)
    it = batch()
    it.xadd(OUTBOX, b"{}")
    it.hset("{p03}k", "f", 1)
    outcome = (await commit_all(redis, "a1", [it]))[3]
    assert isinstance(outcome, Full)
    assert "maxmemory" in outcome.reason
    assert await everything(redis) == before
    await redis.config_set("maxmemory", "0")
    assert isinstance((await commit_all(redis, "a1", [it]))[3], Committed)


async def test_with_memory_full_a_commit_that_consumes_input_is_applied_whole(redis):
    await own(redis)
    entry = (await redis.xadd(INBOX, {"__data__": b"{}"})).decode()
    await commit_all(redis, "a1", [batch(partition=9)])
    await fill_memory(redis)
    it = batch()
    it.position = entry
    for _ in range(20):
        it.xadd(OUTBOX, b"x" * 10_000)
    it.done("c1", b"{}")
    assert isinstance((await commit_all(redis, "a1", [it]))[3], Committed)
    assert (await redis.xlen(INBOX), await redis.xlen(OUTBOX)) == (0, 20)


async def test_a_command_that_the_server_refuses_does_not_move_the_position(redis):
    await own(redis)
    await redis.set("{p03}text", "a text")
    it = batch()
    it.position = "5-1"
    it.hset("{p03}text", "f", 1)
    outcome = (await commit_all(redis, "a1", [it]))[3]
    assert isinstance(outcome, Broken)
    assert "WRONGTYPE" in outcome.reason
    assert await redis.hmget(META, "number", "position") == [b"7", b"0-0"]


async def test_results_of_commands_are_kept_for_an_hour(redis):
    await own(redis)
    now_s, _ = await redis.time()
    await redis.hset(streams.done(3), mapping={"old": "1", "fresh": "2"})
    await redis.zadd(streams.done_at(3), {"old": (now_s - 3_601) * 1000, "fresh": (now_s - 3_500) * 1000})
    it = batch()
    it.done("new", b"3")
    await commit_all(redis, "a1", [it])
    assert await redis.hgetall(streams.done(3)) == {b"fresh": b"2", b"new": b"3"}
    assert await redis.zrange(streams.done_at(3), 0, -1) == [b"fresh", b"new"]


async def test_results_of_commands_are_bounded_by_count(redis, monkeypatch):
    monkeypatch.setattr(committing, "RESULTS_KEPT", 3)
    await own(redis)
    it = batch()
    for number in range(5):
        it.done(f"c{number}", b"{}")
    await commit_all(redis, "a1", [it])
    assert await redis.hkeys(streams.done(3)) == [b"c2", b"c3", b"c4"]
    assert await redis.zcard(streams.done_at(3)) == 3


async def test_a_batch_may_be_big(redis):
    await own(redis)
    it = batch()
    for number in range(3_000):
        it.xadd(OUTBOX, b"{}", keep=1_000, exactly=True)
        it.hset("{p03}k", f"f{number}", number)
    assert isinstance((await commit_all(redis, "a1", [it]))[3], Committed)
    assert (await redis.xlen(OUTBOX), await redis.hlen("{p03}k")) == (1_000, 3_000)


async def test_a_stream_is_bounded_by_age(redis):
    await own(redis)
    await redis.xadd("{p03}e", {"a": 1}, id="1000-0")
    it = batch()
    it.xadd("{p03}e", b"{}", since_ms=2_000, exactly=True)
    await commit_all(redis, "a1", [it])
    assert await redis.xlen("{p03}e") == 1


async def test_nothing_to_commit_asks_nothing(redis):
    assert await commit_all(redis, "a1", []) == {}
    assert batch().empty


async def test_of_two_rivals_at_one_number_one_commits(redis):
    await own(redis)
    rivals = [batch() for _ in range(10)]
    for it in rivals:
        it.xadd(OUTBOX, b"{}")
    outcomes = await asyncio.gather(*(commit_all(redis, "a1", [it]) for it in rivals))
    assert sum(isinstance(outcome[3], Committed) for outcome in outcomes) == 1
    assert await redis.xlen(OUTBOX) == 1


def test_a_command_too_long_for_a_script_is_refused():
    with pytest.raises(ValueError, match="split it"):
        batch().add("SADD", "k", *range(5_000))


def test_the_id_after_an_id():
    assert (after("5-1"), after("5"), after("0-0")) == ("5-2", "5-1", "0-1")
