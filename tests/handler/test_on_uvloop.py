"""The product runs on uvloop, pytest on asyncio: every story of sockets and lines holds on both."""

import inspect
from collections.abc import Awaitable, Callable

import pytest
import uvloop
from handler import test_socket, test_switchboard

STORIES = {
    name: story
    for module in (test_socket, test_switchboard)
    for name, story in vars(module).items()
    if name.startswith("test_")
    and inspect.iscoroutinefunction(story)
    and not inspect.signature(story).parameters
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_the_same_holds_on_uvloop(story: Callable[[], Awaitable[None]]) -> None:
    uvloop.run(story())  # type: ignore[arg-type]
