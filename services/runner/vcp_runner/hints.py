"""What to try next, as lines to be copied into another terminal. Knows the verbs, runs none."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path


def program() -> str:
    """How this program was called: `vcp` where it is installed, `./vcp` in a checkout."""
    return "vcp" if Path(sys.argv[0]).name == "vcp" else "./vcp"


def look(api: str, charge_point: str) -> str:
    """Shows a charge point as it stands."""
    return f"curl {api}/charge-points/{charge_point}"


def touch(api: str, charge_point: str, verb: str, fields: Mapping[str, object]) -> str:
    """Touches a charge point."""
    body = shlex.quote(json.dumps(fields))
    return f"curl {api}/charge-points/{charge_point}/{verb} -H 'content-type: application/json' -d {body}"


def call(backend: str, charge_point: str, action: str, payload: Mapping[str, object]) -> str:
    """Has the example backend call a charge point; `backend` is left out where it is the default."""
    body = shlex.quote(json.dumps(payload))
    where = "" if backend == DESK else f" --backend {backend}"
    return f"{program()} call {charge_point} {action} {body}{where}"


DESK = "ws://127.0.0.1:9000"
"""Where the example backend is looked for unless told otherwise."""
