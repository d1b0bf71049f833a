"""Secret fields of payloads: how a row names them, and how they are masked. Knows no message."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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
    return _put(item, secret.path)


def _at(item: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        item = item.get(part) if isinstance(item, dict) else None
    return item


def _put(item: Any, path: tuple[str, ...]) -> Any:
    if not isinstance(item, dict) or path[0] not in item:
        return item
    return {**item, path[0]: MASK if len(path) == 1 else _put(item[path[0]], path[1:])}
