"""The test kit: clients of the control API, charge points for tests, a pytest plugin, a container.

Knows the public API and the contracts; no service. The runner is known inside a fixture alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcp_testkit.charge_point import AsyncChargePoint, AsyncMessage, ChargePoint, Message
    from vcp_testkit.client import AsyncClient, Client
    from vcp_testkit.container import VirtualChargePointContainer
    from vcp_testkit.expecting import Unmet, message
    from vcp_testkit.looking import NotSo
    from vcp_testkit.problems import Problem, Unreachable
    from vcp_testkit.product import Product
    from vcp_testkit.wishes import (
        absent,
        any_of,
        at_least,
        at_most,
        containing,
        matches,
        other_than,
        present,
    )

__all__ = [
    "AsyncChargePoint",
    "AsyncClient",
    "AsyncMessage",
    "ChargePoint",
    "Client",
    "Message",
    "NotSo",
    "Problem",
    "Product",
    "Unmet",
    "Unreachable",
    "VirtualChargePointContainer",
    "absent",
    "any_of",
    "at_least",
    "at_most",
    "containing",
    "matches",
    "message",
    "other_than",
    "present",
]

_HOMES = {
    "charge_point": ("AsyncChargePoint", "AsyncMessage", "ChargePoint", "Message"),
    "client": ("AsyncClient", "Client"),
    "container": ("VirtualChargePointContainer",),
    "expecting": ("Unmet", "message"),
    "looking": ("NotSo",),
    "problems": ("Problem", "Unreachable"),
    "product": ("Product",),
    "wishes": ("absent", "any_of", "at_least", "at_most", "containing", "matches", "other_than", "present"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    # nothing heavy is imported before it is used: a pytest run that never asks for a charger pays for none
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
