"""What every request and reply says, and the two replies that answer any request."""

from typing import Literal

from pydantic import Field

from vcp_contracts.words import Id, Word


class Request(Word):
    """Base of all requests. `n` numbers the facts of one link, without gaps."""

    link: Id
    n: int = Field(ge=0)
    message_id: str
    """The backend's own id of its message."""


class Reply(Word):
    """Base of all replies."""

    link: Id
    request: Id
    """The id of the request that this answers."""
    detail: str | None = None
    """Why, for a reader; carried on the wire where the version has a place for it."""


class Declined(Reply):
    """The charger can't deal with the request at all: an error answer, in the version's own words."""

    type: Literal["declined"] = "declined"
    reason: Literal["not_supported", "not_registered", "too_many", "too_large", "bad_value", "internal"]


class Silence(Reply):
    """The charger does not answer."""

    type: Literal["silence"] = "silence"
