"""`vcp scenario`: finds scenarios, brings up what they need, has them played, says how they ended. Plays none itself."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from vcp_testkit.client import AsyncClient
from vcp_testkit.junit import Case, write_junit
from vcp_testkit.scenarios import library
from vcp_testkit.scenarios.operator import Operator, OperatorFile, read_operator
from vcp_testkit.scenarios.reading import Read, read_file
from vcp_testkit.scenarios.running import run as run_all
from vcp_testkit.scenarios.source import Wrong
from vcp_testkit.scenarios.stage import Stage
from vcp_testkit.scenarios.telling import Told

from vcp_runner.leaving import Ending, Exit
from vcp_runner.operating import send
from vcp_runner.ports import free_port
from vcp_runner.scenario_screen import ScenarioScreen
from vcp_runner.stack import Plan, running_stack

LABEL = "vcp-scenario-run"


class BadScenario(Ending):
    """A file can't be understood; the text says where and why."""

    code = Exit.USAGE


class NotWritten(Ending):
    """A report can't be written."""

    code = Exit.NOT_SET_UP


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the command line asks for. Without `backend` it is the example backend, without `control` a product of
    its own comes up for as long as it takes."""

    names: Sequence[str]
    backend: str | None = None
    operator: str | None = None
    values: Sequence[str] = ()
    identities: Sequence[str] = ()
    given: Path | None = None
    control: str | None = None
    jobs: int = 4
    junit: Path | None = None
    json: bool = False
    verbose: bool = False


@dataclass(frozen=True)
class _House:
    """What is up: the control API, and the backend's address."""

    client: AsyncClient
    backend: str


async def run(wishes: Wishes) -> int:
    """Plays scenarios. Raises BadScenario before anything is played."""
    reads = read_all(wishes.names)
    values = dict(_value(text) for text in wishes.values)
    given = _mapping(wishes.given) if wishes.given is not None else {}
    operator = _operator(wishes)
    screen = ScenarioScreen(reads, json=wishes.json, verbose=wishes.verbose)
    label = {LABEL: uuid4().hex}
    async with _house(wishes, screen) as house:
        stage = Stage(
            backend=house.backend,
            operator=Operator(operator, house.backend, send) if operator else None,
            values=values,
            labels=label,
            identities=wishes.identities,
            given=given,
        )
        with screen:
            told = await run_all(reads, house.client, stage, screen, jobs=wishes.jobs)
    screen.verdict(told)
    if wishes.junit is not None:
        _write(wishes.junit, reads, told)
    return _exit(told)


def _exit(told: Sequence[Told]) -> int:
    failed = [one for one in told if one.outcome == "failed"]
    if not failed:
        return Exit.OK
    return Exit.FAILED if any(one.connected for one in failed) else Exit.NOT_CONNECTED


def check(names: Sequence[str], *, json: bool) -> int:
    """Tells every file that can't be understood."""
    screen = ScenarioScreen([], json=json)
    wrong = 0
    for path in _paths(names):
        try:
            read = read_file(path)
        except Wrong as error:
            wrong += 1
            screen.wrong(error)
        else:
            screen.understood(read)
    return Exit.USAGE if wrong else Exit.OK


def show(names: Sequence[str], *, json: bool) -> int:
    """Lists scenarios with what they are about."""
    screen = ScenarioScreen([], json=json)
    for read in read_all(names or library.collections()):
        screen.listed(read)
    return Exit.OK


def read_all(names: Sequence[str]) -> list[Read]:
    """All scenarios that the names mean. Raises BadScenario for the first that can't be understood."""
    try:
        return [read_file(path) for path in _paths(names)]
    except Wrong as wrong:
        raise BadScenario(str(wrong)) from None


@asynccontextmanager
async def _house(wishes: Wishes, screen: ScenarioScreen) -> AsyncIterator[_House]:
    token = os.environ.get("VCP_API_TOKEN")
    if wishes.control is not None:
        if wishes.backend is None:
            raise BadScenario("with --control, name the backend that its charge points reach: --backend URL")
        async with AsyncClient(wishes.control, token=token) as client:
            yield _House(client, wishes.backend)
        return
    port = None if wishes.backend is not None else free_port()
    screen.say("starting the product" + (" and the example backend" if port else "") + " …")
    async with (
        running_stack(Plan(api_port=0, backend_port=port), log=screen.log, say=screen.say) as stack,
        stack.client() as client,
    ):
        yield _House(client, wishes.backend or f"{stack.backend_url}/ocpp")


def _paths(names: Sequence[str]) -> list[Path]:
    try:
        return library.found(names)
    except Wrong as wrong:
        raise BadScenario(str(wrong)) from None


def _operator(wishes: Wishes) -> OperatorFile | None:
    name = wishes.operator or (None if wishes.backend is not None else "example")
    if name is None:
        return None
    try:
        return read_operator(library.operators().get(name) or Path(name))
    except Wrong as wrong:
        raise BadScenario(str(wrong)) from None


def _value(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadScenario(f"--set {text}: write NAME=VALUE")
    return name, value


def _mapping(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise BadScenario(f"{path}: {wrong}") from None
    if not isinstance(content, dict):
        raise BadScenario(f"{path}: is no mapping of a charge point's fields")
    return content


def _write(path: Path, reads: Sequence[Read], told: Sequence[Told]) -> None:
    try:
        write_junit(path, "vcp scenario", [_case(read, one) for read, one in zip(reads, told, strict=True)])
    except OSError as failure:
        raise NotWritten(f"{path} can't be written: {failure}") from None


def _case(read: Read, told: Told) -> Case:
    return Case(
        name=told.name,
        group=Path(read.file).parent.name or "scenarios",
        seconds=told.seconds,
        file=told.file,
        line=told.failure.line if told.failure else None,
        failed=told.reason if told.outcome == "failed" else None,
        skipped=told.reason if told.outcome == "skipped" else None,
        detail=told.failure.text(told.file) if told.failure else "",
    )
