"""The service as a FastStream application: its life and its declared channels. Takes no message through them."""

import asyncio
import logging

import structlog
from faststream.asgi import AsgiFastStream
from faststream.redis import RedisBroker
from redis.asyncio import Redis
from vcp_plumbing.door import Door
from vcp_plumbing.environment import Environment
from vcp_plumbing.reaching import with_broker
from vcp_plumbing.service import About, application_of, broker_of, declare_all_read, running

from vcp_abstraction.charging import CORE
from vcp_abstraction.shell.health import Health
from vcp_abstraction.shell.worker import SERVICE, Worker

ABOUT = About("Abstraction", "The charger: commands in, what it tells its backend out, events for anyone.")

log = structlog.get_logger(__name__)


def application(environment: Environment) -> AsgiFastStream:
    """The application with all its channels, as its AsyncAPI document shows it. Never to be started: it would read."""
    broker = _broker(environment)
    declare_all_read(broker, SERVICE)
    return application_of(broker, ABOUT)


async def serve(environment: Environment, stop: asyncio.Event) -> None:
    """Runs the Abstraction until `stop` is set; then it gives its partitions back and ends within two seconds.

    Waits for a broker that is away. Raises `UnfitServer` or `WorldMismatch` where waiting would not help.
    """

    async def work(redis: Redis) -> None:
        worker = Worker(redis, environment, CORE)
        door = Door(redis, name=environment.owner, partitions=environment.partitions)
        health = Health(worker, redis, environment.partitions)
        app = application_of(_broker(environment), ABOUT, health)
        async with running(app, environment, stop), asyncio.TaskGroup() as tasks:
            tasks.create_task(worker.run(stop))
            tasks.create_task(door.run(stop))
            log.info("started", redis=environment.redis_url_masked, partitions=environment.partitions)
        log.info("stopped")

    await with_broker(environment, stop, work)


def _broker(environment: Environment) -> RedisBroker:
    return broker_of(environment, SERVICE, logging.getLogger(__name__))
