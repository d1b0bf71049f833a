"""Slashes inside a path's segment: `%2F` belongs to a charge point's id, `/` parts the path. Knows no route."""

from urllib.parse import quote, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

_STAND_IN = "\ue000"
"""A character of no script; stands for a slash between the server, which decodes paths whole, and the routes."""
_ENCODED = quote(_STAND_IN).encode()


class Slashes:
    """Gives `app` a path in which only the slashes between segments are slashes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path") or b""
        if b"%2F" in raw or b"%2f" in raw:
            path = raw.partition(b"?")[0].replace(b"%2F", _ENCODED).replace(b"%2f", _ENCODED)
            scope = {**scope, "path": unquote(path.decode("ascii", "replace"))}
        await self._app(scope, receive, send)


def with_slashes(segment: str) -> str:
    """A segment as it was meant."""
    return segment.replace(_STAND_IN, "/")
