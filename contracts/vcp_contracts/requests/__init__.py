"""Requests: what the backend wants of the charger, and beside each the charger's reply.

A file a functional block; whoever speaks them imports them from here.

Requests go Handler → Abstraction, replies back. A request's id is link id + number: a backend's own message id is
data, never a key, since backends number 1, 2, 1.
"""

from typing import Annotated

from pydantic import Field

from vcp_contracts.requests.availability import (
    Availability,
    SetAvailability,
    Unlock,
    Unlocked,
    UnlockResult,
)
from vcp_contracts.requests.certificates import (
    CertificateDeleted,
    CertificatesListed,
    CertificateTaken,
    DeleteCertificate,
    InstalledCertificate,
    InstallRoot,
    ListCertificates,
    RootInstalled,
    TakeCertificate,
)
from vcp_contracts.requests.data import DataPassed, PassData
from vcp_contracts.requests.diagnostics import LogUpload, UploadLog
from vcp_contracts.requests.envelope import (
    Declined,
    Reply,
    Request,
    Silence,
)
from vcp_contracts.requests.firmware import FirmwareUpdate, UpdateFirmware
from vcp_contracts.requests.remote import (
    ChargingStart,
    ChargingStop,
    StartCharging,
    StopCharging,
    Trigger,
    Triggered,
    TriggerResult,
)
from vcp_contracts.requests.reservation import (
    CancelReservation,
    ReservationCancelled,
    Reserve,
    Reserved,
)
from vcp_contracts.requests.restart import Reset, Resetting
from vcp_contracts.requests.settings import (
    ListSettings,
    ReadResult,
    ReadSettings,
    Sealed,
    SettingRead,
    SettingsListed,
    SettingsRead,
    SettingsWritten,
    SettingToWrite,
    SettingWritten,
    WriteSettings,
)
from vcp_contracts.requests.smart_charging import (
    ClearProfiles,
    ComposeSchedule,
    ListProfiles,
    ProfilesCleared,
    ProfileSet,
    ProfilesListed,
    ScheduleComposed,
    SetProfile,
)
from vcp_contracts.requests.tokens import (
    ForgetTokens,
    ListedToken,
    ReadTokenListVersion,
    SetTokenList,
    TokenListSet,
    TokenListVersion,
    TokensForgotten,
)

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

__all__ = [
    "AnyReply",
    "AnyRequest",
    "Availability",
    "CancelReservation",
    "CertificateDeleted",
    "CertificateTaken",
    "CertificatesListed",
    "ChargingStart",
    "ChargingStop",
    "ClearProfiles",
    "ComposeSchedule",
    "DataPassed",
    "Declined",
    "DeleteCertificate",
    "FirmwareUpdate",
    "ForgetTokens",
    "InstallRoot",
    "InstalledCertificate",
    "ListCertificates",
    "ListProfiles",
    "ListSettings",
    "ListedToken",
    "LogUpload",
    "PassData",
    "ProfileSet",
    "ProfilesCleared",
    "ProfilesListed",
    "ReadResult",
    "ReadSettings",
    "ReadTokenListVersion",
    "Reply",
    "Request",
    "ReservationCancelled",
    "Reserve",
    "Reserved",
    "Reset",
    "Resetting",
    "RootInstalled",
    "ScheduleComposed",
    "Sealed",
    "SetAvailability",
    "SetProfile",
    "SetTokenList",
    "SettingRead",
    "SettingToWrite",
    "SettingWritten",
    "SettingsListed",
    "SettingsRead",
    "SettingsWritten",
    "Silence",
    "StartCharging",
    "StopCharging",
    "TakeCertificate",
    "TokenListSet",
    "TokenListVersion",
    "TokensForgotten",
    "Trigger",
    "TriggerResult",
    "Triggered",
    "Unlock",
    "UnlockResult",
    "Unlocked",
    "UpdateFirmware",
    "UploadLog",
    "WriteSettings",
]
