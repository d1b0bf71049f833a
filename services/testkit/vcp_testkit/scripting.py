"""Rules as a test says them: which message, what becomes of it, how often. Makes rules; what they do is the product's.

    charger.reply_to("RemoteStartTransaction").with_(status="Rejected").once()
    charger.when_sending("Heartbeat").drop().times(2)

Messages are named by their OCPP action, or by the contracts' word (`start_charging`), which all versions share. A script
is added by its last word: `once`, `times`, `always` or `for_seconds`.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, Self, TypeVar

from vcp_contracts.rules import Rule

from vcp_testkit.matching import tests_of
from vcp_testkit.touches import Touches

Result = TypeVar("Result")
Add = Callable[[Rule], Result]
"""Adds a rule to a charge point."""

_FIELD_TESTS = frozenset({"any_of", "matches", "present"})


class Script(Generic[Result]):
    """What becomes of messages that match, in the order in which the deeds are said: the first one's first."""

    _numbers = itertools.count(1)

    def __init__(self, add: Add[Result], name: str, **match: Any) -> None:
        self._add = add
        self.name = f"{name} {next(self._numbers)}"
        self._match: dict[str, Any] = match
        self._deeds: list[dict[str, Any]] = []
        self._options: dict[str, Any] = {}
        self.added = False

    def where(self, payload: Mapping[str, Any] | None = None, /, **fields: Any) -> Self:
        """Only messages in whose payload this stands: plain values, `any_of`, `matches`, `present`, `absent`."""
        tests = [test for path, wish in {**(payload or {}), **fields}.items() for test in _tests(path, wish)]
        self._match["fields"] = [*self._match.get("fields", ()), *tests]
        return self

    def only(self, **match: Any) -> Self:
        """Only these: `nth`, `evse`, `connector`, `transaction`, `state`, as a rule's `when` takes them."""
        self._match |= match
        return self

    def named(self, name: str) -> Self:
        """The rule's name, by which it is removed, replaced, and found in the wire record."""
        self.name = name
        return self

    def after(self, seconds: float, *, up_to: float | None = None) -> Self:
        """The deed before is done so much later; without one, the message goes its way later. `up_to`: by chance,
        at most that late."""
        if not self._deeds:
            self._deeds.append({"do": "delay"})
        self._deeds[-1] |= {"delay_s": seconds}
        if up_to is not None:
            self._deeds[-1] |= {"random_s": up_to - seconds}
        return self

    def then(self) -> Self:
        """Reads well between two deeds; the next message gets the next deed with or without it."""
        return self

    def pass_(self) -> Self:
        """Goes its way."""
        return self._then("pass")

    def drop(self) -> Self:
        """Is lost."""
        return self._then("drop")

    def edit(self, changes: Mapping[str, Any] | None = None, /, **fields: Any) -> Self:
        """Goes its way with these fields instead; None takes a field away (RFC 7396)."""
        return self._then("edit", merge={**(changes or {}), **fields})

    def patch(self, *steps: Mapping[str, Any]) -> Self:
        """Goes its way with its payload patched (RFC 6902)."""
        return self._then("edit", patch=[dict(step) for step in steps])

    def hold(self, at_most: float | None = None) -> Self:
        """Is stopped until `release_frame` lets it go, at most so many seconds."""
        return self._then("hold", **({} if at_most is None else {"at_most_s": at_most}))

    def answer(self, payload: Mapping[str, Any] | None = None, /, **fields: Any) -> Self:
        """Is answered so: the backend's call in the charger's place, the charger's in the backend's; an answer is
        replaced."""
        return self._then("answer", payload={**(payload or {}), **fields})

    def error(self, code: str, description: str = "", details: Mapping[str, Any] | None = None) -> Self:
        """Is answered with an error."""
        return self._then("fail", code=code, description=description, details=dict(details or {}))

    def twice(self, gap: float = 0.0) -> Self:
        """Goes its way, or is answered, two times; `gap` seconds lie between."""
        return self._then("twice", gap_s=gap)

    def wrong_id(self, id: str | None = None) -> Self:
        """Goes its way, or is answered, under another message id."""
        return self._then("wrong_id", id=id)

    def garble(self, text: str = "[3,") -> Self:
        """This text goes in its place, or is the answer."""
        return self._then("garble", text=text)

    def cut(
        self,
        how: Literal["close", "reset", "silent"] = "reset",
        *,
        when: Literal["instead", "after"] = "instead",
    ) -> Self:
        """The connection ends, instead of the message or after it."""
        return self._then("cut", how=how, when=when)

    def follow(self, which: Literal["altered", "original"]) -> Self:
        """What the charger believes: the message as it was altered, or as it was."""
        self._options["follow"] = which
        return self

    def unchecked(self) -> Self:
        """What the rule makes may break the schema of its version."""
        self._options["unchecked"] = True
        return self

    def seed(self, seed: int) -> Self:
        """Where chance begins."""
        self._options["seed"] = seed
        return self

    def once(self) -> Result:
        """Adds the rule, for one round of its deeds: with one deed, for one message."""
        return self.times(1)

    def times(self, rounds: int) -> Result:
        """Adds the rule, for so many rounds of its deeds."""
        return self._given(times=rounds * max(1, len(self._deeds)), after_last="cycle")

    def always(self) -> Result:
        """Adds the rule until it is removed; the last deed goes on for ever."""
        return self._given()

    def for_seconds(self, seconds: float) -> Result:
        """Adds the rule for so long, in real time; the last deed goes on until then."""
        return self._given(for_s=seconds)

    def rule(self, **ending: Any) -> Rule:
        """The rule as it would be added. Raises ValueError, which names the field that is wrong."""
        if not self._deeds:
            raise ValueError(
                f"{self.name}: nothing is said of what becomes of the message; say with_, error, drop, edit, …"
            )
        return Rule.model_validate(
            {"name": self.name, "when": self._match, "then": self._deeds, **self._options, **ending}
        )

    def _then(self, do: str, **fields: Any) -> Self:
        self._deeds.append({"do": do, **fields})
        return self

    def _given(self, **ending: Any) -> Result:
        rule = self.rule(**ending)
        self.added = True
        return self._add(rule)


class Reply(Script[Result]):
    """What the charger says to the backend's calls, in the place of what it would say itself."""

    def with_(self, payload: Mapping[str, Any] | None = None, /, **fields: Any) -> Self:
        """Answers with this payload, spelled as on the wire."""
        return self.answer(payload, **fields)

    def never(self) -> Self:
        """Does not answer; the call is lost."""
        return self.drop()


class Scripts(Touches[Result]):
    """The beginnings of scripts, beside the touches. `Result`: what adding a rule comes to, or a promise of it."""

    def __init__(self) -> None:
        self.begun: list[Script[Result]] = []
        """The scripts that were begun; one that was never `added` is a mistake of the test's."""

    def reply_to(self, action: str) -> Reply[Result]:
        """What the charger says to this call of the backend's: `reply_to("Reset").with_(status="Rejected").once()`."""
        reply = Reply(
            self.add_rule, f"reply to {action}", **_named(action), direction="received", kind="call"
        )
        self.begun.append(reply)
        return reply

    def when_sending(self, action: str) -> Script[Result]:
        """What becomes of this call of the charger's: `when_sending("Heartbeat").drop().times(2)`."""
        return self._script(f"when sending {action}", **_named(action), direction="sent", kind="call")

    def when_answered(self, action: str) -> Script[Result]:
        """What becomes of the backend's answer to this call of the charger's."""
        return self._script(f"when answered {action}", **_named(action), direction="received", kind="result")

    def when_receiving(self, action: str) -> Script[Result]:
        """What becomes of this call of the backend's before the charger has it."""
        return self._script(f"when receiving {action}", **_named(action), direction="received", kind="call")

    def when_answering(self, action: str) -> Script[Result]:
        """What becomes of the charger's own answer to this call of the backend's."""
        return self._script(f"when answering {action}", **_named(action), direction="sent", kind="result")

    def _script(self, name: str, **match: Any) -> Script[Result]:
        script = Script(self.add_rule, name, **match)
        self.begun.append(script)
        return script


def _named(action: str) -> dict[str, str]:
    # the contracts' words are in small letters, OCPP's actions are not
    return {"word" if action == action.lower() else "action": action}


def _tests(path: str, wish: Any) -> list[dict[str, Any]]:
    """A wish as the tests of fields that a rule has: an object is tested field by field."""
    names = tests_of(wish)
    if names and not _FIELD_TESTS.issuperset(names):
        unfit = ", ".join(name for name in names if name not in _FIELD_TESTS)
        raise ValueError(
            f"{path}: a rule can't test {unfit}; use a plain value, any_of, matches, present or absent"
        )
    if names:
        return [{"path": path, **wish}]
    if isinstance(wish, Mapping):
        top = path if path.startswith("/") else f"/{_escaped(path)}"
        return [test for key, inner in wish.items() for test in _tests(f"{top}/{_escaped(key)}", inner)]
    return [{"path": path, "any_of": [None]} if wish is None else {"path": path, "equals": wish}]


def _escaped(name: str) -> str:
    # https://www.rfc-editor.org/rfc/rfc6901#section-3
    return name.replace("~", "~0").replace("/", "~1")
