"""What a command's end looks like in HTTP: 200, 202, or the problem that a rejection is."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

import orjson
from pydantic import BaseModel
from starlette.responses import Response
from vcp_contracts.commands import Command
from vcp_contracts.results import CommandResult

from vcp_control.problems import Problem, ProblemDocument, no_such_charge_point


class Pending(BaseModel):
    """A command that was taken in; what became of it will be found under its id."""

    command: str
    charge_point: str
    status: Literal["pending"] = "pending"


def json_response(
    document: object, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON, also from parts that are JSON already (`orjson.Fragment`)."""
    return Response(orjson.dumps(document), status_code, headers, media_type="application/json")


def location_of(charge_point: str, command: str | None = None) -> str:
    """Where a charge point, or a command of it, is found."""
    path = f"/charge-points/{quote(charge_point, safe='')}"
    return path if command is None else f"{path}/commands/{quote(command, safe='')}"


def location_of_rule(charge_point: str, name: str) -> str:
    """Where a rule of a charge point is found."""
    return f"{location_of(charge_point)}/rules/{quote(name, safe='')}"


def result_response(result: CommandResult) -> Response:
    """A result as it is, whichever it is."""
    return Response(result.model_dump_json(), media_type="application/json")


def pending_response(command: Command) -> Response:
    """202: taken in, not ended in the time that the client would wait."""
    pending = Pending(command=command.id, charge_point=command.charge_point)
    location = location_of(command.charge_point, command.id)
    return Response(pending.model_dump_json(), 202, {"Location": location}, "application/json")


def demand_done(result: CommandResult) -> None:
    """Raise the Problem that a rejection is: 404 unknown charge point, 409 impossible now, 422 wrong field."""
    if result.status == "done":
        return
    if result.kind == "unknown_charge_point":
        problem = no_such_charge_point(result.charge_point)
        problem.command = result.command
        raise problem
    raise Problem(
        409 if result.kind in ("impossible", None) else 422,
        result.kind or "impossible",
        result.reason or "the charge point can't do that now",
        field=result.field,
        remedy=result.remedy,
        command=result.command,
    )


def _problem(description: str) -> dict[str, Any]:
    return {
        "model": ProblemDocument,
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }


COMMAND_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"model": CommandResult, "description": "Done: applied to the charge point."},
    202: {"model": Pending, "description": "Not ended yet. `Location` says where its result will be."},
    404: _problem("No such charge point."),
    409: _problem("Impossible now; `reason` and `remedy` say why and what to do."),
    422: _problem("A field is wrong; `field` says which."),
    503: _problem("No Abstraction is alive, its input is full, or the broker does not answer."),
}
"""What all routes of commands can answer, for the document."""

UNKNOWN: dict[int | str, dict[str, Any]] = {404: COMMAND_RESPONSES[404], 422: COMMAND_RESPONSES[422]}
