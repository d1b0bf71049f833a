"""The whole product as one container, for tests with testcontainers: its broker is inside. Needs a Docker engine."""

import os
from typing import Any, Self

import httpx
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

from vcp_testkit.client import AsyncClient, Client

IMAGE = "virtual-charge-point:latest"
HOST = "host.docker.internal"
"""The name of the machine that the engine runs on, inside the container. A backend there listens on 0.0.0.0."""

PORT = 8080
START_TIMEOUT_S = 60.0


class VirtualChargePointContainer(DockerContainer):
    """One container that is the product. A `with` block starts it, waits until it is ready, and takes it away.

    The image: `image`, else the environment's VCP_IMAGE, else `virtual-charge-point:latest` (`docker build -t
    virtual-charge-point .`). A backend on this machine is reached at `ws://host.docker.internal:<port>`.
    """

    def __init__(self, image: str | None = None, **options: Any) -> None:
        super().__init__(image or os.environ.get("VCP_IMAGE") or IMAGE, **options)
        self.with_exposed_ports(PORT)
        self.with_kwargs(extra_hosts={HOST: "host-gateway"})
        self.waiting_for(
            HttpWaitStrategy(PORT, "/health/ready")
            .for_status_code(httpx.codes.OK)
            .with_startup_timeout(int(START_TIMEOUT_S))
        )

    def start(self) -> Self:
        """Starts it and waits until it is ready. Raises what testcontainers raises."""
        super().start()
        return self

    @property
    def api_url(self) -> str:
        """Where its control API is, for whoever runs the tests."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"

    def client(self) -> Client:
        """A client of its control API."""
        return Client(self.api_url)

    def async_client(self) -> AsyncClient:
        """A client of its control API, for async code."""
        return AsyncClient(self.api_url)
