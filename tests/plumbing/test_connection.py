import asyncio

import pytest
from plumbing.blocked import somebody_waits
from plumbing.swallowing_proxy import SwallowingProxy
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from vcp_plumbing.connection import UnfitServer, client, connect, judge_server, roundtrip


async def test_a_fit_server_is_entered(server_url):
    redis = await connect(server_url)
    assert await redis.ping()
    await redis.aclose()


async def test_a_server_that_is_away_is_told(tmp_path):
    with pytest.raises(RedisConnectionError):
        await connect(f"unix://{tmp_path}/none")


@pytest.mark.parametrize("version", ["6.2.14", "3.0"])
def test_a_server_that_is_too_old_is_refused(version: str):
    with pytest.raises(UnfitServer, match=rf"Redis {version}; Redis 7.0 or newer"):
        judge_server({"redis_version": version})


def test_a_server_that_may_delete_our_keys_is_refused():
    judge_server({"redis_version": "7.0.0", "maxmemory": 0, "maxmemory_policy": "allkeys-lru"})
    judge_server({"redis_version": "8.2.1", "maxmemory": 1, "maxmemory_policy": "noeviction"})
    with pytest.raises(UnfitServer, match="noeviction"):
        judge_server({"redis_version": "7.0.0", "maxmemory": 1, "maxmemory_policy": "allkeys-lru"})


@pytest.mark.parametrize("query", ["", "?retry_on_timeout=true&protocol=3&health_check_interval=1"])
async def test_no_command_is_repeated_by_the_client(redis, server_url, query):
    async with SwallowingProxy(server_url) as proxy:
        through = client(f"{proxy.url}{query}")
        await through.ping()
        proxy.lose_reply = 1
        with pytest.raises(RedisConnectionError):
            await through.incr("n")
        await through.ping()
        assert await redis.get("n") == b"1"
        await through.aclose()


async def test_replies_come_in_order_with_errors_as_values(redis):
    first, wrong, last = await roundtrip(redis, [("SET", "k", "text"), ("INCR", "k"), ("GET", b"k")])
    assert (first, last) == (b"OK", b"text")
    assert isinstance(wrong, ResponseError)


async def test_a_silent_server_is_not_waited_for_and_its_late_reply_is_not_anothers(redis):
    with pytest.raises(RedisTimeoutError):
        await roundtrip(redis, [("BLPOP", "none", 0)], timeout_s=0.05)
    assert await roundtrip(redis, [("ECHO", "mine")]) == [b"mine"]


async def test_a_cancelled_round_trip_leaves_no_reply_behind(redis):
    waiting = asyncio.create_task(roundtrip(redis, [("ECHO", "old"), ("BLPOP", "none", 0)]))
    async with asyncio.timeout(5):
        await somebody_waits(redis)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await roundtrip(redis, [("ECHO", "mine")]) == [b"mine"]


def test_a_url_says_where_and_how_but_never_how_often():
    tls = client("rediss://me:pw@broker:6380/2?ssl_ca_certs=ca.pem", timeout_s=3).connection_pool
    told = tls.connection_kwargs
    assert tls.connection_class.__name__ == "SSLConnection"
    assert (told["host"], told["port"], told["db"], told["username"]) == ("broker", 6380, 2, "me")
    assert (told["ssl_ca_certs"], told["socket_timeout"]) == ("ca.pem", 3)
    assert told["retry"].get_retries() == 0
