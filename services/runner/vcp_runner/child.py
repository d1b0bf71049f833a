"""First thing a newborn child does: leaves its parent's session, takes its output, then becomes the module it is to be."""

import ctypes
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

from vcp_runner.parting import watch_parent

_PR_SET_NAME = 15
_LONGEST_NAME = 15


def live(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    output: Connection,
    parent: Connection,
) -> None:
    """Becomes `module`, which prints to `output` and ends when nobody holds the other end of `parent` any more."""
    _be_called(environment.get("VCP_OWNER", module))
    # Ctrl-C reaches the supervisor alone, which then ends its children in order
    os.setsid()
    for standard in (sys.stdout, sys.stderr):
        os.dup2(output.fileno(), standard.fileno())
    output.close()
    os.environ.clear()
    os.environ.update(environment)
    watch_parent(parent.fileno())
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv[:] = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _be_called(name: str) -> None:
    """What `ps` and `top` show of a fork is its parent's name, but on Linux, where it may have one of its own."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:_LONGEST_NAME], 0, 0, 0)
