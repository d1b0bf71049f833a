"""Sessions started and stopped from afar, and messages asked for."""

from typing import Literal

from vcp_contracts.profiles import ChargingProfile, ProfileFlaw
from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import Group, Place, Token


class StartCharging(Request):
    """Start a session for a token, at a place or wherever the charger chooses."""

    type: Literal["start_charging"] = "start_charging"
    token: Token
    place: Place | None = None
    remote_start: int | None = None
    group: Group = None
    profile: ChargingProfile | None = None
    """A charging profile for the transaction to come; ignored by a charger without smart charging."""


class ChargingStart(Reply):
    """Whether the charger will try. `transaction` names one that runs already, unauthorized."""

    type: Literal["charging_start"] = "charging_start"
    result: Literal["accepted", "rejected"]
    transaction: str | None = None
    flaw: ProfileFlaw | None = None
    """What is wrong with the profile that came along, where that is the reason."""


class StopCharging(Request):
    """Stop the transaction that the wire calls by this name."""

    type: Literal["stop_charging"] = "stop_charging"
    transaction: str


class ChargingStop(Reply):
    """Whether the charger stops it."""

    type: Literal["charging_stop"] = "charging_stop"
    result: Literal["accepted", "rejected"]


class Trigger(Request):
    """Send a message now."""

    type: Literal["trigger"] = "trigger"
    what: Literal[
        "boot", "beat", "status", "meter", "transaction", "firmware", "upload", "certificate", "other"
    ]
    place: Place | None = None
    tracked: bool = False
    """Whether firmware and uploads are told with the number of their request."""


TriggerResult = Literal["accepted", "rejected", "not_implemented"]


class Triggered(Reply):
    """Whether the message will be sent."""

    type: Literal["triggered"] = "triggered"
    result: TriggerResult
