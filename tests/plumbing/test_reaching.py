"""A broker that is away is waited for; one that will never do is not."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from structlog.testing import CapturingLogger
from vcp_plumbing.connection import UnfitServer
from vcp_plumbing.environment import Environment
from vcp_plumbing.reaching import reach


def environment(url: str) -> Environment:
    return Environment.read("handler", {"REDIS_URL": url, "VCP_OWNER": "h"})


@pytest.fixture
async def guarded(redis: Redis) -> AsyncIterator[None]:
    """The server wants a password from whoever comes now."""
    await redis.config_set("requirepass", "open sesame")
    yield
    await redis.config_set("requirepass", "")


async def test_a_broker_that_answers_is_reached_at_once(redis: Redis, server_url: str):
    async with asyncio.timeout(5):
        reached = await reach(environment(server_url), asyncio.Event())
    assert reached is not None
    assert await reached.ping()
    await reached.aclose()


async def test_a_broker_that_is_away_is_told_once_and_waited_for_until_told_to_stop(
    monkeypatch: pytest.MonkeyPatch,
):
    told = CapturingLogger()
    monkeypatch.setattr("vcp_plumbing.reaching._log", told)
    monkeypatch.setattr("vcp_plumbing.reaching.RETRY_S", 0.001)
    attempts = asyncio.Semaphore(0)
    stop = asyncio.Event()

    async def refused(url: str) -> Redis:
        attempts.release()
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr("vcp_plumbing.reaching.connect", refused)
    waiting = asyncio.create_task(reach(environment("redis://127.0.0.1:1/0"), stop))
    for _ in range(3):
        await attempts.acquire()
    stop.set()
    assert await waiting is None
    assert [call.args for call in told.calls] == [("waiting for the broker",)]


@pytest.mark.usefixtures("guarded")
async def test_a_password_that_is_missing_is_not_waited_for(server_url: str):
    with pytest.raises(UnfitServer, match="write it into REDIS_URL"):
        async with asyncio.timeout(5):
            await reach(environment(server_url), asyncio.Event())


@pytest.mark.usefixtures("guarded")
async def test_a_wrong_password_is_not_waited_for_and_not_repeated(server_url: str):
    with pytest.raises(UnfitServer, match="another one") as refused:
        async with asyncio.timeout(5):
            await reach(environment(f"{server_url}?password=hunter2"), asyncio.Event())
    assert "hunter2" not in str(refused.value)
