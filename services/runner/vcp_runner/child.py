"""First thing a supervised child runs: ties it to its parent, then becomes the module it is to be.

`python -m vcp_runner.child MODULE [ARGUMENT…]`. Imports nothing heavy, since every child pays for it.
"""

import os
import runpy
import sys

from vcp_runner.parting import PARENT_FD, die_with_parent, watch_parent


def main() -> None:
    """Becomes the module named first on the command line."""
    module = sys.argv[1]
    if (fd := os.environ.pop(PARENT_FD, None)) is not None:
        watch_parent(int(fd))
    die_with_parent()
    # structlog takes it along where it is installed: 4 MiB a process, and no service prints for people
    sys.modules["rich"] = None  # type: ignore[assignment]
    sys.argv[:] = [module, *sys.argv[2:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
