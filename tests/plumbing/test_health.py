"""What every service says of its health."""

from redis.asyncio import Redis
from vcp_plumbing.connection import client
from vcp_plumbing.health import HANGING_S, ServiceHealth, counter, exposition, gauge
from vcp_plumbing.measures import LoopMeasures
from vcp_plumbing.ownership import release_owner


def health(redis: Redis, *, last_turn: float = 0.0, now: float = 0.0) -> ServiceHealth:
    return ServiceHealth(redis, "handler", 2, LoopMeasures(last_turn=last_turn), lambda: now)


async def test_a_partition_whose_lease_ran_out_has_no_owner(redis: Redis):
    seconds, _ = await redis.time()
    for partition, until in ((0, seconds + 60), (1, seconds - 1)):
        await redis.hset(
            f"vcp:{{p{partition:02}}}:meta:handler", mapping={"owner": "h", "until": until * 1000}
        )
    assert await health(redis).why_unready() == "partitions without an owner: [1]"
    await redis.hset("vcp:{p01}:meta:handler", "until", (seconds + 60) * 1000)
    assert await health(redis).why_unready() is None
    await release_owner(redis, "handler", "h", 2)
    assert await health(redis).why_unready() == "partitions without an owner: [0, 1]"


async def test_a_broker_that_is_away_is_named():
    away = client("redis://127.0.0.1:1/0")
    assert "the broker does not answer" in str(await health(away).why_unready())


async def test_a_loop_without_a_turn_is_dead():
    away = client("redis://127.0.0.1:1/0")
    assert health(away, now=HANGING_S).why_dead() is None
    assert health(away, now=HANGING_S + 1).why_dead() == "the working loop has hung for 16 s"


def test_measures_are_prometheus_text():
    text = exposition("handler", [counter("frames", "Frames recorded", 3), gauge("links", "Links", 2)])
    lines = text.decode().splitlines()
    assert "# TYPE vcp_handler_frames_total counter" in lines
    assert "vcp_handler_frames_total 3.0" in lines
    assert "vcp_handler_links 2.0" in lines
