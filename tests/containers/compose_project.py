"""The product as docker-compose.yml runs it, in a project of its own. Starts, scales, crashes and ends it; tests nothing."""

import asyncio
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio import Redis
from testcontainers.compose import ComposeContainer, DockerCompose
from vcp_contracts import streams


@dataclass
class Project:
    """A running project. `took` holds how long its last `up`, `scale` and `down` took, in seconds."""

    root: Path
    took: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.compose = DockerCompose(self.root, profiles=["backend"], wait=True)

    @property
    def api_url(self) -> str:
        """The control API, from this machine."""
        return f"http://127.0.0.1:{self.compose.get_service_port('control', 8080)}"

    @property
    def redis_url(self) -> str:
        """The broker, from this machine."""
        return f"redis://127.0.0.1:{self.compose.get_service_port('redis', 6379)}/0"

    def up(self) -> None:
        """`docker compose up --wait`. Raises with all that was written meanwhile."""
        try:
            self._timed("up", self.compose.start)
        except subprocess.CalledProcessError as failure:
            raise AssertionError(f"{failure}\n{failure.stderr.decode()}\n{self.logs()}") from None

    def scale(self, **services: int) -> None:
        """`docker compose up --wait --scale …`, which leaves what runs as it is."""
        wishes = [part for name, n in services.items() for part in ("--scale", f"{name}={n}")]
        self._timed("scale", lambda: self._compose("up", "--wait", "--no-recreate", *wishes))

    def down(self) -> None:
        """`docker compose down --volumes`."""
        self._timed("down", self.compose.stop)

    def stop(self) -> dict[str, int]:
        """`docker compose stop`; the exit code of each container. 137: it had to be killed."""
        self._compose("stop")
        return {str(c.Name): int(c.ExitCode or 0) for c in self.compose.get_containers(include_all=True)}

    def restart_after_kill(self, service: str) -> None:
        """Kills all containers of a service (SIGKILL), and starts them again."""
        self._compose("kill", service)
        self._compose("start", service)

    def crash(self, container: ComposeContainer) -> None:
        """Kills the processes of a container from inside (SIGKILL), so that the engine starts it again."""
        self._docker("exec", str(container.ID), "sh", "-c", "kill -9 -1")

    def container_of(self, owner: str) -> ComposeContainer:
        """The container whose process has this name as an owner of partitions."""
        service = owner.rpartition("-")[0]
        for container in self.compose.get_containers():
            if container.Service == service and f'"{owner}"' in self._docker("logs", str(container.ID)):
                return container
        raise LookupError(f"no container of {service} has a process {owner}")

    def logs(self) -> str:
        """What all services wrote."""
        return self._compose("logs", "--no-color", "--timestamps")

    async def owners(self, service: str) -> list[str | None]:
        """The owner of each partition, by its number; None where the lease is over."""
        async with Redis.from_url(self.redis_url, decode_responses=True) as redis:
            seconds, micros = await redis.time()
            now_ms = seconds * 1000 + micros // 1000
            records = [
                await redis.hmget(streams.meta(p, service), "owner", "until")
                for p in range(streams.PARTITIONS)
            ]
        return [owner if owner and int(until) > now_ms else None for owner, until in records]

    async def taken_from(self, owner: str) -> None:
        """Returns once nobody of this name owns a partition, and none is without an owner."""
        service = owner.rpartition("-")[0]
        await self._owners_until(service, lambda owners: owner not in owners and None not in owners)

    async def shares(self, service: str, wanted: list[int]) -> set[str]:
        """The owners, as soon as they have as many partitions each as `wanted`, ascending."""
        owners = await self._owners_until(
            service, lambda owners: None not in owners and sorted(Counter(owners).values()) == wanted
        )
        return {owner for owner in owners if owner}

    async def _owners_until(self, service: str, fits: Callable[[list[str | None]], bool]) -> list[str | None]:
        owners: list[str | None] = []
        try:
            async with asyncio.timeout(30):
                # the broker tells nobody that a lease changed hands
                while not fits(owners := await self.owners(service)):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError(
                f"partitions of {service} were shared so to the end: {Counter(owners)}"
            ) from None
        return owners

    def _timed(self, what: str, work: Callable[[], object]) -> None:
        began = time.monotonic()
        work()
        self.took[what] = time.monotonic() - began

    def _compose(self, *arguments: str) -> str:
        return _run(self.root, *self.compose.docker_compose_command(), *arguments)

    def _docker(self, *arguments: str) -> str:
        return _run(self.root, self.compose.docker_compose_command()[0], *arguments)


def _run(folder: Path, *command: str) -> str:
    ran = subprocess.run(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    # 137: what was asked for ended by the SIGKILL that it sent
    assert ran.returncode in (0, 137), f"{' '.join(command)}: {ran.returncode}\n{ran.stdout}"
    return ran.stdout
