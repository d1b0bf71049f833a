"""The Python that README and the page about tests show is run as it stands there, against the example backend."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs.commands import TOP

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHOWN = [
    block
    for document in (TOP / "docs" / "in-your-tests.md", TOP / "README.md")
    for block in BLOCK.findall(document.read_text())
]

CONFTEST = '''
"""A backend, and an operator who has it call chargers, as users have their own."""
import asyncio
import threading

import pytest
from vcp_backend import serve_backend


@pytest.fixture(scope="session")
def backend():
    up, loop = threading.Event(), asyncio.new_event_loop()
    found = []

    async def serve():
        async with serve_backend() as backend:
            found.extend((backend, asyncio.Event()))
            up.set()
            await found[1].wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    up.wait(10)
    yield found[0], loop
    loop.call_soon_threadsafe(found[1].set)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="session")
def backend_url(backend):
    return backend[0].url


@pytest.fixture
def operator(backend):
    class Operator:
        def start(self, charger, token):
            call = backend[0].call(charger, "RemoteStartTransaction", {"idTag": token})
            return asyncio.run_coroutine_threadsafe(call, backend[1]).result(10)["status"]

    return Operator()

'''

WITHOUT = """
def test_without_pytest(vcp, backend_url):
    from test_shown import tell

    tell(vcp.api_url, backend_url)
"""


@pytest.mark.timeout(90)
def test_what_is_shown_runs(tmp_path: Path):
    shown = [block for block in SHOWN if "conftest.py" not in block]
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_shown.py").write_text("\n\n".join(shown))
    (tmp_path / "test_without.py").write_text(WITHOUT)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    count = sum(len(re.findall(r"^def test_", block, re.MULTILINE)) for block in shown)
    assert f"{count + 1} passed" in ended.stdout, ended.stdout + ended.stderr


def test_the_page_is_found_to_show_something():
    assert len(SHOWN) == 7
