"""The operator: makes a backend act, as its own users do, by what an operator file says. Knows no OCPP message.

An operator file names, for each call that a scenario wants (`RemoteStartTransaction`, or a wish such as
`token_verdict`), a request to the backend's own API. `*` stands for all OCPP calls that are not named.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Protocol, Self
from urllib.parse import urlsplit

import httpx
from pydantic import Field, JsonValue, StringConstraints, ValidationError, model_validator

from vcp_testkit.scenarios.part import Part
from vcp_testkit.scenarios.source import Source, Wrong
from vcp_testkit.scenarios.values import Unknown, filled

ANSWER_S = 60.0
"""How long the backend's API may take; it may wait for the charge point's answer."""

METHODS = ("get", "post", "put", "patch", "delete")
KNOWN = ("charger", "call", "payload", "backend", "env")
"""What `${…}` may name in an operator file: the charge point's id, the call's name and payload, the backend's
`origin` (ws://host:port) and `http` origin, and the environment."""

Url = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class OperatorFailed(Exception):
    """The backend's API did not do what it was asked to."""


class Request(Part):
    """One request to the backend's API: exactly one of an HTTP method with its address, and `websocket`."""

    get: Url | None = None
    post: Url | None = None
    put: Url | None = None
    patch: Url | None = None
    delete: Url | None = None
    websocket: Url | None = None
    """An address that takes one text message and answers it with one."""
    subprotocol: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    json_: JsonValue = Field(default=None, alias="json")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(self.model_fields_set & {*METHODS, "websocket"}) != 1:
            raise ValueError(f"give exactly one of {', '.join(METHODS)}, websocket")
        return self

    @property
    def method(self) -> str:
        """An HTTP method, or `websocket`."""
        return next(name for name in (*METHODS, "websocket") if getattr(self, name) is not None)


class OperatorFile(Part):
    """How the backend is made to act. `url` and `headers` hold for all requests."""

    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    calls: Annotated[dict[str, Request], Field(min_length=1)]


class Sender(Protocol):
    """Carries a filled request to the backend; the text of its answer. Raises OperatorFailed."""

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: Any, subprotocol: str | None
    ) -> str: ...


class Operator:
    """Somebody at the backend's desk."""

    def __init__(self, file: OperatorFile, backend_url: str, send: Sender) -> None:
        self._file = file
        self._send = send
        parts = urlsplit(backend_url)
        self._backend = {
            "origin": f"{parts.scheme}://{parts.netloc}",
            "http": f"{parts.scheme.replace('ws', 'http', 1)}://{parts.netloc}",
        }

    def can(self, name: str) -> bool:
        """Whether the file says how this is done; words of OCPP begin with a capital letter."""
        return name in self._file.calls or ("*" in self._file.calls and name[:1].isupper())

    async def act(self, name: str, charger: str, payload: Mapping[str, Any]) -> str:
        """Has the backend call the charger, or grants another wish; what its API answers. Raises OperatorFailed."""
        request = self._file.calls.get(name) or self._file.calls["*"]
        known = {
            "charger": charger,
            "call": name,
            "payload": dict(payload),
            "backend": self._backend,
            "env": dict(os.environ),
        }
        try:
            base = filled(self._file.url, known)
            address = filled(getattr(request, request.method), known)
            headers = filled({**self._file.headers, **request.headers}, known)
            body = filled(request.json_, known)
        except Unknown as missing:
            # what is known holds the environment: only the name is told
            raise OperatorFailed(
                f"{name}: the operator file asks for ${{{missing.name}}}, which is not there"
            ) from None
        url = address if "://" in address else f"{base.rstrip('/')}/{address.lstrip('/')}"
        return await self._send(request.method, url, headers, body, request.subprotocol)


def read_operator(path: Path) -> OperatorFile:
    """Raises Wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise Wrong(str(path), None, None, None, f"can not be read: {unreadable}", None) from None
    source = Source(str(path), text)
    try:
        return OperatorFile.model_validate(source.content)
    except ValidationError as wrong:
        error = wrong.errors(include_url=False)[0]
        place = [step for step in error["loc"] if isinstance(step, int | str)]
        reason = str(error["msg"]).removeprefix("Value error, ")
        raise source.wrong(place, reason[:1].lower() + reason[1:]) from None


async def send(method: str, url: str, headers: Mapping[str, str], body: Any, subprotocol: str | None) -> str:
    """Sends by HTTP; see Sender."""
    if method == "websocket":
        raise OperatorFailed(f"{bare(url)}: only the command line can operate a backend by websocket")
    try:
        async with httpx.AsyncClient(timeout=ANSWER_S) as http:
            response = await http.request(
                method.upper(), url, headers=dict(headers), json=body, follow_redirects=True
            )
    except httpx.HTTPError as failure:
        raise OperatorFailed(
            f"{method.upper()} {bare(url)}: {failure or type(failure).__name__}"
        ) from failure
    if response.is_error:
        raise OperatorFailed(f"{method.upper()} {bare(url)}: {response.status_code} {response.text[:200]}")
    return response.text


def bare(url: str) -> str:
    """An address without its query and credentials, which may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
