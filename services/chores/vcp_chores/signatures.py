"""Certificates and signatures of firmware. Knows no file and no charger. Everything here blocks: call it in a thread."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from vcp_contracts.chores import ChainChecked

LONGEST_CHAIN = 5
LEAST_RSA_BITS = 2048
LEAST_EC_BITS = 224
"""Keys as the security whitepaper demands them (A00.FR.502 and following)."""

PSS = padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO)


def check_chain(pem: str, roots: Sequence[str], time: datetime) -> ChainChecked:
    """Whether a certificate is valid at `time`, of a sound key, and issued by one of `roots`, where there are any."""
    why_not = _flaw(pem, roots, time)
    return ChainChecked(good=why_not is None, detail=why_not or "")


def _flaw(pem: str, roots: Sequence[str], time: datetime) -> str | None:
    try:
        chain = x509.load_pem_x509_certificates(pem.encode())
        anchors = [cert for root in roots for cert in x509.load_pem_x509_certificates(root.encode())]
    except ValueError:
        return "no certificate in PEM form"
    leaf = chain[0]
    weak = _weakness(leaf)
    if weak is not None:
        return weak
    if not all(_is_valid(certificate, time) for certificate in chain):
        return "not valid at this time"
    if not anchors:
        return None
    valid = [anchor for anchor in anchors if _is_valid(anchor, time)]
    return None if _leads_to(leaf, chain[1:], valid) else "not issued by a known authority"


def _is_valid(certificate: x509.Certificate, time: datetime) -> bool:
    return certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc


def _weakness(certificate: x509.Certificate) -> str | None:
    match certificate.public_key():
        case rsa.RSAPublicKey() as key if key.key_size >= LEAST_RSA_BITS:
            return None
        case ec.EllipticCurvePublicKey() as key if key.key_size >= LEAST_EC_BITS:
            return None
        case rsa.RSAPublicKey() | ec.EllipticCurvePublicKey():
            return "its key is too short"
    return "its kind of key is not used for firmware"


def _leads_to(
    leaf: x509.Certificate, between: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]
) -> bool:
    if leaf in anchors:
        return True
    current = leaf
    for below in range(LONGEST_CHAIN):
        if any(_issued(anchor, current, below) for anchor in anchors):
            return True
        above = next((one for one in between if one != current and _issued(one, current, below)), None)
        if above is None:
            return False
        current = above
    return False


def _issued(issuer: x509.Certificate, certificate: x509.Certificate, below: int) -> bool:
    """Whether one is an authority, and has issued the other, below which are so many of authorities that count."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return _may_issue(issuer, below)


def _may_issue(certificate: x509.Certificate, below: int) -> bool:
    """Whether it is an authority's, that signs certificates and has no more of them below it than it says (RFC 5280
    §4.2.1.3, §4.2.1.9)."""
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as missing:
        if missing.oid != x509.KeyUsage.oid:
            return False
        usage = None
    except (ValueError, x509.DuplicateExtension):
        return False
    signs = usage is None or usage.key_cert_sign
    return basic.ca and signs and (basic.path_length is None or basic.path_length >= below)


def fits(certificate: str, signature: str, digest: bytes) -> bool:
    """Whether a signature (Base64) over a file with this SHA-256 was made by a certificate's key.

    RSA-PSS and ECDSA as OCPP names them, and the older RSA padding that signing tools still make.
    """
    try:
        key = x509.load_pem_x509_certificates(certificate.encode())[0].public_key()
        made = b64decode("".join(signature.split()), validate=True)
    except (ValueError, NotBase64):
        return False
    hashed = Prehashed(SHA256())
    if isinstance(key, rsa.RSAPublicKey):
        return any(_verified(key, made, digest, way, hashed) for way in (PSS, padding.PKCS1v15()))
    if isinstance(key, ec.EllipticCurvePublicKey):
        try:
            key.verify(made, digest, ec.ECDSA(hashed))
        except InvalidSignature:
            return False
        return True
    return False


def _verified(
    key: rsa.RSAPublicKey,
    signature: bytes,
    digest: bytes,
    way: padding.AsymmetricPadding,
    hashed: Prehashed,
) -> bool:
    try:
        key.verify(signature, digest, way, hashed)
    except InvalidSignature:
        return False
    return True
