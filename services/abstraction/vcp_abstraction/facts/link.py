"""The link, as far as the charger knows of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from vcp_abstraction.facts.kept import IN_ORDER, Kept


class LinkFacts(Kept):
    """The connection, as far as the charger knows of it."""

    wanted: bool = False
    order: int = 0
    state: Literal["down", "connecting", "up"] = "down"
    id: str | None = None
    next_fact: int = 0
    trust_path: tuple[str, ...] = ()
    """SHA-256 of the certificates by which this link's backend was verified, in hex; empty without TLS."""
    subprotocol: str | None = None
    """Of this link, or of the last one."""
    since: datetime | None = None
    down_since: datetime | None = None
    back_at: datetime | None = None
    """When the network returns by itself, or a restart is over."""
    last_failure: str | None = None
    unsupported: Annotated[set[str], IN_ORDER] = Field(default_factory=set)
    """Words that this link's backend has said it does not support."""
    waiting: list[str] = Field(default_factory=list)
    """Commands that wait for the first link or failure."""
    gated: bool = False
    order_gated: bool = False
    """How each connection of the last order begins."""
