"""Transactions of OCPP 1.6: three messages, named by the backend. Also MeterValues outside of them."""

import re

from vcp_contracts.actions import ReportMeter, ReportTransaction
from vcp_contracts.outcomes import TransactionAnswer
from vcp_contracts.requests import StartCharging, StopCharging
from vcp_contracts.values import Token

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp16.smart_charging import optional_profile
from vcp_handler.dialects.ocpp16.spelling import STOP_REASON, meter_values, optional_place, token_info
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.shared.readings import measured
from vcp_handler.dialects.table import Envelope, Payload

NAMELESS = -1
"""The transactionId of a transaction whose start the backend never answered (errata 3.18)."""

_INTEGER = re.compile(r"-?[0-9]{1,20}")
"""Any integer of 64 bits; those that are greater JSON hands us as other numbers."""


def choose_transaction_message(report: ReportTransaction) -> str | None:
    """Which of the three messages tells it. An update without meter values has none."""
    if report.phase == "started":
        return "StartTransaction"
    if report.phase == "ended":
        return "StopTransaction"
    return "MeterValues" if measured(report.samples) else None


def choose_meter_message(report: ReportMeter) -> str | None:
    """MeterValues must not be empty."""
    return "MeterValues" if measured(report.samples) else None


def transaction_id(backend_name: str | None) -> int | str:
    """The backend's integer. A name that is none stays text, so that the schema check names the field."""
    if backend_name is None:
        return NAMELESS
    return int(backend_name) if _INTEGER.fullmatch(backend_name) else backend_name


def write_start(report: ReportTransaction) -> Payload:
    """StartTransaction.req."""
    return told(
        connectorId=report.place.evse,
        idTag=report.token.value if report.token else None,
        meterStart=report.register_wh,
        timestamp=instants.written(report.at),
        reservationId=report.reservation,
    )


def read_start(payload: Payload, _report: ReportTransaction) -> TransactionAnswer:
    """StartTransaction.conf: the verdict on the token, and the transaction's name."""
    return TransactionAnswer(
        info=token_info(payload["idTagInfo"]), backend_name=_name(payload["transactionId"])
    )


def _name(given: object) -> str:
    """An integer as a name; one that was sent as text serves too. Raises ValueError."""
    name = str(given)
    if not _INTEGER.fullmatch(name) or not -(2**63) <= int(name) < 2**64:
        raise ValueError("no integer of 64 bits")
    return name


def write_update(report: ReportTransaction) -> Payload:
    """MeterValues.req within a transaction."""
    return {
        "connectorId": report.place.evse,
        "transactionId": transaction_id(report.backend_name),
        "meterValue": meter_values(report.samples),
    }


def write_stop(report: ReportTransaction) -> Payload:
    """StopTransaction.req."""
    return told(
        transactionId=transaction_id(report.backend_name),
        idTag=report.stop_token.value if report.stop_token else None,
        meterStop=report.register_wh,
        timestamp=instants.written(report.at),
        reason=STOP_REASON[report.stop_reason] if report.stop_reason else None,
        transactionData=meter_values(report.samples) or None,
    )


def read_stop(payload: Payload, _report: ReportTransaction) -> TransactionAnswer:
    """StopTransaction.conf; it may say nothing of the token."""
    info = payload.get("idTagInfo")
    return TransactionAnswer(info=None if info is None else token_info(info))


def write_meter(report: ReportMeter) -> Payload:
    """MeterValues.req outside transactions."""
    return {"connectorId": report.place.evse, "meterValue": meter_values(report.samples)}


def read_remote_start(payload: Payload, envelope: Envelope) -> StartCharging:
    """RemoteStartTransaction.req."""
    return StartCharging(
        **envelope,
        token=Token(value=payload["idTag"]),
        place=optional_place(payload),
        profile=optional_profile(payload),
    )


def read_remote_stop(payload: Payload, envelope: Envelope) -> StopCharging:
    """RemoteStopTransaction.req."""
    return StopCharging(**envelope, transaction=str(payload["transactionId"]))
