"""The directory of passwords and authorities: reads what contracts name by label only. Never logs what it reads."""

import stat
from pathlib import Path
from urllib.parse import quote


class NoSuchSecret(Exception):
    """The vault has nothing under this label, or must not be trusted. The text says what to do."""


class Vault:
    """Reads `passwords/<label>` and `authorities/<label>.pem` below one directory.

    Labels are percent-encoded into file names. A password file holds text; a line end at its end is not part of it.
    Text of the form `hex:00ff…` stands for bytes: OCPP 1.6 keys need not be text.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def password(self, label: str) -> bytes:
        """The password under a label. Raises NoSuchSecret."""
        path = self._path("passwords", label)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NoSuchSecret(f"other users may read {path.name} in VCP_KEYS/passwords; chmod 600 it")
        text = path.read_bytes().rstrip(b"\r\n")
        if not text.startswith(b"hex:"):
            return text
        try:
            return bytes.fromhex(text[4:].decode())
        except ValueError as error:
            raise NoSuchSecret(f"{path.name} in VCP_KEYS/passwords says hex: and is not") from error

    def authorities(self, label: str) -> Path:
        """The file of certificate authorities (PEM) under a label. Raises NoSuchSecret."""
        return self._path("authorities", label, ".pem")

    def _path(self, kind: str, label: str, suffix: str = "") -> Path:
        if self._directory is None:
            raise NoSuchSecret(
                f"no directory of keys is set; put {label!r} into {kind} below it and name it in VCP_KEYS"
            )
        # quote keeps dots: a label of dots alone would climb out of the directory.
        path = self._directory / kind / (quote(label, safe="").replace(".", "%2E") + suffix)
        if not path.is_file():
            raise NoSuchSecret(f"nothing is stored as {kind}/{path.name} in VCP_KEYS")
        return path
