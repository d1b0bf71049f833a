"""Messages that a scenario expects or forbids. Holds none beside the wire."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from vcp_testkit.matching import tests_of
from vcp_testkit.scenarios.durations import Duration
from vcp_testkit.scenarios.part import Action, Name, Part, Path

WITHIN_S = 10.0
"""How long an expectation waits unless it says so."""


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
        demand_sound(wish)
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


def demand_sound(wish: Any) -> None:
    """Raises ValueError for a test that can't be made."""
    for name in tests_of(wish):
        _demand_sound_test(name, wish[name])
    if isinstance(wish, Mapping):
        for inner in wish.values():
            demand_sound(inner)
    elif isinstance(wish, list):
        for inner in wish:
            demand_sound(inner)


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
