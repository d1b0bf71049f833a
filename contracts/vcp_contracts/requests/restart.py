"""Restarts."""

from typing import Literal

from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import Place


class Reset(Request):
    """Restart the station, or one EVSE."""

    type: Literal["reset"] = "reset"
    place: Place = Place()
    when: Literal["now", "idle"]
    restart: Literal["application", "hardware"]


class Resetting(Reply):
    """Whether it restarts, now or later."""

    type: Literal["resetting"] = "resetting"
    result: Literal["accepted", "scheduled", "rejected"]
