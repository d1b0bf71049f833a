"""`python -m vcp_chores`: one process of the service, ended by SIGTERM or Ctrl-C. Decides nothing."""

import sys

from vcp_plumbing.process import run_service

from vcp_chores.app import serve

if __name__ == "__main__":
    # uvloop drops the last of what has come over TLS when the server closes, as every FTPS server does
    sys.exit(run_service("chores", serve, plain_loop=True))
