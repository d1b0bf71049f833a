"""The service as a FastStream application: its life and its declared channels. Takes no message through them."""

import asyncio
import logging

import structlog
from faststream.asgi import AsgiFastStream
from faststream.redis import RedisBroker
from redis.asyncio import Redis
from vcp_plumbing.crash_points import crash_at
from vcp_plumbing.environment import Environment
from vcp_plumbing.reaching import with_broker
from vcp_plumbing.service import About, application_of, broker_of, declare_all_read, running
from vcp_plumbing.vault import Vault

from vcp_handler.health import Health
from vcp_handler.switchboard import Switchboard
from vcp_handler.worker import SERVICE, Worker

ABOUT = About("Handler", "The wire: what the charger says out to its backend, what that answers and asks in.")

log = structlog.get_logger(__name__)


def application(environment: Environment) -> AsgiFastStream:
    """The application with all its channels, as its AsyncAPI document shows it. Never to be started: it would read."""
    broker = _broker(environment)
    declare_all_read(broker, SERVICE)
    return application_of(broker, ABOUT)


async def serve(environment: Environment, stop: asyncio.Event) -> None:
    """Runs the Handler until `stop` is set; then it closes its links, gives its partitions back and ends in 3 s.

    Waits for a broker that is away. Raises `UnfitServer` or `WorldMismatch` where waiting would not help.
    """

    async def work(redis: Redis) -> None:
        vault = Vault(environment.keys) if environment.keys is not None else None
        switchboard = Switchboard(environment.owner, vault=vault, passing=crash_at(environment.crash_at))
        worker = Worker(redis, environment, switchboard)
        health = Health(worker, redis, environment.partitions)
        app = application_of(_broker(environment), ABOUT, health)
        async with running(app, environment, stop):
            flaw = vault.flaw() if vault is not None else None
            if flaw is not None:
                log.warning("keys_unusable", why=flaw)
            log.info("started", redis=environment.redis_url_masked, partitions=environment.partitions)
            await worker.run(stop)
        log.info("stopped")

    await with_broker(environment, stop, work)


def _broker(environment: Environment) -> RedisBroker:
    return broker_of(environment, SERVICE, logging.getLogger(__name__))
