"""Misbehaviour on demand: which call or handshake it hits, and how it spoils the answer. Does no I/O."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import orjson

from vcp_backend.frames import Payload

Do = Literal[
    # instead of an answer, or with it
    "never_answer",
    "answer_late",
    "answer_twice",
    "answer_garbage",
    "call_error",
    "wrong_id",
    "malformed_json",
    "oversized",
    "slow",
    # beside the answer
    "stray_result",
    "unknown_action",
    "unknown_message_type",
    # the connection
    "close_before_answer",
    "close_after_answer",
    "stop_reading",
    # the handshake
    "http_status",
    "hang_handshake",
    "accept_then_close",
    "no_subprotocol",
    "wrong_subprotocol",
]
AT_THE_DOOR = {"http_status", "hang_handshake", "accept_then_close", "no_subprotocol", "wrong_subprotocol"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One misbehaviour.

    It hits calls with this `action` of this `identity` (None: any) whose payload passes `when`; of those the
    `nth` and the following ones, `times` in all (None: for ever). Handshake faults look at the identity only.

    - `after_s`: seconds before a late answer (others are served meanwhile) or a slow one (nothing else is).
    - `code`, `description`: of a `call_error`; of a close, `code` is the close code and None cuts the TCP
      connection without a goodbye; of `http_status`, `code` is the status (503 unless given).
    - `payload`: of an `answer_garbage` or a `stray_result`, where the default won't do.
    - `size`: characters of an `oversized` answer.
    """

    do: Do
    action: str | None = None
    identity: str | None = None
    nth: int = 1
    times: int | None = 1
    when: Callable[[Payload], bool] | None = None
    after_s: float = 1.0
    code: str | int | None = None
    description: str = "as ordered"
    payload: object = None
    size: int = 2_000_000

    def means(self, identity: str, action: str | None, payload: Payload) -> bool:
        """Whether this call (or, with no action, this handshake) is of the kind that is to be hit."""
        if (action is None) != (self.do in AT_THE_DOOR) or self.identity not in (None, identity):
            return False
        return action is None or (self.action in (None, action) and (self.when is None or self.when(payload)))


@dataclass
class Armed:
    """A fault that waits for its calls. `hits` counts what it has spoiled."""

    fault: Fault
    seen: int = 0
    hits: int = 0

    @property
    def spent(self) -> bool:
        """Whether it will never hit again."""
        return self.fault.times is not None and self.hits >= self.fault.times

    def hit(self, identity: str, action: str | None, payload: Payload) -> bool:
        """Counts a call, and says whether this one is spoiled."""
        if self.spent or not self.fault.means(identity, action, payload):
            return False
        self.seen += 1
        if self.seen < self.fault.nth:
            return False
        self.hits += 1
        return True


@dataclass
class Trouble:
    """All armed faults, in the order in which they were asked for."""

    armed: list[Armed] = field(default_factory=list)

    def arm(self, fault: Fault) -> Armed:
        """Adds a fault; several that hit one call are applied one upon the other."""
        one = Armed(fault)
        self.armed.append(one)
        return one

    def hits(self, identity: str, action: str | None, payload: Payload) -> list[Fault]:
        """The faults that hit this call or handshake."""
        found = [one.fault for one in self.armed if one.hit(identity, action, payload)]
        if found:
            self.armed = [one for one in self.armed if not one.spent]
        return found


@dataclass(frozen=True, slots=True)
class Say:
    """Send this text. `answer` tells the answer itself from what is said beside it."""

    text: bytes
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Pause for these seconds; while `alone`, the next frames of this charger are not read."""

    seconds: float
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Close with this code, or without a goodbye."""

    code: int | None


@dataclass(frozen=True, slots=True)
class StopReading:
    """Leave the connection open and read nothing more from it."""


Step = Say | Wait | Close | StopReading


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done about one call: steps in order, for the answer to `message_id`."""

    message_id: str
    steps: tuple[Step, ...]

    def first(self, *steps: Step) -> "Plan":
        return replace(self, steps=steps + self.steps)

    def last(self, *steps: Step) -> "Plan":
        return replace(self, steps=self.steps + steps)

    def answering(self, *texts: object) -> "Plan":
        """The same plan with other answers in place of each of its own; none leaves them out."""
        said = tuple(Say(t if isinstance(t, bytes) else orjson.dumps(t), answer=True) for t in texts)
        steps: list[Step] = []
        for step in self.steps:
            steps.extend(said if isinstance(step, Say) and step.answer else (step,))
        return replace(self, steps=tuple(steps))

    def doubled(self) -> "Plan":
        steps: list[Step] = []
        for step in self.steps:
            steps.extend((step, step) if isinstance(step, Say) and step.answer else (step,))
        return replace(self, steps=tuple(steps))


def spoil(plan: Plan, fault: Fault) -> Plan:
    """The plan after one more misbehaviour."""
    return SPOILERS[fault.do](plan, fault)


def _garbage(plan: Plan, fault: Fault) -> Plan:
    payload = {"nonsense": 17} if fault.payload is None else fault.payload
    return plan.answering([3, plan.message_id, payload])


def _call_error(plan: Plan, fault: Fault) -> Plan:
    code = "InternalError" if fault.code is None else str(fault.code)
    return plan.answering([4, plan.message_id, code, fault.description, {}])


def _oversized(plan: Plan, fault: Fault) -> Plan:
    return plan.answering([3, plan.message_id, {"filler": "x" * fault.size}])


def _malformed(plan: Plan, fault: Fault) -> Plan:
    return plan.answering(f'[3,"{plan.message_id}",{{"status":'.encode())


def _stray(plan: Plan, fault: Fault) -> Plan:
    payload = {} if fault.payload is None else fault.payload
    return plan.first(Say(orjson.dumps([3, f"stray-{plan.message_id}"[:36], payload])))


def _unknown_action(plan: Plan, fault: Fault) -> Plan:
    return plan.first(Say(orjson.dumps([2, f"unknown-{plan.message_id}"[:36], "BrewCoffee", {"cups": 1}])))


def _unknown_type(plan: Plan, fault: Fault) -> Plan:
    return plan.first(Say(orjson.dumps([9, f"type9-{plan.message_id}"[:36], {}])))


def _close_code(fault: Fault) -> int | None:
    return None if fault.code is None else int(fault.code)


SPOILERS: dict[Do, Callable[[Plan, Fault], Plan]] = {
    "never_answer": lambda plan, fault: plan.answering(),
    "answer_late": lambda plan, fault: plan.first(Wait(fault.after_s)),
    "answer_twice": lambda plan, fault: plan.doubled(),
    "answer_garbage": _garbage,
    "call_error": _call_error,
    "wrong_id": lambda plan, fault: plan.answering([3, f"not-{plan.message_id}"[:36], {}]),
    "malformed_json": _malformed,
    "oversized": _oversized,
    "slow": lambda plan, fault: plan.first(Wait(fault.after_s, alone=True)),
    "stray_result": _stray,
    "unknown_action": _unknown_action,
    "unknown_message_type": _unknown_type,
    "close_before_answer": lambda plan, fault: plan.answering().last(Close(_close_code(fault))),
    "close_after_answer": lambda plan, fault: plan.last(Close(_close_code(fault))),
    "stop_reading": lambda plan, fault: plan.answering().last(StopReading()),
}
