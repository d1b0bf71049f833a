"""The words of a scenario file, and which of them go together. Reads no file and runs nothing."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    StringConstraints,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from vcp_contracts.commands import AddRule, AdvanceClock, AnyCommand, Command, Provision, Retire, SendRaw
from vcp_contracts.configuration import ChargePointConfiguration, SecurityConfiguration
from vcp_contracts.rules import Rule
from vcp_contracts.words import Word

from vcp_testkit.matching import tests_of
from vcp_testkit.scenarios.durations import Duration

MOST_STEPS = 1_000
MOST_ROUNDS = 10_000
WITHIN_S = 10.0
"""How long an expectation waits unless it says so."""

OWN_VALUES: Final = frozenset({"charger", "round"})
"""Values that every scenario has: the charger that a step is about, and the round of the innermost `repeat`."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w-]*$", max_length=40)]
Action = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Part(BaseModel):
    """A part of a scenario: an unknown field is a mistake, and is named."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


def _demand_sound(wish: Any) -> None:
    """Raises ValueError for a test that can't be made."""
    for name in tests_of(wish):
        _demand_sound_test(name, wish[name])
    if isinstance(wish, Mapping):
        for inner in wish.values():
            _demand_sound(inner)
    elif isinstance(wish, list):
        for inner in wish:
            _demand_sound(inner)


def _demand_sound_test(name: str, value: Any) -> None:
    if name == "any_of" and not isinstance(value, list):
        raise ValueError("any_of takes a list")
    if name == "present" and not isinstance(value, bool):
        raise ValueError("present takes true or false")
    if name == "matches":
        try:
            re.compile(str(value))
        except re.error as wrong:
            raise ValueError(f"matches: no regular expression: {wrong}") from None


class Message(Part):
    """A message on the wire, as the charge point sees it: one that it `sent`, or one that it `received`."""

    sent: Action | None = None
    """The OCPP action of a call that the charge point makes."""
    received: Action | None = None
    """The OCPP action of a call that the backend makes."""
    with_: dict[str, JsonValue] | None = Field(default=None, alias="with")
    """What its payload must hold; more may stand in it."""

    @field_validator("with_", "answer", check_fields=False)
    @classmethod
    def _sound(cls, wish: Any) -> Any:
        _demand_sound(wish)
        return wish

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        if (self.sent is None) == (self.received is None):
            raise ValueError("give exactly one of sent, received")
        return self

    @property
    def action(self) -> str:
        return self.sent or self.received or ""


class Expected(Message):
    """A message that must come, and what is said in return."""

    answer: dict[str, JsonValue] | None = None
    """What the payload of its answer must hold. `{}`: any answer that is no error."""
    error: Action | Annotated[tuple[Action, ...], Field(min_length=1, max_length=20)] | None = None
    """The answer must be an error with this code, or one of these; `any`: with any code."""
    capture: dict[Name, Path] = Field(default_factory=dict)
    """Values to keep: a name, and where it stands, `payload.idTag` or `answer.transactionId`."""

    @field_validator("capture")
    @classmethod
    def _from_the_message(cls, capture: dict[str, str]) -> dict[str, str]:
        for name, path in capture.items():
            if path.partition(".")[0] not in ("payload", "answer"):
                raise ValueError(f"{name}: write payload.… or answer.…, as in answer.transactionId")
        return capture

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if self.answer is not None and self.error is not None:
            raise ValueError("give at most one of answer, error")
        return self

    @property
    def awaits_answer(self) -> bool:
        """Whether it is fulfilled by its answer alone."""
        captured = any(path.startswith("answer") for path in self.capture.values())
        return self.answer is not None or self.error is not None or captured


class Expect(Expected):
    """A message that must come, after those that were expected before."""

    within: Duration = WITHIN_S


class Forbid(Message):
    """A message that must not come from now on: not `within` this time, or else not until the scenario's end."""

    within: Duration | None = None


class Wait(Part):
    """A pause: so many seconds, or until the view of the charge point is as wished."""

    seconds: Duration | None = None
    until: dict[Path, JsonValue] | None = None
    within: Duration = 30.0

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.seconds is None) == (self.until is None):
            raise ValueError("give exactly one of seconds, until")
        _demand_sound(self.until)
        return self


class Send(Part):
    """Any call, or any text, goes out; what comes in return is expected like any message."""

    action: Action | None = None
    payload: dict[str, JsonValue] | None = None
    text: str | None = None
    message_id: str | None = None
    unchecked: bool | None = None
    """Past both gates: neither held against the schema, nor kept until the charger may speak."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.action is None) == (self.text is None):
            raise ValueError("give exactly one of action, text")
        return self


class StandingOrder(Rule):
    """What becomes of messages that match. Without a name it gets one."""

    name: str = ""


class Repeat(Part):
    """Steps once more and once more; `${round}` counts from 1."""

    times: Annotated[int, Field(ge=1, le=MOST_ROUNDS)]
    steps: Annotated[list["Step"], Field(min_length=1, max_length=MOST_STEPS)]


class Verbs(Part):
    """One step: exactly one verb, and on which charge point."""

    charger: Name | None = None
    """Whom it is about, where there are several; else the first."""
    expect: Expect | None = None
    in_any_order: Annotated[list[Expected], Field(min_length=1, max_length=100)] | None = None
    within: Duration | None = None
    """How long `in_any_order` or `check` wait."""
    forbid: Forbid | None = None
    wait: Wait | None = None
    check: dict[Path, JsonValue] | None = None
    """What the view of the charge point must say: a path, and a wish."""
    capture: dict[Name, Path] | None = None
    """Values to keep from the view: a name, and a path."""
    advance: Duration | None = None
    """Lets time pass at once on the charge point's own clock."""
    rule: StandingOrder | None = None
    send: Send | None = None
    backend: Annotated[dict[str, dict[str, JsonValue]], Field(min_length=1, max_length=1)] | None = None
    """The backend is made to call: the OCPP action and its payload, or a wish that the operator file knows."""
    repeat: Repeat | None = None
    parallel: dict[Name, Annotated[list["Step"], Field(min_length=1, max_length=MOST_STEPS)]] | None = None
    """By charge point, what each does at the same time; `all`: the same for every one."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, given: Any) -> Any:
        if isinstance(given, str):
            given = {given: None}
        if not isinstance(given, dict):
            return given
        return {name: _written_out(name, body) for name, body in given.items()}

    @model_validator(mode="after")
    def _one_verb(self) -> Self:
        verbs = self.model_fields_set - MODIFIERS
        if len(verbs) != 1:
            said = ", ".join(sorted(verbs)) or "none"
            raise ValueError(f"a step has exactly one verb, this one has {said}")
        if "within" in self.model_fields_set and verbs.isdisjoint({"in_any_order", "check"}):
            raise ValueError("within belongs to in_any_order and check, or into expect, forbid, wait")
        if self.check is not None:
            _demand_sound(self.check)
        return self

    @property
    def verb(self) -> str:
        """What it does: a native verb, or a command's name."""
        return next(iter(self.model_fields_set - MODIFIERS))

    @property
    def body(self) -> Any:
        """What stands behind the verb."""
        return getattr(self, self.verb)


MODIFIERS: Final = frozenset({"charger", "within"})

_ENVELOPE = frozenset(Word.model_fields) | {"type"}
_NATIVE = (Provision, Retire, AddRule, SendRaw, AdvanceClock)
"""Commands that have no step of their own name: given, clean-up, rule, send, advance."""


class _MayBeFilled:
    """Lets a text with `${…}` stand for a value of any type: it gets its type when it is filled in."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(_let_through, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "string", "pattern": r"\$\{"}]}


def _let_through(value: Any, validate: Any) -> Any:
    return value if isinstance(value, str) and "${" in value else validate(value)


class CommandBody(Part):
    """The fields of one command."""


def _body_of(command: type[Command]) -> type[CommandBody]:
    fields: dict[str, Any] = {
        name: (Annotated[info.annotation, *info.metadata, _MayBeFilled()], _field(info))
        for name, info in command.model_fields.items()
        if name not in _ENVELOPE
    }
    return create_model(f"{command.__name__}Step", __base__=CommandBody, __doc__=command.__doc__, **fields)


def _field(info: FieldInfo) -> Any:
    field: Any = Field(description=info.description)
    if info.default_factory is not None:
        field = Field(default_factory=info.default_factory, description=info.description)
    elif not info.is_required():
        field = Field(default=info.default, description=info.description)
    return field


def _commands() -> Iterator[tuple[str, type[Command]]]:
    for command in get_args(get_args(AnyCommand)[0]):
        if command not in _NATIVE:
            yield str(command.model_fields["type"].default), command


COMMANDS: Final[Mapping[str, type[CommandBody]]] = {name: _body_of(command) for name, command in _commands()}
"""Every command that is a step, and its fields."""

if TYPE_CHECKING:
    Step = Verbs
else:
    Step = create_model(
        "Step",
        __base__=Verbs,
        __doc__=Verbs.__doc__,
        **{name: (body | None, None) for name, body in COMMANDS.items()},
    )
Repeat.model_rebuild()
Step.model_rebuild()

VERBS: Final = tuple(name for name in Step.model_fields if name not in MODIFIERS)
"""All that a step can be."""


def _written_out(name: str, body: Any) -> Any:
    """`plug_in`, `plug_in:` and `plug_in: 1` mean `plug_in: {evse: 1}`; `wait: 2s` means `wait: {seconds: 2s}`."""
    if name == "wait" and not isinstance(body, dict):
        return {"seconds": body}
    if name not in COMMANDS:
        return body
    if body is None:
        return {}
    fields = list(COMMANDS[name].model_fields)
    if fields and not isinstance(body, dict | list):
        return {fields[0]: body}
    return body


class GivenSecurity(SecurityConfiguration):
    """How the charge point shows who it is."""

    password: str | None = None
    """Goes into the vault, never further."""


Preset = Literal["one_connector", "two_connectors", "dc"]


class Given(ChargePointConfiguration):
    """A charge point as `POST /charge-points` takes it. The backend's address, an id and labels are added."""

    id: str | None = None
    """Its identity; by default one that was never used."""
    preset: Preset | None = None
    """Hardware with a name, in place of `evses`."""
    online: bool = True
    security: GivenSecurity = GivenSecurity()

    @model_validator(mode="after")
    def _url_without_secrets(self) -> Self:
        # the url comes later, with the backend
        if self.preset is not None and "evses" in self.model_fields_set:
            raise ValueError("give at most one of preset, evses")
        return self

    def body(self) -> dict[str, Any]:
        """What goes to the control API, without id, url and labels of the run."""
        body = self.model_dump(mode="json", exclude_unset=True, exclude={"id", "preset"})
        if self.preset is not None:
            body["evses"] = PRESETS[self.preset]
        return {"online": True, **body}


PRESETS: Final[Mapping[Preset, list[dict[str, Any]]]] = {
    "one_connector": [{}],
    "two_connectors": [{}, {}],
    "dc": [
        {"connectors": [{"type": "cCCS2", "fixed_cable": True, "max_current_a": 200.0, "voltage_v": 400.0}]}
    ],
}


class Scenario(Part):
    """A story: who is there, what they do, what must be seen on the wire."""

    name: Annotated[str, StringConstraints(max_length=120)] = ""
    """A short sentence; by default the file's name."""
    about: Annotated[str, StringConstraints(max_length=2_000)] = ""
    """What a backend must do to pass, and why."""
    values: dict[Name, JsonValue] = Field(default_factory=dict)
    """What `${name}` stands for; may be given otherwise at the start of a run."""
    needs: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    """Values that must be given at the start of a run; it is skipped where one is not."""
    given: Given | None = None
    """The charge point, where there is one."""
    chargers: Annotated[dict[Name, Given], Field(min_length=1, max_length=50)] | None = None
    """The charge points by name, where there are several."""
    violations: Literal["fail", "allow"] = "fail"
    """Whether it fails when the backend breaks OCPP on the way."""
    steps: Annotated[list[Step], Field(min_length=1, max_length=MOST_STEPS)]

    @model_validator(mode="after")
    def _one_way_to_give(self) -> Self:
        if self.given is not None and self.chargers is not None:
            raise ValueError("give at most one of given, chargers")
        return self

    @property
    def cast(self) -> Mapping[str, Given]:
        """The charge points by name, in order."""
        if self.chargers is not None:
            return self.chargers
        return {"charger": self.given or Given()}

    @property
    def wishes(self) -> frozenset[str]:
        """All that a backend must be made to do: what an operator is needed for."""
        return frozenset(_wishes(self.steps))


def _wishes(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        yield from step.backend or ()
        yield from _wishes(step.repeat.steps if step.repeat else [])
        for branch in (step.parallel or {}).values():
            yield from _wishes(branch)
