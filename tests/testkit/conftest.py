"""What the tests of the test kit share: charge points of both kinds over an API that is played."""

import inspect
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from vcp_testkit.client import AsyncClient, Client

TWINS = (AsyncClient, Client)
URL = "http://127.0.0.1:8080/"


@pytest.fixture(params=TWINS)
def client(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """A client whose API answers as told."""
    return lambda answer: request.param(URL, token="s3cret-token", transport=httpx.MockTransport(answer))


@pytest.fixture
def said() -> Callable[[Any], Any]:
    """What a word comes to, awaited or not."""

    async def said(word: Any) -> Any:
        return await word if inspect.isawaitable(word) else word

    return said
