"""The routes that set charge points up, show them, and take them away."""

import asyncio
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response
from vcp_contracts.commands import Retire
from vcp_contracts.labels import met_hosts, own_labels
from vcp_contracts.view import ChargePointView
from vcp_plumbing.vault import Vault

from vcp_control.answers import (
    COMMAND_RESPONSES,
    UNKNOWN,
    demand_done,
    json_response,
    location_of,
    pending_response,
    result_response,
)
from vcp_control.asking import Means, Plain, TheChargePoint, TheCommandId, TheLabels, TheMeans, Wait
from vcp_control.commands import WAIT_S
from vcp_control.problems import Problem, no_such_charge_point
from vcp_control.setting_up import ChargePointDescription, provision

router = APIRouter(prefix="/charge-points", tags=["charge points"])

MOST_A_PAGE = 1_000


class ChargePoints(BaseModel):
    """A page of charge points, sorted by id."""

    items: list[ChargePointView]
    next: str | None
    """Send it as `after` for the next page; None: this is the last."""


class Retired(BaseModel):
    """Which charge points were taken away."""

    retired: list[str]
    pending: list[str]
    """Taken in, but not ended in time."""


@router.post(
    "",
    summary="Set up a charge point",
    status_code=201,
    responses={
        **COMMAND_RESPONSES,
        200: {"model": ChargePointView, "description": "It was set up before; now it is as described."},
        201: {"model": ChargePointView, "description": "It is set up."},
    },
)
async def set_up(
    means: TheMeans, described: ChargePointDescription, key: TheCommandId, wait: Wait = WAIT_S
) -> Response:
    """Sets a charge point up, or changes how it is set up. The same description again changes nothing."""
    async with provision(described, means.vault, id=key) as command:
        result = await means.desk.issue(command, wait)
        if result is None:
            return pending_response(command)
        demand_done(result)
    view = await means.views.one(described.id)
    if view is None:
        # Somebody took it away again in between.
        raise no_such_charge_point(described.id)
    status = 201 if result.detail.get("change") == "provisioned" else 200
    return Response(view, status, {"Location": location_of(described.id)}, "application/json")


@router.get(
    "",
    summary="List charge points",
    responses={200: {"model": ChargePoints}, 422: COMMAND_RESPONSES[422]},
)
async def show_all(
    means: TheMeans,
    labels: TheLabels,
    after: Annotated[str, Query(description="`next` of the page before.")] = "",
    limit: Annotated[int, Plain, Query(ge=1, le=MOST_A_PAGE)] = 100,
) -> Response:
    """The views of charge points, sorted by id, page by page."""
    views, following = await means.views.page(after=after, limit=limit, labels=labels)
    return json_response({"items": [orjson.Fragment(view) for view in views], "next": following})


@router.get("/{id}", summary="Look at a charge point", responses={200: {"model": ChargePointView}, **UNKNOWN})
async def show(means: TheMeans, charge_point: TheChargePoint) -> Response:
    """Link, boot, connectors, transactions, queue and settings, as they stand."""
    view = await means.views.one(charge_point)
    if view is None:
        raise no_such_charge_point(charge_point)
    return Response(view, media_type="application/json")


@router.delete("/{id}", summary="Take a charge point away", responses=COMMAND_RESPONSES)
async def retire(
    means: TheMeans, charge_point: TheChargePoint, key: TheCommandId, wait: Wait = WAIT_S
) -> Response:
    """Its link closes; its state, queue and own password are forgotten."""
    command = Retire(id=key, charge_point=charge_point)
    result = await means.desk.issue(command, wait)
    if result is None:
        return pending_response(command)
    demand_done(result)
    await _forget_secrets(means, charge_point)
    return result_response(result)


@router.delete(
    "",
    summary="Take all charge points with a label away",
    responses={
        **COMMAND_RESPONSES,
        200: {"model": Retired},
        202: {"model": Retired, "description": "Some have not ended yet: `pending`."},
    },
)
async def retire_all(means: TheMeans, labels: TheLabels, key: TheCommandId, wait: Wait = WAIT_S) -> Response:
    """All that wear every given label; at least one label must be given."""
    if not labels:
        raise Problem(
            422,
            "bad_field",
            "without a label every charge point would go",
            field="label",
            remedy="write ?label=key=value",
        )
    ids = await means.views.ids_with(labels)
    commands = [Retire(id=f"{key}-{number}", charge_point=id) for number, id in enumerate(ids)]
    results = await means.desk.issue_all(commands, wait)
    # One that is unknown by now was taken away by somebody else: it is gone, as wished.
    gone = [id for id, result in zip(ids, results, strict=True) if result is not None]
    for id in gone:
        await _forget_secrets(means, id)
    pending = [id for id, result in zip(ids, results, strict=True) if result is None]
    return json_response({"retired": gone, "pending": pending}, 202 if pending else 200)


async def _forget_secrets(means: Means, id: str) -> None:
    if means.vault is not None:
        await asyncio.to_thread(_forget, means.vault, id)


def _forget(vault: Vault, id: str) -> None:
    vault.remove("password", id)
    for label in own_labels(id):
        vault.remove("password", label)
        vault.remove("key", label)
    vault.remove("known_hosts", met_hosts(id))
    for label in (*own_labels(id, "firmware"), *own_labels(id, "log")):
        vault.remove("password", label)
