"""The wire itself: orders of the Abstraction, and facts that the Handler reports.

A link is one connection from handshake to end. Its id is the Handler's name + a counter, and stands on every message
between the two; the Handler's facts are numbered per link, without gaps, from 0 (LinkUp).
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vcp_contracts.configuration import SecurityConfiguration
from vcp_contracts.manners import Manners
from vcp_contracts.words import UNTIMED, Id, Value, Word

TlsFault = Literal["certificate", "own_certificate", "version", "cipher"]
"""`certificate`: the backend's can't be trusted; `own_certificate`: the backend refused the charger's."""

Seconds = Annotated[float, Field(ge=0)]


class BackOff(Value):
    """How long to wait between attempts: minimum doubled `repeats` times, plus a fresh random part each time
    (2.0.1 part 4 §5.3)."""

    minimum_s: Seconds = 1.0
    random_s: Seconds = 2.0
    repeats: Annotated[int, Field(ge=0, le=32)] = 5


class OpenLink(Word):
    """Connect, and go on trying until CloseLink. `order` grows with each order of this charge point."""

    type: Literal["open_link"] = "open_link"
    handler: Id | None = None
    """The Handler that is meant, as it announced itself: its successor gets an order of its own. None: whoever reads."""
    order: int = Field(ge=0)
    url: str
    """The endpoint, without the identity."""
    protocols: tuple[str, ...]
    security: SecurityConfiguration = SecurityConfiguration()
    """As it is in force, which need not be as it was configured."""
    authorities: tuple[str, ...] = ()
    """Certificates (PEM) that the backend has installed; trusted beside those of `security.ca_label`."""
    certificate: str | None = None
    """The charger's own certificate (PEM) with those between it and its root, where the backend had it signed."""
    key_label: str | None = None
    """The key of that certificate in the vault."""
    back_off: BackOff = BackOff()
    ping_s: Seconds = 0.0
    """Interval of websocket pings, 0: none."""
    open_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    gate: Literal["open", "silent", "security_error"] = "open"


class CloseLink(Word):
    """Close the link and stop trying. `reset` aborts the connection; `silent` keeps it open but dead."""

    type: Literal["close_link"] = "close_link"
    order: int = Field(ge=0)
    how: Literal["close", "reset", "silent"] = "close"
    reason: str = ""


class TuneLink(Word):
    """New timings for a link that is open or wanted."""

    type: Literal["tune_link"] = "tune_link"
    ping_s: Seconds | None = None
    back_off: BackOff | None = None


class SetGate(Word):
    """What to do with the backend's calls before they are even read: let them in, drop them, refuse them."""

    type: Literal["set_gate"] = "set_gate"
    link: Id
    gate: Literal["open", "silent", "security_error"]


AnyOrder = Annotated[OpenLink | CloseLink | TuneLink | SetGate, Field(discriminator="type")]


class HandlerUp(Value):
    """A Handler took the partition: every link of another owner is gone. Brings the manners of each subprotocol."""

    type: Literal["handler_up"] = "handler_up"
    id: Id
    at: AwareDatetime = UNTIMED
    owner: str
    manners: dict[str, Manners]


class LinkUp(Word):
    """The link stands. Fact 0 of it."""

    type: Literal["link_up"] = "link_up"
    link: Id
    n: int = 0
    order: int
    subprotocol: str


class LinkFailed(Word):
    """No link came about. Only the first failure of a series is told."""

    type: Literal["link_failed"] = "link_failed"
    order: int
    why: Literal["refused", "unreachable", "timeout", "tls", "unauthorized", "not_found", "http", "protocol"]
    detail: str = ""
    tls: TlsFault | None = None
    """What was wrong with TLS, where that is known."""


class LinkDown(Word):
    """The link is gone. Its last fact."""

    type: Literal["link_down"] = "link_down"
    link: Id
    n: int
    why: Literal[
        "closed_by_backend", "closed_by_us", "lost", "ping_timeout", "write_timeout", "lease_lost", "protocol"
    ]
    detail: str = ""


AnyFact = Annotated[LinkUp | LinkFailed | LinkDown, Field(discriminator="type")]
