"""Rules: what becomes of messages that match. Given by anyone, kept by the charger, applied on the wire.

Names and payloads of messages are opaque here. A rule that contradicts itself is refused as a whole, with the field.
"""

import json
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import SchemaError, SchemaValidator, core_schema

from vcp_contracts.values import FineStatus
from vcp_contracts.words import Id, Value

MOST_RULES = 100
"""How many rules a charger keeps."""

MOST_TEXT = 65_536
"""Longest payload (as JSON) or text that a rule may put on the wire, in characters."""

LONGEST_WAIT_S = 3_600.0
"""How long a rule may keep a message back (s)."""

Direction = Literal["sent", "received"]
"""As the charger sees it."""

FrameKind = Literal["call", "result", "error"]

RuleName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
MessageName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Wait = Annotated[float, Field(ge=0, le=LONGEST_WAIT_S)]


class Given(Value):
    """What a person writes: an unknown field is a mistake, and is named."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def pattern(expression: str) -> SchemaValidator:
    """The test for a regular expression, found anywhere in a text. Raises ValueError.

    The engine needs time in proportion to the text (no look-around, no back-references), so that no expression and
    no text can make the wire wait.
    """
    try:
        return SchemaValidator(core_schema.str_schema(pattern=expression, regex_engine="rust-regex"))
    except SchemaError as wrong:
        raise ValueError(f"not a regular expression: {str(wrong).splitlines()[-1].strip()}") from wrong


class FieldTest(Given):
    """What one field of the payload must be: exactly one of `equals`, `any_of`, `matches`, `present`."""

    path: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    """A name (`idTag`), or a JSON pointer (`/meterValue/0/timestamp`, RFC 6901)."""
    equals: JsonValue = None
    """Any JSON but null: that is `any_of: [null]`."""
    any_of: Annotated[tuple[JsonValue, ...], Field(min_length=1, max_length=100)] | None = None
    matches: Annotated[str, StringConstraints(max_length=500)] | None = None
    """A regular expression, found anywhere in a text; numbers are compared as JSON writes them."""
    present: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        tests = (self.equals, self.any_of, self.matches, self.present)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("give exactly one of equals, any_of, matches, present")
        if self.matches is not None:
            pattern(self.matches)
        return self


class ChargerState(Given):
    """What must hold of the charger; all that is given."""

    registration: Literal["accepted", "pending", "rejected"] | None = None
    evse: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Which EVSE `status` and `transaction` are about; None: any."""
    status: Annotated[tuple[FineStatus, ...], Field(min_length=1)] | None = None
    """One of these."""
    transaction: bool | None = None
    """Whether a transaction is open."""


class Match(Given):
    """Which messages are meant: those that pass all that is given."""

    action: MessageName | None = None
    """The OCPP action as the wire spells it, also of answers to it."""
    word: MessageName | None = None
    """The contract's word for it in all versions (`report_transaction`, `start_charging`), also of answers to it, and
    of calls that were written by hand."""
    by_hand: bool | None = None
    """Whether somebody wrote the charger's call by hand (SendRaw), or the charger said it by itself; also of answers to
    it. Of what the backend calls: false."""
    direction: Direction | None = None
    kind: FrameKind | None = None
    fields: Annotated[tuple[FieldTest, ...], Field(max_length=50)] = ()
    """All of these; the payload of an error is `errorCode`, `errorDescription`, `errorDetails`."""
    evse: Annotated[int, Field(ge=0, le=1000)] | None = None
    """The EVSE (in 1.6 the connector) that the message, or the call it answers, is about."""
    connector: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The connector of that EVSE, where the version names one."""
    transaction: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    """The transaction it is about, by the charger's name or the backend's."""
    state: ChargerState | None = None
    nth: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Only the n-th message that passes all the rest, counted from when the rule was added."""


class Deed(Given):
    """Base of what may be done to a message."""


class _Timed(Deed):
    delay_s: Wait = 0.0
    """How long it is kept back first (real s)."""
    random_s: Wait = 0.0
    """A random part on top, up to this (real s); from the rule's seed."""


class Pass(Deed):
    """Goes its way: for exceptions before a wider rule, and for counting."""

    do: Literal["pass"] = "pass"


class Drop(Deed):
    """Is lost."""

    do: Literal["drop"] = "drop"


class Delay(_Timed):
    """Goes its way later; with enough delay, after the backend's timeout."""

    do: Literal["delay"] = "delay"


class Edit(_Timed):
    """Goes its way with another payload: exactly one of `merge` (RFC 7396) and `patch` (RFC 6902)."""

    do: Literal["edit"] = "edit"
    merge: dict[str, JsonValue] | None = None
    patch: Annotated[tuple[dict[str, JsonValue], ...], Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.merge is None) == (self.patch is None):
            raise ValueError("give exactly one of merge, patch")
        for number, step in enumerate(self.patch or ()):
            _check_step(number, step)
        _short(self.merge if self.merge is not None else list(self.patch or ()))
        return self


class Hold(Deed):
    """Is stopped until it is released, edited or dropped by ReleaseFrame; after `at_most_s` it goes its way."""

    do: Literal["hold"] = "hold"
    at_most_s: Annotated[float, Field(gt=0, le=LONGEST_WAIT_S)] = 600.0


class Answer(_Timed):
    """Is answered with this payload: the backend's call in the charger's place, the charger's call in the backend's
    (it is not sent then), an answer by taking its place."""

    do: Literal["answer"] = "answer"
    payload: dict[str, JsonValue]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        _short(self.payload)
        return self


class Fail(_Timed):
    """Is answered with an error, in the same places as `answer`."""

    do: Literal["fail"] = "fail"
    code: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """As the version spells it, or as it should not be spelled."""
    description: Annotated[str, StringConstraints(max_length=1_000)] = ""
    details: dict[str, JsonValue] = Field(default_factory=dict)


class Twice(_Timed):
    """Goes its way twice; a call of the backend's is answered twice."""

    do: Literal["twice"] = "twice"
    gap_s: Wait = 0.0


class WrongId(_Timed):
    """Goes its way under another message id; a call of the backend's is answered under another id."""

    do: Literal["wrong_id"] = "wrong_id"
    id: Annotated[str, StringConstraints(max_length=100)] | None = None
    """None: one that was never used."""


class Garble(_Timed):
    """This text goes in its place; a call of the backend's is answered by it."""

    do: Literal["garble"] = "garble"
    text: Annotated[str, StringConstraints(max_length=MOST_TEXT)] = "[3,"


class Cut(Deed):
    """The connection is closed, reset, or left half open (`silent`), instead of the message or after it."""

    do: Literal["cut"] = "cut"
    how: Literal["close", "reset", "silent"] = "reset"
    when: Literal["instead", "after"] = "instead"
    code: Annotated[int, Field(ge=1000, le=4999)] = 1000
    reason: Annotated[str, StringConstraints(max_length=100)] = ""


AnyDeed = Annotated[
    Pass | Drop | Delay | Edit | Hold | Answer | Fail | Twice | WrongId | Garble | Cut,
    Field(discriminator="do"),
]


class Rule(Given):
    """What becomes of messages that match. The first rule that matches a message decides, in the order of adding.

    `then` is a deed, or a sequence of them: the first hit gets the first, the second the second.
    """

    name: RuleName
    """Unique for the charger: another rule of that name takes its place."""
    when: Match = Match()
    then: Annotated[tuple[AnyDeed, ...], Field(min_length=1, max_length=100)]
    after_last: Literal["last", "pass", "cycle"] = "last"
    """After the end of the sequence: the last deed again, none, or the sequence from its start."""
    times: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """How many messages it touches; then it ends."""
    for_s: Annotated[float, Field(gt=0, le=31_622_400)] | None = None
    """How long it stands (real s); then it ends."""
    follow: Literal["altered", "original"] | None = None
    """What the charger believes. `altered`: it acts on the backend's call only where the answer that the rule gives
    agrees to it, and a dropped call of its own counts as unanswered at once. `original`: it acts as if there were no
    rule. None: `altered` where the charger can know, `original` elsewhere."""
    unchecked: bool = False
    """Whether what the rule makes may break the schema of its version. Otherwise the message goes its way unaltered,
    and the hit is told as failed."""
    seed: int = 0

    @model_validator(mode="before")
    @classmethod
    def _one_deed(cls, given: object) -> object:
        if isinstance(given, dict) and isinstance(given.get("then"), dict):
            return {**given, "then": (given["then"],)}
        return given

    @field_validator("follow")
    @classmethod
    def _can_follow(cls, follow: str | None, given: ValidationInfo) -> str | None:
        when, then = given.data.get("when"), given.data.get("then", ())
        if when is None:
            return follow
        if follow == "altered" and when.direction == "sent" and when.kind in ("result", "error"):
            raise ValueError(
                "the charger has acted before it answers; match the received call, or follow the original"
            )
        edits = any(isinstance(deed, Edit) for deed in then)
        if follow == "original" and when.direction == "received" and edits:
            raise ValueError(
                "an edit of a received message can only change what the charger sees; leave follow out"
            )
        return follow


class StandingRule(Value):
    """A rule as it stands. `hits` and `seen` are what is known of it: after a crash they may lag behind the wire."""

    id: Id
    """Of this adding of the rule; a rule that takes its place has another one."""
    rule: Rule
    until: AwareDatetime | None = None
    """When it ends (real time)."""
    hits: int = 0
    """How many messages it has touched."""
    seen: int = 0
    """How many messages have passed all of `when` but `nth`."""


class HeldFrame(Value):
    """A message that a rule holds back."""

    frame: Id
    rule: RuleName
    direction: Direction
    kind: FrameKind
    action: str | None = None
    message_id: str | None = None
    text: str
    """Secret fields are masked."""
    until: AwareDatetime
    """When it goes its way by itself."""


_MEMBERS = {
    "add": ("value",),
    "remove": (),
    "replace": ("value",),
    "move": ("from",),
    "copy": ("from",),
    "test": ("value",),
}
"""RFC 6902 §4: what an operation needs beside its path."""


def _check_step(number: int, step: dict[str, JsonValue]) -> None:
    op = step.get("op")
    if not isinstance(op, str) or op not in _MEMBERS:
        raise ValueError(f"patch[{number}].op: one of {', '.join(_MEMBERS)} (RFC 6902)")
    for member in ("path", *_MEMBERS[op]):
        if member not in step:
            raise ValueError(f"patch[{number}].{member}: {op} needs it (RFC 6902)")
    for member in ("path", "from"):
        pointer = step.get(member, "")
        if not isinstance(pointer, str) or not (pointer == "" or pointer.startswith("/")):
            raise ValueError(f"patch[{number}].{member}: a JSON pointer, e.g. /idTag (RFC 6901)")


def _short(value: object) -> None:
    if len(json.dumps(value)) > MOST_TEXT:
        raise ValueError(f"longer than {MOST_TEXT} characters as JSON")
