"""The words of a scenario file, and which of them go together. Reads no file and runs nothing."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, create_model, model_validator
from vcp_contracts.rules import Rule

from vcp_testkit.scenarios.command_steps import COMMANDS, written_out
from vcp_testkit.scenarios.durations import Duration
from vcp_testkit.scenarios.given import Given
from vcp_testkit.scenarios.messages import Expect, Expected, Forbid, demand_sound
from vcp_testkit.scenarios.part import Action, Name, Part, Path

MOST_STEPS = 1_000
MOST_ROUNDS = 10_000

OWN_VALUES: Final = frozenset({"charger", "round"})
"""Values that every scenario has: the charger that a step is about, and the round of the innermost `repeat`."""


class Wait(Part):
    """A pause: so many seconds, or until the view of the charge point is as wished."""

    seconds: Duration | None = None
    until: dict[Path, JsonValue] | None = None
    within: Duration = 30.0

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.seconds is None) == (self.until is None):
            raise ValueError("give exactly one of seconds, until")
        demand_sound(self.until)
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
            demand_sound(self.check)
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


def _written_out(name: str, body: Any) -> Any:
    if name == "wait" and not isinstance(body, dict):
        return {"seconds": body}
    return written_out(name, body) if name in COMMANDS else body
