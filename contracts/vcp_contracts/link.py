"""The wire itself: orders of the Abstraction, and facts that the Handler reports.

A link is one connection from handshake to end. Its id is the Handler's name + a counter, and stands on every message
between the two; the Handler's facts are numbered per link, without gaps, from 0 (LinkUp).
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, JsonValue

from vcp_contracts.configuration import SecurityConfiguration
from vcp_contracts.manners import Manners
from vcp_contracts.rules import HeldFrame, StandingRule
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
    tries: Annotated[int, Field(ge=1)] = 1
    """After how many attempts in vain LinkFailed is told."""
    open_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    gate: Literal["open", "silent", "security_error"] = "open"
    gate_blames: bool = True
    """Whether a call that the gate shuts out is the backend's fault; False: a rule spoke in its place."""
    rules: tuple[StandingRule, ...] = ()
    """Those that stand, in the order in which they are tried; in force on every connection of this order."""
    lets_invalid_out: bool = False
    """Whether the Handler's own gate is open on purpose."""


class CloseLink(Word):
    """Close the link and stop trying. `reset` aborts the connection; `silent` keeps it open but dead."""

    type: Literal["close_link"] = "close_link"
    order: int = Field(ge=0)
    how: Literal["close", "reset", "silent"] = "close"
    reason: str = ""


class TuneLink(Word):
    """New timings, or other authorities, for a link that is open or wanted. Those count from the next connection on."""

    type: Literal["tune_link"] = "tune_link"
    ping_s: Seconds | None = None
    back_off: BackOff | None = None
    authorities: tuple[str, ...] | None = None


class SetGate(Word):
    """What to do with the backend's calls before they are even read: let them in, drop them, refuse them."""

    type: Literal["set_gate"] = "set_gate"
    link: Id
    gate: Literal["open", "silent", "security_error"]
    blames: bool = True
    """Whether a call that is shut out is the backend's fault; False: a rule spoke in its place."""


class SetRules(Word):
    """The rules that stand from now on, instead of those before, and the Handler's own gate.

    The Handler counts on by itself: of a rule that it knows by its id, the higher counts hold.
    """

    type: Literal["set_rules"] = "set_rules"
    rules: tuple[StandingRule, ...]
    lets_invalid_out: bool = False
    confirm: bool = False
    """Whether somebody waits for RulesInForce."""


class LetGo(Word):
    """A message that a rule holds back goes its way: as it is, with another payload, as another text, or not at all."""

    type: Literal["let_go"] = "let_go"
    link: Id
    frame: Id
    payload: dict[str, JsonValue] | None = None
    text: str | None = None
    drop: bool = False


AnyOrder = Annotated[
    OpenLink | CloseLink | TuneLink | SetGate | SetRules | LetGo, Field(discriminator="type")
]


class HandlerUp(Value):
    """A Handler took the partition: every link of another owner is gone. Brings the manners of each subprotocol."""

    type: Literal["handler_up"] = "handler_up"
    id: Id
    at: AwareDatetime = UNTIMED
    owner: str
    manners: dict[str, Manners]
    secrets_flaw: str | None = None
    """Why no password and no key can be kept here; None: they can."""


class LinkUp(Word):
    """The link stands. Fact 0 of it."""

    type: Literal["link_up"] = "link_up"
    link: Id
    n: int = 0
    order: int
    subprotocol: str
    trust_path: tuple[str, ...] = ()
    """SHA-256 (hex) of the certificates by which the backend's was verified, its own first; empty without TLS."""


class LinkFailed(Word):
    """No link came about. One failure of a series is told: the one that `tries` of the order names."""

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


class RulesInForce(Word):
    """The rules of a SetRules that asked for it meet every message from now on; so the command that brought them is done."""

    type: Literal["rules_in_force"] = "rules_in_force"
    order: Id
    """The id of that SetRules."""


class RuleHit(Word):
    """A rule has touched a message; told with the message's number among the facts, before what it brings about."""

    type: Literal["rule_hit"] = "rule_hit"
    link: Id
    n: int = Field(ge=0)
    standing: Id
    """The standing rule's id."""
    hits: int
    """How often it has touched one by now, this time counted."""
    seen: int
    deed: str
    """What it did, e.g. `drop`."""
    direction: Literal["sent", "received"]
    kind: Literal["call", "result", "error"]
    action: str | None = None
    message_id: str | None = None
    delay_s: Seconds = 0.0
    """How much later the message goes its way; with the action's guard time in mind."""
    failed: str | None = None
    """Why it could not be done; the message went its way unaltered."""


class FrameHeld(Word):
    """A message is held back by a rule."""

    type: Literal["frame_held"] = "frame_held"
    link: Id
    n: int = Field(ge=0)
    held: HeldFrame


class FrameLetGo(Word):
    """A message is not held back any more."""

    type: Literal["frame_let_go"] = "frame_let_go"
    link: Id
    n: int = Field(ge=0)
    frame: Id
    how: Literal["released", "edited", "replaced", "dropped", "expired"]
    failed: str | None = None
    """Why what was given could not take its place: field and rule; it went its way unaltered."""


AnyFact = Annotated[
    LinkUp | LinkFailed | LinkDown | RulesInForce | RuleHit | FrameHeld | FrameLetGo,
    Field(discriminator="type"),
]
