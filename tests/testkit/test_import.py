"""What importing the test kit costs: nothing heavy until it is used."""

import subprocess
import sys

HEAVY = ("httpx", "pydantic", "orjson", "redis", "fastapi", "faststream", "websockets", "asyncio", "ocpp")


def test_the_package_imports_nothing_heavy():
    assert heavy_after("vcp_testkit") == []
    assert heavy_after("vcp_testkit.plugin") == []


def test_every_name_that_it_offers_is_there():
    import vcp_testkit

    assert [name for name in vcp_testkit.__all__ if not getattr(vcp_testkit, name)] == []


def heavy_after(module: str) -> list[str]:
    """The heavy modules that an import brings with it."""
    code = f"import {module}, sys; print(*(name for name in {HEAVY} if name in sys.modules))"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
