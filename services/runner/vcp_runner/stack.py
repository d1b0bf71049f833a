"""The whole product on this machine: a broker and the services, up together and down together. Tells no story."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vcp_runner.broker import EmbeddedBroker, embedded_broker
from vcp_runner.child_process import ChildSpec, Log
from vcp_runner.given_broker import answering
from vcp_runner.leaving import Ending, Exit
from vcp_runner.nursery import furnish
from vcp_runner.ports import free_port, is_free, preferred_port
from vcp_runner.supervisor import Release, Supervisor

if TYPE_CHECKING:
    from vcp_testkit.client import AsyncClient

API_PORT = 8080
BROKER_PORT = 6379
TEND_S = 0.25


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run. `redis_url` None: REDIS_URL, else an embedded broker, whose data `state_dir` keeps."""

    redis_url: str | None = None
    state_dir: Path | None = None
    broker_port: int | None = 0
    """Port of the embedded broker. 0: any free one; None: Redis' own if it is free, else any free one."""
    api_host: str = "127.0.0.1"
    api_port: int | None = None
    """None: 8080 if it is free, else any free one."""
    abstractions: int = 1
    handlers: int = 1
    chargers: Path | None = None
    log_level: str | None = None
    log_format: str | None = None
    backend_port: int | None = None
    """Port of an example backend that comes up with the rest; None: without one."""


@dataclass(frozen=True)
class Stack:
    """What runs, and where."""

    redis_url: str
    api_url: str
    supervisor: Supervisor
    keys: Path | None
    """The directory of keys and passwords; None: the services' own default."""
    broker: EmbeddedBroker | None
    """The broker that came up with the rest; None: one of somebody else's is used."""
    backend_url: str | None = None
    """The example backend that came up with the rest; chargers reach it at /ocpp."""

    def client(self) -> "AsyncClient":
        """A client of this stack's control API."""
        # imported where it is wanted: it takes half of the memory of a process that only keeps others running
        from vcp_testkit.client import AsyncClient

        return AsyncClient(self.api_url, token=os.environ.get("VCP_API_TOKEN"))


class PortTaken(Ending):
    """A port that was asked for is somebody else's."""

    code = Exit.NOT_SET_UP


@asynccontextmanager
async def running_stack(
    plan: Plan,
    *,
    log: Log = lambda name, line: None,
    say: Callable[[str], None] = lambda line: None,
) -> AsyncIterator[Stack]:
    """Everything up for the length of the block. Raises PortTaken, NoBroker, HomeInUse, ChildFailed."""
    _demand_free(plan.api_port, plan.api_host, "--api-port")
    _demand_free(plan.broker_port, "127.0.0.1", "--broker-port")
    furnish()
    with ExitStack() as on_exit:
        url = plan.redis_url or os.environ.get("REDIS_URL") or None
        keys = Path(given) if (given := os.environ.get("VCP_KEYS")) else None
        broker: EmbeddedBroker | None = None
        if url is None:
            broker = on_exit.enter_context(
                embedded_broker(
                    state_dir=plan.state_dir,
                    port=BROKER_PORT if plan.broker_port is None else plan.broker_port,
                    insist=plan.broker_port is not None,
                )
            )
            url, keys = broker.url, keys or broker.home / "keys"
        else:
            await answering(url, say)
        port = preferred_port(API_PORT, plan.api_host) if plan.api_port is None else plan.api_port
        port = port or free_port(plan.api_host)
        async with Supervisor(release=lease_release(url), log=log, say=say) as supervisor:
            await supervisor.start(*service_specs(plan, redis_url=url, api_port=port, keys=keys))
            async with _tended(broker, say):
                yield Stack(
                    redis_url=url,
                    api_url=f"http://{_reachable(plan.api_host)}:{port}",
                    supervisor=supervisor,
                    keys=keys,
                    broker=broker,
                    backend_url=f"ws://127.0.0.1:{plan.backend_port}" if plan.backend_port else None,
                )


@asynccontextmanager
async def _tended(broker: EmbeddedBroker | None, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Starts an embedded broker again when it dies; one that was stopped or killed by its owner is left alone."""

    async def tend() -> None:
        while broker is not None:
            if broker.died:
                say("the broker died; starting it again")
                # on this thread, which lives as long as the stack: see `broker`
                broker.revive()
            await asyncio.sleep(TEND_S)

    tending = asyncio.create_task(tend())
    try:
        yield
    finally:
        tending.cancel()
        with suppress(asyncio.CancelledError):
            await tending


def service_specs(plan: Plan, *, redis_url: str, api_port: int, keys: Path | None) -> list[ChildSpec]:
    """The children of a plan: each service as often as wanted, told by its environment where everything is."""
    common = {"REDIS_URL": redis_url}
    if plan.log_level:
        common["VCP_LOG_LEVEL"] = plan.log_level
    if plan.log_format:
        common["VCP_LOG_FORMAT"] = plan.log_format
    if keys is not None:
        common["VCP_KEYS"] = str(keys)
    specs = [
        *([_backend(plan.backend_port)] if plan.backend_port else []),
        *(_worker("abstraction", number, common) for number in range(1, plan.abstractions + 1)),
        *(_worker("handler", number, common) for number in range(1, plan.handlers + 1)),
        ChildSpec(name="chores-1", module="vcp_chores.waiting", environment=common, service="chores"),
    ]
    environment = {**common, "VCP_API_HOST": plan.api_host, "VCP_API_PORT": str(api_port)}
    if plan.chargers is not None:
        environment["VCP_CHARGERS"] = str(plan.chargers.resolve())
    ready = f"http://{_reachable(plan.api_host)}:{api_port}/health/ready"
    return [*specs, ChildSpec(name="control", module="vcp_control", environment=environment, ready=ready)]


def lease_release(redis_url: str) -> Release:
    """Frees the leases of a dead child, by a connection of its own."""

    async def release(service: str, owner: str) -> None:
        from vcp_contracts.streams import PARTITIONS
        from vcp_plumbing.connection import client
        from vcp_plumbing.ownership import release_owner

        async with client(redis_url, timeout_s=2.0) as redis:
            await release_owner(redis, service, owner, int(os.environ.get("VCP_PARTITIONS") or PARTITIONS))

    return release


def _demand_free(port: int | None, host: str, option: str) -> None:
    if port and not is_free(port, host):
        raise PortTaken(
            f"port {port} can't be had on {host}: stop who uses it, or name another with {option} (0: any free one)"
        )


def _worker(service: str, number: int, common: dict[str, str]) -> ChildSpec:
    port = free_port()
    return ChildSpec(
        name=f"{service}-{number}",
        module=f"vcp_{service}",
        environment={**common, "VCP_HEALTH_HOST": "127.0.0.1", "VCP_HEALTH_PORT": str(port)},
        service=service,
        ready=f"http://127.0.0.1:{port}/health/ready",
    )


def _backend(port: int) -> ChildSpec:
    return ChildSpec(
        name="backend", module="vcp_backend", arguments=("--port", str(port)), ready=f"tcp://127.0.0.1:{port}"
    )


def _reachable(host: str) -> str:
    """Where a server that listens on `host` is found from this machine."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
