"""The service as a FastStream application: its life and its declared channels. Takes no message through them.

Commands are read by the working loop in batches, since a FastStream subscriber loses what it has in hand when it is
killed; the channels are declared all the same, so that one AsyncAPI document shows every one of them.
"""

import asyncio
import logging

import structlog
from faststream.asgi import AsgiFastStream
from faststream.redis import RedisBroker
from redis.asyncio import Redis
from vcp_contracts.events import AnyEvent
from vcp_contracts.letters import ToAbstraction, ToHandler
from vcp_contracts.streams import DOOR
from vcp_plumbing.door import Door
from vcp_plumbing.environment import Environment
from vcp_plumbing.reaching import with_broker
from vcp_plumbing.service import PARTITIONED, About, application_of, broker_of, running

from vcp_abstraction.charging import CORE
from vcp_abstraction.health import Health
from vcp_abstraction.worker import Worker

ABOUT = About("Abstraction", "The charger: commands in, what it tells its backend out, events for anyone.")

log = structlog.get_logger(__name__)


def application(environment: Environment) -> AsgiFastStream:
    """The application with all its channels, as its AsyncAPI document shows it. Never to be started: it would read."""
    broker = _broker(environment)
    _declare_what_is_read(broker)
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
    broker = broker_of(environment, logging.getLogger(__name__))
    broker.publisher(
        stream="vcp:{pNN}:out",
        title="out",
        description=f"Everything to the Handler: actions, replies, link orders. {PARTITIONED}",
        schema=ToHandler,
    )
    broker.publisher(
        stream="vcp:{pNN}:events",
        title="events",
        description=f"What happened, for anyone. {PARTITIONED}",
        schema=AnyEvent,
    )
    return broker


def _declare_what_is_read(broker: RedisBroker) -> None:
    @broker.subscriber(
        stream="vcp:{pNN}:in",
        title="in",
        description=f"Everything to the Abstraction: commands, outcomes, requests, facts of links. {PARTITIONED}",
    )
    async def take(word: ToAbstraction) -> None: ...

    @broker.subscriber(
        stream=DOOR,
        title="door",
        description="The front door: the same words for every partition; each is passed on to its own.",
    )
    async def pass_on(word: ToAbstraction) -> None: ...
