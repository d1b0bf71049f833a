"""The pytest plugin, as a user's test run has it: a project of its own, run by a pytest of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = '''
import asyncio, threading
import pytest
from vcp_backend import serve_backend


@pytest.fixture(scope="session")
def backend():
    """The example backend in a thread of its own, as a user's own would be."""
    up, stop = threading.Event(), []

    async def serve():
        async with serve_backend() as backend:
            stop.extend((asyncio.get_running_loop(), asyncio.Event()))
            serve.url = backend.url
            up.set()
            await stop[1].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    up.wait(10)
    yield serve.url
    stop[0].call_soon_threadsafe(stop[1].set)
    thread.join(10)


@pytest.fixture(scope="session")
def backend_url(backend):
    return backend
'''

TESTS = """
import pytest
from vcp_testkit import present

seen = []


def test_a_session(charger):
    seen.append(charger.id)
    charger.expect("BootNotification", answered={"status": "Accepted"})
    charger.plug_in()
    charger.present_token("04A1")
    start = charger.expect("StartTransaction", idTag="04A1", answered={"transactionId": present})
    charger.press_stop()
    stop = charger.expect("StopTransaction", transactionId=start.answer.payload["transactionId"])
    assert stop.payload["reason"] == "Local"


def test_a_fresh_charger_and_the_last_one_is_gone(charger, vcp):
    assert charger.id not in seen
    assert vcp.client.view(charger.id)["configuration"]["labels"]["test"].endswith("is_gone")
    with pytest.raises(Exception, match="404"):
        vcp.client.view(seen[0])


@pytest.mark.charger(protocols=["ocpp2.0.1"], model="M2")
def test_a_marked_charger(charger):
    charger.expect("BootNotification", chargingStation={"model": "M2"})


def test_several(charger_factory):
    one, other = charger_factory(), charger_factory(online=False)
    one.expect("BootNotification")
    other.expect_none("BootNotification", within=0.1)
    other.go_online()
    other.expect("BootNotification")


def test_that_fails(charger):
    charger.expect("BootNotification")
    charger.expect("BootNotification", within=0.1)


def test_that_never_adds_its_rule(charger):
    charger.reply_to("Reset").with_(status="Rejected")
"""

ASYNC_TESTS = """
import pytest
from vcp_backend import serve_backend
import pytest_asyncio


@pytest_asyncio.fixture
async def backend_url():
    async with serve_backend() as backend:
        yield backend.url


@pytest.mark.asyncio
@pytest.mark.parametrize("nth", [1, 2])
async def test_backend_and_charger_in_one_loop(async_charger, nth):
    boot = await async_charger.expect("BootNotification")
    assert (await boot.answer).payload["status"] == "Accepted"
    await async_charger.plug_in()
    await async_charger.expect("StatusNotification", connectorId=1, status="Preparing")
"""


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A test run in a folder of its own, without this project's settings."""
    command = [sys.executable, "-m", "pytest"]
    options = ["-p", "no:cacheprovider", "-p", "no:timeout", "--rootdir", str(folder), str(folder)]
    return subprocess.run(
        [*command, *options, *arguments], cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )


def test_fixtures_without_an_async_plugin_and_the_wire_under_a_failure(tmp_path: Path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_backend.py").write_text(TESTS)
    ended = run(tmp_path, "-p", "no:asyncio", "-p", "no:anyio")
    assert "1 failed, 5 passed, 1 error" in ended.stdout, ended.stdout + ended.stderr
    assert "vcp_testkit/client.py" not in ended.stdout, "a failed test shows its own line"
    assert "begun, and never added: reply to Reset" in ended.stdout
    assert "- wire of VCP" in ended.stdout
    _, _, wire = ended.stdout.partition("- wire of VCP")
    assert "BootNotification" in wire


def test_chargers_in_async_tests(tmp_path: Path):
    (tmp_path / "test_backend.py").write_text(ASYNC_TESTS)
    ended = run(tmp_path, "-W", "error", "-o", "asyncio_default_fixture_loop_scope=function")
    assert "2 passed" in ended.stdout, ended.stdout + ended.stderr


def test_each_worker_has_a_product_of_its_own(tmp_path: Path):
    (tmp_path / "test_many.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('nth', range(4))\n"
        "def test_one(charger_factory, nth):\n"
        "    charger = charger_factory(url='ws://127.0.0.1:9/ocpp', online=False)\n"
        "    charger.plug_in()\n"
    )
    ended = run(tmp_path, "-n", "2")
    assert "4 passed" in ended.stdout, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "the charger has no backend: override the fixture `backend_url`"),
        (("--vcp-backend-url", "ws://127.0.0.1:9/ocpp"), "could not connect to ws://127.0.0.1:9/ocpp"),
        (("--vcp", "cloud"), "'cloud' is no product; write in-process, container, or the address"),
        (("--vcp", "http://127.0.0.1:9", "--vcp-backend-url", "ws://127.0.0.1:9"), "does not answer"),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy(tmp_path: Path, arguments: tuple[str, ...], told: str):
    (tmp_path / "test_one.py").write_text("def test_one(charger): pass\n")
    ended = run(tmp_path, *arguments)
    assert told in ended.stdout


def test_nothing_starts_and_nothing_heavy_is_loaded_until_a_charger_is_asked_for(tmp_path: Path):
    (tmp_path / "test_none.py").write_text(
        "import sys\n"
        "def test_none():\n"
        "    heavy = ('httpx', 'pydantic', 'orjson', 'redis', 'fastapi', 'faststream', 'vcp_runner')\n"
        "    assert [name for name in heavy if name in sys.modules] == []\n"
    )
    plugins = ("xdist", "asyncio", "anyio", "hypothesispytest")
    ended = run(tmp_path, *(f"-pno:{name}" for name in plugins))
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr
