"""The directory of an embedded broker: who uses it, and what a killed run left behind. Starts no server."""

import json
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from vcp_runner.leaving import Ending, Exit

PREFIX = "vcp-broker-"
TENANTS = "broker.json"
"""File in a home: which server serves it, and which process owns that server."""


class HomeInUse(Ending):
    """Another living process serves from this directory."""

    code = Exit.NOT_SET_UP


@dataclass(frozen=True, slots=True)
class Process:
    """A process, safe against reuse of its number."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """The process that has this number now; None if there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    def alive(self) -> bool:
        """Whether this very process still runs."""
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.started and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


@dataclass(frozen=True, slots=True)
class Tenants:
    """The server of a home and the process that started it."""

    server: Process
    owner: Process


def write_tenants(home: Path, server_pid: int) -> None:
    """Notes that this process serves `home` by the server `server_pid`."""
    server, owner = Process.of(server_pid), Process.of(os.getpid())
    if server is None or owner is None:
        return  # the server ended in between; whoever waits for it will say why
    (home / TENANTS).write_text(json.dumps(asdict(Tenants(server, owner))))


def read_tenants(home: Path) -> Tenants | None:
    """Who serves `home`; None if nobody does, or the note is unreadable."""
    try:
        note = json.loads((home / TENANTS).read_text())
        return Tenants(Process(**note["server"]), Process(**note["owner"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def temporary_home() -> Path:
    """A new directory for one run. Its path is short: a socket lies in it, and macOS allows 103 bytes."""
    return Path(tempfile.mkdtemp(prefix=PREFIX))


def lasting_home(directory: Path) -> Path:
    """`directory`, made if needed and free to be served. Raises HomeInUse."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    tenants = read_tenants(directory)
    if tenants is not None and tenants.owner.alive() and tenants.server.alive():
        raise HomeInUse(
            f"{directory} is in use by process {tenants.owner.pid}: stop that one, or name another directory"
        )
    evict(directory)
    return directory.resolve()


def evict(home: Path) -> None:
    """Ends a server that outlived its owner (macOS can't tie them together) and forgets the note."""
    tenants = read_tenants(home)
    if tenants is not None and tenants.server.alive():
        with suppress(psutil.Error):
            process = psutil.Process(tenants.server.pid)
            process.send_signal(signal.SIGTERM)
            with suppress(psutil.TimeoutExpired):
                process.wait(3)
                return _forget(home)
            process.kill()
            process.wait(3)
    _forget(home)


def sweep(root: Path | None = None) -> list[Path]:
    """Removes the temporary homes whose owner was killed, with their servers. Returns what it removed."""
    swept = []
    for home in (root or Path(tempfile.gettempdir())).glob(f"{PREFIX}*"):
        tenants = read_tenants(home)
        if tenants is None or tenants.owner.alive():
            continue
        evict(home)
        shutil.rmtree(home, ignore_errors=True)
        swept.append(home)
    return swept


def _forget(home: Path) -> None:
    (home / TENANTS).unlink(missing_ok=True)
