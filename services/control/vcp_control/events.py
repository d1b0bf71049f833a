"""GET /events: what happens, as server-sent events that can be resumed. Reads no stream itself."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse
from starlette.responses import Response
from vcp_contracts.words import ChargePointId

from vcp_control.asking import TheMeans
from vcp_control.cursor import Cursor, UnreadableCursor
from vcp_control.event_streams import EventStreams, Interest
from vcp_control.problems import Problem

router = APIRouter(tags=["events"])

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""So that no proxy in between holds events back."""


@router.get(
    "/events",
    summary="Follow what happens",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def follow(
    means: TheMeans,
    charge_point: Annotated[ChargePointId | None, Query(description="Of this charge point only.")] = None,
    type: Annotated[list[str], Query(description="Of these types only.", examples=[["frame_sent"]])] = [],  # noqa: B006
    after: Annotated[
        str | None, Query(description="As Last-Event-ID; `0`: from the oldest event kept.")
    ] = None,
    last_event_id: Annotated[str | None, Header(description="The id of the last event seen.")] = None,
) -> Response:
    """Server-sent events: each `data` is one event as JSON, with its `type`, `charge_point` and `cause`.

    Each `id` is a cursor over all events. Come back with it in `Last-Event-ID` (browsers do so by themselves) or in
    `after`, and nothing is missed; where events have been trimmed since, an event of type `gap` says so.
    Without a cursor the stream begins now. Lines that begin with a colon keep the connection alive.
    """
    if means.streams.crowded:
        raise Problem(
            503,
            "too_many_clients",
            "too many clients follow the events already",
            remedy="close one of the streams",
            headers={"Retry-After": "5"},
        )
    cursor = _cursor(last_event_id or after, means.streams)
    interest = Interest(charge_point, frozenset(type))
    return EventSourceResponse(means.streams.stream(interest, cursor), headers=_HEADERS)


def _cursor(text: str | None, streams: EventStreams) -> Cursor | None:
    if not text:
        return None
    if text == "0":
        return streams.beginning()
    try:
        return Cursor.parse(text)
    except UnreadableCursor as wrong:
        raise Problem(
            422,
            "bad_field",
            str(wrong),
            field="after",
            remedy="send the id of an event unchanged, 0, or none at all",
        ) from wrong
