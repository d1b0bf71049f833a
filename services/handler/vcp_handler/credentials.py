"""From an order to an endpoint: which address, which password, which authorities, which certificate. Opens nothing."""

import re
import ssl
from collections.abc import Mapping
from typing import Literal

from vcp_contracts.link import OpenLink
from vcp_plumbing.vault import Kind, Vault, VaultUnsafe

from vcp_handler.socket import ConnectFailed, Endpoint, address, basic
from vcp_handler.trust import Identity, trust
from vcp_handler.versions import Version

_KEY_IN_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){16,20}")
"""16 to 20 bytes, as OCPP 1.6's AuthorizationKey writes them."""


def endpoint(order: OpenLink, vault: Vault | None, known: Mapping[str, Version]) -> Endpoint:
    """Where and how to connect for this order. Raises ConnectFailed for what can't work as ordered."""
    subprotocols = tuple(name for name in order.protocols if name in known)
    if not subprotocols:
        raise ConnectFailed("protocol", f"none of these can be spoken here: {', '.join(order.protocols)}")
    secure = order.url.startswith("wss:")
    hex_is_usual = all(known[name].dialect.manners.password_rule == "hex_or_text" for name in subprotocols)
    return Endpoint(
        url=address(order.url, order.charge_point),
        subprotocols=subprotocols,
        tls=_trust(order, vault) if secure else None,
        authorization=_authorization(order, vault, hex_is_usual) if order.security.basic else None,
        open_timeout_s=order.open_timeout_s,
    )


def _authorization(order: OpenLink, vault: Vault | None, hex_is_usual: bool) -> str:
    label = order.security.password_label or order.charge_point
    secret = _secret(vault, "password", label, "unauthorized")
    return basic(order.charge_point, _as_sent(secret, order.security.password_encoding, hex_is_usual))


def _as_sent(secret: bytes, encoding: Literal["auto", "hex", "plain"], hex_is_usual: bool) -> bytes:
    """The bytes that Basic carries. 1.6 writes them as hex (whitepaper A01), and many write text all the same."""
    if encoding == "plain" or (encoding == "auto" and not (hex_is_usual and _KEY_IN_HEX.fullmatch(secret))):
        return secret
    try:
        return bytes.fromhex(secret.decode("ascii"))
    except ValueError:
        # Without its cause, which could quote the secret.
        raise ConnectFailed("unauthorized", "password_encoding is hex, and the password is not") from None


def _trust(order: OpenLink, vault: Vault | None) -> ssl.SSLContext:
    identity = _identity(order, vault)
    try:
        return trust(_authorities(order, vault), insecure=order.security.insecure, identity=identity)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        whose = (
            "the authorities"
            if identity is None
            else "the authorities, or the charger's certificate and key,"
        )
        raise ConnectFailed(
            "tls", f"{whose} can't be used: {getattr(error, 'reason', None) or error}"
        ) from error


def _authorities(order: OpenLink, vault: Vault | None) -> bytes | None:
    """All that is trusted, as one PEM text; None: the system's."""
    label = order.security.ca_label
    if order.security.insecure or (label is None and not order.authorities):
        return None
    configured = [_secret(vault, "ca", label, "tls")] if label is not None else []
    return b"\n".join([*configured, *(pem.encode() for pem in order.authorities)])


def _identity(order: OpenLink, vault: Vault | None) -> Identity | None:
    """The charger's own certificate: the one that the backend had signed, before the configured one."""
    if order.certificate is not None and order.key_label is not None:
        return Identity(order.certificate.encode(), _secret(vault, "key", order.key_label, "tls"))
    label = order.security.certificate_label
    if label is None:
        return None
    return Identity(_secret(vault, "certificate", label, "tls"), _secret(vault, "key", label, "tls"))


def _secret(vault: Vault | None, kind: Kind, label: str, why: Literal["unauthorized", "tls"]) -> bytes:
    if vault is None:
        raise ConnectFailed(why, f"the {kind} {label!r} is wanted, but no directory is set in VCP_KEYS")
    try:
        secret = vault.get(kind, label)
    except (VaultUnsafe, ValueError, OSError) as error:
        raise ConnectFailed(why, str(error)) from error
    if secret is None:
        raise ConnectFailed(why, f"VCP_KEYS holds no {kind} under {label!r}")
    return secret
