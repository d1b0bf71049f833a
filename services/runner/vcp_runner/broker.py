"""The embedded broker: a real server started, owned and ended by this process. Knows no key and no word.

The server never outlives its owner: Linux ends it with the thread that started it (so start it from the main thread,
or one that lives as long), elsewhere the next start sweeps it away.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Literal

from vcp_runner import broker_home
from vcp_runner.parting import die_with_parent
from vcp_runner.ports import free_port
from vcp_runner.server_binary import NoBroker, ServerBinary, find_server

START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 5.0
SOCKET = "s"
LOG = "broker.log"


class BrokerFailed(NoBroker):
    """The server program ran, but did not come up; the text has its last log lines."""


class EmbeddedBroker:
    """One server process. `start` → `stop` or `kill` → `start` again keeps the port and the directory."""

    def __init__(
        self,
        server: ServerBinary,
        home: Path,
        *,
        port: int = 0,
        insist: bool = True,
        durable: bool = False,
        fsync: Literal["always", "everysec", "no"] = "everysec",
    ) -> None:
        """`durable`: data survives the end of the server. `port` 0: a free one, kept over restarts.

        Without `insist` a free one is taken too where `port` is somebody else's.
        """
        self.server = server
        self.home = home
        self._insists = insist and port != 0
        self._port = port
        self._durable = durable
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where anyone on this machine finds the broker."""
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def socket_url(self) -> str:
        """The same broker by its unix socket."""
        return f"unix://{self.home / SOCKET}"

    @property
    def pid(self) -> int | None:
        """The server's process, None while it is down."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Starts the server and waits until it answers. Raises BrokerFailed."""
        if self._process is not None:
            raise RuntimeError("the broker runs already")
        for attempt in range(5):
            if not self._port:
                self._port = free_port()
            self._launch()
            try:
                return self._await_answer()
            except BrokerFailed as failure:
                self.kill()
                # someone else took the free port between our look and the server's bind
                if self._insists or attempt == 4 or "in use" not in str(failure):
                    raise
                self._port = 0

    def stop(self) -> None:
        """Ends the server in order; a server that does not go is killed. Does nothing while it is down."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_TIMEOUT_S)
        self.kill()

    def kill(self) -> None:
        """Kills the server as a power cut would (SIGKILL). Does nothing while it is down."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None
        (self.home / broker_home.TENANTS).unlink(missing_ok=True)

    @property
    def died(self) -> bool:
        """Whether the server ended without being told to by `stop` or `kill`."""
        return self._process is not None and self._process.poll() is not None

    def revive(self) -> None:
        """Starts the server again after it died."""
        self.kill()
        self.start()

    def restart(self) -> None:
        """Stops and starts; port and directory stay."""
        self.stop()
        self.start()

    def _launch(self) -> None:
        (self.home / LOG).write_bytes(b"")
        self._process = subprocess.Popen(
            [str(self.server.path), *self._arguments()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C must not end the broker before the services have drained
            preexec_fn=die_with_parent,
        )
        broker_home.write_tenants(self.home, self._process.pid)

    def _arguments(self) -> list[str]:
        options = {
            "port": str(self._port),
            "bind": "127.0.0.1",
            "unixsocket": str(self.home / SOCKET),
            "unixsocketperm": "700",
            "dir": str(self.home),
            "logfile": str(self.home / LOG),
            "loglevel": "notice",
            "daemonize": "no",
            "save": "",
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": self._fsync,
            "maxmemory-policy": "noeviction",
            "maxclients": "10000",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise BrokerFailed(f"{self.server.path} ended while starting: {self._last_words()}")
            if self._answers():
                return
            time.sleep(0.005)
        raise BrokerFailed(
            f"{self.server.path} did not answer in {START_TIMEOUT_S:.0f} s: {self._last_words()}"
        )

    def _answers(self) -> bool:
        # "-LOADING" comes while a kept data set is read: not yet
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.home / SOCKET))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def _last_words(self) -> str:
        try:
            lines = (self.home / LOG).read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return " | ".join(lines[-5:]) or "it logged nothing"


class _Home:
    """The directory of one run: a temporary one goes when the run ends, a lasting one stays."""

    def __init__(self, state_dir: Path | None) -> None:
        self._lasting = state_dir is not None
        self.path = broker_home.lasting_home(state_dir) if state_dir else broker_home.temporary_home()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._lasting:
            shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def embedded_broker(
    *,
    state_dir: Path | None = None,
    port: int = 0,
    insist: bool = True,
    durable: bool | None = None,
    fsync: Literal["always", "everysec", "no"] = "everysec",
    server: ServerBinary | None = None,
) -> Iterator[EmbeddedBroker]:
    """A broker of one's own for the length of a `with` block.

    `state_dir` keeps the data from run to run, and is durable unless told otherwise; without it the data goes with the
    block, and `durable` only matters to `kill` and `restart`. Raises NoBroker or BrokerFailed, HomeInUse.
    """
    broker_home.sweep()
    found = server or find_server()
    with _Home(state_dir) as home:
        broker = EmbeddedBroker(
            found,
            home,
            port=port,
            insist=insist,
            durable=state_dir is not None if durable is None else durable,
            fsync=fsync,
        )
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()


@contextmanager
def any_broker(
    redis_url: str | None = None, *, state_dir: Path | None = None, port: int = 0
) -> Iterator[str]:
    """The URL of a broker: `redis_url` or REDIS_URL if given, else an embedded one for the length of the block."""
    if url := redis_url or os.environ.get("REDIS_URL"):
        yield url
        return
    with embedded_broker(state_dir=state_dir, port=port) as broker:
        yield broker.url
