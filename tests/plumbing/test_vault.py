"""The vault: what goes in comes out, and nobody else can look."""

import stat
from pathlib import Path

import pytest
from vcp_plumbing.vault import Vault, VaultUnsafe, flaw_of


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "state" / "keys")


@pytest.mark.parametrize(
    "secret",
    [b"correct horse battery", b"", b"hex:abc", b"ends in a line\n", bytes(range(20)), "pässword".encode()],
)
def test_a_password_comes_out_as_it_went_in(vault: Vault, secret: bytes) -> None:
    vault.put("password", "CP001", secret)
    assert vault.get("password", "CP001") == secret


def test_plain_text_lies_there_as_plain_text_and_bytes_as_hex(vault: Vault) -> None:
    vault.put("password", "CP001", b"letmein")
    vault.put("password", "CP002", b"\x00\xff")
    folder = vault.directory / "passwords"
    assert (folder / "CP001").read_bytes() == b"letmein"
    assert (folder / "CP002").read_bytes() == b"hex:00ff"


def test_a_later_password_takes_the_place_of_the_first_and_leaves_nothing_beside_it(vault: Vault) -> None:
    vault.put("password", "CP001", b"old")
    vault.put("password", "CP001", b"new")
    assert vault.get("password", "CP001") == b"new"
    assert [path.name for path in (vault.directory / "passwords").iterdir()] == ["CP001"]


def test_nothing_is_under_a_label_that_was_never_used(vault: Vault) -> None:
    assert vault.get("password", "CP001") is None
    vault.remove("password", "CP001")


def test_a_removed_password_is_gone(vault: Vault) -> None:
    vault.put("password", "CP001", b"letmein")
    vault.remove("password", "CP001")
    assert vault.get("password", "CP001") is None


def test_authorities_are_kept_as_a_pem_file(vault: Vault) -> None:
    vault.put("ca", "acme", b"-----BEGIN CERTIFICATE-----\n")
    assert (vault.directory / "authorities" / "acme.pem").read_bytes() == b"-----BEGIN CERTIFICATE-----\n"
    assert vault.get("ca", "acme") == b"-----BEGIN CERTIFICATE-----\n"


def test_a_label_is_never_a_path(vault: Vault) -> None:
    vault.put("password", "../outside", b"inside")
    vault.put("password", "..", b"dots")
    assert sorted(path.name for path in (vault.directory / "passwords").iterdir()) == [
        "%2E%2E",
        "%2E%2E%2Foutside",
    ]


def test_only_the_owner_has_rights_on_what_is_stored(vault: Vault) -> None:
    vault.put("password", "CP001", b"letmein")
    for path in (vault.directory, vault.directory / "passwords", vault.directory / "passwords" / "CP001"):
        assert path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) == 0


def test_a_directory_that_others_may_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(VaultUnsafe, match="chmod 700"):
        Vault(tmp_path / "open").put("password", "CP001", b"letmein")
    assert not (tmp_path / "open" / "passwords").exists()


def test_a_password_that_others_may_read_is_refused(vault: Vault) -> None:
    vault.put("password", "CP001", b"letmein")
    (vault.directory / "passwords" / "CP001").chmod(0o644)
    with pytest.raises(VaultUnsafe, match="chmod 600"):
        vault.get("password", "CP001")


def test_broken_hex_is_told_without_the_secret(vault: Vault) -> None:
    vault.put("password", "CP001", b"x")
    (vault.directory / "passwords" / "CP001").write_bytes(b"hex:s3cret")
    with pytest.raises(ValueError, match="says hex: and is not") as told:
        vault.get("password", "CP001")
    assert "s3cret" not in str(told.value)
    assert told.value.__suppress_context__


@pytest.mark.parametrize(
    ("folder", "called"),
    [(".", "VCP_KEYS"), ("passwords", "passwords in VCP_KEYS"), ("keys", "keys in VCP_KEYS")],
)
def test_what_others_may_read_keeps_no_secret_and_says_so(tmp_path: Path, folder: str, called: str) -> None:
    vault = Vault(tmp_path / "keys")
    assert vault.flaw() is None
    vault.put("password", "CP1", b"x")
    vault.put("key", "CP1", b"x")
    assert vault.flaw() is None
    (tmp_path / "keys" / folder).chmod(0o755)
    assert vault.flaw() == f"other users have rights on {called}. Remedy: chmod 700 it"


def test_a_file_is_no_vault(tmp_path: Path) -> None:
    place = tmp_path / "keys"
    place.write_text("")
    place.chmod(0o600)
    assert Vault(place).flaw() == "VCP_KEYS is no directory that this user can write"


def test_a_vault_that_can_not_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = Vault(tmp_path / "file" / "deep" / "keys")
    with pytest.raises(OSError, match="Not a directory"):
        place.put("key", "CP1", b"x")
    assert place.flaw() == "file, where VCP_KEYS is to be made, is no directory that this user can write"
    assert Vault(tmp_path / "deep" / "keys").flaw() is None


def test_without_a_vault_nothing_is_kept() -> None:
    assert flaw_of(None) == "no directory is set in VCP_KEYS"
