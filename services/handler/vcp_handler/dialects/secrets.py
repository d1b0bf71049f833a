"""Secret fields of payloads: how a row names them, how they are masked, and how sealed. Knows no message."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from vcp_contracts.labels import SecretUse
from vcp_contracts.requests import Sealed
from vcp_contracts.values import AddressPassword, AddressQuery

MASK = "***"
"""What stands in events, logs and the wire record where a secret stood."""

Seal = Callable[[str, SecretUse], Sealed | None]
"""Puts a secret into the vault; None where it can't be kept."""


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
    seal: SecretUse | None = None
    """What it is for, where it is put into the vault before the row reads the payload."""
    within: Literal["all", "url"] = "all"
    """The whole value is secret, or only the password and the query in the address that it is."""


@dataclass(frozen=True, slots=True)
class SealedAddress:
    """The address of a file whose password or query was sealed."""

    url: str
    """Without both."""
    password: AddressPassword | None = None
    query: AddressQuery | None = None


def masked(payload: Any, secrets: Iterable[Secret]) -> Any:
    """The payload with its secrets masked, as a copy where anything was; any JSON is taken, valid or not."""
    for secret in secrets:
        payload = _replaced(payload, secret, url_masked if secret.within == "url" else _mask)
    return payload


def sealed(payload: Any, secrets: Iterable[Secret], seal: Seal) -> Any:
    """The payload with what `seal` makes of those secrets that are to be sealed; their text is in it no more."""
    for secret in secrets:
        if secret.seal is not None:
            payload = _replaced(payload, secret, partial(_sealed, secret, seal))
    return payload


def _sealed(secret: Secret, seal: Seal, value: Any) -> Any:
    assert secret.seal is not None
    if secret.within == "url":
        return _address_sealed(value, seal, secret.seal)
    return seal(value, secret.seal) if isinstance(value, str) else None


def _address_sealed(value: Any, seal: Seal, use: SecretUse) -> Any:
    """An address without its password and its query, and where those lie; one without any stays what it is."""
    if url_masked(value) == value:
        return value
    if url_masked(value) == MASK:
        return SealedAddress(url=MASK, password=AddressPassword())
    parts = urlsplit(value)
    password = query = None
    if parts.password is not None:
        user, where = parts.netloc.partition(":")[0], parts.netloc.rpartition("@")[2]
        password = AddressPassword(label=_label(seal(unquote(parts.password), use)))
        parts = parts._replace(netloc=f"{user}@{where}")
    if parts.query:
        query = AddressQuery(label=_label(seal(parts.query, use)))
        parts = parts._replace(query="")
    return SealedAddress(url=urlunsplit(parts), password=password, query=query)


def _label(kept: Sealed | None) -> str | None:
    return kept.label if kept is not None else None


def _mask(_value: Any) -> str:
    return MASK


def _replaced(payload: Any, secret: Secret, change: Callable[[Any], Any]) -> Any:
    if secret.each is None:
        return _replaced_in(payload, secret, change)
    items = payload.get(secret.each) if isinstance(payload, dict) else None
    if not isinstance(items, list):
        return payload
    return {**payload, secret.each: [_replaced_in(item, secret, change) for item in items]}


def _replaced_in(item: Any, secret: Secret, change: Callable[[Any], Any]) -> Any:
    if secret.among and str(_at(item, secret.when)).casefold() not in secret.among:
        return item
    return _put(item, secret.path, change)


def _at(item: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        item = item.get(part) if isinstance(item, dict) else None
    return item


def _put(item: Any, path: tuple[str, ...], change: Callable[[Any], Any]) -> Any:
    if not isinstance(item, dict) or path[0] not in item:
        return item
    here = item[path[0]]
    return {**item, path[0]: _put(here, path[1:], change) if len(path) > 1 else change(here)}


def url_masked(value: Any) -> Any:
    """An address without its password and its query; one that can't be read is hidden where it may hold either.

    A query is hidden whole: in the address of a file it mostly signs it, and each maker's has other names.
    """
    if not isinstance(value, str) or not ("@" in value or "?" in value):
        return value
    try:
        parts = urlsplit(value)
        password = parts.password
    except ValueError:
        return MASK
    if password is None and "@" in value and not parts.netloc:
        return MASK
    if password is not None:
        user, where = parts.netloc.partition(":")[0], parts.netloc.rpartition("@")[2]
        parts = parts._replace(netloc=f"{user}:{MASK}@{where}")
    elif not parts.query:
        return value
    return urlunsplit(parts._replace(query=MASK if parts.query else ""))


def address(value: Any) -> dict[str, Any]:
    """The fields `location`, `password` and `query` of a request, from an address that may have been sealed."""
    if isinstance(value, SealedAddress):
        return {"location": value.url, "password": value.password, "query": value.query}
    return {"location": value}


def if_sealed(value: object) -> Sealed | None:
    """The note of a secret that was sealed; None where it could not be."""
    return value if isinstance(value, Sealed) else None
