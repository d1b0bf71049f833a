"""Whom a charge point trusts, and as whom it shows itself: TLS contexts, one for all connections with equal trust.

Knows no label and no vault.
"""

import ssl
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from tempfile import NamedTemporaryFile

# TLS 1.2 suites: what OCPP's security profiles name (A00.FR.318), which includes plain RSA key exchange, and their
# usual company. TLS 1.3 brings its own.
_SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20:AES128-GCM-SHA256:AES256-GCM-SHA384"


_DER = 2
"""OpenSSL's number of the form."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A charge point's own certificate, with those between it and its root, and its key; all PEM."""

    chain: bytes
    key: bytes = field(repr=False)


@lru_cache(maxsize=256)
def trust(
    authorities: bytes | None = None, *, insecure: bool = False, identity: Identity | None = None
) -> ssl.SSLContext:
    """The context for `wss`: trusts `authorities` (PEM), by default the system's; `insecure` takes any certificate.

    Building one from the system's authorities costs 35 ms and 0.8 MB, so equal trust shares one context. Raises
    ssl.SSLError or UnicodeDecodeError for authorities or an identity that can't be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_SUITES)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authorities is not None:
        context.load_verify_locations(cadata=authorities.decode("ascii"))
        # An intermediate certificate may be the anchor: the whitepaper's fallback root needs it.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    else:
        context.load_default_certs()
    if identity is not None:
        _show(context, identity)
    return context


def _show(context: ssl.SSLContext, identity: Identity) -> None:
    # OpenSSL reads these from a file alone; this one is its owner's only, and gone at once.
    with NamedTemporaryFile(suffix=".pem") as file:
        file.write(identity.chain + b"\n" + identity.key)
        file.flush()
        context.load_cert_chain(file.name)


def trust_path(connection: ssl.SSLObject) -> tuple[str, ...]:
    """SHA-256 (hex) of the certificates by which the other side's was verified: its own, up to one that is trusted.

    Empty where it was not verified. Python tells the path from 3.13 on; before, an object inside does.
    """
    if connection.context.verify_mode == ssl.CERT_NONE:
        return ()
    if sys.version_info >= (3, 13):
        path = connection.get_verified_chain()
    else:
        inside = connection._sslobj  # type: ignore[attr-defined]
        path = [one.public_bytes(_DER) for one in inside.get_verified_chain()]
    return tuple(sha256(certificate).hexdigest() for certificate in path)
