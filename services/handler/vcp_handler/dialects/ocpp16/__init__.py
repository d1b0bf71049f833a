"""OCPP 1.6: the table of all its actions, and its manners. A row is an action; the files beside hold the rows' functions."""

from vcp_contracts.actions import (
    Authorize,
    Beat,
    Boot,
    PassData,
    ReportMeter,
    ReportStatus,
    ReportTransaction,
)
from vcp_contracts.manners import Manners
from vcp_contracts.requests import (
    CancelReservation,
    ClearProfiles,
    ComposeSchedule,
    ForgetTokens,
    ReadSettings,
    ReadTokenListVersion,
    Reserve,
    Reset,
    SetAvailability,
    SetProfile,
    SetTokenList,
    StartCharging,
    StopCharging,
    Trigger,
    Unlock,
    WriteSettings,
)
from vcp_contracts.requests import PassData as PassDataRequest

from vcp_handler.dialects.ocpp16 import (
    authorization,
    availability,
    data,
    provisioning,
    remote,
    reservation,
    settings,
    smart_charging,
    spelling,
    token_list,
    transactions,
)
from vcp_handler.dialects.table import Dialect, Heard, Said

SUBPROTOCOL = "ocpp1.6"

MANNERS = Manners(
    session_style="three_messages",
    transactions_named_by="backend",
    start_points=frozenset({"power_path_closed"}),
    stop_points=frozenset({"authorized"}),
    transaction_updates="meter_only",
    end_data_interval="sample_interval",
    status_words="fine",
    status_scope="station_and_evse",
    status_carries_fault=True,
    status_after_reconnect="changed",
    station_availability="overwrites",
    idle_meter_is_durable=True,
    triggered_meter_uses="sampled",
    pre_authorize_covers_list=True,
    cache_excludes_list=True,
    token_max=20,
    token_typed=False,
    anonymous_start=False,
    unlock_in_transaction="ends_it",
    rejected_gate="silent",
    power_limit_reading="total",
    same_profile="replaced",
    own_default_profile="overrides",
    unnamed_tx_profile="current",
    schedule_start="optional",
    password_rule="hex_or_text",
    resume_reset=False,
)

_NO_FIRMWARE = "the charger's firmware can't be updated"
_NO_LOGS = "the charger uploads no logs or diagnostics"
_NO_CERTIFICATES = "the charger manages no certificates"
_NO_SECURITY = "the charger reports no security events"

# fmt: off
DIALECT = Dialect(
    subprotocol=SUBPROTOCOL,
    manners=MANNERS,
    said=(
        Said(action="BootNotification", contract=Boot, write=provisioning.write_boot, read=provisioning.read_boot),
        Said(action="Heartbeat", contract=Beat, write=provisioning.write_beat, read=provisioning.read_beat),
        Said(action="Authorize", contract=Authorize, write=authorization.write_authorize, read=authorization.read_authorize),
        Said(action="StatusNotification", contract=ReportStatus, write=availability.write_status, read=spelling.acknowledged),
        Said(action="StartTransaction", contract=ReportTransaction, write=transactions.write_start, read=transactions.read_start),
        Said(action="MeterValues", contract=ReportTransaction, write=transactions.write_update, read=spelling.acknowledged),
        Said(action="StopTransaction", contract=ReportTransaction, write=transactions.write_stop, read=transactions.read_stop),
        Said(action="MeterValues", contract=ReportMeter, write=transactions.write_meter, read=spelling.acknowledged),
        Said(action="DataTransfer", contract=PassData, write=data.write_data, read=data.read_data_answer),
    ),
    choices={
        ReportTransaction: transactions.choose_transaction_message,
        ReportMeter: transactions.choose_meter_message,
    },
    heard=(
        Heard(action="RemoteStartTransaction", contract=StartCharging, read=transactions.read_remote_start, write=spelling.verdict, declined=spelling.REJECTED),
        Heard(action="RemoteStopTransaction", contract=StopCharging, read=transactions.read_remote_stop, write=spelling.verdict, declined=spelling.REJECTED),
        Heard(action="Reset", contract=Reset, read=remote.read_reset, write=remote.write_resetting),
        Heard(action="TriggerMessage", contract=Trigger, read=remote.read_trigger, write=spelling.verdict, declined=remote.NOT_IMPLEMENTED),
        Heard(action="ChangeAvailability", contract=SetAvailability, read=availability.read_change_availability, write=spelling.verdict),
        Heard(action="UnlockConnector", contract=Unlock, read=availability.read_unlock, write=availability.write_unlocked),
        Heard(action="GetConfiguration", contract=ReadSettings, read=settings.read_get_configuration, write=settings.write_configuration),
        Heard(action="ChangeConfiguration", contract=WriteSettings, read=settings.read_change_configuration, write=settings.write_changed, secrets=(settings.NEW_VALUE,)),
        Heard(action="SetChargingProfile", contract=SetProfile, read=smart_charging.read_set_profile, write=spelling.verdict),
        Heard(action="ClearChargingProfile", contract=ClearProfiles, read=smart_charging.read_clear_profiles, write=smart_charging.write_cleared),
        Heard(action="GetCompositeSchedule", contract=ComposeSchedule, read=smart_charging.read_compose, write=smart_charging.write_composed),
        Heard(action="ClearCache", contract=ForgetTokens, read=authorization.read_clear_cache, write=spelling.verdict),
        Heard(action="SendLocalList", contract=SetTokenList, read=token_list.read_send_local_list, write=token_list.write_list_set, declined=token_list.NOT_SUPPORTED),
        Heard(action="GetLocalListVersion", contract=ReadTokenListVersion, read=token_list.read_list_version, write=token_list.write_list_version),
        Heard(action="ReserveNow", contract=Reserve, read=reservation.read_reserve_now, write=reservation.write_reserved),
        Heard(action="CancelReservation", contract=CancelReservation, read=reservation.read_cancel, write=spelling.verdict),
        Heard(action="DataTransfer", contract=PassDataRequest, read=data.read_data, write=data.write_data_answer, depth="acknowledged"),
    ),
    unsaid={
        "DiagnosticsStatusNotification": _NO_LOGS,
        "FirmwareStatusNotification": _NO_FIRMWARE,
        "LogStatusNotification": _NO_LOGS,
        "SecurityEventNotification": _NO_SECURITY,
        "SignCertificate": _NO_CERTIFICATES,
        "SignedFirmwareStatusNotification": _NO_FIRMWARE,
    },
    refused={
        "CertificateSigned": _NO_CERTIFICATES,
        "DeleteCertificate": _NO_CERTIFICATES,
        "ExtendedTriggerMessage": "TriggerMessage does the same for all that the charger can send",
        "GetDiagnostics": _NO_LOGS,
        "GetInstalledCertificateIds": _NO_CERTIFICATES,
        "GetLog": _NO_LOGS,
        "InstallCertificate": _NO_CERTIFICATES,
        "SignedUpdateFirmware": _NO_FIRMWARE,
        "UpdateFirmware": _NO_FIRMWARE,
    },
)
# fmt: on
