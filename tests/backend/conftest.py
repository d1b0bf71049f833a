"""Backends and chargers of one test, taken off the wire at its end."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from backend.bare_charger import Dial, Host


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with AsyncExitStack() as stack:
        yield Host(stack)


@pytest.fixture
async def dial(host: Host) -> AsyncIterator[Dial]:
    async with AsyncExitStack() as stack:
        yield Dial(stack)
