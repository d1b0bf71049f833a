"""The routes of what backends broke: of one charge point, or of many. Counts nothing itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from vcp_control.answers import UNKNOWN
from vcp_control.asking import Means, TheChargePoint, TheLabels, TheMeans
from vcp_control.problems import no_such_charge_point
from vcp_control.report_formats import as_junit, as_markdown
from vcp_control.violation_report import Report, report

router = APIRouter(tags=["violations"])

Format = Literal["json", "junit", "markdown"]
MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "junit": "application/xml",
    "markdown": "text/markdown",
}

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Report,
        "content": {kind: {"schema": {"type": "string"}} for kind in ("application/xml", "text/markdown")},
        "description": "The report: JSON, JUnit XML or Markdown.",
    }
}


def _format(
    format: Annotated[Format | None, Query(description="By default as `Accept` says, else JSON.")] = None,
    accept: Annotated[str, Header()] = "",
) -> Format:
    if format is not None:
        return format
    return next((name for name, media_type in MEDIA_TYPES.items() if media_type in accept), "json")


Since = Annotated[
    AwareDatetime | None, Query(description="Only violations that are not older than this time.")
]
TheFormat = Annotated[Format, Depends(_format)]


@router.get(
    "/charge-points/{id}/violations", summary="What the backend broke", responses={**_ANSWERS, **UNKNOWN}
)
async def of_one(
    means: TheMeans, charge_point: TheChargePoint, format: TheFormat, since: Since = None
) -> Response:
    """Everything in which the backend broke OCPP towards this charge point, as far as it is kept."""
    if await means.views.one(charge_point) is None:
        raise no_such_charge_point(charge_point)
    return await _reported(means, [charge_point], format, since)


@router.get("/violations", summary="What backends broke", responses={**_ANSWERS, 422: UNKNOWN[422]})
async def of_many(means: TheMeans, labels: TheLabels, format: TheFormat, since: Since = None) -> Response:
    """The same of all charge points that wear every given label, in one report."""
    return await _reported(means, await means.views.ids_with(labels), format, since)


async def _reported(
    means: Means, charge_points: Sequence[str], format: Format, since: datetime | None
) -> Response:
    kept = await means.violations.of(charge_points)
    events = [event for event in kept.events if since is None or datetime.fromisoformat(event["at"]) >= since]
    made = report(events, charge_points=len(charge_points), complete_since=kept.complete_since)
    match format:
        case "junit":
            text = as_junit(made)
        case "markdown":
            text = as_markdown(made)
        case _:
            text = made.model_dump_json()
    return Response(text, media_type=MEDIA_TYPES[format])
