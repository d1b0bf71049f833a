"""Requests: what the backend wants of the charger, and beside each the charger's reply.

Requests go Handler → Abstraction, replies back. A request's id is link id + number: a backend's own message id is
data, never a key, since backends number 1, 2, 1.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vcp_contracts.profiles import (
    ChargingProfile,
    LimitSource,
    ProfileFlaw,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from vcp_contracts.values import ConnectorType, DataStatus, Place, SettingName, Token, TokenInfo
from vcp_contracts.words import Id, Value, Word


class Request(Word):
    """Base of all requests. `n` numbers the facts of one link, without gaps."""

    link: Id
    n: int = Field(ge=0)
    message_id: str
    """The backend's own id of its message."""


class Reply(Word):
    """Base of all replies."""

    link: Id
    request: Id
    """The id of the request that this answers."""
    detail: str | None = None
    """Why, for a reader; carried on the wire where the version has a place for it."""


class Declined(Reply):
    """The charger can't deal with the request at all: an error answer, in the version's own words."""

    type: Literal["declined"] = "declined"
    reason: Literal["not_supported", "not_registered", "too_many", "too_large", "bad_value", "internal"]


class Silence(Reply):
    """The charger does not answer."""

    type: Literal["silence"] = "silence"


class StartCharging(Request):
    """Start a session for a token, at a place or wherever the charger chooses."""

    type: Literal["start_charging"] = "start_charging"
    token: Token
    place: Place | None = None
    remote_start: int | None = None
    group: Token | None = None
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


class SetAvailability(Request):
    """Make a place operative or inoperative, from now on or when its transaction is over."""

    type: Literal["set_availability"] = "set_availability"
    place: Place
    operative: bool


class Availability(Reply):
    """Done, to be done when idle, or refused."""

    type: Literal["availability"] = "availability"
    result: Literal["accepted", "scheduled", "rejected"]


class Unlock(Request):
    """Open the connector lock."""

    type: Literal["unlock"] = "unlock"
    place: Place


UnlockResult = Literal["unlocked", "failed", "no_lock", "unknown_place", "in_transaction"]


class Unlocked(Reply):
    """The physical result."""

    type: Literal["unlocked"] = "unlocked"
    result: UnlockResult


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


class Trigger(Request):
    """Send a message now."""

    type: Literal["trigger"] = "trigger"
    what: Literal[
        "boot", "beat", "status", "meter", "transaction", "firmware", "upload", "certificate", "other"
    ]
    place: Place | None = None


TriggerResult = Literal["accepted", "rejected", "not_implemented"]


class Triggered(Reply):
    """Whether the message will be sent."""

    type: Literal["triggered"] = "triggered"
    result: TriggerResult


class ForgetTokens(Request):
    """Clear the authorization cache."""

    type: Literal["forget_tokens"] = "forget_tokens"


class TokensForgotten(Reply):
    """Whether it was cleared."""

    type: Literal["tokens_forgotten"] = "tokens_forgotten"
    result: Literal["accepted", "rejected"]


class ListedToken(Value):
    """One entry of a token list. Without `info`: in a differential update, the token is taken out."""

    token: Token
    info: TokenInfo | None = None


class SetTokenList(Request):
    """Replace the local list of tokens, or change some of its entries."""

    type: Literal["set_token_list"] = "set_token_list"
    version: int
    """The list's version from now on; grows with each update."""
    update: Literal["full", "differential"]
    entries: tuple[ListedToken, ...] = ()


class TokenListSet(Reply):
    """Whether the list was changed; if not, it is as it was."""

    type: Literal["token_list_set"] = "token_list_set"
    result: Literal["accepted", "failed", "version_mismatch"]


class ReadTokenListVersion(Request):
    """Which version of the local list of tokens the charger has."""

    type: Literal["read_token_list_version"] = "read_token_list_version"


class TokenListVersion(Reply):
    """The version, and what a version is to be said of: a list that is there, is used, and holds something."""

    type: Literal["token_list_version"] = "token_list_version"
    supported: bool
    enabled: bool
    version: int
    entries: int = Field(ge=0)


class Reserve(Request):
    """Keep an EVSE (without `evse`: any one) free for a token, or for others of its group, until a time."""

    type: Literal["reserve"] = "reserve"
    reservation: int
    """The backend's number of it; a known one is replaced."""
    evse: Annotated[int, Field(ge=1, le=1000)] | None = None
    connector_type: ConnectorType | None = None
    token: Token
    group: Token | None = None
    until: AwareDatetime


class Reserved(Reply):
    """Whether it is kept free; if not, why."""

    type: Literal["reserved"] = "reserved"
    result: Literal["accepted", "rejected", "occupied", "faulted", "unavailable"]


class CancelReservation(Request):
    """Keep nothing free for this reservation any longer."""

    type: Literal["cancel_reservation"] = "cancel_reservation"
    reservation: int


class ReservationCancelled(Reply):
    """Whether there was such a reservation."""

    type: Literal["reservation_cancelled"] = "reservation_cancelled"
    result: Literal["accepted", "rejected"]


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


class ReadSettings(Request):
    """Read settings by name; none named: all of them."""

    type: Literal["read_settings"] = "read_settings"
    names: tuple[SettingName, ...] = ()
    attributes: tuple[str, ...] = ()
    """Which attribute of each name (`actual` where shorter)."""


ReadResult = Literal["accepted", "unknown_component", "unknown_variable", "write_only", "no_such_attribute"]


class SettingRead(Value):
    """One setting as read."""

    name: SettingName
    result: ReadResult
    value: str | None = None
    read_only: bool = False


class SettingsRead(Reply):
    """One result for each name, in the order asked; all settings where none was named."""

    type: Literal["settings_read"] = "settings_read"
    settings: tuple[SettingRead, ...]


class SettingToWrite(Value):
    """One setting to be written."""

    name: SettingName
    value: str
    attribute: str = "actual"


class WriteSettings(Request):
    """Write settings, each on its own."""

    type: Literal["write_settings"] = "write_settings"
    settings: tuple[SettingToWrite, ...]


class SettingWritten(Value):
    """How one write ended."""

    name: SettingName
    result: Literal[
        "accepted",
        "reboot_required",
        "unknown_component",
        "unknown_variable",
        "read_only",
        "bad_value",
        "no_such_attribute",
    ]
    detail: str | None = None


class SettingsWritten(Reply):
    """One result for each setting, in the order asked."""

    type: Literal["settings_written"] = "settings_written"
    settings: tuple[SettingWritten, ...]


class ListSettings(Request):
    """Report settings in pages of their own messages."""

    type: Literal["list_settings"] = "list_settings"
    report: int
    what: Literal["configuration", "full", "summary"]


class SettingsListed(Reply):
    """Whether the report will come."""

    type: Literal["settings_listed"] = "settings_listed"
    result: Literal["accepted", "rejected", "not_supported", "empty"]


class SetProfile(Request):
    """Install a charging profile at a place, in the stead of the one it replaces."""

    type: Literal["set_profile"] = "set_profile"
    place: Place
    profile: ChargingProfile


class ProfileSet(Reply):
    """Whether it was installed, and if not, why."""

    type: Literal["profile_set"] = "profile_set"
    result: Literal["accepted", "rejected"]
    flaw: ProfileFlaw | None = None


class ClearProfiles(Request):
    """Remove charging profiles: the one with this id, or all to which every criterion given applies."""

    type: Literal["clear_profiles"] = "clear_profiles"
    profile: int | None = None
    place: Place | None = None
    """Where it is installed: the station itself, or an EVSE."""
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None


class ProfilesCleared(Reply):
    """Whether there were any."""

    type: Literal["profiles_cleared"] = "profiles_cleared"
    result: Literal["accepted", "unknown"]


class ListProfiles(Request):
    """Report the charging profiles to which every criterion given applies, in messages of their own."""

    type: Literal["list_profiles"] = "list_profiles"
    report: int
    place: Place | None = None
    """Where they are installed: the station itself, or an EVSE."""
    profiles: tuple[int, ...] = ()
    """Their ids; none: any."""
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None
    sources: tuple[LimitSource, ...] = ()
    """Who set them; none: anyone."""


class ProfilesListed(Reply):
    """Whether there is anything to report."""

    type: Literal["profiles_listed"] = "profiles_listed"
    result: Literal["accepted", "none"]


class ComposeSchedule(Request):
    """Say what limits all profiles together will give, from now on for `duration_s` seconds."""

    type: Literal["compose_schedule"] = "compose_schedule"
    place: Place
    duration_s: int
    unit: RateUnit | None = None


class ScheduleComposed(Reply):
    """The limits, rounded to one decimal. Without a limit a period shows what the hardware can give."""

    type: Literal["schedule_composed"] = "schedule_composed"
    result: Literal["accepted", "rejected"]
    flaw: Literal["bad_unit", "unknown_place", "bad_duration"] | None = None
    start: AwareDatetime | None = None
    duration_s: int | None = None
    """How far the periods reach: less than was asked for where there would be too many of them."""
    unit: RateUnit | None = None
    periods: tuple[SchedulePeriod, ...] = ()


AnyRequest = Annotated[
    StartCharging
    | StopCharging
    | SetAvailability
    | Unlock
    | Reset
    | Trigger
    | ForgetTokens
    | SetTokenList
    | ReadTokenListVersion
    | Reserve
    | CancelReservation
    | PassData
    | ReadSettings
    | WriteSettings
    | ListSettings
    | SetProfile
    | ClearProfiles
    | ListProfiles
    | ComposeSchedule,
    Field(discriminator="type"),
]

AnyReply = Annotated[
    ChargingStart
    | ChargingStop
    | Availability
    | Unlocked
    | Resetting
    | Triggered
    | TokensForgotten
    | TokenListSet
    | TokenListVersion
    | Reserved
    | ReservationCancelled
    | DataPassed
    | SettingsRead
    | SettingsWritten
    | SettingsListed
    | ProfileSet
    | ProfilesCleared
    | ProfilesListed
    | ScheduleComposed
    | Declined
    | Silence,
    Field(discriminator="type"),
]
