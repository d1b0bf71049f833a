"""Outcomes: how an action ended. Handler → Abstraction."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, JsonValue

from vcp_contracts.values import DataStatus, TokenInfo
from vcp_contracts.words import Id, Value, Word


class BootAnswer(Value):
    """The backend's verdict on a boot, its time, and the interval until the next beat or try (s)."""

    type: Literal["boot"] = "boot"
    verdict: Literal["accepted", "pending", "rejected"]
    now: AwareDatetime
    interval_s: int


class BeatAnswer(Value):
    """The backend's time."""

    type: Literal["beat"] = "beat"
    now: AwareDatetime


class AuthorizeAnswer(Value):
    """The verdict on a token."""

    type: Literal["authorize"] = "authorize"
    info: TokenInfo


class TransactionAnswer(Value):
    """What the backend says of a transaction: verdict on its token, its name, cost and a message for the driver."""

    type: Literal["report_transaction"] = "report_transaction"
    info: TokenInfo | None = None
    backend_name: str | None = None
    cost: float | None = None
    message: str | None = None


class DataAnswer(Value):
    """What the backend says to vendor data."""

    type: Literal["pass_data"] = "pass_data"
    status: DataStatus
    content: object = None


class SigningAnswer(Value):
    """Whether the backend will have the certificate signed; it comes later, in a request of its own."""

    type: Literal["ask_signing"] = "ask_signing"
    accepted: bool


class Acknowledged(Value):
    """An answer that says nothing but that the message arrived."""

    type: Literal["acknowledged"] = "acknowledged"


class RawAnswer(Value):
    """The backend's answer to a message that somebody wrote by hand, as it stands on the wire, secrets masked."""

    type: Literal["raw"] = "raw"
    payload: dict[str, JsonValue]
    valid: bool = True
    """Whether its version's schema allows it; True also where the action is none of its version."""


AnyAnswer = Annotated[
    BootAnswer
    | BeatAnswer
    | AuthorizeAnswer
    | TransactionAnswer
    | DataAnswer
    | SigningAnswer
    | RawAnswer
    | Acknowledged,
    Field(discriminator="type"),
]


class Outcome(Word):
    """Base of all outcomes. `n` numbers the facts of one link, without gaps."""

    link: Id
    n: int = Field(ge=0)
    action: Id
    """The id of the action that ended."""
    latency_ms: float | None = None
    """From written to answered, in real milliseconds."""


class Answered(Outcome):
    """The backend answered, and the answer is valid."""

    type: Literal["answered"] = "answered"
    answer: AnyAnswer
    by_rule: bool = False
    """A rule gave or altered the answer, or kept it back: what is wrong with it is not held against the backend."""


class Refused(Outcome):
    """The backend answered with an error. `kind` sorts the codes of all versions into three."""

    type: Literal["refused"] = "refused"
    kind: Literal["unsupported", "security", "failed"]
    code: str
    description: str = ""
    details: dict[str, JsonValue] = Field(default_factory=dict)
    """Of a message written by hand alone: nobody else reads them."""


class Misanswered(Outcome):
    """The backend's answer breaks the rules of its version. `readable` is what can be understood of it all the same."""

    type: Literal["misanswered"] = "misanswered"
    rule: str
    field: str | None = None
    readable: AnyAnswer | None = None


class Unanswered(Outcome):
    """No answer within the time allowed."""

    type: Literal["unanswered"] = "unanswered"
    timeout_s: float


class Sent(Outcome):
    """Written; nothing will be answered."""

    type: Literal["sent"] = "sent"


class Unspoken(Outcome):
    """This version has no such message; nothing was sent."""

    type: Literal["unspoken"] = "unspoken"


class Unwritable(Outcome):
    """The message can't be written validly in this version; nothing was sent."""

    type: Literal["unwritable"] = "unwritable"
    field: str
    rule: str


AnyOutcome = Annotated[
    Answered | Refused | Misanswered | Unanswered | Sent | Unspoken | Unwritable,
    Field(discriminator="type"),
]
