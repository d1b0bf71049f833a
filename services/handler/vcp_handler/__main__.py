"""`python -m vcp_handler`: one process of the service, ended by SIGTERM or Ctrl-C. Decides nothing."""

import gc
import resource
import sys

from vcp_plumbing.process import run_service

from vcp_handler.app import serve


def make_room() -> None:
    """As many sockets as the machine allows, and a collector that does not look at all of them all the time."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.set_threshold(50_000, 20, 50)


if __name__ == "__main__":
    make_room()
    sys.exit(run_service("handler", serve))
