"""Where the backend under test is: BACKEND_URL says so, else one is started here, in a thread of its own."""

import os
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from backend import app


@pytest.fixture(scope="session")
def backend() -> Iterator[str]:
    """The backend's address, `http://…`."""
    if url := os.environ.get("BACKEND_URL"):
        yield url
        return
    listening = socket.create_server(("0.0.0.0", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://localhost:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def backend_url(backend: str) -> str:
    """Where chargers connect: `virtual-charge-point` asks for this fixture."""
    return f"{backend.replace('http', 'ws', 1)}/ocpp"
