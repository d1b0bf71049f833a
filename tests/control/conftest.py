"""A real server, the API on it, and an Abstraction that is played: it reads `in` and answers as each test says."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from control.played_abstraction import PlayedAbstraction
from plumbing.conftest import redis, server_url
from redis.asyncio import Redis
from vcp_control.app import application
from vcp_control.asking import Means
from vcp_control.desk import Desk
from vcp_control.event_streams import EventStreams
from vcp_control.follower import Follower
from vcp_control.readiness import Readiness
from vcp_control.settings import ApiSettings
from vcp_control.views import Views
from vcp_control.violation_record import ViolationRecord
from vcp_control.wire_record import WireRecord
from vcp_plumbing.vault import Vault
from vcp_plumbing.world import World, open_world

__all__ = ["redis", "server_url"]

PARTITIONS = 4


@pytest.fixture
async def world(redis: Redis) -> World:
    return await open_world(redis, PARTITIONS)


@pytest.fixture
async def follower(redis: Redis, world: World) -> AsyncIterator[Follower]:
    async with Follower(redis, world) as follower:
        yield follower


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys")


@pytest.fixture
def means(redis: Redis, follower: Follower, vault: Vault) -> Means:
    wire = WireRecord(redis, PARTITIONS)
    return Means(
        desk=Desk(redis, PARTITIONS, follower),
        views=Views(redis, PARTITIONS),
        wire=wire,
        violations=ViolationRecord(redis, PARTITIONS, wire),
        streams=EventStreams(redis, follower),
        vault=vault,
    )


Api = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def api_as(means: Means, redis: Redis) -> Api:
    """The API under other settings: `async with api_as(VCP_API_TOKEN="…") as api`."""

    @asynccontextmanager
    async def api(**environ: str) -> AsyncIterator[httpx.AsyncClient]:
        app = application(means, Readiness(redis, PARTITIONS), ApiSettings.read(environ))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            yield client

    return api


@pytest.fixture
async def api(api_as: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with api_as() as client:
        yield client


@pytest.fixture
async def abstraction(redis: Redis, world: World) -> AsyncIterator[PlayedAbstraction]:
    async with PlayedAbstraction(redis, world) as played:
        yield played
