"""The routes for engines and monitors: alive, ready, and numbers. Knows no charge point."""

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from vcp_control.answers import json_response
from vcp_control.asking import TheMeans
from vcp_control.problems import Problem, ProblemDocument
from vcp_control.readiness import Readiness

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """All is well."""

    status: str


@router.get("/health/live", summary="Is it alive?", responses={200: {"model": Health}})
async def live() -> Response:
    """This process answers; nothing else is asked."""
    return json_response({"status": "alive"})


@router.get(
    "/health/ready",
    summary="Is it ready?",
    responses={
        200: {"model": Health},
        503: {"model": ProblemDocument, "description": "`reason` says what is missing."},
    },
)
async def ready(request: Request) -> Response:
    """The broker answers, its world is ours, an Abstraction and a Handler are alive, the chargers file is applied."""
    readiness = request.app.state.readiness
    assert isinstance(readiness, Readiness)
    missing = await readiness.missing()
    if missing:
        raise Problem(
            503,
            "not_ready",
            "; ".join(f"{what}: {why}" for what, why in missing.items()),
            field=next(iter(missing)),
            remedy="wait until it is up, or start it (vcp up starts everything)",
            errors=[{"field": what, "reason": why, "remedy": "start it"} for what, why in missing.items()],
        )
    return json_response({"status": "ready"})


@router.get("/metrics", summary="Numbers for Prometheus", responses={200: {"content": {"text/plain": {}}}})
async def metrics(means: TheMeans) -> Response:
    """What this process did and holds."""
    # Imported when first asked: no start should pay for it.
    from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_LATEST

    registry = CollectorRegistry()

    def count(name: str, meaning: str, value: int) -> None:
        Counter(name, meaning, registry=registry).inc(value)

    def gauge(name: str, meaning: str, value: int) -> None:
        Gauge(name, meaning, registry=registry).set(value)

    count("vcp_control_commands", "Commands published.", means.desk.issued)
    count("vcp_control_events_read", "Events read for all clients.", means.streams.events_read)
    gauge("vcp_control_event_clients", "Clients that follow the events.", means.streams.clients)
    gauge("vcp_control_frame_waiters", "Requests that wait for a frame.", means.wire.waiting)
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
