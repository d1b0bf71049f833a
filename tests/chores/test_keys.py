"""A charger's key: made, kept for its owner alone, and shown only as a request to sign."""

from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from vcp_chores.keys import make
from vcp_contracts.chores import MakeKey
from vcp_plumbing.vault import Vault


def order(common_name: str = "SN-1") -> MakeKey:
    return MakeKey(id="k1", charge_point="CP1", label="CP1#0", common_name=common_name, organization="Acme")


def test_a_key_and_its_request(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys")
    made = make(order(), vault)
    request = x509.load_pem_x509_csr(made.csr.encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=SN-1,O=Acme"
    public = request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert made.public_key == sha256(public).hexdigest()
    kept = tmp_path / "keys" / "keys" / "CP1%230.pem"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert "PRIVATE" not in made.model_dump_json()


def test_a_name_that_no_certificate_can_have_leaves_no_key(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys")
    with pytest.raises(ValueError, match="64"):
        make(order("x" * 65), vault)
    assert vault.get("key", "CP1#0") is None
