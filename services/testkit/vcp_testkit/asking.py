"""One way of asking for both clients: what is asked, and what is made of the answer. Opens no connection.

A word of a client is written once, as steps; a client walks them, and how it waits is all that it adds.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import orjson
from pydantic import BaseModel

from vcp_testkit.problems import Problem

T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the control API."""

    method: str
    path: str
    params: Mapping[str, str | int | Sequence[str]] = field(default_factory=dict)
    body: object = None
    """What is sent as JSON; None: nothing."""
    patience_s: float = 15.0
    """How long the API may take by itself; the network may take a while longer."""

    def request(self) -> dict[str, Any]:
        """The arguments of httpx's `request`, the same for both of its clients."""
        sent: dict[str, Any] = {"timeout": self.patience_s + 15.0, "params": dict(self.params)}
        if self.body is not None:
            sent["content"] = orjson.dumps(self.body, default=_plain)
            sent["headers"] = {"Content-Type": "application/json"}
        return sent


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing to ask for a while."""

    seconds: float


Steps = Generator[Ask | Pause, httpx.Response | None, T]
"""What is asked in turn; each step is answered before the next. In the end there is a T."""


def asked(ask: Ask) -> Steps[Json]:
    """The document that answers a request; a list is found under `items`. Raises Problem when the API says no."""
    __tracebackhide__ = True  # a failed test shows its own line, not ours
    response = yield ask
    assert response is not None, "only a pause has no answer"
    if response.is_error:
        raise problem(response)
    document = response.json() if response.content else {}
    return document if isinstance(document, dict) else {"items": document}


def read(ask: Ask) -> Steps[str]:
    """The text that answers a request. Raises Problem when the API says no."""
    __tracebackhide__ = True  # a failed test shows its own line, not ours
    response = yield ask
    assert response is not None, "only a pause has no answer"
    if response.is_error:
        raise problem(response)
    return response.text


def problem(response: httpx.Response) -> Problem:
    """What an answer that says no has to say."""
    try:
        document = response.json()
    except ValueError:
        document = {"title": response.text[:200] or response.reason_phrase}
    return Problem(response.status_code, document if isinstance(document, dict) else {"title": str(document)})


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} can't be sent as JSON")
