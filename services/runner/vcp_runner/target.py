"""The URL that a developer gives to `connect`, taken apart. Opens no connection."""

from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from vcp_runner.leaving import Ending, Exit


class BadTarget(Ending):
    """The URL can't be a charge point's address at a backend; the text says what to write."""

    code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Target:
    """A backend's endpoint and the charge point's identity there."""

    url: str
    identity: str


def target_of(text: str) -> Target:
    """`ws[s]://host[:port]/path/IDENTITY`, where IDENTITY is percent-encoded if need be. Raises BadTarget."""
    parts = urlsplit(text)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise BadTarget(f"{text!r} is no websocket URL: write ws://host:port/path/CP001 or wss://…")
    if not _has_good_port(parts):
        raise BadTarget(f"{text!r} has no possible port: use a number from 1 to 65535")
    if "@" in parts.netloc:
        raise BadTarget("no user or password in the URL: use VCP_PASSWORD or --password-file")
    if parts.query or parts.fragment:
        raise BadTarget(
            "a charge point's URL has no query and no fragment: its last path segment is the identity"
        )
    path, _, last = parts.path.rpartition("/")
    if not last:
        raise BadTarget(
            f"{text!r} names no charge point: end it with the identity, as in {text.rstrip('/')}/CP001"
        )
    return Target(urlunsplit((parts.scheme, parts.netloc, path, "", "")), unquote(last))


def target_at(url: str, identity: str | None) -> Target:
    """Like `target_of`; with an `identity` the URL names none. Raises BadTarget."""
    if identity is None:
        return target_of(url)
    return target_of(f"{url.rstrip('/')}/{quote(identity, safe='')}")


def _has_good_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def subprotocol_of(version: str) -> str:
    """`1.6`, `201`, `ocpp2.0.1` → the subprotocol's full name. Raises BadTarget."""
    known = {"16": "ocpp1.6", "201": "ocpp2.0.1", "21": "ocpp2.1"}
    digits = version.lower().removeprefix("ocpp").replace(".", "")
    if digits not in known:
        raise BadTarget(f"{version!r} is no OCPP version: use {', '.join(known.values())}")
    return known[digits]
