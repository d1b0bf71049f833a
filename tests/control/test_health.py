"""Alive, ready, numbers; and what a broker that is away looks like."""

import asyncio
from pathlib import Path

import httpx
from control.conftest import Api
from control.played_abstraction import PlayedAbstraction
from control.until import until
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.commands import PowerOn
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
from vcp_plumbing.connection import client
from vcp_plumbing.world import World


async def test_it_is_alive_whatever_is_missing(api: httpx.AsyncClient) -> None:
    assert (await api.get("/health/live")).json() == {"status": "alive"}


async def test_it_is_not_ready_until_both_services_are_alive(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await abstraction.die()
    answer = await api.get("/health/ready")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == "abstraction: none is alive; handler: none is alive"
    await abstraction.show_life("abstraction")
    answer = await api.get("/health/ready")
    assert (answer.status_code, answer.json()["field"]) == (503, "handler")
    await abstraction.show_life("handler")
    answer = await api.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_a_world_of_another_size_is_told(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, redis: Redis
) -> None:
    await redis.hset(streams.WORLD, "partitions", "64")
    reason = (await api.get("/health/ready")).json()["reason"]
    assert "world: has 64 partitions; this process is set to 4" in reason
    await redis.flushall()
    assert "nobody has made a new world" in (await api.get("/health/ready")).json()["reason"]


async def test_a_file_that_is_not_applied_is_told(redis: Redis, abstraction: PlayedAbstraction) -> None:
    await abstraction.show_life("handler")
    readiness = Readiness(redis, 4, chargers_missing=lambda: "3 of 5 charge points are set up")
    assert await readiness.missing() == {"chargers_file": "3 of 5 charge points are set up"}


async def test_numbers_are_told(api: httpx.AsyncClient, abstraction: PlayedAbstraction) -> None:
    await api.post("/charge-points/CP001/plug-in")
    answer = await api.get("/metrics")
    assert "vcp_control_commands_total 1.0" in answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_broker_that_is_away_is_503_and_never_a_bug(tmp_path: Path) -> None:
    away = client(f"unix://{tmp_path}/nobody")
    async with Follower(away, World("w", 4)) as follower:
        wire = WireRecord(away, 4)
        means = Means(
            desk=Desk(away, 4, follower),
            views=Views(away, 4),
            wire=wire,
            violations=ViolationRecord(away, 4, wire),
            streams=EventStreams(away, follower),
            vault=None,
        )
        app = application(means, Readiness(away, 4), ApiSettings.read({}))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as api:
            for path in ("/charge-points", "/charge-points/CP1", "/charge-points/CP1/messages"):
                answer = await api.get(path)
                assert (answer.status_code, answer.json()["type"]) == (503, "urn:vcp:problem:no_broker")
            answer = await api.post("/charge-points/CP1/plug-in?wait=0")
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:vcp:problem:no_broker")
            assert (await api.get("/health/ready")).json()["reason"] == "broker: does not answer"
            assert (await api.get("/health/live")).status_code == 200
    await away.aclose()


async def test_a_connection_that_breaks_while_a_command_waits_is_made_again(
    redis: Redis, world: World, server_url: str, abstraction: PlayedAbstraction
) -> None:
    abstraction.answer = lambda command: None
    other = client(server_url)
    async with Follower(other, world) as follower:
        desk = Desk(other, world.partitions, follower)
        waiting = asyncio.create_task(desk.issue(PowerOn(id="c1", charge_point="CP001"), 5))
        await until(lambda: len(abstraction.taken) == 1)
        await other.connection_pool.disconnect()
        await abstraction.end(abstraction.taken[0], status="done")
        result = await waiting
        assert result is not None
        assert (result.status, result.repeated) == ("done", False)
    await other.aclose()


async def test_a_broker_that_refuses_is_503(api: httpx.AsyncClient, redis: Redis) -> None:
    await redis.set(streams.view(streams.partition_of("CP001", 4)), "a stranger wrote here")
    answer = await api.get("/charge-points/CP001")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:vcp:problem:no_broker")
    assert "stranger" not in answer.text


async def test_an_unknown_route_and_a_wrong_method_are_problems_too(api: httpx.AsyncClient) -> None:
    answer = await api.get("/nowhere")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:vcp:problem:no_such_route")
    answer = await api.put("/charge-points")
    assert (answer.status_code, answer.json()["type"]) == (405, "urn:vcp:problem:method")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_bug_is_a_problem_that_says_nothing(api: httpx.AsyncClient, means: Means) -> None:
    object.__setattr__(means, "views", None)
    answer = await api.get("/charge-points")
    assert answer.status_code == 500
    assert answer.json()["reason"] == "the control API failed"


async def test_a_body_that_is_too_large_is_413(api: httpx.AsyncClient) -> None:
    body = {"vendor": "acme", "content": "x" * (1 << 20)}
    answer = await api.post("/charge-points/CP001/send-data", json=body)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:vcp:problem:too_large")


async def test_too_many_event_clients_are_503(
    api_as: Api, means: Means, redis: Redis, follower: Follower
) -> None:
    object.__setattr__(means, "streams", EventStreams(redis, follower, most_clients=0))
    async with api_as() as api:
        answer = await api.get("/events")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:vcp:problem:too_many_clients")


async def test_a_cursor_that_is_none_is_422(api: httpx.AsyncClient) -> None:
    answer = await api.get("/events", headers={"Last-Event-ID": "yesterday"})
    assert (answer.status_code, answer.json()["field"]) == (422, "after")
