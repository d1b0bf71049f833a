"""The watch: what it follows, and what it makes of problems and broken streams."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from vcp_runner.watch import NotSeen, Watch, is_event, is_frame
from vcp_testkit.client import AsyncClient
from vcp_testkit.problems import Problem


def client(answer) -> AsyncClient:
    return AsyncClient("http://127.0.0.1:8080/", token="s3cret-token", transport=httpx.MockTransport(answer))


class Stream(httpx.AsyncByteStream):
    def __init__(self, *parts: bytes, then_wait: bool = False) -> None:
        self.parts = parts
        self.then_wait = then_wait

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
        if self.then_wait:
            await asyncio.Event().wait()


class Api:
    """Plays the routes that a watch reads: `/events` by turn, and a wire record that grows when told."""

    def __init__(self, *events: httpx.Response) -> None:
        self.events = list(events)
        self.resumed_at: list[str | None] = []
        self.frames: list[dict] = []
        self.grown = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/events":
            self.resumed_at.append(request.headers.get("Last-Event-ID"))
            return self.events.pop(0)
        after = int(request.url.params.get("after", "0"))
        if request.url.path.endswith("/wait"):
            await self.grown.wait()
            self.grown.clear()
            return httpx.Response(200, json=self.frames[after])
        return httpx.Response(200, json={"items": self.frames[after:], "next": str(len(self.frames))})

    def grow(self, *frames: dict) -> None:
        self.frames += frames
        self.grown.set()


def lasting(*parts: bytes) -> httpx.Response:
    return httpx.Response(200, stream=Stream(*parts, then_wait=True))


async def test_a_watch_resumes_a_broken_stream_at_its_cursor():
    api = Api(
        httpx.Response(200, stream=Stream(b'id: 7\ndata: {"type": "registered"}\n\n')),
        httpx.Response(503, json={"title": "starting"}),
        lasting(b'id: 8\ndata: {"type": "gap"}\n\n'),
    )
    told: list[str] = []
    async with client(api) as control, Watch(control, "CP001", lambda it: told.append(it["type"])) as watch:
        await watch.seen(is_event("gap"), "a gap")
    assert api.resumed_at == [None, "7", "7"]
    assert told == ["registered", "gap"]


async def test_a_watch_follows_the_wire_from_where_it_stood():
    api = Api(lasting(b": open\n\n"))
    api.frames = [{"type": "frame_sent", "kind": "call", "action": "BootNotification"}]
    async with client(api) as control, Watch(control, "CP001", lambda it: None) as watch:
        api.grow(
            {"type": "frame_sent", "kind": "call", "action": "Heartbeat"},
            {"type": "frame_received", "kind": "result", "action": "Heartbeat"},
        )
        await watch.seen(is_frame("received", "result", "Heartbeat"), "an answer")
        assert [it["action"] for it in watch.events] == ["Heartbeat", "Heartbeat"]


async def test_a_watch_tells_what_it_did_not_see():
    api = Api(lasting(b'data: {"type": "registered"}\n\n'))
    async with client(api) as control, Watch(control, "CP001", lambda it: None) as watch:
        await watch.seen(is_event("registered"), "a verdict")
        with pytest.raises(NotSeen, match=r"an answer was not seen within 0\.01 s"):
            await watch.seen(is_frame("received", "result", "Heartbeat"), "an answer", timeout_s=0.01)
        with pytest.raises(NotSeen):
            await watch.seen(is_event("registered"), "a second verdict", after=1, timeout_s=0.01)


async def test_a_watch_that_is_not_let_in_says_so():
    async with client(lambda request: httpx.Response(401, json={"title": "a token is needed"})) as control:
        with pytest.raises(Problem, match="a token is needed"):
            async with Watch(control, "CP001", lambda it: None):
                pass
