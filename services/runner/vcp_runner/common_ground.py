"""Imported in the nursery before any child is born: what every service needs. Holds nothing of its own.

Nothing here may start a thread or open a connection: a fork would take half of it along.
"""

import gc
import sys
from importlib import import_module

SHARED = (
    "vcp_contracts.letters",
    "vcp_contracts.view",
    "vcp_plumbing.health",
    "vcp_plumbing.ownership",
    "vcp_plumbing.process",
    "vcp_plumbing.service",
    "vcp_plumbing.vault",
    "uvloop",
)

# structlog takes it along where it is installed: 4 MiB, and no service prints for people
sys.modules["rich"] = None  # type: ignore[assignment]

for name in SHARED:
    import_module(name)

# what is alive now stays for ever: a collection in a child that wrote to it would copy it
gc.collect()
gc.freeze()
