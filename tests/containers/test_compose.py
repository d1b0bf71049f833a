"""The whole product in containers: a session, more processes, crashes; told over the control API and the wire."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from containers.charger import Charger
from containers.compose_project import Project
from containers.conftest import ROOT
from vcp_backend import ledger
from vcp_backend.behaviour import Behaviour
from vcp_backend.server import Backend, serve_backend
from vcp_contracts import streams

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

EVERY_SECOND = {
    "ocpp1.6": {"MeterValueSampleInterval": "1"},
    "ocpp2.0.1": {"SampledDataCtrlr.TxUpdatedInterval": "1"},
}


CHARGERS_FILE = """
charge_points:
  - {id: FROM-FILE, url: "ws://backend:9000/ocpp", online: true}
"""


@pytest.fixture(scope="module")
def project(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    chargers_file = tmp_path_factory.mktemp("chargers") / "chargers.yaml"
    chargers_file.write_text(CHARGERS_FILE)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VCP_CHARGERS", str(chargers_file))
        environment.setenv("VCP_IMAGE", image)
        environment.setenv("COMPOSE_PROJECT_NAME", f"vcp-{secrets.token_hex(4)}")
        for port in ("VCP_PORT", "VCP_BACKEND_PORT", "VCP_REDIS_PORT"):
            environment.setenv(port, "0")
        for setting in ("VCP_API_TOKEN", "VCP_LOG_LEVEL", "COMPOSE_FILE", "COMPOSE_PROFILES"):
            environment.delenv(setting, raising=False)
        project = Project(ROOT)
        try:
            project.up()
            yield project
        finally:
            project.down()


@pytest.fixture
async def chargers(project: Project) -> AsyncIterator[Callable[[str], Charger]]:
    """Makes chargers, and takes them away at the end; the services' logs are shown where a test fails."""
    made: list[Charger] = []
    async with httpx.AsyncClient(base_url=project.api_url, timeout=30, trust_env=False) as http:

        def make(id: str) -> Charger:
            made.append(Charger(http, id))
            return made[-1]

        yield make
        print(project.logs())
        for charger in made:
            await charger.retire()


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    """A backend outside the containers, on this machine, that looks closely."""
    async with serve_backend(Behaviour(strict=True), host="0.0.0.0") as backend:
        yield backend


async def charge(charger: Charger, backend: Backend) -> Any:
    """Lets `charger` charge at a backend on this machine; the number that this gave the transaction."""
    await charger.set_up(
        url=f"ws://host.docker.internal:{backend.port}/ocpp", settings=EVERY_SECOND["ocpp1.6"]
    )
    await charger.touch("go-online")
    await charger.heard("BootNotification")
    await charger.touch("plug-in")
    await charger.touch("present-token", token="CARD1")
    reading = await backend.wait_for(charger.id, "MeterValues", timeout=20)
    return reading.payload["transactionId"]


async def demand_one_whole_session(backend: Backend, charger: Charger) -> None:
    """The backend stops the session; then its record must show one session without a flaw."""
    [transaction] = {call.payload["transactionId"] for call in backend.calls(charger.id, "MeterValues")}
    answer = await backend.call(charger.id, "RemoteStopTransaction", {"transactionId": transaction})
    assert answer == {"status": "Accepted"}
    stop = await backend.wait_for(charger.id, "StopTransaction", timeout=20)
    assert stop.payload["transactionId"] == transaction
    await charger.heard("StopTransaction")
    assert backend.violations == []
    assert ledger.all_violations(backend.frames) == []


def test_it_is_up_in_half_a_minute_and_healthy(project):
    states = {c.Service: (c.State, c.Health) for c in project.compose.get_containers()}
    services = ("redis", "abstraction", "handler", "chores", "control", "backend")
    assert states == dict.fromkeys(services, ("running", "healthy"))
    assert project.took["up"] < 30


async def test_the_chargers_file_is_applied_before_everything_is_up(chargers):
    charger = chargers("FROM-FILE")
    assert (await charger.view())["configuration"]["online"]
    boot = json.loads((await charger.heard("BootNotification"))["text"])
    assert boot[2]["status"] == "Accepted"


async def test_a_session_in_three_messages_at_the_example_backend(chargers):
    charger = chargers("CP16")
    await charger.set_up(
        url="ws://backend:9000/ocpp", protocols=["ocpp1.6"], settings=EVERY_SECOND["ocpp1.6"]
    )
    await charger.touch("go-online")
    boot = json.loads((await charger.heard("BootNotification"))["text"])
    assert boot[2]["status"] == "Accepted"
    await charger.touch("plug-in")
    await charger.touch("present-token", token="CARD1")
    await charger.heard("Authorize")
    start = json.loads((await charger.heard("StartTransaction"))["text"])
    readings = [json.loads((await charger.said("MeterValues"))["text"])[3] for _ in range(2)]
    assert {reading["transactionId"] for reading in readings} == {start[2]["transactionId"]}
    assert (await charger.view())["evses"][0]["transaction"]["state"] == "charging"
    await charger.touch("press-stop")
    await charger.heard("StopTransaction")
    await charger.touch("unplug")
    assert (await charger.view())["status"] == "available"
    assert [frame["text"] for frame in await charger.wire() if not frame["valid"]] == []


async def test_a_session_as_a_stream_of_events_at_the_example_backend(chargers):
    charger = chargers("CP201")
    await charger.set_up(
        url="ws://backend:9000/ocpp", protocols=["ocpp2.0.1"], settings=EVERY_SECOND["ocpp2.0.1"]
    )
    await charger.touch("go-online")
    boot = json.loads((await charger.heard("BootNotification"))["text"])
    assert boot[2]["status"] == "Accepted"
    await charger.touch("plug-in")
    await charger.touch("present-token", token="CARD1")
    events = [json.loads((await charger.said("TransactionEvent"))["text"])[3]]
    while events[-1]["triggerReason"] != "MeterValuePeriodic":
        events.append(json.loads((await charger.said("TransactionEvent"))["text"])[3])
    await charger.touch("press-stop")
    await charger.touch("unplug")
    while events[-1]["eventType"] != "Ended":
        events.append(json.loads((await charger.said("TransactionEvent"))["text"])[3])
    assert events[0]["eventType"] == "Started"
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert [frame["text"] for frame in await charger.wire() if not frame["valid"]] == []


async def test_a_password_is_kept_where_the_handler_finds_it(chargers, backend):
    backend.behaviour.passwords = {"CPPW": "a secret of 20 chars"}
    charger = chargers("CPPW")
    await charger.set_up(
        url=f"ws://host.docker.internal:{backend.port}/ocpp",
        security={"basic": True, "password": "a secret of 20 chars"},
    )
    assert (await charger.touch("go-online"))["detail"]["link"] == "up"
    assert "a secret" not in json.dumps(await charger.view())


async def test_two_of_each_share_the_partitions_and_no_link_is_cut(project, chargers, backend):
    charger = chargers("CPSCALED")
    await charge(charger, backend)
    await asyncio.to_thread(project.scale, abstraction=2, handler=2)
    await project.shares("abstraction", [8, 8])
    await project.shares("handler", [8, 8])
    seen = backend.calls(charger.id, "MeterValues")[-1].seq
    await backend.wait_for(charger.id, "MeterValues", after=seen, timeout=20)
    assert len(backend.sockets) == 1
    await demand_one_whole_session(backend, charger)


@pytest.mark.chaos
@pytest.mark.parametrize(("service", "sockets"), [("abstraction", 1), ("handler", 2)])
async def test_a_crashed_container_is_replaced_and_the_session_goes_on(
    project, chargers, backend, service, sockets
):
    await asyncio.to_thread(project.scale, abstraction=2, handler=2)
    await project.shares(service, [8, 8])
    charger = chargers(f"CP-{service}")
    await charge(charger, backend)
    owner = (await project.owners(service))[streams.partition_of(charger.id)]
    assert owner is not None
    await asyncio.to_thread(project.crash, project.container_of(owner))
    await project.taken_from(owner)
    seen = backend.calls(charger.id, "MeterValues")[-1].seq
    await backend.wait_for(charger.id, "MeterValues", after=seen, timeout=30)
    assert len(backend.sockets) == sockets
    await demand_one_whole_session(backend, charger)
    # the engine has started the crashed one again, and it takes its share under a new name
    assert owner not in await project.shares(service, [8, 8])


@pytest.mark.chaos
async def test_a_killed_broker_comes_back_and_the_session_goes_on(project, chargers, backend):
    charger = chargers("CP-redis")
    await charge(charger, backend)
    await asyncio.to_thread(project.restart_after_kill, "redis")
    seen = backend.calls(charger.id, "MeterValues")[-1].seq
    await backend.wait_for(charger.id, "MeterValues", after=seen, timeout=30)
    await project.shares("abstraction", [8, 8])
    await project.shares("handler", [8, 8])
    await demand_one_whole_session(backend, charger)


def test_every_service_ends_in_good_order(project):
    assert {name: code for name, code in project.stop().items() if code} == {}


def test_it_is_down_in_ten_seconds(project):
    project.up()
    project.down()
    assert project.took["down"] < 10
