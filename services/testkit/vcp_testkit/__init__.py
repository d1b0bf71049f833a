"""The test kit: clients of the control API, charge points for tests, a pytest plugin, a container.

Knows the public API and the contracts; no service. The runner is known inside a fixture alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcp_testkit.charge_point import AsyncChargePoint, ChargePoint
    from vcp_testkit.client import AsyncClient, Client
    from vcp_testkit.problems import Problem, Unreachable

_HOMES = {
    "AsyncChargePoint": "charge_point",
    "AsyncClient": "client",
    "ChargePoint": "charge_point",
    "Client": "client",
    "Problem": "problems",
    "Unreachable": "problems",
}

__all__ = ["AsyncChargePoint", "AsyncClient", "ChargePoint", "Client", "Problem", "Unreachable"]


def __getattr__(name: str) -> Any:
    # nothing heavy is imported before it is used: a pytest run that never asks for a charger pays for none
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
