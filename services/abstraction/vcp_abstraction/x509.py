"""What a certificate says, and who issued it: pure reading of PEM texts. Knows no charger and no vault."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import new as hashed
from hashlib import sha256
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from vcp_contracts.values import CertificateHash

LONGEST_CHAIN = 6

Certificate = x509.Certificate


class NoCertificate(ValueError):
    """The text holds no certificate that can be read."""


def read(pem: str) -> list[Certificate]:
    """The certificates of a PEM text, in its order. Raises NoCertificate."""
    try:
        chain = x509.load_pem_x509_certificates(pem.encode())
        for certificate in chain:
            certificate.public_key()
            _is_authority(certificate)
    except (ValueError, UnsupportedAlgorithm, TypeError) as error:
        raise NoCertificate(str(error)) from error
    return chain


def fingerprint(pem: str) -> str:
    """SHA-256 of a certificate's DER form, in hex."""
    return sha256(read(pem)[0].public_bytes(Encoding.DER)).hexdigest()


def is_root(certificate: Certificate, now: datetime) -> bool:
    """Whether it may vouch for others, and is valid now."""
    return may_issue(certificate) and is_valid(certificate, now)


def _is_authority(certificate: Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
    except x509.DuplicateExtension as error:
        raise ValueError(str(error)) from error


def is_valid(certificate: Certificate, now: datetime) -> bool:
    """Whether it is valid at a time."""
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def issued(issuer: Certificate, certificate: Certificate) -> bool:
    """Whether one was signed by the other."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def leads_to(chain: Sequence[Certificate], roots: Sequence[Certificate]) -> bool:
    """Whether each of a chain was issued by the next, and the last by a root; without roots the chain alone counts.

    Only an authority issues, and of no more below it than it says itself (RFC 5280 §4.2.1.3, §4.2.1.9).
    """
    if len(chain) > LONGEST_CHAIN:
        return False
    for between, (below, above) in enumerate(pairwise(chain)):
        if not (issued(above, below) and may_issue(above, between)):
            return False
    between = len(chain) - 1
    return not roots or any(
        root == chain[-1] or (issued(root, chain[-1]) and may_issue(root, between)) for root in roots
    )


def may_issue(certificate: Certificate, between: int = 0) -> bool:
    """Whether it is an authority's, that signs certificates, with so many of other authorities below it."""
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
    return basic.ca and signs and (basic.path_length is None or basic.path_length >= between)


def common_name(certificate: Certificate) -> str | None:
    """The subject's common name."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else None


def public_key_hash(certificate: Certificate) -> str:
    """SHA-256 of the public key's DER form, in hex."""
    der = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).hexdigest()


def hash_data(
    certificate: Certificate, others: Sequence[Certificate] = (), algorithm: str = "SHA256"
) -> CertificateHash:
    """What names a certificate (RFC 6960 4.1.1). The issuer's key is that of `others`, where it is among them."""
    issuer = next((one for one in (certificate, *others) if issued(one, certificate)), certificate)
    return CertificateHash(
        algorithm=algorithm,  # type: ignore[arg-type]
        issuer_name=hashed(algorithm, certificate.issuer.public_bytes()).hexdigest(),
        issuer_key=hashed(algorithm, _key_bits(issuer)).hexdigest(),
        serial=format(certificate.serial_number, "x"),
    )


def _key_bits(certificate: Certificate) -> bytes:
    """The public key without its tag and length, as the hash wants it."""
    match certificate.public_key():
        case rsa.RSAPublicKey() as key:
            return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        case ec.EllipticCurvePublicKey() as key:
            return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        case key:
            return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def same(one: CertificateHash, other: CertificateHash) -> bool:
    """Whether both name the same certificate; hex is compared without case and without leading zeros."""
    return _folded(one) == _folded(other)


def _folded(name: CertificateHash) -> tuple[str, ...]:
    serial = name.serial.casefold().lstrip("0")
    return name.algorithm, name.issuer_name.casefold(), name.issuer_key.casefold(), serial
