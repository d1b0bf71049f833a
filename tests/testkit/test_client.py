"""Both clients of the control API: what they ask, what they make of answers, problems and silence."""

import inspect
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from vcp_testkit import control_api
from vcp_testkit.client import AsyncClient, Client
from vcp_testkit.looking import NotSo
from vcp_testkit.problems import Problem, Unreachable
from vcp_testkit.server_events import ServerEvent

TWINS = (AsyncClient, Client)


class Asked(list[httpx.Request]):
    """Plays an API that takes everything, and keeps what it was asked."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.append(request)
        return httpx.Response(200, json={"status": "done"})


async def test_commands_are_posted_to_their_own_route_with_the_identity_quoted(client, said):
    api = Asked()
    control = client(api)
    assert await said(control.command("DE*1/7", "plug-in", {"evse": 1})) == {"status": "done"}
    await said(control.configure("CP001", {"url": "ws://backend/ocpp"}))
    await said(control.messages("CP001", action="Heartbeat", limit=5))
    plug_in, configure, messages = api
    assert str(plug_in.url) == "http://127.0.0.1:8080/charge-points/DE%2A1%2F7/plug-in?wait=15"
    assert plug_in.headers["Authorization"] == "Bearer s3cret-token"
    assert configure.content == b'{"id":"CP001","url":"ws://backend/ocpp"}'
    assert configure.headers["Content-Type"] == "application/json"
    assert messages.url.query == b"action=Heartbeat&limit=5"


async def test_a_charge_point_is_touched_by_its_own_words(client, said):
    api = Asked()
    charger = client(api).charge_point("CP001")
    await said(charger.present_token("04A1", evse=2))
    await said(charger.press_stop(why="ev", wait_s=0))
    await said(charger.go_offline("reset", 30))
    assert [(one.url.path, dict(one.url.params), one.content) for one in api] == [
        ("/charge-points/CP001/present-token", {"wait": "15"}, b'{"token":"04A1","evse":2}'),
        ("/charge-points/CP001/press-stop", {"wait": "0"}, b'{"evse":1,"why":"ev"}'),
        ("/charge-points/CP001/go-offline", {"wait": "15"}, b'{"how":"reset","seconds":30}'),
    ]


async def test_a_problem_tells_field_reason_and_remedy(client, said):
    document = {"title": "bad field", "field": "evse", "reason": "there is no EVSE 9", "remedy": "use 1 to 2"}
    control = client(lambda request: httpx.Response(422, json=document))
    with pytest.raises(Problem, match=r"422: evse: there is no EVSE 9 \(use 1 to 2\)"):
        await said(control.view("CP001"))


async def test_a_problem_without_a_document_is_told_all_the_same(client, said):
    control = client(lambda request: httpx.Response(502, text="<html>bad gateway"))
    with pytest.raises(Problem, match="502: <html>bad gateway"):
        await said(control.view("CP001"))


async def test_a_command_that_is_not_done_in_time_is_a_problem(client, said):
    control = client(lambda request: httpx.Response(202, json={"status": "pending"}))
    with pytest.raises(Problem, match="go-online was taken in, but not done within 3 s"):
        await said(control.command("CP001", "go-online", wait_s=3))
    assert (await said(control.command("CP001", "go-online", wait_s=0)))["status"] == "pending"


async def test_a_message_that_does_not_come_in_time_is_none(client, said):
    control = client(lambda request: httpx.Response(504, json={"title": "none came"}))
    assert await said(control.message("CP001", wait_s=1, action="Heartbeat")) is None


async def test_all_that_wear_a_label_are_retired_and_never_all(client, said):
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.raw_path.decode()}")
        return httpx.Response(202, json={"retired": ["CP1"], "pending": ["CP2"]})

    control = client(answer)
    assert await said(control.retire_all(test="a b", run="1")) == ["CP1", "CP2"]
    assert asked == ["DELETE /charge-points?label=test%3Da+b&label=run%3D1"]
    with pytest.raises(ValueError, match="every charge point would go"):
        await said(control.retire_all())


async def test_a_view_is_looked_at_until_it_is_as_wanted(client, said):
    states = iter(["down", "connecting", "up"])

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"link": {"state": next(states)}, "evses": [{"id": 1}]})

    charger = client(answer).charge_point("CP001")
    view = await said(charger.wait_for(link__state="up", evses__0__id=1))
    assert view["link"]["state"] == "up"


async def test_a_view_that_never_is_as_wanted_is_told_beside_what_was_wanted(client, said):
    charger = client(lambda request: httpx.Response(200, json={"link": {"state": "down"}})).charge_point(
        "CP001"
    )
    with pytest.raises(NotSo, match=r"link.state: wanted 'up', is 'down'"):
        await said(charger.wait_for(link__state="up", within=0))
    with pytest.raises(NotSo, match="the condition does not hold"):
        await said(charger.wait_for(lambda view: view.get("evses"), within=0))


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


async def test_silence_is_unreachable(client, said):
    control = client(refused)
    with pytest.raises(Unreachable, match="does not answer"):
        await said(control.view("CP001"))


async def happened(control: AsyncClient | Client, *about: str) -> list[ServerEvent]:
    if isinstance(control, Client):
        return list(control.events(*about))
    return [event async for event in control.events(*about)]


async def test_a_stream_that_breaks_off_is_unreachable(client, said):
    with pytest.raises(Unreachable, match="broke off"):
        await happened(client(refused))


class Stream(httpx.AsyncByteStream, httpx.SyncByteStream):
    def __init__(self, *parts: bytes) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part


async def test_events_and_signs_of_life_are_read_with_their_cursor(client, said):
    stream = Stream(
        b": open\nid: w~0.0\nretry: 1000\n\nid: w~",
        b'0.1\ndata: {"type": "status_changed",\ndata: "fine": "preparing"}\n\n',
        b'data: {"type": "gap"}\n\n: alive\nid: w~0.2\n\n',
    )
    control = client(lambda request: httpx.Response(200, stream=stream))
    assert await happened(control, "CP001") == [
        ServerEvent("w~0.0"),
        ServerEvent("w~0.1", {"type": "status_changed", "fine": "preparing"}),
        ServerEvent("w~0.1", {"type": "gap"}),
        ServerEvent("w~0.2"),
    ]


def test_both_clients_have_all_words():
    words = {
        name
        for name, one in vars(control_api).items()
        if inspect.isgeneratorfunction(one) and name not in ("asked", "read")
    }
    for twin in TWINS:
        assert {name for name in words if not hasattr(twin, name)} == set()
    assert {name for name in dir(AsyncClient) if not name.startswith("_")} == {
        name for name in dir(Client) if not name.startswith("_")
    }
