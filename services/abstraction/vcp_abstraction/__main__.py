"""`python -m vcp_abstraction`: one process of the service, ended by SIGTERM or Ctrl-C. Decides nothing."""

import sys

from vcp_plumbing.process import run_service

from vcp_abstraction.app import serve

if __name__ == "__main__":
    sys.exit(run_service("abstraction", serve))
