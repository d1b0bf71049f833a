"""OCPP 2.0.1: the table of all its actions, and its manners. A row is an action; the files beside hold the functions."""

from vcp_contracts.actions import (
    AskSigning,
    Authorize,
    Beat,
    Boot,
    PassData,
    ReportEvents,
    ReportFirmware,
    ReportLimit,
    ReportLimitCleared,
    ReportMeter,
    ReportProfiles,
    ReportReservation,
    ReportSecurityEvent,
    ReportSettings,
    ReportStatus,
    ReportTransaction,
    ReportUpload,
)
from vcp_contracts.manners import Manners
from vcp_contracts.requests import (
    CancelReservation,
    ClearProfiles,
    ComposeSchedule,
    DeleteCertificate,
    ForgetTokens,
    InstallRoot,
    ListCertificates,
    ListProfiles,
    ListSettings,
    ReadSettings,
    ReadTokenListVersion,
    Reserve,
    Reset,
    SetAvailability,
    SetProfile,
    SetTokenList,
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

from vcp_handler.dialects.ocpp201 import (
    authorization,
    availability,
    certificates,
    data,
    firmware,
    provisioning,
    remote,
    reservation,
    security,
    settings,
    smart_charging,
    spelling,
    token_list,
    transactions,
)
from vcp_handler.dialects.shared import certificate_store, files, vendor_data
from vcp_handler.dialects.shared.payloads import AGREEING, acknowledged
from vcp_handler.dialects.table import Dialect, Heard, Said

SUBPROTOCOL = "ocpp2.0.1"

MANNERS = Manners(
    session_style="event_stream",
    transactions_named_by="station",
    start_points=None,
    stop_points=None,
    transaction_updates="every_change",
    end_data_interval="own_interval",
    end_data_unless_set="register",
    status_words="coarse",
    status_scope="connector",
    status_carries_fault=False,
    status_after_reconnect="all_after_threshold",
    station_availability="own_level",
    idle_meter_is_durable=False,
    triggered_meter_uses="aligned",
    pre_authorize_covers_list=False,
    cache_excludes_list=False,
    token_max=36,
    token_typed=True,
    anonymous_start=True,
    unlock_in_transaction="refused",
    rejected_gate="security_error",
    power_limit_reading="per_phase",
    same_profile="refused",
    own_default_profile="pooled",
    unnamed_tx_profile="refused",
    schedule_start="strict",
    password_rule="text",
    future_certificate="rejected",
    csr_retry="back_off",
    security_profile_set_by="network_slot",
    security_events="always",
    resume_reset=False,
)

_NO_PUBLISHING = "publishing firmware is for local controllers"
_NO_CERTIFICATES = "the charger manages no certificates"
_NO_MONITORING = "the charger has no variable monitors"
_NO_DISPLAY = "the charger has no display"
_NO_COST = "the charger shows no costs"
_NO_CUSTOMERS = "the charger keeps nothing about customers"
_NO_NETWORK = "the charger has one network configuration"
_NO_REPORT = "GetBaseReport tells all that the charger has"
_NO_15118 = "the charger's EVs speak no ISO 15118"

# fmt: off
DIALECT = Dialect(
    subprotocol=SUBPROTOCOL,
    manners=MANNERS,
    signed="-Signed",  # part 4 §7.1
    subject=spelling.SUBJECT,
    agreeing=AGREEING,
    said=(
        Said(action="BootNotification", contract=Boot, write=provisioning.write_boot, read=provisioning.read_boot),
        Said(action="Heartbeat", contract=Beat, write=provisioning.write_beat, read=provisioning.read_beat),
        Said(action="Authorize", contract=Authorize, write=authorization.write_authorize, read=authorization.read_authorize, secrets=(spelling.KEYED_TOKEN,)),
        Said(action="StatusNotification", contract=ReportStatus, write=availability.write_status, read=acknowledged),
        Said(action="NotifyEvent", contract=ReportEvents, write=availability.write_events, read=acknowledged),
        Said(action="TransactionEvent", contract=ReportTransaction, write=transactions.write_event, read=transactions.read_event, secrets=(spelling.KEYED_TOKEN,)),
        Said(action="MeterValues", contract=ReportMeter, write=transactions.write_meter, read=acknowledged),
        Said(action="NotifyReport", contract=ReportSettings, write=settings.write_report, read=acknowledged),
        Said(action="ReservationStatusUpdate", contract=ReportReservation, write=reservation.write_ended, read=acknowledged),
        Said(action="SignCertificate", contract=AskSigning, write=certificates.write_signing, read=certificate_store.read_signing),
        Said(action="SecurityEventNotification", contract=ReportSecurityEvent, write=security.write_event, read=acknowledged),
        Said(action="ReportChargingProfiles", contract=ReportProfiles, write=smart_charging.write_profiles, read=acknowledged),
        Said(action="NotifyChargingLimit", contract=ReportLimit, write=smart_charging.write_limit, read=acknowledged),
        Said(action="ClearedChargingLimit", contract=ReportLimitCleared, write=smart_charging.write_limit_cleared, read=acknowledged),
        Said(action="DataTransfer", contract=PassData, write=data.write_data, read=vendor_data.read_data_answer),
        Said(action="FirmwareStatusNotification", contract=ReportFirmware, write=files.write_firmware, read=acknowledged),
        Said(action="LogStatusNotification", contract=ReportUpload, write=files.write_log, read=acknowledged),
    ),
    choices={
        ReportStatus: availability.choose_status_message,
        ReportMeter: transactions.choose_meter_message,
    },
    heard=(
        Heard(action="RequestStartTransaction", contract=StartCharging, read=transactions.read_request_start, write=transactions.write_started, declined=spelling.REJECTED, secrets=(spelling.KEYED_TOKEN,)),
        Heard(action="RequestStopTransaction", contract=StopCharging, read=transactions.read_request_stop, write=spelling.verdict, declined=spelling.REJECTED),
        Heard(action="Reset", contract=Reset, read=remote.read_reset, write=spelling.verdict),
        Heard(action="TriggerMessage", contract=Trigger, read=remote.read_trigger, write=spelling.verdict, declined=remote.NOT_IMPLEMENTED),
        Heard(action="ChangeAvailability", contract=SetAvailability, read=availability.read_change_availability, write=spelling.verdict),
        Heard(action="UnlockConnector", contract=Unlock, read=availability.read_unlock, write=availability.write_unlocked),
        Heard(action="GetVariables", contract=ReadSettings, read=settings.read_get_variables, write=settings.write_variables),
        Heard(action="SetVariables", contract=WriteSettings, read=settings.read_set_variables, write=settings.write_set_variables, statuses=settings.written_statuses, secrets=(settings.NEW_VALUES,)),
        Heard(action="GetBaseReport", contract=ListSettings, read=settings.read_base_report, write=spelling.verdict),
        Heard(action="SetChargingProfile", contract=SetProfile, read=smart_charging.read_set_profile, write=smart_charging.write_set, declined=smart_charging.UNKNOWN_EVSE),
        Heard(action="ClearChargingProfile", contract=ClearProfiles, read=smart_charging.read_clear_profiles, write=smart_charging.write_cleared),
        Heard(action="GetChargingProfiles", contract=ListProfiles, read=smart_charging.read_list_profiles, write=smart_charging.write_listed),
        Heard(action="GetCompositeSchedule", contract=ComposeSchedule, read=smart_charging.read_compose, write=smart_charging.write_composed),
        Heard(action="ClearCache", contract=ForgetTokens, read=authorization.read_clear_cache, write=spelling.verdict),
        Heard(action="SendLocalList", contract=SetTokenList, read=token_list.read_send_local_list, write=token_list.write_list_set, secrets=(spelling.LISTED_KEYED_TOKENS,)),
        Heard(action="GetLocalListVersion", contract=ReadTokenListVersion, read=token_list.read_list_version, write=token_list.write_list_version),
        Heard(action="ReserveNow", contract=Reserve, read=reservation.read_reserve_now, write=reservation.write_reserved, secrets=(spelling.KEYED_TOKEN,)),
        Heard(action="CancelReservation", contract=CancelReservation, read=reservation.read_cancel, write=spelling.verdict),
        Heard(action="CertificateSigned", contract=TakeCertificate, read=certificates.read_take, write=certificate_store.write_result),
        Heard(action="InstallCertificate", contract=InstallRoot, read=certificates.read_install, write=certificate_store.write_result),
        Heard(action="DeleteCertificate", contract=DeleteCertificate, read=certificate_store.read_delete, write=certificate_store.write_result),
        Heard(action="GetInstalledCertificateIds", contract=ListCertificates, read=certificates.read_list, write=certificates.write_list),
        Heard(action="UpdateFirmware", contract=UpdateFirmware, read=firmware.read_update, write=files.write_verdict, secrets=(files.FIRMWARE_LOCATION,)),
        Heard(action="GetLog", contract=UploadLog, read=files.read_get_log, write=files.write_log_answer, secrets=(files.LOG_LOCATION,)),
        Heard(action="DataTransfer", contract=PassDataRequest, read=vendor_data.read_data, write=data.write_data_answer, depth="acknowledged"),
    ),
    unsaid={
        "Get15118EVCertificate": _NO_15118,
        "GetCertificateStatus": _NO_CERTIFICATES,
        "NotifyCustomerInformation": _NO_CUSTOMERS,
        "NotifyDisplayMessages": _NO_DISPLAY,
        "NotifyEVChargingNeeds": _NO_15118,
        "NotifyEVChargingSchedule": _NO_15118,
        "NotifyMonitoringReport": _NO_MONITORING,
        "PublishFirmwareStatusNotification": _NO_PUBLISHING,
    },
    refused={
        "ClearDisplayMessage": _NO_DISPLAY,
        "ClearVariableMonitoring": _NO_MONITORING,
        "CostUpdated": _NO_COST,
        "CustomerInformation": _NO_CUSTOMERS,
        "GetDisplayMessages": _NO_DISPLAY,
        "GetMonitoringReport": _NO_MONITORING,
        "GetReport": _NO_REPORT,
        "GetTransactionStatus": "the charger tells its transactions by their events alone",
        "PublishFirmware": _NO_PUBLISHING,
        "SetDisplayMessage": _NO_DISPLAY,
        "SetMonitoringBase": _NO_MONITORING,
        "SetMonitoringLevel": _NO_MONITORING,
        "SetNetworkProfile": _NO_NETWORK,
        "SetVariableMonitoring": _NO_MONITORING,
        "UnpublishFirmware": _NO_PUBLISHING,
    },
)
# fmt: on
