"""Secret fields of payloads: how a row names them, how they are masked, and how sealed. Knows no message."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from vcp_contracts.labels import SecretUse
from vcp_contracts.requests import Sealed
from vcp_contracts.values import AddressPassword

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
    """The whole value is secret, or only the password in the address that it is."""


@dataclass(frozen=True, slots=True)
class SealedAddress:
    """The address of a file whose password was sealed."""

    url: str
    """Without the password."""
    password: AddressPassword


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
    """An address without its password, and where that lies; one without any stays what it is."""
    if url_masked(value) == value:
        return value
    if url_masked(value) == MASK:
        return SealedAddress(url=MASK, password=AddressPassword())
    parts = urlsplit(value)
    user, where = parts.netloc.partition(":")[0], parts.netloc.rpartition("@")[2]
    kept = seal(unquote(parts.password or ""), use)
    return SealedAddress(
        url=urlunsplit(parts._replace(netloc=f"{user}@{where}")),
        password=AddressPassword(label=kept.label if kept is not None else None),
    )


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


def address(value: Any) -> dict[str, Any]:
    """The fields `location` and `password` of a request, from an address that may have been sealed."""
    if isinstance(value, SealedAddress):
        return {"location": value.url, "password": value.password}
    return {"location": value}


def if_sealed(value: object) -> Sealed | None:
    """The note of a secret that was sealed; None where it could not be."""
    return value if isinstance(value, Sealed) else None
