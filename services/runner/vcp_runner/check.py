"""`vcp check`: a smoke session against somebody's backend, one verdict, an exit code. Knows no service's insides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from vcp_testkit.asking import Json
from vcp_testkit.charge_point import AsyncChargePoint
from vcp_testkit.client import AsyncClient
from vcp_testkit.junit import write_junit
from vcp_testkit.problems import Problem

from vcp_runner.connect import LINK_TIMEOUT_S, REMEDIES, Connection, configuration_of
from vcp_runner.leaving import Ending, Exit
from vcp_runner.screen import Screen
from vcp_runner.smoke import SETTINGS, Smoke, Step
from vcp_runner.stack import Plan, running_stack
from vcp_runner.verdict import Format, Verdict, finding_lines, outcome


@dataclass(frozen=True, kw_only=True)
class Check:
    """Which backend to check, and how."""

    connection: Connection
    token: str = "04A1B2C3"
    patience_s: float = 30.0
    """How long the backend may take for one answer."""
    format: Format = "text"
    junit: Path | None = None
    """Where to write the verdict for a CI server."""


class NoLink(Ending):
    """The backend could not be reached, or let the charge point not in."""

    code = Exit.NOT_CONNECTED


class InUse(Ending):
    """The broker has a charge point of this identity already, which is somebody's."""

    code = Exit.NOT_SET_UP


async def demand_new(cp: AsyncChargePoint) -> None:
    """No charge point has this identity yet: it is taken away in the end. Raises InUse."""
    try:
        await cp.view()
    except Problem as problem:
        if problem.status == 404:
            return
        raise
    raise InUse(
        f"there is a charge point {cp.id} at this broker: use another identity, or take it away first"
    )


async def check(wanted: Check, plan: Plan, screen: Screen) -> int:
    """Plays the session and prints the verdict. 0: nothing is broken; 1: something is. Raises NoLink."""
    target = wanted.connection.target
    protocols = ", ".join(wanted.connection.protocols)
    screen.say(f"checking {target.url} as charge point {target.identity} with {protocols} …")
    async with running_stack(plan, log=screen.log, say=screen.say) as stack, stack.client() as client:
        verdict = await judge(
            wanted, client, stack.keys, tell=lambda step: _tell(step, screen, wanted.format)
        )
    if wanted.junit is not None:
        write_junit(wanted.junit, f"check of {target.url}", verdict.as_cases())
    _show(verdict, screen, wanted.format)
    return Exit.FAILED if verdict.word == "broken" else Exit.OK


async def judge(
    wanted: Check, client: AsyncClient, keys: Path | None, *, tell: Callable[[Step], None]
) -> Verdict:
    """The verdict on a backend, by a charge point that is taken away again. `tell` hears of each step. Raises NoLink."""
    connection = wanted.connection
    cp = client.charge_point(connection.target.identity)
    await demand_new(cp)
    began = datetime.now(UTC)
    settings = {**SETTINGS, "MessageTimeout": f"{max(1, round(wanted.patience_s))}"}
    # patience is for the backend's answers: the charge point itself takes no time to start again
    await cp.configure({**configuration_of(connection, keys), "settings": settings, "restart_s": 0})
    try:
        before = (await cp.messages(limit=1))["next"]
        await link(cp, connection)
        smoke = Smoke(cp, token=wanted.token, patience_s=wanted.patience_s, after=before)
        steps = await smoke.play(tell)
        return await _verdict(cp, connection, steps, began)
    finally:
        await cp.retire()


async def link(cp: AsyncChargePoint, connection: Connection) -> None:
    """Goes online. Raises NoLink, with what to try."""
    why = await _failed_to_link(cp)
    if why is not None:
        remedy = f": {REMEDIES[why]}" if why in REMEDIES else ""
        target = connection.target
        raise NoLink(f"{target.identity} could not connect to {target.url} ({why}){remedy}")


async def _failed_to_link(cp: AsyncChargePoint) -> str | None:
    """Why no link came about, in a word; None: it did."""
    try:
        result = await cp.go_online(wait_s=LINK_TIMEOUT_S)
    except Problem as problem:
        return problem.reason
    detail: Json = result.get("detail", {})
    return None if detail.get("link") == "up" else str(detail.get("why", "no link"))


async def _verdict(
    cp: AsyncChargePoint, connection: Connection, steps: list[Step], began: datetime
) -> Verdict:
    since = began.isoformat()
    standing = (await cp.view())["link"]
    return Verdict(
        url=connection.target.url,
        subprotocol=standing.get("subprotocol"),
        steps=steps,
        violations=await cp.violations(since=since),
        page=await cp.violations_as("markdown", since=since),
    )


def _tell(step: Step, screen: Screen, format: Format) -> None:
    mark = "–" if step.skipped else "✗" if step.failed else "✓"
    line = f"{mark} {step.name:<22} {step.seconds:6.2f} s  {'' if mark == '✓' else outcome(step)}".rstrip()
    if format == "text":
        screen.result(line)
    else:
        screen.say(line)


def _show(verdict: Verdict, screen: Screen, format: Format) -> None:
    match format:
        case "json":
            screen.result(orjson.dumps(verdict.as_json(), option=orjson.OPT_INDENT_2).decode())
        case "markdown":
            screen.result(verdict.as_markdown())
        case _:
            for finding in verdict.violations["findings"]:
                line, text = finding_lines(finding)
                screen.result(f"\n{line}\n       {finding['clause']}\n       {text[:300]}")
            screen.result(f"\n{verdict.line}")
