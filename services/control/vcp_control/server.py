"""The HTTP server: its socket, its port, its end. Knows no route."""

import contextlib
import errno
import socket
from collections.abc import Iterator
from pathlib import Path

import structlog
import uvicorn
from starlette.types import ASGIApp

from vcp_control.settings import ApiSettings, WrongApiSetting

DRAIN_S = 1
"""How long requests that are under way may go on after the end was told."""

_log = structlog.get_logger(__name__)


class Server(uvicorn.Server):
    """uvicorn on a socket of ours. Signals are the process's business, which sets `stop`."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, listening: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=DRAIN_S,
            )
        )
        self._settings = settings
        self._port = int(listening.getsockname()[1])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        _log.info(f"control API on http://{host}:{self._port}", port=self._port)
        if self._settings.port_file is not None:
            _write_port(self._settings.port_file, self._port)


def _write_port(path: Path, port: int) -> None:
    # In one step: whoever waits for the file must never read half of it.
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.write_text(f"{port}\n")
    fresh.replace(path)


def bound(settings: ApiSettings) -> socket.socket:
    """A socket that listens where the settings say. Raises WrongApiSetting when that address can't be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    except OSError as taken:
        variable = "VCP_API_PORT" if taken.errno == errno.EADDRINUSE else "VCP_API_HOST"
        rule = f"{settings.host} port {settings.port} can not be served: {taken.strerror}"
        raise WrongApiSetting(variable, rule) from None
