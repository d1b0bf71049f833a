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
from vcp_contracts.values import (
    AddressPassword,
    CertificateHash,
    ConnectorType,
    DataStatus,
    FileAddress,
    LogKind,
    Place,
    RootUse,
    SettingName,
    Signing,
    Token,
    TokenInfo,
)
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
    tracked: bool = False
    """Whether firmware and uploads are told with the number of their request."""


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


class Sealed(Value):
    """A secret that the backend wrote: it lies in the vault, and this is all that is told of it."""

    label: str
    length: int = Field(ge=0)
    """In characters."""
    form: Literal["hex", "identifier", "text"]
    """`hex`: hex digits alone; `identifier`: letters, digits and `*-_=:+|@.` alone; `text`: anything else."""


class SettingToWrite(Value):
    """One setting to be written. A secret's `value` is empty; `sealed` says where it lies."""

    name: SettingName
    value: str
    sealed: Sealed | None = None
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


class UpdateFirmware(Request):
    """Fetch new firmware and install it."""

    type: Literal["update_firmware"] = "update_firmware"
    location: FileAddress
    """Where the file is."""
    password: AddressPassword | None = None
    """The password that stood in the location."""
    retrieve_at: AwareDatetime
    install_at: AwareDatetime | None = None
    """Not before this; None: as soon as may be."""
    retries: Annotated[int, Field(ge=0)] | None = None
    """How often a failed download is tried again."""
    retry_interval_s: Annotated[int, Field(ge=0)] | None = None
    request_id: int | None = None
    tracked: bool = False
    """Whether every stage is told, with `request_id`; and whether this can be refused."""
    signing: Signing | None = None


class FirmwareUpdate(Reply):
    """Whether it will be fetched and installed."""

    type: Literal["firmware_update"] = "firmware_update"
    result: Literal["accepted", "rejected", "accepted_canceled", "invalid_certificate", "revoked_certificate"]


class UploadLog(Request):
    """Pack a log and upload it."""

    type: Literal["upload_log"] = "upload_log"
    kind: LogKind
    location: FileAddress
    """The folder to put it into."""
    password: AddressPassword | None = None
    """The password that stood in the location."""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    retries: Annotated[int, Field(ge=0)] | None = None
    retry_interval_s: Annotated[int, Field(ge=0)] | None = None
    request_id: int | None = None
    tracked: bool = False
    """Whether every stage is told, with `request_id`."""


class LogUpload(Reply):
    """Whether there is such a log, and under which name it will come."""

    type: Literal["log_upload"] = "log_upload"
    result: Literal["accepted", "rejected", "accepted_canceled"]
    file: str | None = None


class TakeCertificate(Request):
    """The charger's own certificate, signed."""

    type: Literal["take_certificate"] = "take_certificate"
    chain: str
    """PEM: the certificate, then those between it and its root."""


class CertificateTaken(Reply):
    """Whether the charger will use it."""

    type: Literal["certificate_taken"] = "certificate_taken"
    result: Literal["accepted", "rejected"]


class InstallRoot(Request):
    """Trust this root from now on."""

    type: Literal["install_root"] = "install_root"
    use: RootUse
    certificate: str
    """PEM."""


class RootInstalled(Reply):
    """Whether it is trusted. `rejected`: it is not fit; `failed`: it could not be kept."""

    type: Literal["root_installed"] = "root_installed"
    result: Literal["accepted", "rejected", "failed"]


class DeleteCertificate(Request):
    """Trust this root no longer."""

    type: Literal["delete_certificate"] = "delete_certificate"
    certificate: CertificateHash


class CertificateDeleted(Reply):
    """Whether it is gone. `failed`: it is in use."""

    type: Literal["certificate_deleted"] = "certificate_deleted"
    result: Literal["accepted", "failed", "not_found"]


class ListCertificates(Request):
    """Which roots are installed, by their use; None: all."""

    type: Literal["list_certificates"] = "list_certificates"
    uses: tuple[RootUse, ...] | None = None


class InstalledCertificate(Value):
    """One root."""

    use: RootUse
    certificate: CertificateHash


class CertificatesListed(Reply):
    """All that were asked for."""

    type: Literal["certificates_listed"] = "certificates_listed"
    result: Literal["accepted", "not_found"]
    certificates: tuple[InstalledCertificate, ...] = ()


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
    | TakeCertificate
    | InstallRoot
    | DeleteCertificate
    | ListCertificates
    | ListSettings
    | SetProfile
    | ClearProfiles
    | ListProfiles
    | ComposeSchedule
    | UpdateFirmware
    | UploadLog,
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
    | CertificateTaken
    | RootInstalled
    | CertificateDeleted
    | CertificatesListed
    | SettingsListed
    | ProfileSet
    | ProfilesCleared
    | ProfilesListed
    | ScheduleComposed
    | FirmwareUpdate
    | LogUpload
    | Declined
    | Silence,
    Field(discriminator="type"),
]
