"""Payloads as all versions have them: fields without a value are left out, and what a plain answer means."""

from typing import Any

from vcp_contracts.outcomes import Acknowledged

from vcp_handler.dialects.table import Payload

AGREEING = frozenset({"Accepted", "AcceptedCanceled", "Scheduled", "RebootRequired", "Unlocked"})
"""The statuses of an answer that mean that the charger does as it was asked, now or later."""


def acknowledged(_payload: Payload, _action: object) -> Acknowledged:
    """An answer without content."""
    return Acknowledged()


def told(**fields: Any) -> Payload:
    """A payload without the fields that have no value."""
    return {name: value for name, value in fields.items() if value is not None}
