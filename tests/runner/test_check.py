"""`vcp check`: a good backend is fine, and each planted fault is named. One product, many charge points at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from runner.test_product import ended
from vcp_backend import serve_backend
from vcp_backend.behaviour import Behaviour, Token, Verdict
from vcp_backend.faults import Fault
from vcp_backend.server import Backend
from vcp_runner.check import Check, InUse, NoLink, judge
from vcp_runner.connect import Connection
from vcp_runner.stack import Plan, Stack, running_stack
from vcp_runner.target import Target
from vcp_runner.verdict import Verdict as Found


@asynccontextmanager
async def product(behaviour: Behaviour | None = None) -> AsyncIterator[tuple[Stack, Backend]]:
    async with running_stack(Plan(api_port=0)) as stack, serve_backend(behaviour) as backend:
        yield stack, backend


async def checked(
    stack: Stack, backend: Backend, identity: str, protocol: str = "ocpp1.6", **more: Any
) -> Found:
    target = Target(f"ws://127.0.0.1:{backend.port}/ocpp", identity)
    wanted = Check(connection=Connection(target=target, protocols=(protocol,)), **more)
    async with stack.client() as client:
        return await judge(wanted, client, stack.keys, tell=lambda step: None)


def failed(found: Found) -> dict[str, str]:
    return {step.name: step.failed for step in found.steps if step.failed}


def codes(found: Found) -> set[tuple[str, str | None]]:
    return {(it["code"], it.get("action")) for it in found.violations["findings"]}


PATIENCE_S = 10.0
SHORT_S = 4.0
"""Where nothing that comes late is to be told."""

FAULTS: dict[str, tuple[Fault, dict[str, str], set[tuple[str, str | None]]]] = {
    "never": (
        Fault(do="never_answer", action="Heartbeat"),
        {"heartbeat": "Heartbeat was not answered"},
        {("answer_missing", "Heartbeat")},
    ),
    "late": (
        Fault(do="answer_late", action="Heartbeat", after_s=11.0),
        {"heartbeat": "Heartbeat was not answered"},
        {("answer_missing", "Heartbeat"), ("answer_late", None)},
    ),
    "twice": (Fault(do="answer_twice", action="Heartbeat"), {}, {("answer_twice", None)}),
    "garbage": (
        Fault(do="answer_garbage", action="StartTransaction"),
        {"session": "the answer to StartTransaction breaks OCPP: required"},
        {("answer_field_missing", "StartTransaction")},
    ),
    "error": (
        Fault(do="call_error", action="StopTransaction", code="Oops"),
        {"session": "StopTransaction was refused: Oops: as ordered"},
        {("error_code_unknown", "StopTransaction")},
    ),
    "id": (
        Fault(do="wrong_id", action="Heartbeat"),
        {"heartbeat": "Heartbeat was not answered"},
        {("answer_to_no_call", None), ("answer_missing", "Heartbeat")},
    ),
    "json": (
        Fault(do="malformed_json", action="Heartbeat"),
        {"heartbeat": "Heartbeat was not answered"},
        {("frame_not_json", None), ("answer_missing", "Heartbeat")},
    ),
    "stray": (Fault(do="stray_result", action="Heartbeat"), {}, {("answer_to_no_call", None)}),
    "action": (Fault(do="unknown_action", action="Heartbeat"), {}, {("call_unknown", "BrewCoffee")}),
    "type": (Fault(do="unknown_message_type", action="Heartbeat"), {}, {("frame_type", None)}),
    "interval": (
        Fault(
            do="answer_garbage",
            action="BootNotification",
            payload={"status": "Accepted", "currentTime": "2001-01-01T00:00:00Z", "interval": -1},
        ),
        {},
        {("boot_interval_negative", "BootNotification"), ("time_far_off", "BootNotification")},
    ),
    "close": (
        Fault(do="close_after_answer", action="Heartbeat"),
        {"heartbeat": "the backend ended the connection"},
        set(),
    ),
}


async def test_a_good_backend_is_fine_and_each_fault_is_named() -> None:
    async with product(Behaviour(strict=True)) as (stack, backend):
        for identity, (fault, _, _) in FAULTS.items():
            fields = {name: getattr(fault, name) for name in fault.__slots__}
            backend.misbehave(Fault(**(fields | {"identity": identity})))
        good = [checked(stack, backend, f"good-{version}", version) for version in ("ocpp1.6", "ocpp2.0.1")]
        bad = [checked(stack, backend, identity, patience_s=PATIENCE_S) for identity in FAULTS]
        fine16, fine201, *broken = await asyncio.gather(*good, *bad)
        for fine in (fine16, fine201):
            assert (fine.word, failed(fine), codes(fine)) == ("fine", {}, set())
        assert backend.violations == []
        told = {
            identity: (failed(found), codes(found)) for identity, found in zip(FAULTS, broken, strict=True)
        }
        assert told == {identity: (steps, named) for identity, (_, steps, named) in FAULTS.items()}
        assert {found.word for found in broken} == {"broken"}


async def test_a_backend_that_does_not_want_the_charger_or_the_card_is_told_so() -> None:
    tokens = {"04A1B2C3": Token("Invalid")}
    behaviour = Behaviour(tokens=tokens, boots=())
    async with product(behaviour) as (stack, backend):
        refused = await checked(stack, backend, "CPCARD", patience_s=SHORT_S)
        assert "Name one that it knows with --token" in failed(refused)["session"]
        fine = await checked(stack, backend, "CPOTHER", patience_s=SHORT_S, token="04D4C5B6")
        assert fine.word == "fine"
        behaviour.boots = (Verdict("Pending", 1),)
        put_off = await checked(stack, backend, "CPLATER", patience_s=SHORT_S, token="04D4C5B6")
        assert put_off.word == "fine"
        behaviour.boots = ()
        behaviour.boot = Verdict("Rejected", 60)
        rejected = await checked(stack, backend, "CPBOOT", patience_s=SHORT_S)
        assert failed(rejected)["boot"].startswith("the boot was answered with rejected")
        assert all(step.skipped for step in rejected.steps[1:])
        behaviour.identities = set()
        async with stack.client() as client:
            await client.configure("MINE", {"url": "ws://127.0.0.1:1/ocpp"})
            with pytest.raises(InUse, match="there is a charge point MINE"):
                await checked(stack, backend, "MINE")
            assert (await client.view("MINE"))["id"] == "MINE"
        with pytest.raises(NoLink, match="not_found"):
            await checked(stack, backend, "STRANGER", patience_s=SHORT_S)


async def test_the_command_prints_its_verdict_and_leaves_with_its_code(tmp_path: Path) -> None:
    report = tmp_path / "out" / "check.xml"
    async with serve_backend() as backend:
        url = f"ws://127.0.0.1:{backend.port}/ocpp/CP001"
        code, out, _ = await ended("check", url, "--format", "json", "--junit", str(report))
        assert (code, json.loads(out)["verdict"]) == (0, "fine")
        assert ElementTree.parse(report).getroot().get("failures") == "0"
        backend.misbehave(Fault(do="answer_twice", action="Heartbeat"))
        code, out, _ = await ended("check", url, "--patience", "2")
        assert code == 1
        assert "must   answer_twice, once" in out
        assert out.rstrip().endswith("broken: 0 of 7 steps failed, 1 violations, 0 against advice")
        backend.misbehave(Fault(do="call_error", action="Heartbeat"))
        code, out, _ = await ended("check", url, "--patience", "2", "--format", "markdown")
        assert code == 1
        assert "| heartbeat |" in out
        assert "failed: Heartbeat was refused: InternalError: as ordered |" in out


async def test_where_nobody_listens_the_code_is_3() -> None:
    code, _, err = await ended("check", "ws://127.0.0.1:1/ocpp/CP001")
    assert code == 3
    assert "could not connect" in err


async def test_a_format_that_there_is_not_is_a_usage_error() -> None:
    code, _, err = await ended("check", "ws://127.0.0.1:1/ocpp/CP001", "--format", "pdf")
    assert (code, err) == (2, "vcp: --format: there is no format pdf: use text, markdown or json\n")
