"""A vendor's own data."""

from typing import Literal

from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import DataStatus


class PassData(Request):
    """Vendor data from the backend."""

    type: Literal["pass_data"] = "pass_data"
    vendor: str
    message: str | None = None
    content: object = None
    """Any JSON."""


class DataPassed(Reply):
    """What the charger says to it."""

    type: Literal["data_passed"] = "data_passed"
    result: DataStatus
    content: object = None
