"""Rules, held messages and raw ones on the whole product: over HTTP, against a backend that knows nothing of them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from runner.test_product import vcp
from vcp_backend.server import Backend, serve_backend

CP = "/charge-points/CP001"
VERSIONS = ["ocpp1.6", "ocpp2.0.1"]
REMOTE_START = {
    "ocpp1.6": ("RemoteStartTransaction", {"idTag": "CARD1", "connectorId": 1}),
    "ocpp2.0.1": (
        "RequestStartTransaction",
        {"idToken": {"idToken": "CARD1", "type": "ISO14443"}, "remoteStartId": 7, "evseId": 1},
    ),
}


@asynccontextmanager
async def charger(version: str) -> AsyncIterator[tuple[httpx.AsyncClient, Backend]]:
    """CP001, accepted by its backend and with nothing more to say; and the API under its path."""
    async with vcp("up", "--json", "--quiet", "--api-port", "0") as process, serve_backend() as backend:
        async with asyncio.timeout(30):
            up = json.loads(await process.stdout.readline())
        async with httpx.AsyncClient(base_url=up["api"], trust_env=False, timeout=20) as api:
            configured = {"id": "CP001", "url": backend.url, "protocols": [version], "online": True}
            assert (await api.post("/charge-points", json=configured)).status_code == 201
            await backend.wait_for("CP001", "StatusNotification", timeout=10)
            await idle(api)
            yield api, backend


async def seen(look: Callable[[], Any]) -> Any:
    """What a look at the API shows, once it shows something."""
    async with asyncio.timeout(10):
        while True:
            if shown := await look():
                return shown
            await asyncio.sleep(0.02)


async def idle(api: httpx.AsyncClient) -> None:
    async def nothing_waits() -> bool:
        queue = (await api.get(CP)).json()["queue"]
        return not queue["in_flight"] and queue["express"] == queue["boot"] == queue["transactions"] == 0

    await seen(nothing_waits)


async def held(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await api.get(f"{CP}/held")).json()["items"]


async def frames(api: httpx.AsyncClient, **wanted: str) -> list[dict[str, Any]]:
    return (await api.get(f"{CP}/messages", params=wanted)).json()["items"]


async def a_rule_answers_in_the_chargers_place_and_the_charger_believes_it(
    version: str, api: httpx.AsyncClient, backend: Backend
) -> None:
    action, payload = REMOTE_START[version]
    await api.post(f"{CP}/plug-in", json={})
    rule = {
        "name": "no remote start",
        "when": {"word": "start_charging", "direction": "received"},
        "then": {"do": "answer", "payload": {"status": "Rejected"}},
        "times": 1,
    }
    added = await api.post(f"{CP}/rules", json=rule)
    assert added.status_code == 201
    assert (added.json()["rule"]["name"], added.json()["hits"]) == ("no remote start", 0)
    assert await backend.call("CP001", action, payload) == {"status": "Rejected"}
    [answer] = await seen(lambda: frames(api, action=action, kind="result"))
    assert answer["rule_applied"] == "no remote start"
    view = (await api.get(CP)).json()
    assert view["evses"][0]["transaction"] is None
    # it has touched as many as it should
    await seen(lambda: no_rules(api))
    assert await backend.call("CP001", action, payload) == {"status": "Accepted"}


async def no_rules(api: httpx.AsyncClient) -> bool:
    return (await api.get(f"{CP}/rules")).json() == {"items": []}


async def a_message_is_held_back_and_released_with_an_edit(
    version: str, api: httpx.AsyncClient, backend: Backend
) -> None:
    hold = {"name": "hold", "when": {"action": "DataTransfer", "kind": "call"}, "then": {"do": "hold"}}
    assert (await api.post(f"{CP}/rules", json=hold)).status_code == 201
    asked = asyncio.create_task(
        api.post(f"{CP}/send-data", json={"vendor": "org.example", "content": "as meant"})
    )
    [message] = await seen(lambda: held(api))
    assert (message["rule"], message["action"], message["direction"]) == ("hold", "DataTransfer", "sent")
    assert backend.calls("CP001", "DataTransfer") == []
    released = await api.post(
        f"{CP}/held/{message['frame']}",
        json={"payload": {"vendorId": "org.example", "data": "as altered"}},
    )
    assert released.json()["detail"] == {"frame": message["frame"], "how": "edited"}
    assert (await asked).json()["detail"]["outcome"] == "answered"
    [call] = backend.calls("CP001", "DataTransfer")
    assert call.payload == {"vendorId": "org.example", "data": "as altered"}
    assert await held(api) == []


async def what_a_rule_drops_is_unanswered(version: str, api: httpx.AsyncClient, backend: Backend) -> None:
    drop = {
        "name": "lost",
        "when": {"action": "Heartbeat"},
        "then": [{"do": "drop"}, {"do": "pass"}],
        "after_last": "pass",
        # at once, instead of after the timeout
        "follow": "altered",
    }
    assert (await api.post(f"{CP}/rules", json=drop)).status_code == 201
    lost = (await api.post(f"{CP}/ask", json={"word": "beat"})).json()
    assert (lost["status"], lost["detail"]["outcome"]) == ("done", "unanswered")
    assert backend.calls("CP001", "Heartbeat") == []
    heard = (await api.post(f"{CP}/ask", json={"word": "beat"})).json()
    assert heard["detail"]["outcome"] == "answered"
    assert (await api.delete(f"{CP}/rules/lost")).status_code == 200
    assert (await api.delete(f"{CP}/rules/lost")).status_code == 404


CLAIMED = {
    "ocpp1.6": ("StartTransaction", "StopTransaction"),
    "ocpp2.0.1": ("TransactionEvent", "TransactionEvent"),
}
RAW = {
    "ocpp1.6": ("StatusNotification", {"connectorId": 7, "errorCode": "NoError", "status": "Faulted"}),
    "ocpp2.0.1": (
        "StatusNotification",
        {
            "timestamp": "2026-01-01T00:00:00Z",
            "connectorStatus": "Faulted",
            "evseId": 7,
            "connectorId": 7,
        },
    ),
}


async def a_message_written_by_hand_brings_its_answer_back(
    version: str, api: httpx.AsyncClient, backend: Backend
) -> None:
    action, payload = RAW[version]
    sent = (await api.post(f"{CP}/send-raw", json={"action": action, "payload": payload})).json()
    detail = sent["detail"]
    assert (sent["status"], detail["outcome"], detail["payload"], detail["valid"]) == (
        "done",
        "answered",
        {},
        True,
    )
    assert backend.calls("CP001", action)[-1].payload == payload

    no = await api.post(f"{CP}/send-raw", json={"action": action, "payload": {"colour": "red"}})
    assert no.status_code == 422
    assert no.json()["remedy"] == "correct it, or send it with unchecked: true"
    past = await api.post(
        f"{CP}/send-raw", json={"action": action, "payload": {"colour": "red"}, "unchecked": True}
    )
    assert past.status_code == 200
    assert backend.calls("CP001", action)[-1].payload == {"colour": "red"}
    marked = await frames(api, action=action, kind="call", direction="sent")
    assert marked[-1]["past_open_gates"] == ["handler"]

    error = (await api.post(f"{CP}/send-raw", json={"action": "Sing", "unchecked": True})).json()
    assert (error["detail"]["outcome"], error["detail"]["code"]) == ("refused", "NotImplemented")
    assert error["detail"]["details"] == {}
    text = (await api.post(f"{CP}/send-raw", json={"text": "[3,"})).json()
    assert text["detail"]["outcome"] == "sent"


async def the_charger_says_what_is_not_so(version: str, api: httpx.AsyncClient, backend: Backend) -> None:
    closed = await api.post(f"{CP}/claim-transaction", json={"phase": "started"})
    assert (closed.status_code, closed.json()["remedy"]) == (
        409,
        "open it with set_gates, abstraction: open",
    )
    await api.post(f"{CP}/set-gates", json={"abstraction": "open"})
    names = {}
    for phase, action in zip(("started", "ended"), CLAIMED[version], strict=True):
        claim = {"phase": phase, "token": "CARD1", "register_wh": 7, **names}
        told = (await api.post(f"{CP}/claim-transaction", json=claim)).json()["detail"]
        assert told["outcome"] == "answered"
        names = {name: told[name] for name in ("transaction", "backend_name") if name in told}
        assert backend.calls("CP001", action)
        [*_, frame] = await frames(api, action=action, kind="call")
        assert frame["past_open_gates"] == ["abstraction"]
    await api.post(f"{CP}/set-gates", json={"abstraction": "closed"})


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_whole_product_lets_hands_be_laid_on_messages(version: str):
    async with charger(version) as (api, backend):
        for story in (
            what_a_rule_drops_is_unanswered,
            a_message_is_held_back_and_released_with_an_edit,
            a_message_written_by_hand_brings_its_answer_back,
            the_charger_says_what_is_not_so,
            a_rule_answers_in_the_chargers_place_and_the_charger_believes_it,
        ):
            await story(version, api, backend)
            assert (await api.delete(f"{CP}/rules")).status_code == 200
            await idle(api)
