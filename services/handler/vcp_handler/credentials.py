"""From an order to an endpoint: which address, which password, which authorities. Opens no connection."""

import ssl
from collections.abc import Collection
from typing import Literal

from vcp_contracts.configuration import SecurityConfiguration
from vcp_contracts.link import OpenLink
from vcp_plumbing.vault import Kind, Vault, VaultUnsafe

from vcp_handler.socket import ConnectFailed, Endpoint, address, basic
from vcp_handler.trust import trust


def endpoint(order: OpenLink, vault: Vault | None, known: Collection[str]) -> Endpoint:
    """Where and how to connect for this order. Raises ConnectFailed for what can't work as ordered."""
    subprotocols = tuple(name for name in order.protocols if name in known)
    if not subprotocols:
        raise ConnectFailed("protocol", f"none of these can be spoken here: {', '.join(order.protocols)}")
    secure = order.url.startswith("wss:")
    return Endpoint(
        url=address(order.url, order.charge_point),
        subprotocols=subprotocols,
        tls=_trust(order.security, vault) if secure else None,
        authorization=_authorization(order, vault) if order.security.basic else None,
        open_timeout_s=order.open_timeout_s,
    )


def _authorization(order: OpenLink, vault: Vault | None) -> str:
    label = order.security.password_label or order.charge_point
    return basic(order.charge_point, _secret(vault, "password", label, "unauthorized"))


def _trust(security: SecurityConfiguration, vault: Vault | None) -> ssl.SSLContext:
    if security.insecure:
        return trust(insecure=True)
    if security.ca_label is None:
        return trust()
    try:
        return trust(_secret(vault, "ca", security.ca_label, "tls"))
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise ConnectFailed(
            "tls", f"the authorities {security.ca_label!r} are no PEM certificates"
        ) from error


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
