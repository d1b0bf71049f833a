"""A charge point in the hands of a test: touched by its commands, looked at, its wire read. Awaited or not."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from vcp_testkit import control_api, looking
from vcp_testkit.asking import Json, Steps
from vcp_testkit.touches import Touches

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


def _awaited(
    word: Callable[Concatenate[str, P], Steps[T]],
) -> Callable[Concatenate["AsyncChargePoint", P], Coroutine[Any, Any, T]]:
    @wraps(word)
    async def said(charge_point: "AsyncChargePoint", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await charge_point.client.walk(word(charge_point.id, *args, **kwargs))

    return said


def _at_once(
    word: Callable[Concatenate[str, P], Steps[T]],
) -> Callable[Concatenate["ChargePoint", P], T]:
    @wraps(word)
    def said(charge_point: "ChargePoint", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return charge_point.client.walk(word(charge_point.id, *args, **kwargs))

    return said


class AsyncChargePoint(Touches[Awaitable[Json]]):
    """One charge point, in async code. Every method raises Unreachable and Problem as the client's do."""

    def __init__(self, client: AsyncWalker, id: str) -> None:
        self.client = client
        self.id = id

    def touch(self, verb: str, fields: Mapping[str, object], wait_s: float) -> Awaitable[Json]:
        """Gives one command; fields that are None are left out."""
        return self.client.walk(control_api.command(self.id, verb, _given(fields), wait_s=wait_s))

    configure = _awaited(control_api.configure)
    view = _awaited(control_api.view)
    messages = _awaited(control_api.messages)
    message = _awaited(control_api.message)
    retire = _awaited(control_api.retire)
    wait_for = _awaited(looking.wait_for)


class ChargePoint(Touches[Json]):
    """One charge point, without async. Every method raises Unreachable and Problem as the client's do."""

    def __init__(self, client: Walker, id: str) -> None:
        self.client = client
        self.id = id

    def touch(self, verb: str, fields: Mapping[str, object], wait_s: float) -> Json:
        """Gives one command; fields that are None are left out."""
        return self.client.walk(control_api.command(self.id, verb, _given(fields), wait_s=wait_s))

    configure = _at_once(control_api.configure)
    view = _at_once(control_api.view)
    messages = _at_once(control_api.messages)
    message = _at_once(control_api.message)
    retire = _at_once(control_api.retire)
    wait_for = _at_once(looking.wait_for)


def _given(fields: Mapping[str, object]) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
