"""The scenarios that come along: the example backend passes all, and one with a planted fault fails the right ones."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from chores.file_servers import WebServer
from vcp_backend.behaviour import Behaviour, Token, Verdict
from vcp_backend.faults import Fault
from vcp_backend.frames import Call
from vcp_backend.server import Backend, serve_backend
from vcp_runner.operating import send
from vcp_runner.stack import Plan, running_stack
from vcp_testkit.problems import Problem
from vcp_testkit.scenarios import library
from vcp_testkit.scenarios.operator import Operator, read_operator
from vcp_testkit.scenarios.reading import read_file
from vcp_testkit.scenarios.running import run
from vcp_testkit.scenarios.stage import Stage
from vcp_testkit.scenarios.telling import Told

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Silent:
    """Watches nothing."""

    def begins(self, number, read): ...

    def step(self, number, step): ...

    def ended(self, number, told): ...


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def control():
    async with running_stack(Plan(api_port=0)) as stack, stack.client() as client:
        yield client


@asynccontextmanager
async def example(behaviour: Behaviour | None = None) -> AsyncIterator[tuple[Backend, Operator]]:
    async with serve_backend(behaviour) as backend:
        yield backend, Operator(read_operator(library.operators()["example"]), backend.url, send)


async def played(
    control, backend: Backend, names: Sequence[str], operator: Operator | None = None, **values: str
) -> dict[str, Told]:
    reads = [read_file(path) for path in library.found(names)]
    stage = Stage(backend=backend.url, operator=operator, labels={"test": "library"}, values=values)
    told = await run(reads, control, stage, Silent(), jobs=8)
    return {read.short: one for read, one in zip(reads, told, strict=True)}


def failures(told: dict[str, Told]) -> dict[str, str]:
    return {name: one.reason for name, one in told.items() if one.outcome != "passed"}


@pytest.mark.parametrize("collection", library.collections())
async def test_the_example_backend_passes(control, collection):
    with WebServer() as files:
        files.files["/new.bin"] = b"firmware"
        given = {"firmware": files.url("/new.bin"), "uploads": files.url("/logs/")}
        async with example(Behaviour(strict=True)) as (backend, operator):
            told = await played(control, backend, [collection], operator, **given)
    assert not failures(told), "\n\n".join(one.failure.text(one.file) for one in told.values() if one.failure)


SAMPLE = [
    "ocpp16/boot_accepted",
    "ocpp16/heartbeat",
    "ocpp16/data_transfer",
    "ocpp16/session_plug_first",
    "ocpp16/session_with_a_blocked_card",
    "ocpp16/session_ends_at_the_car",
    "ocpp16/sessions_on_two_connectors",
    "ocpp16/misbehaving_lost_answer",
    "ocpp16/misbehaving_unknown_transaction",
    "ocpp16/misbehaving_unknown_action",
]
SESSIONS = {"session_plug_first", "session_ends_at_the_car", "sessions_on_two_connectors"}
STARTS = {*SESSIONS, "misbehaving_lost_answer"}


class Forgetful:
    """Gives a start that is repeated another number."""

    def __init__(self) -> None:
        self.last = 0

    def __call__(self, call: Call) -> dict[str, object]:
        self.last += 1
        return {"transactionId": self.last, "idTagInfo": {"status": "Accepted"}}


def always(do: str, action: str, **more) -> Fault:
    return Fault(do=do, action=action, times=None, **more)


@pytest.mark.parametrize(
    ("planted", "caught", "words"),
    [
        (always("answer_garbage", "Heartbeat"), {"heartbeat", "misbehaving_unknown_action"}, "breaks OCPP"),
        (always("call_error", "DataTransfer"), {"data_transfer"}, "error InternalError"),
        (
            always("answer_garbage", "StopTransaction"),
            {*STARTS, "misbehaving_unknown_transaction"},
            "breaks OCPP",
        ),
        (
            always("call_error", "MeterValues"),
            {"session_plug_first", "misbehaving_unknown_transaction"},
            "MeterV",
        ),
        (
            Behaviour(tokens={"04A1B2C3": Token("Invalid")}),
            STARTS,
            "Invalid",
        ),
        (
            Behaviour(
                answers={"StartTransaction": {"transactionId": 1, "idTagInfo": {"status": "Accepted"}}}
            ),
            {"sessions_on_two_connectors"},
            "not 1",
        ),
        (Behaviour(answers={"StartTransaction": Forgetful()}), {"misbehaving_lost_answer"}, "transactionId"),
        (
            Behaviour(answers={"Authorize": {"idTagInfo": {"status": "Accepted"}}}),
            {"session_with_a_blocked_card"},
            "Authorize answer",
        ),
        (Behaviour(boot=Verdict("Rejected", 60)), {name.partition("/")[2] for name in SAMPLE}, '"Rejected"'),
    ],
    ids=[
        "garbage for a heartbeat",
        "an error for vendor data",
        "garbage for a stop",
        "an error for meter values",
        "a good card refused",
        "one number for all transactions",
        "a start forgotten",
        "every card accepted",
        "nobody may boot",
    ],
)
async def test_a_planted_fault_fails_the_right_ones(control, planted, caught, words):
    behaviour = planted if isinstance(planted, Behaviour) else None
    async with example(behaviour) as (backend, operator):
        if isinstance(planted, Fault):
            backend.misbehave(planted)
        told = await played(control, backend, SAMPLE, operator)
    failed = {name.partition("/")[2]: one for name, one in told.items() if one.outcome != "passed"}
    assert set(failed) == caught
    assert all(words in one.failure.text(one.file) for one in failed.values())


async def test_of_the_whole_collection_only_those_fail_that_meet_the_fault(control):
    async with example() as (backend, operator):
        backend.misbehave(always("call_error", "FirmwareStatusNotification"))
        backend.misbehave(always("answer_garbage", "SecurityEventNotification"))
        told = await played(control, backend, ["ocpp16"], operator)
    failed = {name.partition("/")[2] for name, one in told.items() if one.outcome == "failed"}
    assert failed == {"firmware_fails", "triggers", "security_events"}


async def test_without_an_operator_what_needs_one_is_skipped(control):
    async with serve_backend() as backend:
        told = await played(control, backend, ["ocpp16/boot_pending", "ocpp16/boot_accepted"])
    assert [one.outcome for one in told.values()] == ["skipped", "passed"]
    assert "--operator" in told["ocpp16/boot_pending"].reason


async def test_nothing_is_left_behind(control):
    async with example() as (backend, operator):
        told = await played(control, backend, ["ocpp16/boot_accepted"], operator)
        [charge_point] = told["ocpp16/boot_accepted"].charge_points
        await backend.wait_disconnected(charge_point)
    with pytest.raises(Problem, match="404"):
        await control.view(charge_point)
