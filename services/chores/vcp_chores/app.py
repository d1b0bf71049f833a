"""The service as a FastStream application: its life and its declared channels. Takes no message through them.

Orders are read by the working loop, since a FastStream subscriber loses what it has in hand when it is killed; the
channels are declared all the same, so that the AsyncAPI document shows every one of them.
"""

import asyncio
import logging

import structlog
from faststream.asgi import AsgiFastStream
from faststream.redis import RedisBroker
from redis.asyncio import Redis
from vcp_contracts.letters import ToAbstraction, ToChores
from vcp_plumbing.environment import Environment
from vcp_plumbing.reaching import with_broker
from vcp_plumbing.service import PARTITIONED, About, application_of, broker_of, running
from vcp_plumbing.vault import Vault

from vcp_chores.doing import Doer
from vcp_chores.health import Health
from vcp_chores.worker import Worker

ABOUT = About("chores", "Slow work: orders of chargers in, results out.")

log = structlog.get_logger(__name__)


def application(environment: Environment) -> AsgiFastStream:
    """The application with all its channels, as its AsyncAPI document shows it. Never to be started: it would read."""
    broker = _broker(environment)
    _declare_what_is_read(broker)
    return application_of(broker, ABOUT)


async def serve(environment: Environment, stop: asyncio.Event) -> None:
    """Runs the worker until `stop` is set; then it gives its partitions back and ends within two seconds.

    Waits for a broker that is away. Raises `UnfitServer` or `WorldMismatch` where waiting would not help.
    """

    async def work(redis: Redis) -> None:
        vault = Vault(environment.keys) if environment.keys is not None else None
        worker = Worker(redis, environment, Doer(redis, vault))
        health = Health(worker, redis, environment.partitions)
        app = application_of(_broker(environment), ABOUT, health)
        async with running(app, environment, stop):
            log.info("started", redis=environment.redis_url_masked, partitions=environment.partitions)
            await worker.run(stop)
        log.info("stopped")

    await with_broker(environment, stop, work)


def _broker(environment: Environment) -> RedisBroker:
    broker = broker_of(environment, logging.getLogger(__name__))
    broker.publisher(
        stream="vcp:{pNN}:in",
        title="in",
        description=f"Results of chores, beside everyone's words to the Abstraction. {PARTITIONED}",
        schema=ToAbstraction,
    )
    return broker


def _declare_what_is_read(broker: RedisBroker) -> None:
    @broker.subscriber(
        stream="vcp:{pNN}:chores",
        title="chores",
        description=f"Slow work that chargers order: transfers and checks of certificates. {PARTITIONED}",
    )
    async def take(word: ToChores) -> None: ...
