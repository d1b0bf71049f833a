"""A charge point in the hands of a test: touched by its commands, looked at, its wire expected. Awaited or not.

Every word is written once, as steps, where its subject is; here it is bound to the two kinds of charge point.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from vcp_testkit import control_api, expecting, looking
from vcp_testkit.asking import Json, Steps
from vcp_testkit.expecting import Seen
from vcp_testkit.following import Wire
from vcp_testkit.frames import WireFrame
from vcp_testkit.scripting import Scripts

P = ParamSpec("P")
T = TypeVar("T")


class AsyncWalker(Protocol):
    """A client that is awaited."""

    async def walk(self, steps: Steps[T]) -> T:
        """What the steps come to in the end."""


class Walker(Protocol):
    """A client that waits."""

    def walk(self, steps: Steps[T]) -> T:
        """What the steps come to in the end."""


class AsyncMessage(Seen):
    """A call that was seen; its answer is awaited."""

    def __init__(self, frame: WireFrame, wire: Wire[Any], walker: AsyncWalker) -> None:
        super().__init__(frame)
        self._wire = wire
        self._walker = walker

    @property
    def answer(self) -> Awaitable[WireFrame]:
        """The answer, once it comes: `(await seen.answer).payload`. Raises Unmet where none comes in 5 s."""
        __tracebackhide__ = True
        return self._walker.walk(expecting.answered(self._wire, self.frame))


class Message(Seen):
    """A call that was seen, and its answer."""

    def __init__(self, frame: WireFrame, wire: Wire[Any], walker: Walker) -> None:
        super().__init__(frame)
        self._wire = wire
        self._walker = walker

    @property
    def answer(self) -> WireFrame:
        """The answer; waits for it. Raises Unmet where none comes in 5 s."""
        __tracebackhide__ = True
        return self._walker.walk(expecting.answered(self._wire, self.frame))


def _awaited(
    word: Callable[Concatenate[str, P], Steps[T]],
) -> Callable[Concatenate["AsyncChargePoint", P], Coroutine[Any, Any, T]]:
    @wraps(word)
    async def said(charge_point: "AsyncChargePoint", /, *args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        return await charge_point.client.walk(word(charge_point.id, *args, **kwargs))

    return said


def _at_once(
    word: Callable[Concatenate[str, P], Steps[T]],
) -> Callable[Concatenate["ChargePoint", P], T]:
    @wraps(word)
    def said(charge_point: "ChargePoint", /, *args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        return charge_point.client.walk(word(charge_point.id, *args, **kwargs))

    return said


def _awaited_on_the_wire(
    word: Callable[Concatenate[Wire[AsyncMessage], P], Steps[T]],
) -> Callable[Concatenate["AsyncChargePoint", P], Coroutine[Any, Any, T]]:
    @wraps(word)
    async def said(charge_point: "AsyncChargePoint", /, *args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        return await charge_point.client.walk(word(charge_point.wire, *args, **kwargs))

    return said


def _on_the_wire(
    word: Callable[Concatenate[Wire[Message], P], Steps[T]],
) -> Callable[Concatenate["ChargePoint", P], T]:
    @wraps(word)
    def said(charge_point: "ChargePoint", /, *args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        return charge_point.client.walk(word(charge_point.wire, *args, **kwargs))

    return said


class AsyncChargePoint(Scripts[Awaitable[Json]]):
    """One charge point, in async code. Every method raises Unreachable and Problem as the client's do."""

    def __init__(self, client: AsyncWalker, id: str) -> None:
        super().__init__()
        self.client = client
        self.id = id
        self.wire: Wire[AsyncMessage] = Wire(id, lambda frame: AsyncMessage(frame, self.wire, client))

    def touch(self, verb: str, fields: Mapping[str, object], wait_s: float) -> Awaitable[Json]:
        """Gives one command; fields that are None are left out."""
        __tracebackhide__ = True
        return self.client.walk(control_api.command(self.id, verb, _given(fields), wait_s=wait_s))

    configure = _awaited(control_api.configure)
    view = _awaited(control_api.view)
    messages = _awaited(control_api.messages)
    message = _awaited(control_api.message)
    export = _awaited(control_api.export)
    violations = _awaited(control_api.violations)
    violations_as = _awaited(control_api.violations_as)
    retire = _awaited(control_api.retire)
    wait_for = _awaited(looking.wait_for)
    booted = _awaited(looking.booted)
    rules = _awaited(looking.rules)
    held = _awaited(looking.held)
    expect = _awaited_on_the_wire(expecting.expect)
    expect_in_any_order = _awaited_on_the_wire(expecting.expect_in_any_order)
    expect_none = _awaited_on_the_wire(expecting.expect_none)


class ChargePoint(Scripts[Json]):
    """One charge point, without async. Every method raises Unreachable and Problem as the client's do."""

    def __init__(self, client: Walker, id: str) -> None:
        super().__init__()
        self.client = client
        self.id = id
        self.wire: Wire[Message] = Wire(id, lambda frame: Message(frame, self.wire, client))

    def touch(self, verb: str, fields: Mapping[str, object], wait_s: float) -> Json:
        """Gives one command; fields that are None are left out."""
        __tracebackhide__ = True
        return self.client.walk(control_api.command(self.id, verb, _given(fields), wait_s=wait_s))

    configure = _at_once(control_api.configure)
    view = _at_once(control_api.view)
    messages = _at_once(control_api.messages)
    message = _at_once(control_api.message)
    export = _at_once(control_api.export)
    violations = _at_once(control_api.violations)
    violations_as = _at_once(control_api.violations_as)
    retire = _at_once(control_api.retire)
    wait_for = _at_once(looking.wait_for)
    booted = _at_once(looking.booted)
    rules = _at_once(looking.rules)
    held = _at_once(looking.held)
    expect = _on_the_wire(expecting.expect)
    expect_in_any_order = _on_the_wire(expecting.expect_in_any_order)
    expect_none = _on_the_wire(expecting.expect_none)


def _given(fields: Mapping[str, object]) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
