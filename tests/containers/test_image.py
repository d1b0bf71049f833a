"""The image by itself: who runs in it, what it says of itself, and that one container is a whole product."""

import time

import httpx
import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HealthcheckWaitStrategy

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

OFTEN = {"interval": 500_000_000, "timeout": 3_000_000_000, "retries": 3, "start_period": 20_000_000_000}
"""The image's own check, in nanoseconds, at a test's pace."""


@pytest.fixture(scope="module")
def container(image):
    settings = {"read_only": True, "cap_drop": ["ALL"], "healthcheck": OFTEN}
    made = DockerContainer(image).with_exposed_ports(8080).with_tmpfs_mount("/tmp").with_kwargs(**settings)
    with made as container:
        try:
            HealthcheckWaitStrategy().with_startup_timeout(30).wait_until_ready(container)
        except (RuntimeError, TimeoutError) as failure:
            said, complained = container.get_logs()
            raise AssertionError(f"{failure}\n{said.decode()}\n{complained.decode()}") from None
        yield container


def api_url(container):
    return f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8080)}"


def test_it_says_what_it_is_and_never_runs_as_root(container):
    about = container.get_wrapped_container().image.attrs["Config"]
    assert about["User"] == "vcp"
    assert about["Entrypoint"] == ["vcp"]
    assert about["Labels"]["org.opencontainers.image.title"] == "virtual-charge-point"
    assert about["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert container.exec(["id", "-u"]).output == b"10001\n"


def test_it_adds_little_to_its_base(container):
    layers = container.get_docker_client().client.api.history(container.get_wrapped_container().image.id)
    # what the last stage adds is all in instructions of our Dockerfile, the newest first
    ours = layers[: next(n for n, layer in enumerate(layers) if "VERSION=" in layer["CreatedBy"]) + 1]
    assert sum(layer["Size"] for layer in ours) < 130 * 2**20


def test_one_container_is_a_whole_product(container):
    with httpx.Client(base_url=api_url(container), trust_env=False) as api:
        assert api.get("/health/ready").status_code == 200
        made = api.post("/charge-points", json={"id": "CP001", "url": "ws://127.0.0.1:1/ocpp"})
        assert made.status_code == 201
        assert api.post("/charge-points/CP001/plug-in", json={"evse": 1}).json()["status"] == "done"
        [evse] = api.get("/charge-points/CP001").json()["evses"]
        assert evse["connectors"][0]["plugged_ev"]


def test_it_ends_in_good_order_when_told_to(container):
    wrapped = container.get_wrapped_container()
    began = time.monotonic()
    wrapped.stop(timeout=10)
    assert time.monotonic() - began < 8
    assert wrapped.wait()["StatusCode"] == 0
