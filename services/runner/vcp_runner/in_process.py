"""The whole product inside somebody's process, for tests: services as tasks of one loop in a thread of its own, the
broker as a child process. Starts no process of ours, changes no signal and no log of its host.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Self

from vcp_abstraction.app import serve as serve_abstraction
from vcp_chores.app import serve as serve_chores
from vcp_control.app import serve as serve_control
from vcp_control.settings import ApiSettings
from vcp_handler.app import serve as serve_handler
from vcp_plumbing.environment import Environment
from vcp_plumbing.logs import set_up_guest_logs

from vcp_runner.broker import embedded_broker
from vcp_runner.leaving import Ending, Exit

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0
PORT_FILE = "api.port"
_LOOK_S = 0.005

SERVICES: Mapping[str, Callable[[Environment, asyncio.Event], Awaitable[None]]] = {
    "abstraction": serve_abstraction,
    "handler": serve_handler,
    "chores": serve_chores,
}


class NotStarted(Ending):
    """The product did not come up in this process; the text says why."""

    code = Exit.NOT_SET_UP


class InProcess:
    """The product in this process. `start` and `stop`, or a `with` block; a stopped one does not start again."""

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="virtual-charge-point", daemon=True)
        self._port_file: Path | None = None
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._api_url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """Where the control API is. Raises NotStarted where the product has ended."""
        self._demand_alive()
        return self._api_url

    def start(self) -> None:
        """Starts everything and waits until it is ready. Raises NotStarted, NoBroker."""
        self._thread.start()
        until = time.monotonic() + START_TIMEOUT_S
        while not self._is_ready():
            if isinstance(self._failure, Ending):
                raise self._failure
            self._demand_alive()
            if time.monotonic() > until:
                self.stop()
                raise NotStarted(f"the product was not ready within {START_TIMEOUT_S:g} s")
            time.sleep(_LOOK_S)

    def stop(self) -> None:
        """Ends everything in order; the broker and its data with it."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_TIMEOUT_S)

    def _demand_alive(self) -> None:
        if self._failure is not None:
            raise NotStarted(f"the product in this process has ended: {self._failure!r}") from self._failure
        if not self._thread.is_alive():
            raise NotStarted("the product in this process was stopped")

    def _is_ready(self) -> bool:
        if self._port_file is None or not self._port_file.exists():
            return False
        port = int(self._port_file.read_text())
        self._api_url = f"http://127.0.0.1:{port}"
        connection = HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT_S)
        with closing(connection):
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200

    def _run(self) -> None:
        # plain asyncio: uvloop drops the last of what has come over TLS, which transfers of files would miss
        try:
            with embedded_broker() as broker:
                self._port_file = broker.home / PORT_FILE
                environment = {
                    "REDIS_URL": broker.url,
                    "VCP_KEYS": str(broker.home / "keys"),
                    "VCP_API_PORT": "0",
                    "VCP_API_PORT_FILE": str(self._port_file),
                }
                asyncio.run(self._serve(environment))
        except BaseException as failure:
            self._failure = failure

    async def _serve(self, environment: Mapping[str, str]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        set_up_guest_logs()
        async with asyncio.TaskGroup() as tasks:
            for name, serve in SERVICES.items():
                tasks.create_task(_until(serve(Environment.read(name, environment), self._stop), self._stop))
            control = serve_control(
                Environment.read("control", environment), self._stop, ApiSettings.read(environment)
            )
            tasks.create_task(_until(control, self._stop))


async def _until(service: Awaitable[None], stop: asyncio.Event) -> None:
    """A service that ends before it is told to is a failure, which ends the others too."""
    await service
    if not stop.is_set():
        raise NotStarted("a service ended by itself")
