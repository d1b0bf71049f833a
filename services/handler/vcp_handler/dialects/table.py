"""What a dialect's table is made of: its rows, and how they are found. Knows no version and no message."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Literal, TypedDict, TypeVar

from pydantic import BaseModel, ValidationError
from vcp_contracts.actions import Action
from vcp_contracts.manners import Manners
from vcp_contracts.outcomes import AnyAnswer
from vcp_contracts.requests import Request

from vcp_handler.dialects.secrets import Secret

Payload = dict[str, Any]
"""A message's payload as it is on the wire: camelCase, as JSON has it. Rows may share one: never change it."""

Depth = Literal["stateful", "acknowledged"]
"""How deep a message goes: the charger acts on it, or merely answers properly."""

A = TypeVar("A", bound=Action)
R = TypeVar("R", bound=Request)


class Unreadable(Exception):
    """A payload that satisfies the schema and still can't be understood, e.g. a date "yesterday"."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        """The payload's field, dotted."""
        self.rule = rule


class Envelope(TypedDict):
    """The fields of a request that are not in the payload; the pipeline knows them."""

    id: str
    charge_point: str
    at: datetime
    link: str
    n: int
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Generic[A]):
    """A message of the charger. `write` makes the call's payload, `read` understands the answer's."""

    action: str
    contract: type[A]
    write: Callable[[A], Payload]
    read: Callable[[Payload, A], AnyAnswer]
    secrets: tuple[Secret, ...] = ()
    answer_secrets: tuple[Secret, ...] = ()
    depth: Depth = "stateful"

    def answer(self, payload: Payload, action: A) -> AnyAnswer:
        """Understand a schema-valid answer; raises Unreadable."""
        try:
            return self.read(payload, action)
        except ValidationError as broken:
            raise _unreadable(broken) from broken

    def readable(self, payload: object, action: A) -> AnyAnswer | None:
        """What can be understood of an answer that breaks the schema, or None."""
        try:
            return self.read(payload, action) if isinstance(payload, dict) else None
        except (Unreadable, LookupError, TypeError, ValueError, AttributeError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Generic[R]):
    """A message of the backend. `read` makes the request, `write` the answer from reply and original payload."""

    action: str
    contract: type[R]
    read: Callable[[Payload, Envelope], R]
    write: Callable[[Any, Payload], Payload]
    """Takes the reply that stands beside the request in the contracts; never Declined or Silence."""
    declined: Mapping[str, Payload] = field(default_factory=dict)
    """Reasons of Declined for which this answer has a word of its own; all others become an error answer."""
    secrets: tuple[Secret, ...] = ()
    answer_secrets: tuple[Secret, ...] = ()
    depth: Depth = "stateful"
    statuses: Callable[[Payload], Iterable[object]] | None = None
    """The statuses of an answer, where they are not its `status`."""

    def request(self, payload: Payload, envelope: Envelope) -> R:
        """Understand a schema-valid call; raises Unreadable."""
        try:
            return self.read(payload, envelope)
        except ValidationError as broken:
            raise _unreadable(broken) from broken


def _unreadable(broken: ValidationError) -> Unreadable:
    first = broken.errors(include_url=False, include_context=False, include_input=False)[0]
    return Unreadable(".".join(str(part) for part in first["loc"]), first["msg"])


Weight = Literal["must", "should"]
"""`must`: the text leaves no choice (SHALL, MUST, REQUIRED, a field's type or cardinality). `should`: it advises (SHOULD,
RECOMMENDED), or describes a field so that this value has no meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """What the specification's text says of a field of the backend's and the schema does not.

    It judges the backend: what the charger makes of such a value is the charger's business.
    """

    action: str
    field: str
    """The field's path, e.g. `chargingProfile.chargingSchedule[].startSchedule`; `[]`: of any item."""
    rule: str
    """In words, as a sentence's end: "the field …"."""
    clause: str
    weight: Weight
    breaks: Callable[[Payload], bool]
    """Whether a payload that the schema allows breaks it."""
    where_called: Callable[[Payload], bool] | None = None
    """Of a rule about answers: which calls of the charger's have such an answer, by their payload; None: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Where the payloads of a version name what they are about: paths of fields, all of which may be there."""

    evse: tuple[tuple[str, ...], ...] = ()
    connector: tuple[tuple[str, ...], ...] = ()
    transaction: tuple[tuple[str, ...], ...] = ()


NOTHING_NAMED = Subject()

Choose = Callable[[Any], str | None]
"""Which message tells this action; None: none of this version does."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Dialect:
    """One OCPP version as the charger speaks it."""

    subprotocol: str
    """As offered in Sec-WebSocket-Protocol."""
    manners: Manners
    """Without `speaks`, which follows from the table: announce `announced`."""
    said: tuple[Said[Any], ...]
    choices: Mapping[type[Action], Choose] = field(default_factory=dict)
    """For actions that several messages can tell, or that sometimes need none."""
    heard: tuple[Heard[Any], ...]
    unsaid: Mapping[str, str] = field(default_factory=dict)
    """Messages of the charger without a row, each with the reason."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Messages of the backend without a row, each with the reason."""
    signed: str | None = None
    """What a backend appends to an action whose message it has signed; None: this version signs none."""
    call_rules: tuple[FieldRule, ...] = ()
    """What only the text says of the backend's calls."""
    answer_rules: tuple[FieldRule, ...] = ()
    """What only the text says of the backend's answers; `action` is that of the charger's call."""
    subject: Subject = NOTHING_NAMED
    agreeing: frozenset[str] = frozenset({"Accepted"})
    """The statuses of an answer that mean that the charger does as it was asked, now or later."""

    @cached_property
    def announced(self) -> Manners:
        """The manners with the types of all actions that this dialect can write."""
        speaks = frozenset(_word(row.contract) for row in self.said)
        return self.manners.model_copy(update={"speaks": speaks})

    @cached_property
    def said_by_name(self) -> dict[str, Said[Any]]:
        """Rows of the charger's messages by OCPP action; of several with one action, any: they share `secrets`."""
        return {row.action: row for row in self.said}

    @cached_property
    def heard_by_name(self) -> dict[str, Heard[Any]]:
        """Rows of the backend's messages by OCPP action."""
        return {row.action: row for row in self.heard}

    @cached_property
    def call_rules_by_name(self) -> dict[str, tuple[FieldRule, ...]]:
        """The rules of the text for a call of the backend's; an action without any is not in it."""
        return _by_action(self.call_rules)

    @cached_property
    def answer_rules_by_name(self) -> dict[str, tuple[FieldRule, ...]]:
        """The rules of the text for the answer to a call of the charger's; an action without any is not in it."""
        return _by_action(self.answer_rules)

    @cached_property
    def words(self) -> dict[tuple[str, bool], str]:
        """The contract's word for each action that is spoken. True: a call of the charger's."""
        heard = {(row.action, False): _word(row.contract) for row in self.heard}
        return heard | {(row.action, True): _word(row.contract) for row in self.said}

    @cached_property
    def known(self) -> frozenset[str]:
        """All actions of the version. One without a heard row is NotSupported; any other is NotImplemented."""
        return frozenset(self.said_by_name) | frozenset(self.heard_by_name) | {*self.unsaid, *self.refused}

    @cached_property
    def _only_row(self) -> dict[type[Action], Said[Any]]:
        return {row.contract: row for row in self.said if row.contract not in self.choices}

    @cached_property
    def _chosen_row(self) -> dict[tuple[type[Action], str], Said[Any]]:
        return {(row.contract, row.action): row for row in self.said}

    def agrees(self, action: str, answer: Payload) -> bool:
        """Whether this answer to the backend means that the charger acts; one without a status does."""
        row = self.heard_by_name.get(action)
        if row is not None and row.statuses is not None:
            return not self.agreeing.isdisjoint(map(str, row.statuses(answer)))
        return "status" not in answer or str(answer["status"]) in self.agreeing

    def row_for(self, action: Action) -> Said[Any] | None:
        """The row that writes this action, or None where this version has no message for it (Unspoken)."""
        contract = type(action)
        choose = self.choices.get(contract)
        if choose is None:
            return self._only_row.get(contract)
        name = choose(action)
        return None if name is None else self._chosen_row[contract, name]


def _by_action(rules: tuple[FieldRule, ...]) -> dict[str, tuple[FieldRule, ...]]:
    return {each.action: tuple(it for it in rules if it.action == each.action) for each in rules}


def _word(contract: type[BaseModel]) -> str:
    return str(contract.model_fields["type"].default)
