"""The engine and the image that these tests need. Without an engine they are skipped, or fail where one is required."""

import os
import subprocess
from contextlib import closing
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest
from docker.errors import DockerException
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.image import DockerImage

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def engine() -> None:
    """An engine answers, and there is compose to go with it. VCP_REQUIRE_DOCKER=1 says that this has to be so."""
    missing = _missing()
    if missing is None:
        return
    if os.environ.get("VCP_REQUIRE_DOCKER") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def _missing() -> str | None:
    try:
        with closing(DockerClient().client) as client:
            client.ping()
    except DockerException as silent:
        return f"no Docker engine answers: {silent}"
    try:
        subprocess.run(["docker", "compose", "version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as failure:
        return f"docker compose (version 2) does not work: {failure}"
    return None


@pytest.fixture(scope="session")
def image(engine: None) -> str:
    """The image under test: VCP_IMAGE, or one built from this tree, which stays as the cache of the next build."""
    given = os.environ.get("VCP_IMAGE")
    if given:
        return given
    base = os.environ.get("PYTHON_IMAGE")
    arguments = {"buildargs": {"PYTHON_IMAGE": base}} if base else {}
    image = DockerImage(path=ROOT, tag="virtual-charge-point:under-test", clean_up=False, **arguments)
    with (ROOT / "Dockerfile").open() as dockerfile:
        # several workers of pytest want it at once: the first builds, the others find it in the cache
        flock(dockerfile, LOCK_EX)
        return str(image.build())
