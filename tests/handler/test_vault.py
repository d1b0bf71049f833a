"""Passwords and authorities by label."""

from pathlib import Path

import pytest
from vcp_handler.vault import NoSuchSecret, Vault


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    (tmp_path / "passwords").mkdir()
    (tmp_path / "authorities").mkdir()
    return tmp_path


def store(path: Path, content: bytes, mode: int = 0o600) -> None:
    path.write_bytes(content)
    path.chmod(mode)


def test_a_password_is_text_without_its_line_end(keys: Path) -> None:
    store(keys / "passwords" / "CP-1", b"correct horse battery\n")
    assert Vault(keys).password("CP-1") == b"correct horse battery"


def test_a_password_may_be_bytes(keys: Path) -> None:
    """OCPP-J 1.6 §6.2: the key is bytes, its usual notation is hex."""
    store(keys / "passwords" / "AL1000", b"hex:0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF\n")
    assert Vault(keys).password("AL1000") == bytes([0, 1, 2, 3, 4, 5, 6, 7] + [255] * 12)


def test_a_label_is_never_a_path(keys: Path) -> None:
    store(keys / "outside", b"x")
    store(keys / "passwords" / "%2E%2E%2Foutside", b"inside")
    assert Vault(keys).password("../outside") == b"inside"
    with pytest.raises(NoSuchSecret):
        Vault(keys).password("..")


def test_a_password_that_others_may_read_is_refused(keys: Path) -> None:
    store(keys / "passwords" / "CP-1", b"open secret", 0o644)
    with pytest.raises(NoSuchSecret, match="chmod 600"):
        Vault(keys).password("CP-1")


def test_a_missing_secret_says_where_it_belongs(keys: Path) -> None:
    with pytest.raises(NoSuchSecret, match="passwords/CP-9 in VCP_KEYS"):
        Vault(keys).password("CP-9")
    with pytest.raises(NoSuchSecret, match="name it in VCP_KEYS"):
        Vault(None).password("CP-9")


def test_authorities_are_a_file(keys: Path) -> None:
    store(keys / "authorities" / "acme.pem", b"-----BEGIN CERTIFICATE-----")
    assert Vault(keys).authorities("acme") == keys / "authorities" / "acme.pem"
