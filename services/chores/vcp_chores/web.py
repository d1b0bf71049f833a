"""Transfers over HTTP and HTTPS."""

import logging
import re
import ssl
from collections.abc import Mapping
from contextvars import ContextVar

import httpx
from vcp_contracts.chores import ChoreFailure

from vcp_chores.arriving import Arrival, Departure
from vcp_chores.failing import Failed
from vcp_chores.location import Location

PATIENCE = httpx.Timeout(30.0, connect=15.0)
MOST_REDIRECTS = 5
_LENGTH = re.compile(r"[0-9]{1,19}")

_REFUSALS: Mapping[int, ChoreFailure] = {
    401: "permission",
    403: "permission",
    404: "not_found",
    407: "permission",
    408: "timeout",
    410: "not_found",
    413: "too_large",
    429: "refused",
}

_in_transfer: ContextVar[bool] = ContextVar("in_transfer", default=False)


def _is_not_of_a_transfer(_record: logging.LogRecord) -> bool:
    return not _in_transfer.get()


# httpx logs the address of each request, and its query may be a secret; of other users of httpx in this process it stays
logging.getLogger("httpx").addFilter(_is_not_of_a_transfer)


def _client(location: Location, tls: ssl.SSLContext) -> httpx.AsyncClient:
    # no proxy or password of this machine's environment: a charger knows nothing of them
    return httpx.AsyncClient(
        verify=tls,
        timeout=PATIENCE,
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        trust_env=False,
        auth=(location.user, location.password or "") if location.user is not None else None,
    )


async def fetch(location: Location, tls: ssl.SSLContext, arrival: Arrival) -> None:
    """Downloads a file. Raises Failed, or what the network raises."""
    with _told_plainly():
        async with (
            _client(location, tls) as client,
            client.stream("GET", location.url, headers={"Accept-Encoding": "identity"}) as response,
        ):
            _judge(response)
            length = response.headers.get("Content-Length", "")
            arrival.must_fit(int(length) if _LENGTH.fullmatch(length) else None)
            async for block in response.aiter_bytes():
                await arrival.take(block)


async def store(
    location: Location, tls: ssl.SSLContext, departure: Departure, name: str, *, method: str
) -> None:
    """Uploads a file; a server that takes no PUT gets a POST. Raises Failed, or what the network raises."""
    with _told_plainly():
        async with _client(location, tls) as client:
            response = await _send(client, method, location.of_upload(name), departure, name)
            if method == "put" and response.status_code in (405, 501):
                response = await _send(client, "post", location.url, departure, name)
            _judge(response)


async def _send(
    client: httpx.AsyncClient, method: str, url: str, departure: Departure, name: str
) -> httpx.Response:
    headers = {
        "Content-Type": "application/gzip",
        # its length is known: some servers take no chunked upload
        "Content-Length": str(departure.size),
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return await client.request(method.upper(), url, content=departure, headers=headers)


def _judge(response: httpx.Response) -> None:
    code = response.status_code
    if response.is_success:
        return
    why = _REFUSALS.get(code) or ("refused" if code >= 500 else "protocol")
    raise Failed(why, f"HTTP {code} {response.reason_phrase}".strip())


class _told_plainly:
    """httpx hides the error below; that one says what happened. Its own texts may repeat the address, its log too."""

    def __enter__(self) -> None:
        self._before = _in_transfer.set(True)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        _in_transfer.reset(self._before)
        match error:
            case httpx.TimeoutException():
                raise TimeoutError from None
            case httpx.TooManyRedirects():
                raise Failed("protocol", f"more than {MOST_REDIRECTS} redirects") from None
            case httpx.UnsupportedProtocol() | httpx.InvalidURL():
                raise Failed("protocol", "the address can't be used") from None
            case httpx.TransportError():
                raise _root(error) from None


def _root(error: BaseException) -> BaseException:
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError):
            return below
        below = below.__cause__ or below.__context__
    return Failed("unreachable", type(error).__name__)
