"""The developer's commands, which need the sources: tests, lint, types. Runs the tools; configures none of them."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from vcp_runner.leaving import Ending, Exit


class NoCheckout(Ending):
    """This is an installed package, not a checkout."""

    code = Exit.NOT_SET_UP


def root() -> Path:
    """The checkout's top folder. Raises NoCheckout."""
    top = Path(__file__).resolve().parents[3]
    if not (top / "pyproject.toml").is_file() or not (top / "tests").is_dir():
        raise NoCheckout(
            "this command needs a checkout of the sources: clone the repository and use ./vcp there"
        )
    return top


def run_tests(arguments: Sequence[str]) -> int:
    """The tests, on three workers unless told otherwise; a file's tests stay on one worker.

    Tests of real processes wait as much as they work, so more workers than two processors are of use. Files keep their
    order: sorted by their number of tests the slowest, which have few, would come last, and one by one.
    """
    spread = any(one.startswith(("-n", "--numprocesses", "--dist", "--pdb")) for one in arguments)
    workers = [] if spread else ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
    return _module("pytest", *workers, *arguments)


def run_lint(*, fix: bool) -> int:
    """Lint and format; with `fix`, mends what can be mended."""
    first = _module("ruff", "check", *(["--fix"] if fix else []), ".")
    second = _module("ruff", "format", *([] if fix else ["--check"]), ".")
    return first or second


def run_types(arguments: Sequence[str]) -> int:
    """The type check of every package."""
    return _module("mypy", *arguments)


def _module(name: str, *arguments: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", name, *arguments], cwd=root(), env=os.environ, check=False
    ).returncode
