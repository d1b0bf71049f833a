"""The test bed: a real broker, the services as real processes, a backend that is never killed. Judges nothing.

A service that dies is started again under another name, as the runner does it: its leases are given back at once, unless
a test wants them to run out.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from chaos.books import Blow
from chaos.driver import PATIENCE_S, Driver
from chaos.process import Service, ServiceProcess
from chaos.relay import Relay
from redis.asyncio import Redis
from vcp_backend import Backend, Behaviour, Socket, serve_backend
from vcp_contracts import streams
from vcp_plumbing.connection import client
from vcp_plumbing.ownership import release_owner
from vcp_runner.broker import EmbeddedBroker, embedded_broker

PARTITIONS = 16


@dataclass
class Bed:
    """Everything that runs, and what befell it."""

    broker: EmbeddedBroker
    backend: Backend
    wire: Relay
    """Between the Handlers and the backend."""
    line: Relay
    """Between the services and the broker; the driver has a line of its own."""
    redis: Redis
    driver: Driver
    logs: Path
    processes: list[ServiceProcess] = field(default_factory=list)
    blows: list[Blow] = field(default_factory=list)
    kills: int = 0
    deaths: list[str] = field(default_factory=list)
    """The last words of processes that ended though nobody wanted it."""
    _watches: set[asyncio.Task[None]] = field(default_factory=set)
    _following: asyncio.Task[None] | None = None

    # --- the driver --------------------------------------------------------------------------------------------------

    def new_driver(self, name: str) -> Driver:
        """Another driver in place of the one before: he knows nothing but what he reads in the streams."""
        self.stop_following()
        self.driver = Driver(self.redis, PARTITIONS, name)
        self._following = asyncio.create_task(self.driver.follow())
        return self.driver

    def stop_following(self) -> None:
        """The driver reads no more events."""
        if self._following is not None:
            self._following.cancel()

    # --- processes ---------------------------------------------------------------------------------------------------

    async def start(self, service: Service, *, crash_at: str = "") -> ServiceProcess:
        """Starts one more process of a service."""
        environment: Mapping[str, str] = {
            "REDIS_URL": self.line.url,
            "VCP_KEEP_INPUT": "true",
            "VCP_CRASH_AT": crash_at,
            "VCP_LOG_LEVEL": "info",
        }
        process = await ServiceProcess.start(service, environment, self.logs)
        process.doomed = bool(crash_at)
        self.processes.append(process)
        watch = asyncio.create_task(self._watch(process))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        return process

    async def _watch(self, process: ServiceProcess) -> None:
        code = await process.ended()
        if not process.doomed:
            self.deaths.append(f"{process.owner} ended with {code}: {process.last_words()}")

    def running(self, service: Service) -> list[ServiceProcess]:
        """The processes of a service that live."""
        return [one for one in self.processes if one.service == service and one.code is None]

    async def kill(self, victim: ServiceProcess, *, release: bool) -> None:
        """Kills a process and starts another in its place."""
        blow = await self.blow(victim, "killed")
        standing = [
            socket
            for socket in self.sockets
            if socket.closed_at is None
            and streams.partition_of(socket.identity, PARTITIONS) in blow.partitions
        ]
        await victim.kill()
        await self._all_closed(standing)
        await self.replace(victim, release=release)
        self.mended(blow)

    async def replace(self, dead: ServiceProcess, *, release: bool, crash_at: str = "") -> ServiceProcess:
        """Does for a dead process what the runner does: gives its leases back, and starts another."""
        self.kills += 1
        self.processes.remove(dead)
        if release:
            await release_owner(self.redis, dead.service, dead.owner, PARTITIONS)
        return await self.start(dead.service, crash_at=crash_at)

    async def _all_closed(self, sockets: list[Socket]) -> None:
        """Waits until the backend has noticed the end of these sockets."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if all(socket.closed_at is not None for socket in sockets):
                    return
                await asyncio.sleep(0.01)

    async def owned(self, process: ServiceProcess) -> frozenset[int]:
        """The partitions that a process owns now."""
        owners = [await self.redis.hget(streams.meta(p, process.service), "owner") for p in range(PARTITIONS)]
        return frozenset(p for p, owner in enumerate(owners) if owner == process.owner.encode())

    async def spread(self, service: Service) -> None:
        """Waits until every partition is owned by a living process of a service."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                owned = [await self.owned(process) for process in self.running(service)]
                if sum(map(len, owned)) == PARTITIONS:
                    return
                await asyncio.sleep(0.05)

    async def moved(self, process: ServiceProcess) -> None:
        """Waits until all that a process owned is owned by others."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if not await self.owned(process):
                    return
                await asyncio.sleep(0.05)

    # --- blows to sockets --------------------------------------------------------------------------------------------

    async def blow(self, victim: ServiceProcess, what: str) -> Blow:
        """Notes that the sockets of a process may close from now on: those of a Handler; an Abstraction has none."""
        hit = await self.owned(victim) if victim.service == "handler" else frozenset[int]()
        return self.blow_to(hit, f"{victim.owner} {what}")

    def blow_to(self, partitions: frozenset[int], what: str) -> Blow:
        """Notes that the sockets of these partitions may close from now on."""
        forever = datetime.max.replace(tzinfo=UTC)
        blow = Blow(datetime.now(UTC), forever, partitions, what)
        self.blows.append(blow)
        return blow

    def mended(self, blow: Blow) -> None:
        """From now on a socket that closes does so for another reason."""
        at = self.blows.index(blow)
        self.blows[at] = Blow(blow.at, datetime.now(UTC), blow.partitions, blow.what)

    @property
    def sockets(self) -> list[Socket]:
        """Every socket that the backend has seen."""
        return self.backend.sockets

    # --- the broker's files ------------------------------------------------------------------------------------------

    def append_only_files(self) -> list[Path]:
        """The broker's record of commands, the oldest file first."""
        folder = self.broker.home / "appendonlydir"
        return sorted(folder.glob("*.incr.aof"), key=lambda path: int(path.name.split(".")[-3]))

    async def server_time(self) -> datetime:
        """The broker's clock."""
        seconds, micros = await self.redis.time()
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


@asynccontextmanager
async def running_bed(
    folder: Path,
    *,
    abstractions: int = 1,
    handlers: int = 1,
    fsync: Literal["always", "everysec", "no"] = "everysec",
    behaviour: Behaviour | None = None,
) -> AsyncIterator[Bed]:
    """A bed with all of its services up; whatever still runs at the end is killed."""
    with embedded_broker(durable=True, fsync=fsync) as broker:
        async with (
            serve_backend(behaviour or Behaviour(strict=True)) as backend,
            Relay(backend.url) as wire,
            Relay(broker.url) as line,
            client(broker.url) as redis,
        ):
            bed = Bed(broker, backend, wire, line, redis, Driver(redis, PARTITIONS), folder)
            bed.new_driver("d1")
            try:
                for _ in range(abstractions):
                    await bed.start("abstraction")
                for _ in range(handlers):
                    await bed.start("handler")
                await bed.spread("abstraction")
                await bed.spread("handler")
                yield bed
            finally:
                for process in bed.processes:
                    await process.kill()
                bed.stop_following()
