"""The two clients of the control API: the same words, awaited or not. How they are asked is written in `control_api`."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from vcp_testkit import control_api
from vcp_testkit.asking import Ask, Pause, Steps, problem
from vcp_testkit.charge_point import AsyncChargePoint, ChargePoint
from vcp_testkit.problems import Unreachable
from vcp_testkit.server_events import EventReader, ServerEvent

P = ParamSpec("P")
T = TypeVar("T")


def _awaited(word: Callable[P, Steps[T]]) -> Callable[Concatenate["AsyncClient", P], Coroutine[Any, Any, T]]:
    @wraps(word)
    async def said(client: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        return await client.walk(word(*args, **kwargs))

    return said


def _at_once(word: Callable[P, Steps[T]]) -> Callable[Concatenate["Client", P], T]:
    @wraps(word)
    def said(client: "Client", /, *args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        return client.walk(word(*args, **kwargs))

    return said


class AsyncClient:
    """Speaks to one control API, in async code. Use it as an async context manager.

    Every method raises Unreachable when nobody answers, and Problem when the API says no.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        keep_alive: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Without `keep_alive` no connection outlives its request: any event loop may use the client, none must
        close it."""
        self.url = url.rstrip("/")
        # the API is on this machine: a proxy named by the environment must not come between
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers=_headers(token),
            trust_env=False,
            transport=transport,
            limits=httpx.Limits() if keep_alive else httpx.Limits(max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    configure = _awaited(control_api.configure)
    command = _awaited(control_api.command)
    result = _awaited(control_api.result)
    view = _awaited(control_api.view)
    messages = _awaited(control_api.messages)
    message = _awaited(control_api.message)
    export = _awaited(control_api.export)
    violations = _awaited(control_api.violations)
    violations_as = _awaited(control_api.violations_as)
    retire = _awaited(control_api.retire)
    retire_all = _awaited(control_api.retire_all)

    def charge_point(self, id: str) -> AsyncChargePoint:
        """A charge point to touch and to watch; whether there is one shows at the first word."""
        return AsyncChargePoint(self, id)

    async def events(
        self, charge_point: str | None = None, *, after: str | None = None
    ) -> AsyncIterator[ServerEvent]:
        """What happens from now on, or after the cursor `after`, until the server ends the stream.

        The first one comes when the stream stands: what happens later is not missed.
        """
        reader = EventReader()
        try:
            async with self._http.stream(**_stream(charge_point, after)) as response:
                if response.is_error:
                    await response.aread()
                    raise problem(response)
                async for line in response.aiter_lines():
                    if (event := reader.take(line)) is not None:
                        yield event
        except httpx.TransportError as failure:
            raise _broken_off(self.url, failure) from failure

    async def walk(self, steps: Steps[T]) -> T:
        """Asks all that `steps` want asked; what they come to in the end."""
        __tracebackhide__ = True
        answer: httpx.Response | None = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            answer = await self._take(step)

    async def _take(self, step: Ask | Pause) -> httpx.Response | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return await self._http.request(step.method, step.path, **step.request())
        except httpx.TransportError as failure:
            raise _silent(self.url, failure) from failure


class Client:
    """Speaks to one control API, without async. Use it as a context manager.

    Every method raises Unreachable when nobody answers, and Problem when the API says no.
    """

    def __init__(
        self, url: str, *, token: str | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.url, headers=_headers(token), trust_env=False, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    configure = _at_once(control_api.configure)
    command = _at_once(control_api.command)
    result = _at_once(control_api.result)
    view = _at_once(control_api.view)
    messages = _at_once(control_api.messages)
    message = _at_once(control_api.message)
    export = _at_once(control_api.export)
    violations = _at_once(control_api.violations)
    violations_as = _at_once(control_api.violations_as)
    retire = _at_once(control_api.retire)
    retire_all = _at_once(control_api.retire_all)

    def charge_point(self, id: str) -> ChargePoint:
        """A charge point to touch and to watch; whether there is one shows at the first word."""
        return ChargePoint(self, id)

    def events(self, charge_point: str | None = None, *, after: str | None = None) -> Iterator[ServerEvent]:
        """What happens from now on, or after the cursor `after`, until the server ends the stream.

        The first one comes when the stream stands: what happens later is not missed.
        """
        reader = EventReader()
        try:
            with self._http.stream(**_stream(charge_point, after)) as response:
                if response.is_error:
                    response.read()
                    raise problem(response)
                for line in response.iter_lines():
                    if (event := reader.take(line)) is not None:
                        yield event
        except httpx.TransportError as failure:
            raise _broken_off(self.url, failure) from failure

    def walk(self, steps: Steps[T]) -> T:
        """Asks all that `steps` want asked; what they come to in the end."""
        __tracebackhide__ = True
        answer: httpx.Response | None = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            answer = self._take(step)

    def _take(self, step: Ask | Pause) -> httpx.Response | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            return self._http.request(step.method, step.path, **step.request())
        except httpx.TransportError as failure:
            raise _silent(self.url, failure) from failure


def _headers(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _stream(charge_point: str | None, after: str | None) -> dict[str, Any]:
    return {
        "method": "GET",
        "url": "/events",
        "params": {"charge_point": charge_point} if charge_point else {},
        "headers": {"Accept": "text/event-stream", **({"Last-Event-ID": after} if after else {})},
        "timeout": httpx.Timeout(15.0, read=None),
    }


def _silent(url: str, failure: Exception) -> Unreachable:
    return Unreachable(f"the control API at {url} does not answer: {failure!r}")


def _broken_off(url: str, failure: Exception) -> Unreachable:
    return Unreachable(f"the control API at {url} broke off: {failure!r}")
