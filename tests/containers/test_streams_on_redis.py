"""The plumbing's whole suite, which usually meets a Valkey of its own, against Redis in a container."""

import os
import subprocess
import sys

import pytest
from containers.conftest import ROOT
from testcontainers.community.redis import RedisContainer

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def test_the_streams_keep_their_promises_on_redis(engine):
    with RedisContainer(os.environ.get("REDIS_IMAGE", "redis:8")) as redis:
        url = f"redis://{redis.get_container_host_ip()}:{redis.get_exposed_port(6379)}/0"
        # a run of its own, so that it is the one run whose server is not its own
        surroundings = {name: v for name, v in os.environ.items() if not name.startswith("PYTEST_")}
        suite = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "tests/plumbing",
                "-q",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:xdist",
            ],
            cwd=ROOT,
            env={**surroundings, "VCP_TEST_REDIS_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert suite.returncode == 0, suite.stdout
        told = redis.get_client()
        assert "valkey_version" not in told.info("server")
        assert told.info("commandstats")["cmdstat_xadd"]["calls"] > 1_000, "the suite did not use this server"
