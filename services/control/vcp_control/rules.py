"""The routes of a charge point's rules, and of the messages that they hold back. Judges no message."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Path
from pydantic import AfterValidator, BaseModel
from starlette.responses import Response
from vcp_contracts.commands import AddRule, Command, ReleaseFrame, RemoveRules
from vcp_contracts.results import CommandResult
from vcp_contracts.rules import HeldFrame, Rule, StandingRule

from vcp_control.answers import (
    COMMAND_RESPONSES,
    UNKNOWN,
    demand_done,
    location_of_rule,
    pending_response,
    result_response,
)
from vcp_control.asking import Means, TheChargePoint, TheCommandId, TheMeans, Wait
from vcp_control.command_bodies import body_of, command_from
from vcp_control.commands import WAIT_S
from vcp_control.problems import Problem, no_such_charge_point
from vcp_control.slashes import with_slashes

router = APIRouter(prefix="/charge-points/{id}", tags=["rules"])

TheRuleName = Annotated[
    str,
    AfterValidator(with_slashes),
    Path(alias="rule", description="The rule's name.", examples=["no remote start"]),
]

_EXAMPLES = [
    {
        "name": "no remote start",
        "when": {"word": "start_charging", "direction": "received"},
        "then": {"do": "answer", "payload": {"status": "Rejected"}},
    },
    {
        "name": "first refused, then accepted",
        "when": {"action": "Authorize", "direction": "sent"},
        "then": [{"do": "answer", "payload": {"idTagInfo": {"status": "Blocked"}}}, {"do": "pass"}],
    },
    {
        "name": "the third reading is lost",
        "when": {"action": "MeterValues", "direction": "sent", "nth": 3},
        "then": {"do": "drop"},
        "times": 1,
    },
]


class StandingRules(BaseModel):
    """The rules of a charge point, in the order in which they are tried."""

    items: list[StandingRule]


class HeldFrames(BaseModel):
    """Messages that rules hold back, the longest waiting first."""

    items: list[HeldFrame]


class Release(body_of(ReleaseFrame, without=("frame",))):  # type: ignore[misc]
    """How a message that is held back goes its way: as it is, with another payload, as another text, or not at all."""


@router.get("/rules", summary="List the rules", responses={200: {"model": StandingRules}, **UNKNOWN})
async def show_rules(means: TheMeans, charge_point: TheChargePoint) -> Response:
    """What becomes of messages that match; the first rule that matches a message decides."""
    return _items(await _view(means, charge_point), "rules")


@router.post(
    "/rules",
    summary="Add a rule",
    status_code=201,
    responses={
        **{status: said for status, said in COMMAND_RESPONSES.items() if status != 200},
        201: {"model": StandingRule, "description": "It stands."},
    },
)
async def add_rule(
    means: TheMeans,
    charge_point: TheChargePoint,
    rule: Annotated[Rule, Body(examples=_EXAMPLES)],
    key: TheCommandId,
    wait: Wait = WAIT_S,
) -> Response:
    """Says what becomes of messages that match, from now on; a rule of the same name is replaced."""
    command = AddRule(id=key, charge_point=charge_point, rule=rule)
    result = await means.desk.issue(command, wait)
    if result is None:
        return pending_response(command)
    demand_done(result)
    standing = await _standing(means, charge_point, rule, str(result.detail.get("standing", command.id)))
    location = location_of_rule(charge_point, rule.name)
    return Response(standing, 201, {"Location": location}, "application/json")


async def _standing(means: Means, charge_point: str, rule: Rule, id: str) -> bytes:
    """The rule as it stands; one that has ended in between, as it stood."""
    view = await _view(means, charge_point)
    for standing in view.get("rules", ()):
        if standing["id"] == id:
            return orjson.dumps(standing)
    return StandingRule(id=id, rule=rule).model_dump_json(exclude_none=True).encode()


@router.get("/rules/{rule}", summary="Look at a rule", responses={200: {"model": StandingRule}, **UNKNOWN})
async def show_rule(means: TheMeans, charge_point: TheChargePoint, name: TheRuleName) -> Response:
    """The rule, and how often it was hit."""
    for standing in (await _view(means, charge_point)).get("rules", ()):
        if standing["rule"]["name"] == name:
            return Response(orjson.dumps(standing), media_type="application/json")
    raise _no_such_rule(name)


@router.delete("/rules", summary="Take all rules away", responses=COMMAND_RESPONSES)
async def remove_rules(
    means: TheMeans, charge_point: TheChargePoint, key: TheCommandId, wait: Wait = WAIT_S
) -> Response:
    """Messages go their way again, and so do those that are held back."""
    return await _issue(means, RemoveRules(id=key, charge_point=charge_point), wait)


@router.delete("/rules/{rule}", summary="Take a rule away", responses=COMMAND_RESPONSES)
async def remove_rule(
    means: TheMeans, charge_point: TheChargePoint, name: TheRuleName, key: TheCommandId, wait: Wait = WAIT_S
) -> Response:
    """Messages that it holds back go their way."""
    command = RemoveRules(id=key, charge_point=charge_point, name=name)
    result = await means.desk.issue(command, wait)
    if result is not None and result.status == "rejected" and result.field == "name":
        raise _no_such_rule(name, result)
    return _ended(command, result)


@router.get(
    "/held",
    summary="List the messages that are held back",
    responses={200: {"model": HeldFrames}, **UNKNOWN},
)
async def show_held(means: TheMeans, charge_point: TheChargePoint) -> Response:
    """Each waits until it is released, or for its time."""
    return _items(await _view(means, charge_point), "held")


@router.post("/held/{frame}", summary="Release a message that is held back", responses=COMMAND_RESPONSES)
async def release(
    means: TheMeans,
    charge_point: TheChargePoint,
    frame: Annotated[str, Path(description="The frame's id.")],
    key: TheCommandId,
    body: Annotated[
        Release | None, Body(examples=[{}, {"payload": {"status": "Rejected"}}, {"drop": True}])
    ] = None,
    wait: Wait = WAIT_S,
) -> Response:
    """It goes its way as it is, with another payload, as another text, or is lost. The result tells which."""
    given = {"frame": frame}
    command = command_from("release_frame", body, id=key, charge_point=charge_point, **given)
    return await _issue(means, command, wait)


async def _issue(means: Means, command: Command, wait_s: float) -> Response:
    return _ended(command, await means.desk.issue(command, wait_s))


def _ended(command: Command, result: CommandResult | None) -> Response:
    if result is None:
        return pending_response(command)
    demand_done(result)
    return result_response(result)


async def _view(means: Means, charge_point: str) -> dict[str, Any]:
    view = await means.views.one(charge_point)
    if view is None:
        raise no_such_charge_point(charge_point)
    shown: dict[str, Any] = orjson.loads(view)
    return shown


def _items(view: dict[str, Any], name: str) -> Response:
    return Response(orjson.dumps({"items": view.get(name, [])}), media_type="application/json")


def _no_such_rule(name: str, result: CommandResult | None = None) -> Problem:
    return Problem(
        404,
        "no_such_rule",
        f"there is no rule {name}",
        field="rule",
        remedy=result.remedy if result is not None else "GET …/rules lists those that stand",
        command=result.command if result is not None else None,
    )
