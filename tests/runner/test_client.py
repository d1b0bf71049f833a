"""The control client and the watch: what they ask, what they make of answers, problems and broken streams."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from vcp_runner.client import ControlClient, Problem, ServerEvent, Unreachable
from vcp_runner.watch import NotSeen, Watch, is_event, is_frame


def client(answer) -> ControlClient:
    return ControlClient(
        "http://127.0.0.1:8080/", token="s3cret-token", transport=httpx.MockTransport(answer)
    )


async def test_commands_are_posted_to_their_own_route_with_the_identity_quoted():
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"status": "done"})

    async with client(answer) as control:
        assert await control.command("DE*1/7", "plug-in", {"evse": 1}) == {"status": "done"}
        await control.configure("CP001", {"url": "ws://backend/ocpp"})
        await control.messages("CP001", action="Heartbeat", limit=5)
    plug_in, configure, messages = asked
    assert str(plug_in.url) == "http://127.0.0.1:8080/charge-points/DE%2A1%2F7/plug-in?wait=15"
    assert plug_in.headers["Authorization"] == "Bearer s3cret-token"
    assert configure.content == b'{"id":"CP001","url":"ws://backend/ocpp"}'
    assert messages.url.query == b"action=Heartbeat&limit=5"


async def test_a_problem_tells_field_reason_and_remedy():
    document = {"title": "bad field", "field": "evse", "reason": "there is no EVSE 9", "remedy": "use 1 to 2"}
    async with client(lambda request: httpx.Response(422, json=document)) as control:
        with pytest.raises(Problem, match=r"422: evse: there is no EVSE 9 \(use 1 to 2\)"):
            await control.view("CP001")


async def test_a_problem_without_a_document_is_told_all_the_same():
    async with client(lambda request: httpx.Response(502, text="<html>bad gateway")) as control:
        with pytest.raises(Problem, match="502: <html>bad gateway"):
            await control.view("CP001")


async def test_a_command_that_is_not_done_in_time_is_a_problem():
    async with client(lambda request: httpx.Response(202, json={"status": "pending"})) as control:
        with pytest.raises(Problem, match="go-online was taken in, but not done within 3 s"):
            await control.command("CP001", "go-online", wait_s=3)
        assert (await control.command("CP001", "go-online", wait_s=0))["status"] == "pending"


async def test_silence_is_unreachable():
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with client(answer) as control:
        with pytest.raises(Unreachable, match="does not answer"):
            await control.view("CP001")
        with pytest.raises(Unreachable, match="broke off"):
            async for _ in control.events():
                pass


class Stream(httpx.AsyncByteStream):
    def __init__(self, *parts: bytes, then_wait: bool = False) -> None:
        self.parts = parts
        self.then_wait = then_wait

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
        if self.then_wait:
            await asyncio.Event().wait()


async def test_events_and_signs_of_life_are_read_with_their_cursor():
    stream = Stream(
        b": open\nid: w~0.0\nretry: 1000\n\nid: w~",
        b'0.1\ndata: {"type": "status_changed",\ndata: "fine": "preparing"}\n\n',
        b'data: {"type": "gap"}\n\n: alive\nid: w~0.2\n\n',
    )
    async with client(lambda request: httpx.Response(200, stream=stream)) as control:
        events = [event async for event in control.events("CP001")]
    assert events == [
        ServerEvent("w~0.0"),
        ServerEvent("w~0.1", {"type": "status_changed", "fine": "preparing"}),
        ServerEvent("w~0.1", {"type": "gap"}),
        ServerEvent("w~0.2"),
    ]


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


async def test_a_message_that_does_not_come_in_time_is_none():
    async with client(lambda request: httpx.Response(504, json={"title": "none came"})) as control:
        assert await control.message("CP001", wait_s=1, action="Heartbeat") is None
