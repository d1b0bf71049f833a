"""Whom a transfer trusts, as a TLS context. Reads authorities from the vault."""

import ssl
from functools import lru_cache

from vcp_plumbing.vault import Vault

from vcp_chores.failing import Failed


def trust(
    vault: Vault | None, ca_label: str | None, installed: tuple[str, ...] = (), *, insecure: bool
) -> ssl.SSLContext:
    """The context for a transfer: trusts those under a label, or the system's, and those that are `installed` (PEM).

    Raises Failed where the authorities can't be used. Blocks: call it in a thread.
    """
    if insecure:
        return _context(None, (), insecure=True)
    named = vault.get("ca", ca_label) if vault is not None and ca_label is not None else None
    if ca_label is not None and named is None:
        raise Failed("tls", f"there are no authorities {ca_label!r} in VCP_KEYS")
    try:
        return _context(named, installed, insecure=False)
    except (ssl.SSLError, UnicodeError):
        whose = f"the authorities {ca_label!r}" if not installed else "the authorities, or those installed,"
        raise Failed("tls", f"{whose} can't be used") from None


@lru_cache(maxsize=64)
def _context(named: bytes | None, installed: tuple[str, ...], *, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=named.decode("ascii") if named else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if installed:
        context.load_verify_locations(cadata="\n".join(installed))
    if named or installed:
        # one that is not a root itself may be trusted
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
