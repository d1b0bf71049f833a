"""OCPP 1.6, charger → backend: each action beside its literal payload, and each answer beside what it means."""

from datetime import UTC, datetime
from typing import Any

import pytest
from vcp_contracts.actions import (
    Action,
    Authorize,
    Beat,
    Boot,
    PassData,
    ReportEvents,
    ReportMeter,
    ReportStatus,
    ReportTransaction,
)
from vcp_contracts.outcomes import (
    Acknowledged,
    AuthorizeAnswer,
    BeatAnswer,
    BootAnswer,
    DataAnswer,
    TransactionAnswer,
)
from vcp_contracts.values import STATION, Fault, Place, Reading, Sample, Token, TokenInfo
from vcp_handler.dialects.ocpp16 import DIALECT
from vcp_handler.dialects.table import Unreadable
from vcp_handler.validation import Schemas

SCHEMAS = Schemas("v16")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)
COMMON: dict[str, Any] = {"id": "a1", "charge_point": "CP1", "at": NOON}

FIRST_READINGS = Sample(
    at=NOON,
    readings=(
        Reading(value=1000.0, unit="Wh", context="begin"),
        Reading(value=229.87, measurand="Voltage", unit="V", phase="L1-N", context="begin"),
        Reading(value=49.98, measurand="Frequency", unit="Hertz", context="begin"),
        Reading(value=21.5, measurand="Temperature", unit="Celsius", location="body", context="clock"),
    ),
)
FIRST_READINGS_WRITTEN = {
    "timestamp": "2026-03-01T12:00:00Z",
    "sampledValue": [
        {
            "value": "1000",
            "context": "Transaction.Begin",
            "measurand": "Energy.Active.Import.Register",
            "unit": "Wh",
        },
        {
            "value": "229.87",
            "context": "Transaction.Begin",
            "measurand": "Voltage",
            "phase": "L1-N",
            "unit": "V",
        },
        {"value": "49.98", "context": "Transaction.Begin", "measurand": "Frequency"},
        {
            "value": "21.5",
            "context": "Sample.Clock",
            "measurand": "Temperature",
            "location": "Body",
            "unit": "Celcius",
        },
    ],
}


def report(**fields: Any) -> ReportTransaction:
    facts: dict[str, Any] = {
        "transaction": "3b0c",
        "place": Place(evse=2, connector=1),
        "token": Token(value="CARD1"),
        "state": "charging",
        "seq": 0,
        "register_wh": 1000,
    }
    return ReportTransaction(**{**COMMON, **facts, **fields})


SAID: list[tuple[str, Action, str, dict[str, Any]]] = [
    (
        "a boot with all it may tell; the reason has no field",
        Boot(
            **COMMON,
            reason="power_up",
            vendor="VCP",
            model="Virtual",
            serial_number="SN1",
            firmware_version="1.0",
            meter_serial_number="M1",
            meter_type="Class B",
            iccid="8931",
            imsi="204",
        ),
        "BootNotification",
        {
            "chargePointVendor": "VCP",
            "chargePointModel": "Virtual",
            "chargePointSerialNumber": "SN1",
            "firmwareVersion": "1.0",
            "iccid": "8931",
            "imsi": "204",
            "meterSerialNumber": "M1",
            "meterType": "Class B",
        },
    ),
    (
        "a boot with the least",
        Boot(**COMMON, reason="unknown", vendor="VCP", model="Virtual"),
        "BootNotification",
        {"chargePointVendor": "VCP", "chargePointModel": "Virtual"},
    ),
    ("a beat", Beat(**COMMON), "Heartbeat", {}),
    (
        "a token asks",
        Authorize(**COMMON, token=Token(value="CARD1", kind="iso14443")),
        "Authorize",
        {"idTag": "CARD1"},
    ),
    (
        "the station is available",
        ReportStatus(**COMMON, place=STATION, fine="available", coarse="available"),
        "StatusNotification",
        {
            "connectorId": 0,
            "errorCode": "NoError",
            "status": "Available",
            "timestamp": "2026-03-01T12:00:00Z",
        },
    ),
    (
        "a broken connector tells its fault",
        ReportStatus(
            **{**COMMON, "at": LATER},
            place=Place(evse=1, connector=1),
            fine="faulted",
            coarse="faulted",
            fault=Fault(kind="ground_failure", info="leak on L2", vendor="org.example", vendor_code="E17"),
        ),
        "StatusNotification",
        {
            "connectorId": 1,
            "errorCode": "GroundFailure",
            "status": "Faulted",
            "timestamp": "2026-03-01T12:30:00.250Z",
            "info": "leak on L2",
            "vendorId": "org.example",
            "vendorErrorCode": "E17",
        },
    ),
    (
        "a warning stands beside a working status",
        ReportStatus(
            **COMMON,
            place=Place(evse=1),
            fine="charging",
            coarse="occupied",
            fault=Fault(kind="weak_signal", blocking=False),
        ),
        "StatusNotification",
        {
            "connectorId": 1,
            "errorCode": "WeakSignal",
            "status": "Charging",
            "timestamp": "2026-03-01T12:00:00Z",
        },
    ),
    (
        "the EV's side was unplugged",
        ReportStatus(
            **COMMON,
            place=Place(evse=1),
            fine="suspended_ev",
            coarse="available",
            note="EV side disconnected",
        ),
        "StatusNotification",
        {
            "connectorId": 1,
            "errorCode": "NoError",
            "status": "SuspendedEV",
            "timestamp": "2026-03-01T12:00:00Z",
            "info": "EV side disconnected",
        },
    ),
    (
        "a transaction starts on a reservation",
        report(phase="started", trigger="authorized", reservation=7, remote_start=9),
        "StartTransaction",
        {
            "connectorId": 2,
            "idTag": "CARD1",
            "meterStart": 1000,
            "timestamp": "2026-03-01T12:00:00Z",
            "reservationId": 7,
        },
    ),
    (
        "meter values within a transaction",
        report(phase="updated", trigger="meter_periodic", backend_name="77", samples=(FIRST_READINGS,)),
        "MeterValues",
        {"connectorId": 2, "transactionId": 77, "meterValue": [FIRST_READINGS_WRITTEN]},
    ),
    (
        "meter values of a transaction that the backend never named",
        report(phase="updated", trigger="meter_periodic", samples=(FIRST_READINGS,)),
        "MeterValues",
        {"connectorId": 2, "transactionId": -1, "meterValue": [FIRST_READINGS_WRITTEN]},
    ),
    (
        "a transaction ends by another card, with its data",
        report(
            phase="ended",
            trigger="stop_authorized",
            backend_name="77",
            register_wh=4250,
            stop_reason="local",
            stop_token=Token(value="CARD2"),
            samples=(FIRST_READINGS,),
        ),
        "StopTransaction",
        {
            "transactionId": 77,
            "idTag": "CARD2",
            "meterStop": 4250,
            "timestamp": "2026-03-01T12:00:00Z",
            "reason": "Local",
            "transactionData": [FIRST_READINGS_WRITTEN],
        },
    ),
    (
        "a nameless transaction ends by a soft reset, without data",
        report(phase="ended", trigger="reset_command", stop_reason="soft_reset"),
        "StopTransaction",
        {
            "transactionId": -1,
            "meterStop": 1000,
            "timestamp": "2026-03-01T12:00:00Z",
            "reason": "SoftReset",
        },
    ),
    (
        "meter values of the main meter",
        ReportMeter(**COMMON, place=STATION, samples=(FIRST_READINGS, Sample(at=LATER, readings=()))),
        "MeterValues",
        {"connectorId": 0, "meterValue": [FIRST_READINGS_WRITTEN]},
    ),
    (
        "vendor data that is text already",
        PassData(**COMMON, vendor="org.example", message="hello", content='{"a":1}'),
        "DataTransfer",
        {"vendorId": "org.example", "messageId": "hello", "data": '{"a":1}'},
    ),
    (
        "vendor data that is an object becomes JSON text",
        PassData(**COMMON, vendor="org.example", content={"ü": [1, 2.5, None]}),
        "DataTransfer",
        {"vendorId": "org.example", "data": '{"ü":[1,2.5,null]}'},
    ),
]


@pytest.mark.parametrize(
    ("action", "name", "payload"), [row[1:] for row in SAID], ids=[row[0] for row in SAID]
)
def test_an_action_is_written_as(action: Action, name: str, payload: dict[str, Any]) -> None:
    row = DIALECT.row_for(action)
    assert row is not None
    assert row.action == name
    assert row.write(action) == payload
    assert SCHEMAS.check_call(name, payload, formats=True) is None


UNSPOKEN: list[tuple[str, Action]] = [
    ("a change that no meter value tells", report(phase="updated", trigger="charging_state_changed")),
    (
        "samples without readings",
        report(phase="updated", trigger="trigger", samples=(Sample(at=NOON, readings=()),)),
    ),
    ("an idle meter without readings", ReportMeter(**COMMON, place=STATION, samples=())),
    (
        "a fault as an event: the status carries it",
        ReportEvents(**COMMON, event_number=1, place=STATION, fault=Fault(kind="other_error"), active=True),
    ),
]


@pytest.mark.parametrize("action", [row[1] for row in UNSPOKEN], ids=[row[0] for row in UNSPOKEN])
def test_some_things_have_no_words(action: Action) -> None:
    assert DIALECT.row_for(action) is None


UNWRITABLE: list[tuple[str, Action, str]] = [
    ("a token longer than 20", Authorize(**COMMON, token=Token(value="X" * 21)), "idTag"),
    ("a start without a token", report(phase="started", trigger="remote_start", token=None), "idTag"),
    (
        "a name that is no integer",
        report(phase="ended", trigger="remote_stop", backend_name="3b0c-77"),
        "transactionId",
    ),
]


@pytest.mark.parametrize(
    ("action", "field"), [row[1:] for row in UNWRITABLE], ids=[row[0] for row in UNWRITABLE]
)
def test_what_does_not_fit_is_never_cut_but_caught_by_the_schema(action: Action, field: str) -> None:
    row = DIALECT.row_for(action)
    assert row is not None
    fault = SCHEMAS.check_call(row.action, row.write(action), formats=True)
    assert fault is not None
    assert fault.field == field


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (12345.0, "12345"),
        (0.1, "0.1"),
        (-3.25, "-3.25"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
    ],
)
def test_numbers_are_plain_decimal_text(value: float, text: str) -> None:
    sample = Sample(at=NOON, readings=(Reading(value=value),))
    meter = ReportMeter(**COMMON, place=STATION, samples=(sample,))
    row = DIALECT.row_for(meter)
    assert row is not None
    assert row.write(meter)["meterValue"][0]["sampledValue"][0]["value"] == text


@pytest.mark.parametrize(
    ("ours", "spelt"),
    [
        ("deauthorized", "DeAuthorized"),
        ("ev_disconnected", "EVDisconnected"),
        ("hard_reset", "HardReset"),
        ("power_loss", "PowerLoss"),
        ("unlock_command", "UnlockCommand"),
        ("soc_limit_reached", "Other"),
        ("master_pass", "Local"),
    ],
)
def test_reasons_that_1_6_lacks_are_told_by_the_nearest(ours: Any, spelt: str) -> None:
    stop = report(phase="ended", trigger="abnormal_condition", stop_reason=ours)
    row = DIALECT.row_for(stop)
    assert row is not None
    assert row.write(stop)["reason"] == spelt


BOOT = Boot(**COMMON, reason="power_up", vendor="VCP", model="Virtual")
START = report(phase="started", trigger="authorized")
STOP = report(phase="ended", trigger="stop_authorized", backend_name="77")
METER = ReportMeter(**COMMON, place=STATION, samples=(FIRST_READINGS,))
ASK = Authorize(**COMMON, token=Token(value="CARD1"))
DATA = PassData(**COMMON, vendor="org.example")

ANSWERS: list[tuple[str, Action, dict[str, Any], object]] = [
    (
        "accepted, every 300 s",
        BOOT,
        {"status": "Accepted", "currentTime": "2026-03-01T13:00:00.5+01:00", "interval": 300},
        BootAnswer(
            verdict="accepted", now=datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC), interval_s=300
        ),
    ),
    (
        "a time without a zone is UTC",
        BOOT,
        {"status": "Pending", "currentTime": "2026-03-01T12:00:00", "interval": 0},
        BootAnswer(verdict="pending", now=NOON, interval_s=0),
    ),
    ("the time", Beat(**COMMON), {"currentTime": "2026-03-01T12:00:00Z"}, BeatAnswer(now=NOON)),
    (
        "a verdict with expiry and group",
        ASK,
        {
            "idTagInfo": {
                "status": "Accepted",
                "expiryDate": "2026-03-01T12:00:00Z",
                "parentIdTag": "FLEET",
            }
        },
        AuthorizeAnswer(info=TokenInfo(status="accepted", valid_until=NOON, group=Token(value="FLEET"))),
    ),
    (
        "busy elsewhere",
        ASK,
        {"idTagInfo": {"status": "ConcurrentTx"}},
        AuthorizeAnswer(info=TokenInfo(status="concurrent_tx")),
    ),
    (
        "the transaction's name is an integer, even a negative one",
        START,
        {"transactionId": -5, "idTagInfo": {"status": "Blocked"}},
        TransactionAnswer(info=TokenInfo(status="blocked"), backend_name="-5"),
    ),
    ("a stop that says nothing", STOP, {}, TransactionAnswer()),
    (
        "a stop with a verdict",
        STOP,
        {"idTagInfo": {"status": "Expired"}},
        TransactionAnswer(info=TokenInfo(status="expired")),
    ),
    ("meter values arrived", METER, {}, Acknowledged()),
    (
        "vendor data",
        DATA,
        {"status": "UnknownVendorId", "data": "no"},
        DataAnswer(status="unknown_vendor", content="no"),
    ),
]


@pytest.mark.parametrize(
    ("action", "payload", "meaning"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_an_answer_means(action: Action, payload: dict[str, Any], meaning: object) -> None:
    row = DIALECT.row_for(action)
    assert row is not None
    assert SCHEMAS.check_result(row.action, payload) is None
    assert row.answer(payload, action) == meaning


@pytest.mark.parametrize(
    "date", ["yesterday", "", "2026-02-30T12:00:00Z", "2026-03-01", "2026-02-01T24:00:00Z"]
)
def test_a_garbage_date_is_unreadable_and_says_where(date: str) -> None:
    row = DIALECT.row_for(ASK)
    assert row is not None
    with pytest.raises(Unreadable) as caught:
        row.answer({"idTagInfo": {"status": "Accepted", "expiryDate": date}}, ASK)
    assert caught.value.field == "idTagInfo.expiryDate"


def test_a_bad_answer_is_understood_as_far_as_it_goes() -> None:
    row = DIALECT.row_for(START)
    assert row is not None
    with_extra = {"transactionId": 77, "idTagInfo": {"status": "Accepted"}, "extra": 1}
    assert row.readable(with_extra, START) == TransactionAnswer(
        info=TokenInfo(status="accepted"), backend_name="77"
    )
    assert row.readable({"transactionId": 77, "idTagInfo": {"status": "Fine"}}, START) is None
    assert row.readable([], START) is None
    assert row.readable({"transactionId": 77, "idTagInfo": "Accepted"}, START) is None
