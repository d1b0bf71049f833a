"""Puts certificate authorities where the services look for them. Keeps no password: those go by the control API."""

import os
from pathlib import Path
from urllib.parse import quote


class NoKeys(Exception):
    """There is no directory of keys to write to."""


def keep_authorities(keys: Path | None, label: str, source: Path) -> str:
    """Copies the PEM file `source` into the directory of keys under `label`; returns the label.

    Raises NoKeys, and OSError where a file can't be read or written.
    """
    if keys is None:
        raise NoKeys("with a broker of your own, name a directory for keys in VCP_KEYS")
    folder = keys / "authorities"
    for directory in (keys, folder):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # quote keeps dots, and a label of dots alone would climb out of the directory
    target = folder / f"{quote(label, safe='').replace('.', '%2E')}.pem"
    fresh = target.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(source.read_bytes())
    fresh.chmod(0o600)
    fresh.replace(target)
    return label
