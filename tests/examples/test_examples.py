"""The examples do what they say, against the running product: broker, services, and a backend."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE_S = 30.0

needs_redis_cli = pytest.mark.skipif(
    not (shutil.which("redis-cli") or shutil.which("valkey-cli")),
    reason="needs redis-cli or valkey-cli (Debian: apt install redis-tools)",
)
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="needs Node 18 or newer")
needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")


@dataclass(frozen=True)
class Product:
    """What runs, and where."""

    api: str
    redis: str
    backend: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "REDIS_URL": self.redis,
            "VCP_API_URL": self.api,
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def run(self, name: str, *arguments: str) -> str:
        """Runs an example to its end; what it printed."""
        program = [sys.executable] if name.endswith(".py") else ["sh"]
        ended = subprocess.run(
            [*program, str(EXAMPLES / name), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def view(self, charge_point: str) -> dict[str, Any] | None:
        """How a charge point stands; None while there is none."""
        answer = httpx.get(f"{self.api}/charge-points/{charge_point}", trust_env=False)
        return answer.json() if answer.status_code == 200 else None


class Running:
    """A process that goes on, and the lines that it has printed so far."""

    def __init__(self, *program: str, **environment: str) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            program, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
        )
        self._reading = Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    def line(self, pattern: str) -> str:
        """The first line that matches; waits for it."""
        return until(lambda: next((line for line in self.lines if re.search(pattern, line)), None), pattern)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        self._reading.join(PATIENCE_S)


@contextmanager
def running(*program: str, **environment: str) -> Iterator[Running]:
    process = Running(*program, **environment)
    try:
        yield process
    finally:
        process.stop()


def until(look: Callable[[], Any], what: str) -> Any:
    """What `look` finds; looks again until it finds something."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE_S:g} s in vain for {what}")


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    up = (sys.executable, "-m", "vcp_runner", "up", "--json", "--quiet", "--api-port", "0")
    backend = (sys.executable, "-m", "vcp_backend", "--port", "0")
    with running(*up, REDIS_URL="", VCP_KEYS="") as stack, running(*backend) as csms:
        where = json.loads(stack.line("^{"))
        yield Product(where["api"], where["broker"], csms.line("listens on").split()[-1])


def is_plugged(view: dict[str, Any] | None) -> dict[str, Any] | None:
    """The view of a charge point whose cable is in; None before."""
    return view if view and view["evses"][0]["connectors"][0]["plugged_ev"] else None


@needs_redis_cli
def test_01_a_cable_goes_in_by_redis_cli_alone(product: Product) -> None:
    printed = product.run("01_plug_in_with_redis_cli.sh", "CP001")
    assert re.fullmatch(r"(\d+-\d+\n){2}", printed)
    view = until(lambda: is_plugged(product.view("CP001")), "the cable")
    assert view["configuration"]["model"] == "Wall 1"


def test_02_a_service_publishes_typed_commands(product: Product) -> None:
    printed = product.run("02_publish_with_faststream.py", "CP002")
    assert [line.split()[:2] for line in printed.splitlines()] == [
        ["published", "Provision"],
        ["published", "SetEv"],
        ["published", "PlugIn"],
    ]
    view = until(lambda: is_plugged(product.view("CP002")), "the cable")
    assert view["evses"][0]["soc_percent"] == 20


def test_03_a_service_listens_to_typed_events_of_every_partition(product: Product) -> None:
    with running(
        sys.executable, str(EXAMPLES / "03_listen_to_events.py"), REDIS_URL=product.redis
    ) as listener:
        listener.line("^listening$")
        chargers = [f"LISTEN-{n}" for n in range(4)]
        for charger in chargers:
            product.run("02_publish_with_faststream.py", charger)
        for charger in chargers:
            listener.line(f"^{charger} command_done$")
            listener.line(f"^{charger} status_changed EVSE 1 is preparing$")
            told = [line for line in listener.lines if line.startswith(f"{charger} ")]
            assert told[0] == f"{charger} charge_point_changed"


@needs_curl
def test_04_a_charge_point_connects_and_charges_by_http(product: Product) -> None:
    printed = product.run("04_connect_by_http.sh", product.backend, "CP004")
    answers = [json.loads(line) for line in printed.splitlines()]
    assert answers[0]["id"] == "CP004"
    assert json.loads(answers[2]["text"])[2]["status"] == "Accepted"
    sent = [frame["action"] for frame in answers[-1]["items"] if frame["type"] == "frame_sent"]
    assert sent[0] == "BootNotification"
    assert {"StatusNotification", "Authorize", "StartTransaction"} <= set(sent)
    assert all(frame["valid"] for frame in answers[-1]["items"])


def test_05_a_backend_is_tested_with_the_fixtures() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(EXAMPLES / "05_pytest")]
    ended = subprocess.run(command, cwd=EXAMPLES / "05_pytest", capture_output=True, text=True, check=False)
    assert "5 passed" in ended.stdout, ended.stdout + ended.stderr


def test_06_the_same_in_compose_is_run_by_the_tests_of_containers() -> None:
    told = (EXAMPLES.parent / "tests" / "containers" / "test_examples.py").read_text(encoding="utf-8")
    assert "06_compose" in told


@needs_node
def test_07_a_test_written_for_node(product: Product) -> None:
    environment = {**product.environment, "BACKEND_URL": product.backend}
    command = ["node", "--test", str(EXAMPLES / "07_from_node.mjs")]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "# pass 1" in ended.stdout


def test_08_stories_are_a_step_of_ci(product: Product, tmp_path: Path) -> None:
    workflow = yaml.safe_load((EXAMPLES / "08_scenario_in_ci" / "workflow.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["ocpp"]["steps"]
    [play] = [step["run"] for step in steps if step.get("name") == "Play the stories"]
    program, *arguments = shlex.split(play.replace("$BACKEND", product.backend))
    assert program == "vcp"
    arguments = [argument.replace("report.xml", str(tmp_path / "report.xml")) for argument in arguments]
    ended = subprocess.run(
        [sys.executable, "-m", "vcp_runner", *arguments, "--control", product.api],
        cwd=EXAMPLES.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert [case.get("name") for case in report.iter("testcase")] == [
        "A session that ends while the network is gone"
    ]


def test_every_example_fits_one_screen_and_is_run_here() -> None:
    found = sorted(path for path in EXAMPLES.iterdir() if path.name != "__pycache__")
    assert [path.name[:3] for path in found] == [f"{n:02d}_" for n in range(1, len(found) + 1)]
    told = Path(__file__).read_text(encoding="utf-8")
    for path in found:
        assert path.name in told
        for file in [path] if path.is_file() else path.rglob("*"):
            if file.is_file() and file.suffix != ".pyc":
                assert len(file.read_text(encoding="utf-8").splitlines()) <= 70, file
