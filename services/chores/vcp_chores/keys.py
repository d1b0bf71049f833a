"""Makes a charger's key, and the request to sign its certificate. Blocks: call it in a thread."""

from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from vcp_contracts.chores import KeyMade, MakeKey
from vcp_plumbing.vault import Vault


def make(chore: MakeKey, vault: Vault) -> KeyMade:
    """A key on the curve P-256 (A00.FR.502 asks for 224 bits at least), in the vault before anyone hears of it.

    Raises VaultUnsafe or OSError where it can't be kept, ValueError for a name that no certificate can have.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, chore.organization),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, chore.common_name),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    vault.put("key", chore.label, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return KeyMade(csr=request.public_bytes(Encoding.PEM).decode(), public_key=sha256(public).hexdigest())
