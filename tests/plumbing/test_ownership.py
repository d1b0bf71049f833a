import asyncio
from collections.abc import Callable
from itertools import count

import pytest
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_plumbing.commit import Committed, Fenced, Full, commit_all
from vcp_plumbing.ownership import Change, Ownership, release_owner, share_of


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def owner(redis: Redis, clock: Clock) -> Callable[..., Ownership]:
    def make(name: str, **more: object) -> Ownership:
        settings = {"partitions": 16, "reads": streams.inbox, "clock": clock, **more}
        return Ownership(redis, "abstraction", name, **settings)

    return make


async def meta(redis: Redis, partition: int, *fields: str) -> list[bytes | None]:
    return await redis.hmget(streams.meta(partition, "abstraction"), *fields)


async def let_lapse(redis: Redis, partitions: int = 16) -> None:
    """What the passing of a lease does to the records, at once."""
    for partition in range(partitions):
        await redis.hset(streams.meta(partition, "abstraction"), "until", 1)


async def let_go_silent(redis: Redis, name: str) -> None:
    await redis.zadd(streams.members("abstraction"), {name: 1})


async def test_the_first_process_takes_everything(redis, owner, clock):
    a1 = owner("a1")
    assert (await a1.rebalance()).taken == frozenset(range(16))
    assert await meta(redis, 5, "owner", "number", "position") == [b"a1", b"1", b"0-0"]
    held = a1.held[5]
    assert (held.number, held.position, held.horizon, held.takeovers) == (1, "0-0", "0-0", 0)
    assert held.deadline == 104.0


async def test_a_second_process_gets_half(owner):
    a1, a2 = owner("a1"), owner("a2")
    await a1.rebalance()
    assert await a2.rebalance() == Change()
    assert len((await a1.rebalance()).released) == 8
    assert len((await a2.rebalance()).taken) == 8
    assert a1.held.keys() | a2.held.keys() == set(range(16))
    assert not a1.held.keys() & a2.held.keys()
    assert await a1.rebalance() == await a2.rebalance() == Change()


@pytest.mark.parametrize("processes", [3, 5, 7])
async def test_any_number_of_processes_comes_to_rest_with_nothing_unowned(owner, processes: int):
    owners = [owner(f"a{n}") for n in range(processes)]
    for _ in range(4):
        for it in owners:
            await it.rebalance()
    held = [partition for it in owners for partition in it.held]
    assert sorted(held) == list(range(16))
    assert max(len(it.held) for it in owners) == share_of(16, processes)
    assert [await it.rebalance() for it in owners] == [Change()] * processes


async def test_processes_that_start_at_once_never_own_the_same(owner):
    owners = [owner(f"a{n}") for n in range(4)]
    for _ in range(4):
        await asyncio.gather(*(it.rebalance() for it in owners))
        held = [partition for it in owners for partition in it.held]
        assert len(held) == len(set(held))
    assert [len(it.held) for it in owners] == [4, 4, 4, 4]


async def test_what_must_not_move_stays_above_the_share(owner):
    linked = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
    a1, a2 = owner("a1", may_release=lambda p: p not in linked), owner("a2")
    await a1.rebalance()
    await a2.rebalance()
    assert (await a1.rebalance()).released == {12, 13, 14, 15}
    assert (await a2.rebalance()).taken == {12, 13, 14, 15}
    linked.clear()
    assert len((await a1.rebalance()).released) == 4
    await a2.rebalance()
    assert len(a2.held) == 8


async def test_a_dead_process_loses_its_partitions_when_the_lease_ends(redis, owner):
    a1, a2 = owner("a1"), owner("a2")
    await a1.rebalance()
    assert (await a2.rebalance()).taken == frozenset()
    await let_lapse(redis)
    await let_go_silent(redis, "a1")
    assert len((await a2.rebalance()).taken) == 16
    assert await redis.zrange(streams.members("abstraction"), 0, -1) == [b"a2"]


async def test_a_real_lease_ends_by_itself(redis, owner):
    a1, a2 = owner("a1", lease_ms=80, partitions=2), owner("a2", lease_ms=80, partitions=2)
    await a1.rebalance()
    async with asyncio.timeout(5):
        while not a2.held:
            await a2.rebalance()
            await asyncio.sleep(0.01)
    batch = a1.batch(next(iter(a2.held)))
    batch.xadd("{p00}k", b"{}")
    [outcome] = (await commit_all(redis, "a1", [batch])).values()
    assert isinstance(outcome, Fenced)
    assert outcome.owner == "a2"


async def test_the_runner_frees_a_dead_childs_leases_at_once(redis, owner):
    a1, a2 = owner("a1"), owner("a2")
    await a1.rebalance()
    await a2.rebalance()
    assert await release_owner(redis, "abstraction", "a1", 16) == 16
    assert len((await a2.rebalance()).taken) == 16
    assert await release_owner(redis, "abstraction", "a1", 16) == 0
    assert len(a2.held) == 16


async def test_a_process_that_leaves_gives_back_at_once_and_takes_no_more(redis, owner):
    a1, a2 = owner("a1"), owner("a2")
    await a1.rebalance()
    await a2.rebalance()
    await a1.release_all()
    assert not a1.held
    assert await a1.rebalance() == Change()
    assert len((await a2.rebalance()).taken) == 16


async def test_whatever_an_earlier_owner_has_under_way_is_fenced_after_a_take_over(redis, owner):
    a1, a2 = owner("a1"), owner("a2")
    await a1.rebalance()
    late = a1.batch(5)
    late.xadd(streams.outbox(5), b"{}")
    await release_owner(redis, "abstraction", "a1", 16)
    await a2.rebalance()
    outcomes = await commit_all(redis, "a1", [late])
    assert outcomes == {5: Fenced("a2", 2)}
    assert a1.settle(outcomes) == {5}
    assert 5 not in a1.held
    assert await redis.xlen(streams.outbox(5)) == 0


async def test_what_a_process_lost_by_mistake_it_takes_anew_from_the_record(redis, owner):
    a1 = owner("a1")
    await a1.rebalance()
    a1.drop([5])
    assert (await a1.rebalance()).taken == {5}
    assert a1.held[5].number == 2


async def test_commits_carry_number_position_and_deadline_on(redis, owner, clock):
    a1 = owner("a1")
    await a1.rebalance()
    for expected in (2, 3):
        clock.now += 1
        batch = a1.batch(5)
        batch.position = f"{expected}-0"
        assert a1.settle(await commit_all(redis, "a1", [batch], clock=clock)) == frozenset()
        held = a1.held[5]
        assert (held.number, held.position, held.deadline) == (expected, f"{expected}-0", clock.now + 4)


def test_a_full_server_loses_nothing(redis):
    it = Ownership(redis, "abstraction", "a1", 16, reads=streams.inbox)
    it.held[5] = object()
    assert it.settle({5: Full("memory")}) == frozenset()
    assert 5 in it.held


async def test_renewing_prolongs_only_what_saw_no_commit_lately(redis, owner, clock):
    a1 = owner("a1", partitions=2)
    await a1.rebalance()
    assert await a1.renew() == frozenset()
    assert [a1.held[p].deadline for p in (0, 1)] == [104.0, 104.0]
    clock.now = 101.5
    await commit_all(redis, "a1", [b := a1.batch(0)], clock=clock)
    a1.settle({b.partition: Committed(2, 1, 105.5, None)})
    assert await a1.renew() == frozenset()
    assert [a1.held[p].deadline for p in (0, 1)] == [105.5, 105.5]
    assert await meta(redis, 1, "number") == [b"1"]


async def test_renewing_finds_out_what_was_lost(redis, owner, clock):
    a1 = owner("a1", partitions=4)
    await a1.rebalance()
    await redis.hset(streams.meta(0, "abstraction"), "owner", "a2")
    await redis.hset(streams.meta(1, "abstraction"), "number", 9)
    await redis.delete(streams.meta(2, "abstraction"))
    clock.now = 102.0
    assert await a1.renew() == {0, 1, 2}
    assert a1.held.keys() == {3}


async def test_partitions_past_their_deadline_are_known_without_asking(owner, clock):
    a1 = owner("a1", partitions=2)
    await a1.rebalance()
    clock.now = 103.9
    assert a1.overdue() == frozenset()
    clock.now = 104.0
    assert a1.overdue() == {0, 1}


async def test_a_take_over_announces_itself_in_the_same_step(redis, owner):
    def announce(partition: int) -> list[tuple[str, ...]]:
        body = '{"position":"${position}","number":${number},"time":${time},"other":"${x} 100%"}'
        return [("RPUSH", streams.epochs(partition), body)]

    await redis.hset(streams.meta(5, "abstraction"), mapping={"position": "7-3", "number": 4})
    a1 = owner("a1", announce=announce)
    await a1.rebalance()
    expected = f'{{"position":"7-3","number":5,"time":{a1.held[5].taken_ms},"other":"${{x}} 100%"}}'
    assert await redis.lrange(streams.epochs(5), 0, -1) == [expected.encode()]


async def test_an_announcement_is_not_made_when_another_owns(redis, owner):
    await owner("a1").rebalance()
    a2 = owner("a2", announce=lambda p: [("RPUSH", streams.epochs(p), "e")])
    await a2.rebalance()
    assert await redis.exists(streams.epochs(5)) == 0


async def test_the_horizon_is_the_last_id_ever_even_of_an_emptied_stream(redis, owner):
    await redis.xadd(streams.inbox(5), {"__data__": "{}"}, id="9-1")
    await redis.xtrim(streams.inbox(5), maxlen=0)
    a1 = owner("a1")
    await a1.rebalance()
    assert a1.held[5].horizon == "9-1"


async def test_take_overs_are_counted_while_an_entry_waits_at_one_position(redis, owner):
    await redis.xadd(streams.inbox(5), {"__data__": "{}"}, id="9-1")
    for turn in (1, 2, 3):
        it = owner(f"a{turn}")
        await it.rebalance()
        assert it.held[5].takeovers == turn
        assert it.held[4].takeovers == 0
        if turn < 3:
            await release_owner(redis, "abstraction", f"a{turn}", 16)
    batch = it.batch(5)
    batch.position = "9-1"
    it.settle(await commit_all(redis, "a3", [batch]))
    assert it.held[5].takeovers == 0
    assert await meta(redis, 5, "takeovers") == [b"0"]


async def test_leaving_in_good_order_clears_the_suspicion(redis, owner):
    await redis.xadd(streams.inbox(5), {"__data__": "{}"}, id="9-1")
    a1, a2 = owner("a1"), owner("a2")
    await a1.rebalance()
    await a1.release_all()
    await a2.rebalance()
    assert a2.held[5].takeovers == 1


async def test_with_memory_full_leases_still_change_hands(redis, owner, clock):
    a1, a2 = owner("a1"), owner("a2", announce=lambda p: [("RPUSH", streams.epochs(p), "e")])
    await a1.rebalance()
    await redis.set("ballast", b"x" * 1_000_000)
    await redis.config_set("maxmemory", "1000000")
    clock.now += 2
    assert await a1.renew() == frozenset()
    await a1.release_all()
    assert len((await a2.rebalance()).taken) == 16
    assert await redis.llen(streams.epochs(5)) == 1


async def test_services_and_worlds_do_not_mix(redis, owner):
    a1 = owner("a1")
    h1 = Ownership(redis, "handler", "h1", 16, reads=streams.outbox)
    await a1.rebalance()
    await h1.rebalance()
    assert len(a1.held) == len(h1.held) == 16


def test_shares_are_rounded_up():
    assert [share_of(16, n) for n in (0, 1, 2, 3, 16, 17)] == [16, 16, 8, 6, 1, 1]


async def test_numbers_only_grow(redis, owner):
    numbers = []
    for turn in count(1):
        it = owner(f"a{turn}")
        await it.rebalance()
        numbers.append(it.held[0].number)
        await it.release_all()
        if turn == 4:
            break
    assert numbers == [1, 2, 3, 4]
