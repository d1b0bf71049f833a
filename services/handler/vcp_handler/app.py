"""The service as a FastStream application: its life, its declared channels, its health. Takes no message through them.

What the Abstraction says is read by the working loop in batches, since a FastStream subscriber loses what it has in
hand when it is killed; the channels are declared all the same, so that the AsyncAPI document shows every one of them.
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
from vcp_contracts.events import FrameReceived, FrameSent, ProtocolViolation, SelfViolation
from vcp_contracts.letters import ToAbstraction, ToHandler
from vcp_plumbing.connection import LOST, connect
from vcp_plumbing.crash_points import crash_at
from vcp_plumbing.environment import Environment
from vcp_plumbing.vault import Vault

from vcp_handler.health import Health
from vcp_handler.switchboard import Switchboard
from vcp_handler.worker import Worker

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
    """Runs the Handler until `stop` is set; then it closes its links, gives its partitions back and ends in 3 s.

    Waits for a broker that is away. Raises `UnfitServer` or `WorldMismatch` where waiting would not help.
    """
    redis = await _reach(environment, stop)
    if redis is None:
        return
    try:
        vault = Vault(environment.keys) if environment.keys is not None else None
        switchboard = Switchboard(environment.owner, vault=vault, passing=crash_at(environment.crash_at))
        worker = Worker(redis, environment, switchboard)
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
        description=f"Outcomes, requests and facts of links, beside everyone's commands. {PARTITIONED}",
        schema=ToAbstraction,
    )
    broker.publisher(
        stream="vcp:{pNN}:frames:{charge_point}",
        title="frames",
        description=f"The wire record of one charge point, both directions. {PARTITIONED}",
        schema=FrameSent | FrameReceived,
    )
    broker.publisher(
        stream="vcp:{pNN}:events",
        title="events",
        description=f"Breaches of protocol, the backend's and our own. {PARTITIONED}",
        schema=ProtocolViolation | SelfViolation,
    )
    return broker


def _declare_what_is_read(broker: RedisBroker) -> None:
    @broker.subscriber(
        stream="vcp:{pNN}:out",
        title="out",
        description=f"Everything to the Handler: actions, replies, link orders. {PARTITIONED}",
    )
    async def take(word: ToHandler) -> None: ...


def _document() -> AsyncAPI:
    return AsyncAPI(
        title="Virtual charge point: Handler",
        version=version("virtual-charge-point"),
        description="The wire: what the charger says out to its backend, what that answers and asks in.",
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
