"""How a child learns that its parent is gone: Linux signals it, a pipe tells it everywhere else."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

GRACE_S = 3.0
"""How long an orphan may drain before it is ended."""

_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Asks Linux to end this process (SIGTERM) when the thread that started it ends. Elsewhere does nothing.

    Safe between fork and exec: the library was loaded before.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def watch_parent(fd: int, *, grace_s: float = GRACE_S, end: Callable[[int], None] = os._exit) -> None:
    """Watches `fd`; at its end of file this process gets SIGTERM, and is ended after `grace_s` seconds."""

    def watch() -> None:
        while os.read(fd, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_s)
        end(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
