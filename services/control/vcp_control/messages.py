"""The routes of a charge point's wire: its last frames, and the next one that matches. Judges no frame."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response
from vcp_contracts.events import Frame

from vcp_control.answers import UNKNOWN, json_response
from vcp_control.asking import MOST_WAIT_S, Means, TheChargePoint, TheMeans
from vcp_control.cursor import START
from vcp_control.problems import Problem, ProblemDocument, no_such_charge_point
from vcp_control.wire_record import Direction, Filter, Kind

router = APIRouter(prefix="/charge-points/{id}/messages", tags=["messages"])

MOST_A_PAGE = 1_000

Action = Annotated[
    str | None, Query(description="The OCPP action, as the wire spells it.", examples=["Heartbeat"])
]
Way = Annotated[Direction | None, Query(description="`sent` by the charge point, or `received`.")]
FrameKind = Annotated[Kind | None, Query(description="Call, result, error, or broken (not a frame of OCPP).")]
After = Annotated[
    str | None,
    Query(
        pattern=r"^\d{1,18}(-\d{1,18})?$",
        description="The cursor of a message: only later ones.",
        examples=["0"],
    ),
]


class ShownFrame(Frame):
    """One frame of the wire."""

    type: Literal["frame_sent", "frame_received"]
    cursor: str
    """Its place in the record; later ones follow `after` it."""


class ShownFrames(BaseModel):
    """Frames, oldest first."""

    items: list[ShownFrame]
    next: str
    """Send it as `after` for what comes later."""


@router.get("", summary="Read the wire", responses={200: {"model": ShownFrames}, **UNKNOWN})
async def read(
    means: TheMeans,
    charge_point: TheChargePoint,
    action: Action = None,
    direction: Way = None,
    kind: FrameKind = None,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=MOST_A_PAGE)] = MOST_A_PAGE,
) -> Response:
    """The last frames in both directions, each with the verdicts of both gates, oldest first.

    With `after` the first ones after that cursor.
    """
    await _demand_known(means, charge_point)
    wanted = Filter(action, direction, kind)
    frames = await means.wire.last(charge_point, wanted, after=after, limit=limit)
    following = frames[-1].cursor if frames else after or START
    return json_response({"items": [frame.shown() for frame in frames], "next": following})


@router.get(
    "/wait",
    summary="Wait for a message",
    responses={
        200: {"model": ShownFrame},
        504: {"model": ProblemDocument, "description": "None came in time."},
        **UNKNOWN,
    },
)
async def wait(
    means: TheMeans,
    charge_point: TheChargePoint,
    action: Action = None,
    direction: Way = None,
    kind: FrameKind = None,
    after: After = None,
    timeout: Annotated[float, Query(ge=0, le=MOST_WAIT_S, description="Seconds.")] = 5.0,
) -> Response:
    """The first frame that matches; waits for it.

    Frames that are in the record already count too, so a test can't be too late; give `after` (a cursor, or `next` of
    the record) to have later ones only.
    """
    await _demand_known(means, charge_point)
    wanted = Filter(action, direction, kind)
    frame = await means.wire.first(charge_point, wanted, after=after or START, timeout_s=timeout)
    if frame is None:
        raise Problem(
            504,
            "no_message",
            f"no such message within {timeout:g} s",
            remedy="wait longer with ?timeout=, or look at what came with GET …/messages",
        )
    return json_response(frame.shown())


async def _demand_known(means: Means, charge_point: str) -> None:
    if await means.views.one(charge_point) is None:
        raise no_such_charge_point(charge_point)
