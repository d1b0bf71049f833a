"""A client of the control API: what the CLI says to the product is what anybody can say to it. Knows no service."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import orjson

from vcp_runner.leaving import Ending, Exit

Json = dict[str, Any]

WAIT_S = 15.0
"""How long a command may take before the API answers that it is still under way."""


class Unreachable(Ending):
    """Nobody answers at the control API's address."""

    code = Exit.NOT_CONNECTED


class Problem(Ending):
    """The API said no: `status`, and the `field`, `reason` and `remedy` that it named."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.field = document.get("field")
        self.reason = str(
            document.get("reason") or document.get("detail") or document.get("title") or "no reason given"
        )
        self.remedy = document.get("remedy")
        where = f"{self.field}: " if self.field else ""
        then = f" ({self.remedy})" if self.remedy else ""
        super().__init__(f"{status}: {where}{self.reason}{then}")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One server-sent event. `cursor` resumes after it; without a `word` it is a sign of life."""

    cursor: str | None
    word: Json | None = None


class ControlClient:
    """Speaks to one control API. Use it as an async context manager.

    Every method raises Unreachable when nobody answers, and Problem when the API says no.
    """

    def __init__(
        self, url: str, *, token: str | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # the API is on this machine: a proxy named by the environment must not come between
        self._http = httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=WAIT_S + 15, trust_env=False, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def configure(self, charge_point: str, configuration: Mapping[str, Any]) -> Json:
        """Sets up a charge point, or sets it up anew."""
        return await self._json("POST", "/charge-points", json={"id": charge_point, **configuration})

    async def command(
        self, charge_point: str, verb: str, body: Mapping[str, Any] | None = None, *, wait_s: float = WAIT_S
    ) -> Json:
        """Touches a charge point, e.g. `command("CP001", "plug-in", {"evse": 1})`; the command's result.

        With `wait_s` 0 it is only given. A command that is not done in time is a Problem too.
        """
        result = await self._json(
            "POST", f"{_path(charge_point)}/{verb}", params={"wait": f"{wait_s:g}"}, json=dict(body or {})
        )
        if wait_s and result.get("status") == "pending":
            raise Problem(202, {"reason": f"{verb} was taken in, but not done within {wait_s:g} s"})
        return result

    async def view(self, charge_point: str) -> Json:
        """A charge point as it stands."""
        return await self._json("GET", _path(charge_point))

    async def messages(self, charge_point: str, **filters: str | int) -> Json:
        """The wire record of a charge point: `items`, oldest first, and `next`, to be sent as `after`.

        Filters: action, direction, kind, after, limit.
        """
        return await self._json("GET", f"{_path(charge_point)}/messages", params=filters)

    async def message(
        self, charge_point: str, *, wait_s: float = WAIT_S, **filters: str | int
    ) -> Json | None:
        """The first message that passes the filters, waited for; None if none came in time."""
        params = {**filters, "timeout": f"{wait_s:g}"}
        try:
            return await self._json("GET", f"{_path(charge_point)}/messages/wait", params=params)
        except Problem as problem:
            if problem.status == 504:
                return None
            raise

    async def retire(self, charge_point: str) -> None:
        """Takes a charge point out of the world."""
        await self._json("DELETE", _path(charge_point))

    async def events(
        self, charge_point: str | None = None, *, after: str | None = None
    ) -> AsyncIterator[ServerEvent]:
        """What happens from now on, or after the cursor `after`, until the server ends the stream.

        The first one comes when the stream stands: what happens later is not missed.
        """
        params = {"charge_point": charge_point} if charge_point else {}
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": after} if after else {})}
        timeout = httpx.Timeout(15.0, read=None)
        try:
            async with self._http.stream(
                "GET", "/events", params=params, headers=headers, timeout=timeout
            ) as response:
                if response.is_error:
                    await response.aread()
                    raise _problem(response)
                async for event in _parse(response.aiter_lines()):
                    yield event
        except httpx.TransportError as failure:
            raise Unreachable(f"the control API at {self.url} broke off: {failure!r}") from failure

    async def _json(self, method: str, path: str, **request: Any) -> Json:
        try:
            response = await self._http.request(method, path, **request)
        except httpx.TransportError as failure:
            raise Unreachable(f"the control API at {self.url} does not answer: {failure!r}") from failure
        if response.is_error:
            raise _problem(response)
        document = response.json() if response.content else {}
        return document if isinstance(document, dict) else {"items": document}


def _path(charge_point: str) -> str:
    return f"/charge-points/{quote(charge_point, safe='')}"


def _problem(response: httpx.Response) -> Problem:
    try:
        document = response.json()
    except ValueError:
        document = {"title": response.text[:200] or response.reason_phrase}
    return Problem(response.status_code, document if isinstance(document, dict) else {"title": str(document)})


async def _parse(lines: AsyncIterator[str]) -> AsyncIterator[ServerEvent]:
    # https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    cursor, data = None, list[str]()
    async for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "id":
            cursor = value
        elif line == "":
            yield ServerEvent(cursor, orjson.loads("\n".join(data)) if data else None)
            data = []
