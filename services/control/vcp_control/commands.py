"""The routes that touch a charge point: one for each command, one for any, one for what became of it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from starlette.responses import Response
from vcp_contracts.commands import Command
from vcp_contracts.results import CommandResult
from vcp_contracts.words import Id

from vcp_control.answers import COMMAND_RESPONSES, UNKNOWN, demand_done, pending_response, result_response
from vcp_control.asking import Means, TheChargePoint, TheCommandId, TheMeans, Wait
from vcp_control.command_bodies import (
    BODIES,
    TOUCHES,
    AnyCommandBody,
    CommandBody,
    command_from,
    type_of,
    verb_of,
)
from vcp_control.problems import Problem

router = APIRouter(tags=["commands"])

WAIT_S = 5.0
"""How long a request waits for its command's result unless it says otherwise."""

_EXAMPLES: dict[str, dict[str, Any]] = {
    "go_offline": {"how": "reset", "seconds": 30},
    "plug_in": {"evse": 1},
    "present_token": {"token": "04A1B2C3"},
    "set_ev": {"evse": 1, "power_w": 7400, "soc_percent": 20},
    "set_meter": {"evse": 1, "register_wh": 123456},
    "raise_fault": {"evse": 1, "connector": 1, "kind": "ground_failure"},
    "write_setting": {"name": "HeartbeatInterval", "value": "60"},
    "ask": {"word": "beat"},
    "send_data": {"vendor": "com.example", "message": "hello", "content": {"a": 1}},
    "set_behaviour": {"unlock": "fails"},
    "add_rule": {
        "rule": {
            "name": "no remote start",
            "when": {"word": "start_charging", "direction": "received"},
            "then": {"do": "answer", "payload": {"status": "Rejected"}},
        }
    },
    "remove_rules": {"name": "no remote start"},
    "set_gates": {"abstraction": "open"},
    "claim_status": {"evse": 1, "status": "faulted", "fault": "ground_failure"},
    "claim_transaction": {"phase": "started", "evse": 1, "token": "04A1B2C3"},
    "send_raw": {"action": "Heartbeat", "payload": {}},
}


@router.post("/charge-points/{id}/commands", summary="Give any command", responses=COMMAND_RESPONSES)
async def give(
    means: TheMeans,
    charge_point: TheChargePoint,
    key: TheCommandId,
    body: Annotated[AnyCommandBody, Body(examples=[{"type": "plug_in", "evse": 1}])],
    wait: Wait = WAIT_S,
) -> Response:
    """Any command, named by `type`. Answers as the command's own route does."""
    command = command_from(body.type, body, id=body.id or key, charge_point=charge_point)
    return await _issue(means, command, wait)


@router.get(
    "/charge-points/{id}/commands/{command}",
    summary="See what became of a command",
    responses={200: {"model": CommandResult, "description": "Its result, done or rejected."}, **UNKNOWN},
)
async def see(
    means: TheMeans,
    charge_point: TheChargePoint,
    command: Annotated[Id, Path(description="The command's id.")],
    wait: Wait = 0.0,
) -> Response:
    """The result of a command, kept for an hour."""
    result = await means.desk.result_of(charge_point, command, wait)
    if result is None:
        raise Problem(
            404,
            "no_result",
            f"command {command} has no result: it has not ended, or was never given, or ended over an hour ago",
            command=command,
            remedy="ask again with ?wait=5",
        )
    return result_response(result)


async def _issue(means: Means, command: Command, wait_s: float) -> Response:
    result = await means.desk.issue(command, wait_s)
    if result is None:
        return pending_response(command)
    demand_done(result)
    return result_response(result)


def _route(name: str, body_type: type[CommandBody]) -> Callable[..., Awaitable[Response]]:
    async def touch(
        means: TheMeans, charge_point: TheChargePoint, key: TheCommandId, body: Any, wait: Wait = WAIT_S
    ) -> Response:
        return await _issue(means, command_from(name, body, id=key, charge_point=charge_point), wait)

    needed = any(field.is_required() for field in body_type.model_fields.values())
    body = Body(examples=[_EXAMPLES.get(name, {})])
    touch.__annotations__["body"] = Annotated[body_type if needed else body_type | None, body]
    if not needed:
        touch.__defaults__ = (None, WAIT_S)
    return touch


def _add_routes() -> None:
    for command in TOUCHES:
        name = type_of(command)
        about = " ".join((command.__doc__ or "").split())
        router.add_api_route(
            f"/charge-points/{{id}}/{verb_of(command)}",
            _route(name, BODIES[name]),
            methods=["POST"],
            name=name,
            operation_id=name,
            summary=about.partition(":")[0].partition(".")[0],
            description=about,
            responses=COMMAND_RESPONSES,
        )


_add_routes()
