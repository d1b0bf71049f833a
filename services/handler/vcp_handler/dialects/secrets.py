"""Secret fields of payloads: how a row names them, and how they are masked. Knows no message."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

MASK = "***"
"""What stands in events, logs and the wire record where a secret stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One secret field. It is masked where the field beside it (`when`) holds one of `among`, without case."""

    path: tuple[str, ...]
    """From the payload, or from each item of `each`."""
    each: str | None = None
    """A list of the payload whose items are looked at one by one."""
    when: tuple[str, ...] = ()
    among: frozenset[str] = field(default=frozenset())
    """Folded words; empty: always secret."""
    within: Literal["all", "url"] = "all"
    """The whole value is secret, or only the password in the address that it is."""


def masked(payload: Any, secrets: Iterable[Secret]) -> Any:
    """The payload with its secrets masked, as a copy where anything was; any JSON is taken, valid or not."""
    for secret in secrets:
        payload = _masked(payload, secret)
    return payload


def _masked(payload: Any, secret: Secret) -> Any:
    if secret.each is None:
        return _masked_item(payload, secret)
    items = payload.get(secret.each) if isinstance(payload, dict) else None
    if not isinstance(items, list):
        return payload
    return {**payload, secret.each: [_masked_item(item, secret) for item in items]}


def _masked_item(item: Any, secret: Secret) -> Any:
    if secret.among and str(_at(item, secret.when)).casefold() not in secret.among:
        return item
    return _put(item, secret.path, secret.within)


def _at(item: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        item = item.get(part) if isinstance(item, dict) else None
    return item


def _put(item: Any, path: tuple[str, ...], within: str) -> Any:
    if not isinstance(item, dict) or path[0] not in item:
        return item
    here = item[path[0]]
    if len(path) > 1:
        return {**item, path[0]: _put(here, path[1:], within)}
    return {**item, path[0]: url_masked(here) if within == "url" else MASK}


def url_masked(value: Any) -> Any:
    """An address without its password; one that can't be read is hidden where it may hold one."""
    if not isinstance(value, str) or "@" not in value:
        return value
    try:
        parts = urlsplit(value)
        password = parts.password
    except ValueError:
        return MASK
    if password is None:
        return value if parts.netloc else MASK
    user, where = parts.netloc.partition(":")[0], parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{MASK}@{where}"))
