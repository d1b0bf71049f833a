"""The archive of a charger's log: files of a few records, packed. Blocks: call it in a thread."""

import io
import tarfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path


def pack(path: Path, parts: Mapping[str, bytes], *, made: datetime) -> None:
    """Writes a .tar.gz with one file for each part."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mtime = int(made.timestamp())
            archive.addfile(entry, io.BytesIO(content))
