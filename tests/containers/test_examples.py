"""The examples that need an engine do what they say."""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

COMPOSE = Path(__file__).parents[2] / "examples" / "06_compose" / "docker-compose.yml"


def test_06_a_backend_is_tested_in_compose(image: str):
    compose = ["docker", "compose", "-f", str(COMPOSE), "-p", f"vcp-06-{os.getpid()}"]
    environment = {**os.environ, "VCP_IMAGE": image}
    try:
        ended = subprocess.run(
            [*compose, "run", "--rm", "--build", "tests"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "5 passed" in ended.stdout, ended.stdout + ended.stderr
    finally:
        subprocess.run(
            [*compose, "down", "--volumes", "--rmi", "local"],
            env=environment,
            capture_output=True,
            check=True,
        )
