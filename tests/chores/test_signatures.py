"""Certificates that may sign firmware, and signatures that fit it: with an authority and keys made here."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from vcp_chores.signatures import check_chain, fits

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
FILE = b"firmware"


def issue(
    key: Any,
    name: str,
    issuer: tuple[Any, str] | None = None,
    days: int = 365,
    *extensions: x509.ExtensionType,
) -> str:
    """A certificate in PEM form for `key`, by an issuer (key, name) or by itself."""
    issuer_key, issuer_name = issuer or (key, name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name.from_rfc4514_string(f"CN={name}"))
        .issuer_name(x509.Name.from_rfc4514_string(f"CN={issuer_name}"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=days))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    digest = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else SHA256()
    certificate = builder.sign(issuer_key, digest)
    return certificate.public_bytes(Encoding.PEM).decode()


ROOT_KEY = ec.generate_private_key(ec.SECP256R1())
MIDDLE_KEY = ec.generate_private_key(ec.SECP256R1())
SIGNER_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)


def authority(longest_path: int | None = None) -> x509.BasicConstraints:
    return x509.BasicConstraints(ca=True, path_length=longest_path)


def usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


ROOT = issue(ROOT_KEY, "maker", None, 365, authority())
SIGNER = issue(SIGNER_KEY, "signer", (ROOT_KEY, "maker"))


def test_a_certificate_of_a_known_authority_is_good():
    assert check_chain(SIGNER, [ROOT], NOW).good
    assert check_chain(issue(RSA_KEY, "signer", (ROOT_KEY, "maker")), [ROOT], NOW).good


def test_one_in_between_leads_to_the_authority():
    middle = issue(MIDDLE_KEY, "middle", (ROOT_KEY, "maker"), 365, authority())
    leaf = issue(SIGNER_KEY, "signer", (MIDDLE_KEY, "middle"))
    assert check_chain(leaf + middle, [ROOT], NOW).good
    assert not check_chain(leaf, [ROOT], NOW).good


@pytest.mark.parametrize(
    ("extensions", "good"),
    [
        ((), False),
        ((x509.BasicConstraints(ca=False, path_length=None),), False),
        ((authority(), usage(signs=False)), False),
        ((authority(), usage(signs=True)), True),
        ((authority(0),), True),
    ],
)
def test_only_an_authority_issues(extensions: tuple[x509.ExtensionType, ...], good: bool):
    """RFC 5280 §4.2.1.3, §4.2.1.9: between the signer and the root, and as the root."""
    middle = issue(MIDDLE_KEY, "middle", (ROOT_KEY, "maker"), 365, *extensions)
    leaf = issue(SIGNER_KEY, "signer", (MIDDLE_KEY, "middle"))
    assert check_chain(leaf + middle, [ROOT], NOW).good is good
    assert check_chain(leaf, [middle], NOW).good is good


def test_an_authority_has_no_more_authorities_below_it_than_it_says():
    root = issue(ROOT_KEY, "maker", None, 365, authority(0))
    middle = issue(MIDDLE_KEY, "middle", (ROOT_KEY, "maker"), 365, authority())
    leaf = issue(SIGNER_KEY, "signer", (MIDDLE_KEY, "middle"))
    assert check_chain(SIGNER, [root], NOW).good
    verdict = check_chain(leaf + middle, [root], NOW)
    assert (verdict.good, verdict.detail) == (False, "not issued by a known authority")


def test_an_authority_whose_time_is_over_vouches_for_nobody():
    root = issue(ROOT_KEY, "maker", None, 5, authority())
    assert check_chain(SIGNER, [root], NOW + timedelta(days=4)).good
    assert not check_chain(SIGNER, [root], NOW + timedelta(days=6)).good


def test_where_no_authority_is_known_the_certificate_speaks_for_itself():
    assert check_chain(SIGNER, [], NOW).good


@pytest.mark.parametrize(
    ("pem", "roots", "time", "why"),
    [
        (
            SIGNER,
            [issue(MIDDLE_KEY, "maker", None, 365, authority())],
            NOW,
            "not issued by a known authority",
        ),
        (SIGNER, [ROOT], NOW + timedelta(days=366), "not valid at this time"),
        (SIGNER, [ROOT], NOW - timedelta(days=2), "not valid at this time"),
        ("no certificate", [ROOT], NOW, "no certificate in PEM form"),
        ("", [], NOW, "no certificate in PEM form"),
        (issue(rsa.generate_private_key(65537, 1024), "signer"), [], NOW, "its key is too short"),
        (
            issue(ed25519.Ed25519PrivateKey.generate(), "signer"),
            [],
            NOW,
            "its kind of key is not used for firmware",
        ),
    ],
    ids=range(7),
)
def test_a_bad_certificate_says_why(pem: str, roots: list[str], time: datetime, why: str):
    verdict = check_chain(pem, roots, time)
    assert (verdict.good, verdict.detail) == (False, why)


DIGEST = sha256(FILE).digest()
PSS = padding.PSS(padding.MGF1(SHA256()), padding.PSS.MAX_LENGTH)
RSA_SIGNER = issue(RSA_KEY, "signer")


@pytest.mark.parametrize(
    ("certificate", "signature"),
    [
        (SIGNER, SIGNER_KEY.sign(FILE, ec.ECDSA(SHA256()))),
        (RSA_SIGNER, RSA_KEY.sign(FILE, PSS, SHA256())),
        (RSA_SIGNER, RSA_KEY.sign(FILE, padding.PKCS1v15(), SHA256())),
    ],
    ids=["ecdsa", "rsa-pss", "rsa-pkcs1"],
)
def test_a_signature_fits_its_file_and_no_other(certificate: str, signature: bytes):
    text = b64encode(signature).decode()
    assert fits(certificate, text, DIGEST)
    assert fits(certificate, f"{text[:60]}\n{text[60:]}", DIGEST)
    assert not fits(certificate, text, sha256(b"other").digest())
    assert not fits(ROOT, text, DIGEST)


@pytest.mark.parametrize("signature", ["", "%%%", "c2lnbmVk", "ÄÖ"])
def test_what_is_no_signature_does_not_fit(signature: str):
    assert not fits(SIGNER, signature, DIGEST)
    assert not fits(RSA_SIGNER, signature, DIGEST)
    assert not fits("no certificate", signature, DIGEST)
