"""Transactions of OCPP 2.0.1: a stream of numbered events, named by the station. Also MeterValues outside of them."""

from vcp_contracts.actions import ReportMeter, ReportTransaction
from vcp_contracts.outcomes import TransactionAnswer
from vcp_contracts.requests import ChargingStart, StartCharging, StopCharging
from vcp_contracts.values import Token

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp201.smart_charging import flaw_info, optional_profile
from vcp_handler.dialects.ocpp201.spelling import (
    VERDICT,
    message,
    meter_values,
    optional_token,
    optional_token_info,
    place,
    remark,
    token,
    written_place,
    written_token,
)
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.shared.readings import measured
from vcp_handler.dialects.table import Envelope, Payload

_EVENT = {"started": "Started", "updated": "Updated", "ended": "Ended"}

_STATE = {
    "idle": "Idle",
    "ev_connected": "EVConnected",
    "charging": "Charging",
    "suspended_ev": "SuspendedEV",
    "suspended_evse": "SuspendedEVSE",
}

_TRIGGER = {
    "abnormal_condition": "AbnormalCondition",
    "authorized": "Authorized",
    "cable_plugged_in": "CablePluggedIn",
    "charging_rate_changed": "ChargingRateChanged",
    "charging_state_changed": "ChargingStateChanged",
    "deauthorized": "Deauthorized",
    "energy_limit_reached": "EnergyLimitReached",
    "ev_communication_lost": "EVCommunicationLost",
    "ev_connect_timeout": "EVConnectTimeout",
    "ev_departed": "EVDeparted",
    "ev_detected": "EVDetected",
    "meter_clock": "MeterValueClock",
    "meter_periodic": "MeterValuePeriodic",
    "remote_start": "RemoteStart",
    "remote_stop": "RemoteStop",
    "reset_command": "ResetCommand",
    "stop_authorized": "StopAuthorized",
    "time_limit_reached": "TimeLimitReached",
    "trigger": "Trigger",
    "unlock_command": "UnlockCommand",
}

_STOP_REASON = {
    "deauthorized": "DeAuthorized",
    "emergency_stop": "EmergencyStop",
    "energy_limit_reached": "EnergyLimitReached",
    "ev_disconnected": "EVDisconnected",
    "ground_fault": "GroundFault",
    "hard_reset": "ImmediateReset",
    "immediate_reset": "ImmediateReset",
    "local": "Local",
    "master_pass": "MasterPass",
    "other": "Other",
    "overcurrent_fault": "OvercurrentFault",
    "power_loss": "PowerLoss",
    "reboot": "Reboot",
    "remote": "Remote",
    "soc_limit_reached": "SOCLimitReached",
    "soft_reset": "ImmediateReset",
    "stopped_by_ev": "StoppedByEV",
    "time_limit_reached": "TimeLimitReached",
    "timeout": "Timeout",
    "unlock_command": "Other",
}

_TELLS_STATE = frozenset({"charging_state_changed", "trigger"})
"""Triggers whose event must tell the charging state even where it is no news (F06, TransactionEventRequest)."""


def write_event(report: ReportTransaction) -> Payload:
    """TransactionEventRequest. Facts that are told once are written where they are news."""
    news = report.news
    return told(
        eventType=_EVENT[report.phase],
        timestamp=instants.written(report.at),
        triggerReason=_TRIGGER[report.trigger],
        seqNo=report.seq,
        offline=report.offline or None,
        numberOfPhasesUsed=report.phases_used,
        reservationId=report.reservation if "reservation" in news else None,
        transactionInfo=told(
            transactionId=report.transaction,
            chargingState=_STATE[report.state] if _tells_state(report) else None,
            stoppedReason=_stopped_reason(report),
            remoteStartId=report.remote_start if "remote_start" in news else None,
        ),
        evse=written_place(report.place) if "place" in news else None,
        idToken=_told_token(report),
        meterValue=meter_values(report.samples) or None,
    )


def _tells_state(report: ReportTransaction) -> bool:
    return "state" in report.news or report.phase == "started" or report.trigger in _TELLS_STATE


def _stopped_reason(report: ReportTransaction) -> str | None:
    if report.phase != "ended" or report.stop_reason is None:
        return None
    return _STOP_REASON[report.stop_reason]


def _told_token(report: ReportTransaction) -> Payload | None:
    # E01/E07: a token is told once when it authorizes, and again when a token ends the authorization.
    told_now: Token | None = report.token if "token" in report.news else None
    if report.trigger == "stop_authorized":
        told_now = report.stop_token or told_now
    return None if told_now is None else written_token(told_now)


def read_event(payload: Payload, _report: ReportTransaction) -> TransactionAnswer:
    """TransactionEventResponse; every field is optional."""
    return TransactionAnswer(
        info=optional_token_info(payload.get("idTokenInfo")),
        cost=payload.get("totalCost"),
        message=message(payload.get("updatedPersonalMessage")),
    )


def choose_meter_message(report: ReportMeter) -> str | None:
    """MeterValues must not be empty."""
    return "MeterValues" if measured(report.samples) else None


def write_meter(report: ReportMeter) -> Payload:
    """MeterValuesRequest."""
    return {"evseId": report.place.evse, "meterValue": meter_values(report.samples)}


def read_request_start(payload: Payload, envelope: Envelope) -> StartCharging:
    """RequestStartTransactionRequest."""
    evse = payload.get("evseId")
    return StartCharging(
        **envelope,
        token=token(payload["idToken"]),
        place=None if evse is None else place(evse, None),
        remote_start=payload["remoteStartId"],
        group=optional_token(payload.get("groupIdToken")),
        profile=optional_profile(payload),
    )


def write_started(reply: ChargingStart, _original: Payload) -> Payload:
    """RequestStartTransactionResponse; names a transaction that runs already (F01.FR.13)."""
    info = flaw_info(reply.flaw, reply.detail) or remark(reply)
    return told(status=VERDICT[reply.result], statusInfo=info, transactionId=reply.transaction)


def read_request_stop(payload: Payload, envelope: Envelope) -> StopCharging:
    """RequestStopTransactionRequest."""
    return StopCharging(**envelope, transaction=payload["transactionId"])
