"""OCPP 1.6: the table of all its actions, and its manners. A row is an action; the files beside hold the rows' functions."""

from vcp_contracts.actions import (
    AskSigning,
    Authorize,
    Beat,
    Boot,
    PassData,
    ReportFirmware,
    ReportMeter,
    ReportSecurityEvent,
    ReportStatus,
    ReportTransaction,
    ReportUpload,
)
from vcp_contracts.manners import Manners
from vcp_contracts.requests import (
    DeleteCertificate,
    ForgetTokens,
    InstallRoot,
    ListCertificates,
    ReadSettings,
    Reset,
    SetAvailability,
    StartCharging,
    StopCharging,
    TakeCertificate,
    Trigger,
    Unlock,
    UpdateFirmware,
    UploadLog,
    WriteSettings,
)
from vcp_contracts.requests import PassData as PassDataRequest

from vcp_handler.dialects.ocpp16 import (
    authorization,
    availability,
    certificates,
    data,
    firmware,
    provisioning,
    remote,
    security,
    settings,
    spelling,
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
    password_rule="hex_or_text",
    future_certificate="kept",
    security_profile_set_by="setting",
    security_events="with_security_profile",
    resume_reset=False,
)

_NO_RESERVATIONS = "the charger takes no reservations"
_NO_SMART_CHARGING = "the charger keeps no charging profiles"
_NO_LOCAL_LIST = "the charger keeps no local authorization list"

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
        Said(action="SignCertificate", contract=AskSigning, write=certificates.write_signing, read=certificates.read_signing),
        Said(action="SecurityEventNotification", contract=ReportSecurityEvent, write=security.write_event, read=spelling.acknowledged),
        Said(action="DataTransfer", contract=PassData, write=data.write_data, read=data.read_data_answer),
        Said(action="FirmwareStatusNotification", contract=ReportFirmware, write=firmware.write_firmware, read=spelling.acknowledged),
        Said(action="SignedFirmwareStatusNotification", contract=ReportFirmware, write=firmware.write_signed_firmware, read=spelling.acknowledged),
        Said(action="DiagnosticsStatusNotification", contract=ReportUpload, write=firmware.write_diagnostics, read=spelling.acknowledged),
        Said(action="LogStatusNotification", contract=ReportUpload, write=firmware.write_log, read=spelling.acknowledged),
    ),
    choices={
        ReportTransaction: transactions.choose_transaction_message,
        ReportMeter: transactions.choose_meter_message,
        ReportFirmware: firmware.choose_firmware_message,
        ReportUpload: firmware.choose_upload_message,
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
        Heard(action="CertificateSigned", contract=TakeCertificate, read=certificates.read_take, write=certificates.write_result),
        Heard(action="InstallCertificate", contract=InstallRoot, read=certificates.read_install, write=certificates.write_result),
        Heard(action="DeleteCertificate", contract=DeleteCertificate, read=certificates.read_delete, write=certificates.write_result),
        Heard(action="GetInstalledCertificateIds", contract=ListCertificates, read=certificates.read_list, write=certificates.write_list),
        Heard(action="ClearCache", contract=ForgetTokens, read=authorization.read_clear_cache, write=spelling.verdict),
        Heard(action="ExtendedTriggerMessage", contract=Trigger, read=remote.read_extended_trigger, write=spelling.verdict, declined=remote.NOT_IMPLEMENTED),
        Heard(action="UpdateFirmware", contract=UpdateFirmware, read=firmware.read_update, write=firmware.write_update, secrets=(firmware.LOCATION,)),
        Heard(action="SignedUpdateFirmware", contract=UpdateFirmware, read=firmware.read_signed_update, write=firmware.write_verdict, secrets=(firmware.FIRMWARE_LOCATION,)),
        Heard(action="GetDiagnostics", contract=UploadLog, read=firmware.read_diagnostics, write=firmware.write_diagnostics_answer, secrets=(firmware.LOCATION,)),
        Heard(action="GetLog", contract=UploadLog, read=firmware.read_get_log, write=firmware.write_log_answer, secrets=(firmware.LOG_LOCATION,)),
        Heard(action="DataTransfer", contract=PassDataRequest, read=data.read_data, write=data.write_data_answer, depth="acknowledged"),
    ),
    unsaid={
    },
    refused={
        "CancelReservation": _NO_RESERVATIONS,
        "ClearChargingProfile": _NO_SMART_CHARGING,
        "GetCompositeSchedule": _NO_SMART_CHARGING,
        "GetLocalListVersion": _NO_LOCAL_LIST,
        "ReserveNow": _NO_RESERVATIONS,
        "SendLocalList": _NO_LOCAL_LIST,
        "SetChargingProfile": _NO_SMART_CHARGING,
    },
)
# fmt: on
