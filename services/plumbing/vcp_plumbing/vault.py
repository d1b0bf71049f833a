"""The directory of passwords, keys, certificates and authorities, by kind and label. Never logs or repeats what it holds."""

import os
import secrets
import stat
from pathlib import Path
from typing import Literal
from urllib.parse import quote

Kind = Literal["password", "ca", "certificate", "key", "known_hosts"]

_PLACES: dict[Kind, tuple[str, str]] = {
    "password": ("passwords", ""),
    "ca": ("authorities", ".pem"),
    "certificate": ("certificates", ".pem"),
    "key": ("keys", ".pem"),
    "known_hosts": ("known_hosts", ""),
}
_PRIVATE: frozenset[Kind] = frozenset({"password", "key"})
_HEX = b"hex:"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class VaultUnsafe(RuntimeError):
    """The directory, or a file in it, is open to other users; says which, and what to do."""


class Vault:
    """Secrets below one directory: `passwords/<label>`, `keys/`, `certificates/` and `authorities/<label>.pem`,
    `known_hosts/<label>` as OpenSSH writes it.

    Labels are percent-encoded into file names, dots too, so no label leads out of the directory. A password that
    is not plain text lies there as `hex:00ff…`: OCPP 1.6 keys are bytes. The directory is made with the first `put`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put(self, kind: Kind, label: str, secret: bytes) -> None:
        """Store a secret, in place of any under the same label; never half of it, also when the machine stops.

        Raises `VaultUnsafe` when others may read the directory, OSError when it can't be written.
        """
        path = self._path(kind, label)
        for directory in (self.directory, path.parent):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._demand_private(directory)
        fresh = path.parent / f".{secrets.token_hex(8)}"
        try:
            _write(fresh, _as_text(secret) if kind == "password" else secret)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)

    def get(self, kind: Kind, label: str) -> bytes | None:
        """The secret under a label, None when there is none.

        A line end at the end of a password's file is not part of it, so that an editor may write one.
        Raises `VaultUnsafe` when others may read it, ValueError when it says `hex:` and is not.
        """
        path = self._path(kind, label)
        try:
            if kind in _PRIVATE:
                self._demand_private(path)
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        return _from_text(content) if kind == "password" else content

    def flaw(self) -> str | None:
        """Why no password and no key can be kept here, and what to do; None: nothing stands in the way."""
        folders = [self.directory / folder for folder, _ in (_PLACES[kind] for kind in sorted(_PRIVATE))]
        try:
            for directory in (self.directory, *folders):
                if directory.exists():
                    self._demand_private(directory)
                    if not _is_open_to_us(directory):
                        return f"{self._called(directory)} is no directory that this user can write"
            above = next((each for each in self.directory.absolute().parents if each.exists()), None)
            if not self.directory.exists() and above is not None and not _is_open_to_us(above):
                return f"{above.name}, where VCP_KEYS is to be made, is no directory that this user can write"
        except (VaultUnsafe, OSError) as flaw:
            return str(flaw)
        return None

    def kept_since(self, kind: Kind, label: str) -> float:
        """When the secret under a label was put there, in seconds of some clock; 0 when there is none."""
        try:
            return self._path(kind, label).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def remove(self, kind: Kind, label: str) -> None:
        """Forget a secret; nothing happens when there is none."""
        self._path(kind, label).unlink(missing_ok=True)

    def _path(self, kind: Kind, label: str) -> Path:
        folder, suffix = _PLACES[kind]
        return self.directory / folder / (quote(label, safe="").replace(".", "%2E") + suffix)

    def _demand_private(self, path: Path) -> None:
        found = path.stat()
        if found.st_mode & _OTHERS:
            mode = "700" if stat.S_ISDIR(found.st_mode) else "600"
            raise VaultUnsafe(f"other users have rights on {self._called(path)}. Remedy: chmod {mode} it")

    def _called(self, path: Path) -> str:
        return "VCP_KEYS" if path == self.directory else f"{path.name} in VCP_KEYS"


def flaw_of(vault: Vault | None) -> str | None:
    """Why no password and no key can be kept; None: nothing stands in the way."""
    return "no directory is set in VCP_KEYS" if vault is None else vault.flaw()


def _is_open_to_us(path: Path) -> bool:
    return path.is_dir() and os.access(path, os.W_OK | os.X_OK)


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _as_text(secret: bytes) -> bytes:
    plain = secret.isascii() and secret.decode("ascii").isprintable() and not secret.startswith(_HEX)
    return secret if plain else _HEX + secret.hex().encode()


def _from_text(content: bytes) -> bytes:
    text = content.rstrip(b"\r\n")
    if not text.startswith(_HEX):
        return text
    try:
        return bytes.fromhex(text[len(_HEX) :].decode())
    except ValueError:
        # Without its cause, which could quote the secret.
        raise ValueError("a password in VCP_KEYS says hex: and is not") from None
