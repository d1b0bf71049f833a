"""The control API put together: routes, problems, guard, and the process that serves them."""

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp
from vcp_plumbing.environment import Environment
from vcp_plumbing.reaching import with_broker
from vcp_plumbing.vault import Vault
from vcp_plumbing.world import World, open_world

from vcp_control import charge_points, commands, events, health, messages, rules, violations
from vcp_control.applying import Application
from vcp_control.asking import Means
from vcp_control.chargers_file import Described, read_chargers
from vcp_control.command_bodies import COMMANDS, DEEDS, FIELD_NAMES
from vcp_control.desk import Desk
from vcp_control.event_streams import EventStreams
from vcp_control.follower import Follower
from vcp_control.guard import Guard
from vcp_control.problems import (
    MOST_BYTES,
    Problem,
    answer_bug,
    answer_http_error,
    answer_lost_broker,
    answer_problem,
    wrong_fields,
)
from vcp_control.readiness import Readiness
from vcp_control.server import Server, bound
from vcp_control.setting_up import ChargePointDescription
from vcp_control.settings import ApiSettings
from vcp_control.slashes import Slashes
from vcp_control.views import Views
from vcp_control.violation_record import ViolationRecord
from vcp_control.wire_record import WireRecord

_TAGS = [
    {"name": "charge points", "description": "Set them up, look at them, take them away."},
    {
        "name": "commands",
        "description": "Touch a charge point: what a driver, an installer or the weather can do.",
    },
    {
        "name": "rules",
        "description": "What becomes of messages that match: answered otherwise, altered, late, lost, held back.",
    },
    {"name": "messages", "description": "The wire between a charge point and its backend."},
    {"name": "violations", "description": "In what the backend broke OCPP."},
    {"name": "events", "description": "What happens, as it happens."},
    {"name": "health", "description": "For engines and monitors."},
]
_KNOWN = sorted({*FIELD_NAMES, *ChargePointDescription.model_fields})
_TAGS_OF_UNIONS = frozenset(COMMANDS) | frozenset(DEEDS)


def application(means: Means, readiness: Readiness, settings: ApiSettings) -> ASGIApp:
    """The API behind its guard. Its document is /openapi.json."""
    app = FastAPI(
        title="Virtual charge point",
        version="1",
        summary="Touch charge points that are not there, and look at both sides of their wire.",
        description="Every error is a problem document (RFC 9457) that names the field, the reason and a remedy.",
        openapi_tags=_TAGS,
        # Its pages load their scripts from strangers' servers.
        docs_url=None,
        redoc_url=None,
        max_body_size=MOST_BYTES,
        redirect_slashes=False,
    )
    app.state.means = means
    app.state.readiness = readiness
    for part in (charge_points, messages, violations, rules, commands, events, health):
        # Not include_router, which would build every route a second time: a tenth of a second that no start has.
        app.router.routes.extend(part.router.routes)
    app.add_exception_handler(Problem, answer_problem)
    app.add_exception_handler(RequestValidationError, _answer_wrong_fields)
    app.add_exception_handler(HTTPException, answer_http_error)
    for lost in (RedisError, ConnectionError, TimeoutError):
        app.add_exception_handler(lost, answer_lost_broker)
    app.add_exception_handler(Exception, answer_bug)
    return Guard(Slashes(app), settings)


async def _answer_wrong_fields(_request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, RequestValidationError)
    return wrong_fields(wrong.errors(), known=_KNOWN, tags=_TAGS_OF_UNIONS).response()


async def serve(environment: Environment, stop: asyncio.Event, settings: ApiSettings | None = None) -> None:
    """Serve the API until `stop`. Waits for the broker as long as it takes.

    Raises WrongApiSetting (also for an address that is taken) and WrongChargersFile before anything is served, the
    latter also when the Abstraction refuses what the file says; UnfitServer and WorldMismatch.
    """
    told = settings or ApiSettings.read()
    described = read_chargers(told.chargers) if told.chargers else []
    with bound(told) as listening:

        async def work(redis: Redis) -> None:
            world = await open_world(redis, environment.partitions)
            await _serve(environment, told, redis, world, described, listening, stop)

        await with_broker(environment, stop, work)


async def _serve(
    environment: Environment,
    settings: ApiSettings,
    redis: Redis,
    world: World,
    described: Sequence[Described],
    listening: socket.socket,
    stop: asyncio.Event,
) -> None:
    vault = Vault(environment.keys) if environment.keys else None
    async with Follower(redis, world) as follower:
        desk = Desk(redis, world.partitions, follower)
        file = Application(settings.chargers or Path(), described, desk, vault)
        wire = WireRecord(redis, world.partitions)
        means = Means(
            desk=desk,
            views=Views(redis, world.partitions),
            wire=wire,
            violations=ViolationRecord(redis, world.partitions, wire),
            streams=EventStreams(redis, follower),
            vault=vault,
        )
        readiness = Readiness(redis, world.partitions, chargers_missing=file.missing)
        server = Server(application(means, readiness, settings), settings, listening)
        try:
            async with asyncio.TaskGroup() as group:
                applying = group.create_task(file.apply())
                watching = group.create_task(follower.watch())
                group.create_task(server.serve([listening]))
                await stop.wait()
                for task in (applying, watching):
                    task.cancel()
                # Streams of events never end by themselves; the server would wait for them.
                follower.close()
                server.should_exit = True
        except* Exception as failed:
            raise failed.exceptions[0] from None
