"""The routes of the wire: last frames, the next one that matches, the record as a file. Judges no frame."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel
from starlette.responses import Response, StreamingResponse
from vcp_contracts.events import Frame
from vcp_contracts.recorded_session import MEDIA_TYPE

from vcp_control.answers import UNKNOWN, json_response
from vcp_control.asking import MOST_WAIT_S, Means, Plain, TheChargePoint, TheLabels, TheMeans
from vcp_control.cursor import START
from vcp_control.problems import Problem, ProblemDocument, no_such_charge_point
from vcp_control.session_export import header_of, lines
from vcp_control.wire_filter import BadWish, Direction, FieldWish, Filter, Kind

router = APIRouter(tags=["messages"])

MOST_CHARGE_POINTS = 200
"""Of how many charge points the wire is read at once."""

MOST_A_PAGE = 1_000


def _filter(
    action: Annotated[
        str | None, Query(description="The OCPP action, as the wire spells it.", examples=["Heartbeat"])
    ] = None,
    word: Annotated[
        str | None,
        Query(
            description="The contract's word, whatever the version calls it.", examples=["report_transaction"]
        ),
    ] = None,
    direction: Annotated[
        Direction | None, Query(description="`sent` by the charge point, or `received`.")
    ] = None,
    kind: Annotated[
        Kind | None, Query(description="Call, result, error, or broken (not a frame of OCPP).")
    ] = None,
    valid: Annotated[
        bool | None, Query(description="The Handler's verdict: is the payload valid OCPP?")
    ] = None,
    verdict: Annotated[
        str | None, Query(description="The charge point's verdict on the backend's call, such as `accepted`.")
    ] = None,
    message_id: Annotated[
        str | None, Query(description="The message id: a call and its answer have the same.")
    ] = None,
    rule: Annotated[str | None, Query(description="The name of the rule that touched it.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="Not older than this time.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Older than this time.")] = None,
    field: Annotated[
        list[str],
        Query(
            description="A field of the payload and its value: `idTag=04A1B2C3`, or by a JSON pointer "
            "`/idTagInfo/status=Accepted`. Given several times, all must hold.",
            examples=[["idTag=04A1B2C3"]],
        ),
    ] = [],  # noqa: B006
) -> Filter:
    try:
        fields = [FieldWish.read(text) for text in field]
    except BadWish as bad:
        raise Problem(422, "bad_field", str(bad), field="field", remedy="write field=idTag=04A1B2C3") from bad
    return Filter(action, word, direction, kind, valid, verdict, message_id, rule, since, until, fields)


Wanted = Annotated[Filter, Depends(_filter)]
After = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,18}(-[0-9]{1,18})?$",
        description="The cursor of a message: only later ones.",
        examples=["0"],
    ),
]


class ShownFrame(Frame):
    """One frame of the wire."""

    type: Literal["frame_sent", "frame_received"]
    cursor: str
    """Its place in the record; later ones follow `after` it."""


class FramesOfMany(BaseModel):
    """Frames of several charge points, oldest first."""

    items: list[ShownFrame]


class ShownFrames(BaseModel):
    """Frames, oldest first."""

    items: list[ShownFrame]
    next: str
    """Send it as `after` for what comes later."""


@router.get(
    "/charge-points/{id}/messages",
    summary="Read the wire",
    responses={200: {"model": ShownFrames}, **UNKNOWN},
)
async def read(
    means: TheMeans,
    charge_point: TheChargePoint,
    wanted: Wanted,
    after: After = None,
    limit: Annotated[int, Plain, Query(ge=1, le=MOST_A_PAGE)] = MOST_A_PAGE,
) -> Response:
    """The last frames in both directions, each with the verdicts of both gates, oldest first.

    With `after` the first ones after that cursor.
    """
    await _demand_known(means, charge_point)
    frames = await means.wire.last(charge_point, wanted, after=after, limit=limit)
    following = frames[-1].cursor if frames else after or START
    return json_response({"items": [frame.shown() for frame in frames], "next": following})


@router.get(
    "/charge-points/{id}/messages/wait",
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
    wanted: Wanted,
    after: After = None,
    timeout: Annotated[float, Plain, Query(ge=0, le=MOST_WAIT_S, description="Seconds.")] = 5.0,
) -> Response:
    """The first frame that matches; waits for it.

    Frames that are in the record already count too, so a test can't be too late; give `after` (a cursor, or `next` of
    the record) to have later ones only.
    """
    await _demand_known(means, charge_point)
    frame = await means.wire.first(charge_point, wanted, after=after or START, timeout_s=timeout)
    if frame is None:
        raise Problem(
            504,
            "no_message",
            f"no such message within {timeout:g} s",
            remedy="wait longer with ?timeout=, or look at what came with GET …/messages",
        )
    return json_response(frame.shown())


@router.get(
    "/charge-points/{id}/messages/export",
    summary="Take the wire record away",
    response_class=Response,
    responses={
        200: {
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
            "description": "JSON Lines: a header, then a frame a line. docs/wire-record.md describes them.",
        },
        **UNKNOWN,
    },
)
async def export(means: TheMeans, charge_point: TheChargePoint, wanted: Wanted) -> Response:
    """Everything that is kept and matches, oldest first, as a file that `vcp replay` reads."""
    view = await means.views.one(charge_point)
    if view is None:
        raise no_such_charge_point(charge_point)
    subprotocol = orjson.loads(view)["link"].get("subprotocol")
    header = header_of(charge_point, subprotocol, datetime.now(UTC))
    file = f"attachment; filename*=UTF-8''{quote(charge_point, safe='')}.jsonl"
    return StreamingResponse(
        lines(header, means.wire.pages(charge_point, wanted)),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": file},
    )


@router.get(
    "/messages", summary="Read the wire of many", responses={200: {"model": FramesOfMany}, 422: UNKNOWN[422]}
)
async def read_many(
    means: TheMeans,
    labels: TheLabels,
    wanted: Wanted,
    limit: Annotated[int, Plain, Query(ge=1, le=MOST_A_PAGE)] = MOST_A_PAGE,
) -> Response:
    """The last frames of all charge points that wear every given label, oldest first.

    There is no cursor over many records: follow one charge point to miss nothing and see nothing twice.
    """
    ids = await means.views.ids_with(labels)
    if len(ids) > MOST_CHARGE_POINTS:
        raise Problem(
            422,
            "too_many_charge_points",
            f"{len(ids)} charge points wear these labels, {MOST_CHARGE_POINTS} are read at once",
            field="label",
            remedy="write ?label=key=value so that fewer are meant, or read one by one",
        )
    frames = await means.wire.last_of_many(ids, wanted, limit=limit)
    return json_response({"items": [frame.shown() for frame in frames]})


async def _demand_known(means: Means, charge_point: str) -> None:
    if await means.views.one(charge_point) is None:
        raise no_such_charge_point(charge_point)
