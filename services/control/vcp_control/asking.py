"""What many routes ask of a request: which charge point, how long to wait, which id; and what is there to answer it."""

import re
import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AfterValidator, BeforeValidator
from vcp_contracts.words import ChargePointId, Id
from vcp_plumbing.vault import Vault

from vcp_control.desk import Desk
from vcp_control.event_streams import EventStreams
from vcp_control.problems import Problem
from vcp_control.slashes import with_slashes
from vcp_control.views import Views
from vcp_control.violation_record import ViolationRecord
from vcp_control.wire_record import WireRecord

MOST_WAIT_S = 120.0

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


def _plain(value: object) -> object:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("must be a number, written in plain digits")
    return value


Plain = BeforeValidator(_plain)
"""Of a number in a query: digits of ASCII. `1_000`, `1e3`, `nan` or a blank before it are none."""


@dataclass(frozen=True, kw_only=True)
class Means:
    """What the routes work with."""

    desk: Desk
    views: Views
    wire: WireRecord
    violations: ViolationRecord
    streams: EventStreams
    vault: Vault | None


def _means(request: Request) -> Means:
    means = request.app.state.means
    assert isinstance(means, Means)
    return means


def _labels(
    label: Annotated[
        list[str],
        Query(description="`key=value`, or `key` for any value; given several times, all must hold."),
    ] = [],  # noqa: B006
) -> dict[str, str | None]:
    labels: dict[str, str | None] = {}
    for text in label:
        key, equals, value = text.partition("=")
        if not key:
            raise Problem(
                422, "bad_field", "a label needs a key", field="label", remedy="write label=key=value"
            )
        labels[key] = value if equals else None
    return labels


def _command_id(
    idempotency_key: Annotated[
        Id | None,
        Header(description="The command's id. The same id again does nothing, and tells the first result."),
    ] = None,
) -> str:
    return idempotency_key or f"api-{secrets.token_hex(12)}"


TheMeans = Annotated[Means, Depends(_means)]
TheChargePoint = Annotated[
    ChargePointId,
    AfterValidator(with_slashes),
    Path(alias="id", description="The charge point's id.", examples=["CP001"]),
]
TheLabels = Annotated[dict[str, str | None], Depends(_labels)]
TheCommandId = Annotated[str, Depends(_command_id)]
Wait = Annotated[
    float,
    Plain,
    Query(ge=0, le=MOST_WAIT_S, description="Seconds to wait for the result; 0: answer 202 at once."),
]
