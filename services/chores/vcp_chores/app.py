"""The service as a FastStream application: its life, its declared channels, its health. Takes no message through them.

Orders are read by the working loop, since a FastStream subscriber loses what it has in hand when it is killed; the
channels are declared all the same, so that the AsyncAPI document shows every one of them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version

import structlog
import uvicorn
from faststream.asgi import AsgiFastStream, AsgiResponse, get
from faststream.redis import RedisBroker
from faststream.specification import AsyncAPI
from redis.asyncio import Redis
from vcp_contracts.letters import ToAbstraction, ToChores
from vcp_plumbing.connection import LOST, connect
from vcp_plumbing.environment import Environment
from vcp_plumbing.vault import Vault

from vcp_chores.doing import Doer
from vcp_chores.health import Health
from vcp_chores.worker import Worker

PARTITIONED = (
    "NN is the partition, two digits: the CRC-32 of the charge point's id modulo the number of partitions."
)
"""How the channels' addresses are to be read."""

log = structlog.get_logger(__name__)


def application(environment: Environment) -> AsgiFastStream:
    """The application with all its channels, as its AsyncAPI document shows it. Never to be started: it would read."""
    broker = _broker(environment)
    _declare_what_is_read(broker)
    return AsgiFastStream(broker, specification=_document(), logger=None)


async def serve(environment: Environment, stop: asyncio.Event) -> None:
    """Runs the worker until `stop` is set; then it gives its partitions back and ends within two seconds.

    Waits for a broker that is away. Raises `UnfitServer` or `WorldMismatch` where waiting would not help.
    """
    redis = await _reach(environment, stop)
    if redis is None:
        return
    try:
        vault = Vault(environment.keys) if environment.keys is not None else None
        worker = Worker(redis, environment, Doer(redis, vault))
        health = Health(worker, redis, environment.partitions)
        app = AsgiFastStream(
            _broker(environment), specification=_document(), logger=None, asgi_routes=_routes(health)
        )
        async with _running(app, environment, stop):
            log.info("started", redis=environment.redis_url_masked, partitions=environment.partitions)
            await worker.run(stop)
    finally:
        await redis.aclose()
    log.info("stopped")


# --- channels ---------------------------------------------------------------------------------------------------------


def _broker(environment: Environment) -> RedisBroker:
    broker = RedisBroker(
        environment.redis_url,
        logger=logging.getLogger(__name__),
        log_level=logging.DEBUG,
        specification_url=environment.redis_url_masked,
    )
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


def _document() -> AsyncAPI:
    return AsyncAPI(
        title="Virtual charge point: chores",
        version=version("virtual-charge-point"),
        description="Slow work: orders of chargers in, results out.",
    )


# --- health -----------------------------------------------------------------------------------------------------------


def _routes(health: Health) -> list[tuple[str, Callable[..., Awaitable[None]]]]:
    @get(include_in_schema=False)
    async def live(scope: dict[str, object]) -> AsgiResponse:
        return _verdict(health.why_dead())

    @get(include_in_schema=False)
    async def ready(scope: dict[str, object]) -> AsgiResponse:
        return _verdict(await health.why_unready())

    @get(include_in_schema=False)
    async def metrics(scope: dict[str, object]) -> AsgiResponse:
        return AsgiResponse(health.metrics(), 200, {"Content-Type": "text/plain; version=0.0.4"})

    return [("/health/live", live), ("/health/ready", ready), ("/metrics", metrics)]


def _verdict(why_not: str | None) -> AsgiResponse:
    return AsgiResponse((why_not or "ok").encode(), 503 if why_not else 200, {"Content-Type": "text/plain"})


# --- life -------------------------------------------------------------------------------------------------------------


async def _reach(environment: Environment, stop: asyncio.Event) -> Redis | None:
    """A client of the broker as soon as that answers; None when `stop` comes first."""
    while not stop.is_set():
        try:
            return await connect(environment.redis_url)
        except (*LOST, TimeoutError) as error:
            log.warning("broker_away", redis=environment.redis_url_masked, error=str(error))
            await _either(stop, 0.5)
    return None


@asynccontextmanager
async def _running(app: AsgiFastStream, environment: Environment, stop: asyncio.Event) -> AsyncIterator[None]:
    """The application up for the length of the block, behind its health server where a port is given."""
    if not environment.health_port:
        async with app.start_lifespan_context():
            yield
        return
    config = uvicorn.Config(
        app,
        host=environment.health_host,
        port=environment.health_port,
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(_serve_health(server, stop))
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.wait([serving])


async def _serve_health(server: "_Server", stop: asyncio.Event) -> None:
    await server.serve()
    if not stop.is_set() and not server.should_exit:
        raise RuntimeError("the health server ended by itself")


class _Server(uvicorn.Server):
    """uvicorn without its hand on the signals: those are the process's own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _either(stop: asyncio.Event, seconds: float) -> None:
    """Until `stop` is set or the time is over."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
