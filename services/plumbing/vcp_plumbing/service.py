"""A service as a FastStream application: its document, its health routes, its life. Takes no message through it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from typing import NamedTuple

from faststream.asgi import AsgiFastStream, AsgiResponse, get
from faststream.redis import RedisBroker
from faststream.specification import AsyncAPI
from vcp_contracts.channels import CHANNELS, Service

from vcp_plumbing.declaring import declare_read, declare_written
from vcp_plumbing.environment import Environment
from vcp_plumbing.health import ServiceHealth

PARTITIONED = "The partition is `{p` + two digits + `}` of the CRC-32 of the charge point's id modulo the number of partitions."
"""How the channels' addresses are to be read."""


def broker_of(environment: Environment, service: Service, logger: logging.Logger) -> RedisBroker:
    """A broker with the channels declared that a service writes; no password gets into its document."""
    broker = RedisBroker(
        environment.redis_url,
        logger=logger,
        log_level=logging.DEBUG,
        specification_url=environment.redis_url_masked,
    )
    for name, channel in CHANNELS.items():
        if service in channel.written_by:
            declare_written(broker, name)
    return broker


def declare_all_read(broker: RedisBroker, service: Service) -> None:
    """Declares the channels that a service reads, too. From then on the broker is for a document only."""
    for name, channel in CHANNELS.items():
        if service in channel.read_by:
            declare_read(broker, name)


class About(NamedTuple):
    """What a service's document says of it."""

    title: str
    description: str


def application_of(broker: RedisBroker, about: About, health: ServiceHealth | None = None) -> AsgiFastStream:
    """The application of a service, with its health routes where `health` is given."""
    document = AsyncAPI(
        title=f"Virtual charge point: {about.title}",
        version=version("virtual-charge-point"),
        description=f"{about.description} {PARTITIONED}",
    )
    routes = _routes(health) if health else []
    return AsgiFastStream(broker, specification=document, logger=None, asgi_routes=routes)


@asynccontextmanager
async def running(app: AsgiFastStream, environment: Environment, stop: asyncio.Event) -> AsyncIterator[None]:
    """The application up for the length of the block, behind its health server where a port is given.

    A health server that ends before `stop` cancels the block and raises RuntimeError.
    """
    if not environment.health_port:
        async with app.start_lifespan_context():
            yield
        return
    import uvicorn

    class Server(uvicorn.Server):
        """uvicorn without its hand on the signals: those are the process's own."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    server = Server(
        uvicorn.Config(
            app,
            host=environment.health_host,
            port=environment.health_port,
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )

    async def serve() -> None:
        await server.serve()
        if not stop.is_set() and not server.should_exit:
            raise RuntimeError("the health server ended by itself")

    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(serve())
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.wait([serving])


def _routes(health: ServiceHealth) -> list[tuple[str, Callable[..., Awaitable[None]]]]:
    @get(include_in_schema=False)
    async def live(scope: dict[str, object]) -> AsgiResponse:
        return _verdict(health.why_dead())

    @get(include_in_schema=False)
    async def ready(scope: dict[str, object]) -> AsgiResponse:
        return _verdict(await health.why_unready())

    @get(include_in_schema=False)
    async def metrics(scope: dict[str, object]) -> AsgiResponse:
        return AsgiResponse(await health.metrics(), 200, {"Content-Type": "text/plain; version=0.0.4"})

    return [("/health/live", live), ("/health/ready", ready), ("/metrics", metrics)]


def _verdict(why_not: str | None) -> AsgiResponse:
    return AsgiResponse((why_not or "ok").encode(), 503 if why_not else 200, {"Content-Type": "text/plain"})
