"""Who may speak to the API: token, Host and Origin are judged here, before any route. Decides nothing else."""

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from vcp_control.problems import MOST_BYTES, Problem, too_large
from vcp_control.settings import ApiSettings

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_UNGUARDED = frozenset({"/health/live", "/health/ready"})
"""What a container engine asks; says nothing about any charge point."""
_MANY_DIGITS = 19


class Guard:
    """Lets a request through to `app`, or answers it with a problem.

    With a token, every request must carry it, and may come from anywhere: no browser sends it by itself.
    Without one, the request must not be a strange web page's doing: its Host must be a name that nobody can
    point here by DNS (DNS rebinding), and the Origin of whatever changes something must be as good.
    """

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self._app = app
        self._hosts = frozenset(settings.hosts)
        self._token = settings.token.get_secret_value().encode() if settings.token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _UNGUARDED:
            problem = self._objection(scope["method"], Headers(scope=scope))
            if problem is not None:
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _objection(self, method: str, headers: Headers) -> Problem | None:
        return self._stranger(method, headers) or _too_large(headers)

    def _stranger(self, method: str, headers: Headers) -> Problem | None:
        if self._token is not None:
            return None if self._has_token(headers, self._token) else _no_token()
        if not self._is_safe(_hostname(f"//{headers.get('host', '')}")):
            return Problem(
                403,
                "strange_host",
                "the request's Host is a name that anybody could point here",
                remedy="use 127.0.0.1 or localhost, or list the name in VCP_API_HOSTS",
            )
        origin = headers.get("origin")
        if method in _READING or origin is None or self._is_safe(_hostname(origin)):
            return None
        return Problem(
            403,
            "strange_origin",
            "a web page of another origin may change nothing here",
            remedy="list its host in VCP_API_HOSTS, or use a token",
        )

    @staticmethod
    def _has_token(headers: Headers, token: bytes) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode(), token)
        return scheme.lower() == "bearer" and same

    def _is_safe(self, host: str | None) -> bool:
        """An address, a name without a dot (localhost, a container's) or a listed one: no public DNS leads there."""
        if not host:
            return False
        if host in self._hosts or "." not in host or host.endswith(".localhost"):
            return True
        try:
            ip_address(host)
        except ValueError:
            return False
        return True


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _too_large(headers: Headers) -> Problem | None:
    """A body that is declared too large. One that is sent in pieces is cut off by the framework."""
    length = headers.get("content-length", "")
    # of many digits, the first ones say enough: Python reads no number of thousands of them
    return (
        too_large()
        if length.isdecimal() and int(length.lstrip("0")[:_MANY_DIGITS] or "0") > MOST_BYTES
        else None
    )


def _no_token() -> Problem:
    return Problem(
        401,
        "no_token",
        "the request has no valid token",
        remedy="send the header Authorization: Bearer <the value of VCP_API_TOKEN>",
        headers={"WWW-Authenticate": "Bearer"},
    )
