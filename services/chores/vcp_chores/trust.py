"""Whom a transfer trusts, as a TLS context: what the charger's link trusts. Reads authorities from the vault."""

import ssl
from functools import lru_cache

from vcp_plumbing.vault import Vault

from vcp_chores.failing import Failed


def trust(vault: Vault | None, ca_label: str | None, *, insecure: bool) -> ssl.SSLContext:
    """The context for a transfer. Raises Failed where the authorities can't be used. Blocks: call it in a thread."""
    if ca_label is None or insecure:
        return _context(None, insecure=insecure)
    authorities = vault.get("ca", ca_label) if vault is not None else None
    if authorities is None:
        raise Failed("tls", f"there are no authorities {ca_label!r} in VCP_KEYS")
    try:
        return _context(authorities, insecure=False)
    except (ssl.SSLError, UnicodeDecodeError):
        raise Failed("tls", f"the authorities {ca_label!r} can't be used") from None


@lru_cache(maxsize=64)
def _context(authorities: bytes | None, *, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authorities.decode("ascii") if authorities else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
