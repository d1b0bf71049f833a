"""The test kit's container: one image is the product, and it reaches a backend on this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from vcp_backend import serve_backend
from vcp_testkit.container import HOST, VirtualChargePointContainer

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]


async def test_a_charger_in_a_container_reaches_a_backend_on_this_machine(image: str):
    async with serve_backend(host="0.0.0.0") as backend:
        port = backend.url.rpartition(":")[2]
        with VirtualChargePointContainer(image) as container:
            async with container.async_client() as client:
                charger = client.charge_point("CP001")
                await charger.configure({"url": f"ws://{HOST}:{port}/ocpp", "online": True})
                await charger.expect("BootNotification", answered={"status": "Accepted"}, within=15)


def test_one_word_brings_the_container_into_a_test_run(image: str, tmp_path: Path):
    (tmp_path / "test_one.py").write_text(
        "def test_one(charger_factory):\n"
        "    charger = charger_factory(url='ws://localhost:9/ocpp', online=False)\n"
        "    charger.plug_in()\n"
        "    assert charger.view()['configuration']['url'] == 'ws://host.docker.internal:9/ocpp'\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--vcp",
        "container",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "VCP_IMAGE": image},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr
