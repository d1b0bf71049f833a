"""OCPP 2.0.1, charger → backend: each action beside its literal payload, and each answer beside what it means."""

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
    ReportSettings,
    ReportStatus,
    ReportTransaction,
    SettingReport,
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
from vcp_handler.dialects.ocpp201 import DIALECT
from vcp_handler.dialects.secrets import masked
from vcp_handler.dialects.table import Unreadable
from vcp_handler.validation import Schemas

SCHEMAS = Schemas("v201")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
COMMON: dict[str, Any] = {"id": "a1", "charge_point": "CP1", "at": NOON}
CARD = Token(value="CARD1", kind="iso14443")
CARD_WRITTEN = {"idToken": "CARD1", "type": "ISO14443"}

READINGS = Sample(
    at=NOON,
    readings=(
        Reading(value=1000.0, unit="Wh"),
        Reading(value=229.87, measurand="Voltage", unit="V", phase="L1-N", context="trigger"),
        Reading(value=49.98, measurand="Frequency", unit="Hertz", location="inlet", context="clock"),
        Reading(value=0.98, measurand="Power.Factor"),
    ),
)
READINGS_WRITTEN = {
    "timestamp": "2026-03-01T12:00:00Z",
    "sampledValue": [
        {
            "value": 1000,
            "context": "Sample.Periodic",
            "measurand": "Energy.Active.Import.Register",
            "unitOfMeasure": {"unit": "Wh"},
        },
        {
            "value": 229.87,
            "context": "Trigger",
            "measurand": "Voltage",
            "phase": "L1-N",
            "unitOfMeasure": {"unit": "V"},
        },
        {
            "value": 49.98,
            "context": "Sample.Clock",
            "measurand": "Frequency",
            "location": "Inlet",
            "unitOfMeasure": {"unit": "Hz"},
        },
        {"value": 0.98, "context": "Sample.Periodic", "measurand": "Power.Factor"},
    ],
}


def report(**fields: Any) -> ReportTransaction:
    facts: dict[str, Any] = {
        "transaction": "3b0c",
        "place": Place(evse=2, connector=1),
        "token": CARD,
        "state": "charging",
        "seq": 3,
        "register_wh": 1000,
        "remote_start": 9,
        "reservation": 7,
    }
    return ReportTransaction(**{**COMMON, **facts, **fields})


SAID: list[tuple[str, Action, str, dict[str, Any]]] = [
    (
        "a boot with all it may tell; the meter is no part of it",
        Boot(
            **COMMON,
            reason="remote_reset",
            vendor="VCP",
            model="Virtual",
            serial_number="SN1",
            firmware_version="1.0",
            meter_serial_number="M1",
            iccid="8931",
        ),
        "BootNotification",
        {
            "reason": "RemoteReset",
            "chargingStation": {
                "model": "Virtual",
                "vendorName": "VCP",
                "serialNumber": "SN1",
                "firmwareVersion": "1.0",
                "modem": {"iccid": "8931"},
            },
        },
    ),
    (
        "a boot with the least",
        Boot(**COMMON, reason="power_up", vendor="VCP", model="Virtual"),
        "BootNotification",
        {"reason": "PowerUp", "chargingStation": {"model": "Virtual", "vendorName": "VCP"}},
    ),
    ("a beat", Beat(**COMMON), "Heartbeat", {}),
    (
        "a token without a kind is told as the card whose id it is",
        Authorize(**COMMON, token=Token(value="04a1B2C3")),
        "Authorize",
        {"idToken": {"idToken": "04a1B2C3", "type": "ISO14443"}},
    ),
    (
        "a card's id has seven bytes too",
        Authorize(**COMMON, token=Token(value="04A1B2C3D4E5F6")),
        "Authorize",
        {"idToken": {"idToken": "04A1B2C3D4E5F6", "type": "ISO14443"}},
    ),
    (
        "or eight, of another kind",
        Authorize(**COMMON, token=Token(value="E0040100A1B2C3D4")),
        "Authorize",
        {"idToken": {"idToken": "E0040100A1B2C3D4", "type": "ISO15693"}},
    ),
    (
        "what no card has for an id is told as one of the station's own",
        Authorize(**COMMON, token=Token(value="CARD1")),
        "Authorize",
        {"idToken": {"idToken": "CARD1", "type": "Local"}},
    ),
    (
        "hex digits alone make no card",
        Authorize(**COMMON, token=Token(value="04A1")),
        "Authorize",
        {"idToken": {"idToken": "04A1", "type": "Local"}},
    ),
    (
        "a kind that was given stays",
        Authorize(**COMMON, token=Token(value="04A1B2C3", kind="key_code")),
        "Authorize",
        {"idToken": {"idToken": "04A1B2C3", "type": "KeyCode"}},
    ),
    (
        "a contract asks",
        Authorize(**COMMON, token=Token(value="DE-VCP-C1", kind="emaid")),
        "Authorize",
        {"idToken": {"idToken": "DE-VCP-C1", "type": "eMAID"}},
    ),
    (
        "a connector is occupied; its fault travels elsewhere",
        ReportStatus(
            **COMMON,
            place=Place(evse=2, connector=1),
            fine="preparing",
            coarse="occupied",
            fault=Fault(kind="weak_signal", blocking=False),
        ),
        "StatusNotification",
        {
            "timestamp": "2026-03-01T12:00:00Z",
            "connectorStatus": "Occupied",
            "evseId": 2,
            "connectorId": 1,
        },
    ),
    (
        "a lock fails",
        ReportEvents(
            **COMMON,
            event_number=4,
            place=Place(evse=2, connector=1),
            fault=Fault(kind="connector_lock_failure", info="stuck", vendor_code="E9"),
            active=True,
        ),
        "NotifyEvent",
        {
            "generatedAt": "2026-03-01T12:00:00Z",
            "seqNo": 0,
            "eventData": [
                {
                    "eventId": 4,
                    "timestamp": "2026-03-01T12:00:00Z",
                    "trigger": "Delta",
                    "actualValue": "true",
                    "techCode": "E9",
                    "techInfo": "stuck",
                    "component": {
                        "name": "ConnectorPlugRetentionLock",
                        "evse": {"id": 2, "connectorId": 1},
                    },
                    "eventNotificationType": "HardWiredNotification",
                    "variable": {"name": "Problem"},
                }
            ],
        },
    ),
    (
        "a fault of the whole station is over",
        ReportEvents(**COMMON, event_number=5, place=STATION, fault=Fault(kind="other_error"), active=False),
        "NotifyEvent",
        {
            "generatedAt": "2026-03-01T12:00:00Z",
            "seqNo": 0,
            "eventData": [
                {
                    "eventId": 5,
                    "timestamp": "2026-03-01T12:00:00Z",
                    "trigger": "Delta",
                    "actualValue": "false",
                    "cleared": True,
                    "component": {"name": "ChargingStation"},
                    "eventNotificationType": "HardWiredNotification",
                    "variable": {"name": "Problem"},
                }
            ],
        },
    ),
    (
        "a transaction starts with everything new",
        report(
            phase="started",
            seq=0,
            trigger="remote_start",
            state="ev_connected",
            samples=(READINGS,),
            news=frozenset({"place", "token", "reservation", "remote_start", "state"}),
        ),
        "TransactionEvent",
        {
            "eventType": "Started",
            "timestamp": "2026-03-01T12:00:00Z",
            "triggerReason": "RemoteStart",
            "seqNo": 0,
            "reservationId": 7,
            "transactionInfo": {
                "transactionId": "3b0c",
                "chargingState": "EVConnected",
                "remoteStartId": 9,
            },
            "evse": {"id": 2, "connectorId": 1},
            "idToken": CARD_WRITTEN,
            "meterValue": [READINGS_WRITTEN],
        },
    ),
    (
        "a start before the place is known tells its state all the same",
        report(phase="started", seq=0, trigger="authorized", state="idle", news=frozenset({"token"})),
        "TransactionEvent",
        {
            "eventType": "Started",
            "timestamp": "2026-03-01T12:00:00Z",
            "triggerReason": "Authorized",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "3b0c", "chargingState": "Idle"},
            "idToken": CARD_WRITTEN,
        },
    ),
    (
        "meter values tell nothing twice, and were measured offline",
        report(phase="updated", trigger="meter_periodic", offline=True, samples=(READINGS,)),
        "TransactionEvent",
        {
            "eventType": "Updated",
            "timestamp": "2026-03-01T12:00:00Z",
            "triggerReason": "MeterValuePeriodic",
            "seqNo": 3,
            "offline": True,
            "transactionInfo": {"transactionId": "3b0c"},
            "meterValue": [READINGS_WRITTEN],
        },
    ),
    (
        "a change of state, on three phases",
        report(
            phase="updated",
            trigger="charging_state_changed",
            state="suspended_ev",
            phases_used=3,
            news=frozenset({"state"}),
        ),
        "TransactionEvent",
        {
            "eventType": "Updated",
            "timestamp": "2026-03-01T12:00:00Z",
            "triggerReason": "ChargingStateChanged",
            "seqNo": 3,
            "numberOfPhasesUsed": 3,
            "transactionInfo": {"transactionId": "3b0c", "chargingState": "SuspendedEV"},
        },
    ),
    (
        "a triggered event tells the state though it is old",
        report(phase="updated", trigger="trigger"),
        "TransactionEvent",
        {
            "eventType": "Updated",
            "timestamp": "2026-03-01T12:00:00Z",
            "triggerReason": "Trigger",
            "seqNo": 3,
            "transactionInfo": {"transactionId": "3b0c", "chargingState": "Charging"},
        },
    ),
    (
        "a token of the same group ends it",
        report(
            phase="ended",
            trigger="stop_authorized",
            stop_reason="local",
            stop_token=Token(value="CARD2", kind="iso15693"),
            state="ev_connected",
            news=frozenset({"state"}),
        ),
        "TransactionEvent",
        {
            "eventType": "Ended",
            "timestamp": "2026-03-01T12:00:00Z",
            "triggerReason": "StopAuthorized",
            "seqNo": 3,
            "transactionInfo": {
                "transactionId": "3b0c",
                "chargingState": "EVConnected",
                "stoppedReason": "Local",
            },
            "idToken": {"idToken": "CARD2", "type": "ISO15693"},
        },
    ),
    (
        "the end that follows a stop tells the stopping token no more",
        report(
            phase="ended",
            trigger="ev_communication_lost",
            stop_reason="local",
            stop_token=CARD,
            state="idle",
            news=frozenset({"state"}),
        ),
        "TransactionEvent",
        {
            "eventType": "Ended",
            "timestamp": "2026-03-01T12:00:00Z",
            "triggerReason": "EVCommunicationLost",
            "seqNo": 3,
            "transactionInfo": {
                "transactionId": "3b0c",
                "chargingState": "Idle",
                "stoppedReason": "Local",
            },
        },
    ),
    (
        "an update has no stopped reason yet",
        report(phase="updated", trigger="remote_stop", stop_reason="remote"),
        "TransactionEvent",
        {
            "eventType": "Updated",
            "timestamp": "2026-03-01T12:00:00Z",
            "triggerReason": "RemoteStop",
            "seqNo": 3,
            "transactionInfo": {"transactionId": "3b0c"},
        },
    ),
    (
        "an idle EVSE's meter",
        ReportMeter(**COMMON, place=Place(evse=2), samples=(READINGS, Sample(at=NOON, readings=()))),
        "MeterValues",
        {"evseId": 2, "meterValue": [READINGS_WRITTEN]},
    ),
    (
        "a page of a report",
        ReportSettings(
            **COMMON,
            report=31,
            seq=1,
            more=True,
            settings=(
                SettingReport(
                    component="OCPPCommCtrlr",
                    variable="MessageTimeout",
                    instance="Default",
                    value="30",
                    access="read_only",
                    kind="integer",
                    unit="s",
                    minimum=1.0,
                    maximum=600.0,
                ),
                SettingReport(
                    component="SecurityCtrlr",
                    variable="BasicAuthPassword",
                    value="a secret that must not be told",
                    access="write_only",
                    kind="string",
                ),
                SettingReport(
                    component="Connector",
                    evse=2,
                    connector=1,
                    variable="AvailabilityState",
                    value="Available",
                    access="read_only",
                    kind="option_list",
                    options=("Available", "Occupied"),
                    persistent=False,
                    constant=True,
                ),
            ),
        ),
        "NotifyReport",
        {
            "requestId": 31,
            "generatedAt": "2026-03-01T12:00:00Z",
            "seqNo": 1,
            "tbc": True,
            "reportData": [
                {
                    "component": {"name": "OCPPCommCtrlr"},
                    "variable": {"name": "MessageTimeout", "instance": "Default"},
                    "variableAttribute": [
                        {
                            "type": "Actual",
                            "value": "30",
                            "mutability": "ReadOnly",
                            "persistent": True,
                            "constant": False,
                        }
                    ],
                    "variableCharacteristics": {
                        "unit": "s",
                        "dataType": "integer",
                        "minLimit": 1,
                        "maxLimit": 600,
                        "supportsMonitoring": False,
                    },
                },
                {
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"},
                    "variableAttribute": [
                        {
                            "type": "Actual",
                            "mutability": "WriteOnly",
                            "persistent": True,
                            "constant": False,
                        }
                    ],
                    "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False},
                },
                {
                    "component": {"name": "Connector", "evse": {"id": 2, "connectorId": 1}},
                    "variable": {"name": "AvailabilityState"},
                    "variableAttribute": [
                        {
                            "type": "Actual",
                            "value": "Available",
                            "mutability": "ReadOnly",
                            "persistent": False,
                            "constant": True,
                        }
                    ],
                    "variableCharacteristics": {
                        "dataType": "OptionList",
                        "valuesList": "Available,Occupied",
                        "supportsMonitoring": False,
                    },
                },
            ],
        },
    ),
    (
        "a last page without content",
        ReportSettings(**COMMON, report=31, seq=2, more=False, settings=()),
        "NotifyReport",
        {"requestId": 31, "generatedAt": "2026-03-01T12:00:00Z", "seqNo": 2, "tbc": False},
    ),
    (
        "vendor data is any JSON",
        PassData(**COMMON, vendor="org.example", message="hello", content={"a": [1, None]}),
        "DataTransfer",
        {"vendorId": "org.example", "messageId": "hello", "data": {"a": [1, None]}},
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
    ("a status of the station", ReportStatus(**COMMON, place=STATION, fine="available", coarse="available")),
    ("an idle meter without readings", ReportMeter(**COMMON, place=STATION, samples=())),
]


@pytest.mark.parametrize("action", [row[1] for row in UNSPOKEN], ids=[row[0] for row in UNSPOKEN])
def test_some_things_have_no_words(action: Action) -> None:
    assert DIALECT.row_for(action) is None


UNWRITABLE: list[tuple[str, Action, str]] = [
    ("a token longer than 36", Authorize(**COMMON, token=Token(value="X" * 37)), "idToken.idToken"),
    (
        "a status of an EVSE without its connector",
        ReportStatus(**COMMON, place=Place(evse=1), fine="available", coarse="available"),
        "connectorId",
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
    ("ours", "spelt"),
    [
        ("soft_reset", "ImmediateReset"),
        ("hard_reset", "ImmediateReset"),
        ("immediate_reset", "ImmediateReset"),
        ("soc_limit_reached", "SOCLimitReached"),
        ("master_pass", "MasterPass"),
        ("unlock_command", "Other"),
    ],
)
def test_reasons_that_2_0_1_lacks_are_told_by_the_nearest(ours: Any, spelt: str) -> None:
    end = report(phase="ended", trigger="abnormal_condition", stop_reason=ours)
    row = DIALECT.row_for(end)
    assert row is not None
    assert row.write(end)["transactionInfo"]["stoppedReason"] == spelt


BOOT = Boot(**COMMON, reason="power_up", vendor="VCP", model="Virtual")
EVENT = report(phase="updated", trigger="trigger")
ASK = Authorize(**COMMON, token=CARD)
DATA = PassData(**COMMON, vendor="org.example")
STATUS = ReportStatus(**COMMON, place=Place(evse=1, connector=1), fine="available", coarse="available")

ANSWERS: list[tuple[str, Action, dict[str, Any], object]] = [
    (
        "rejected; a whole number may be written 60.0",
        BOOT,
        {
            "status": "Rejected",
            "currentTime": "2026-03-01T12:00:00.000Z",
            "interval": 60.0,
            "statusInfo": {"reasonCode": "CSNotAccepted"},
        },
        BootAnswer(verdict="rejected", now=NOON, interval_s=60),
    ),
    ("the time", Beat(**COMMON), {"currentTime": "2026-03-01T14:00:00+02:00"}, BeatAnswer(now=NOON)),
    (
        "a verdict with all it may say",
        ASK,
        {
            "idTokenInfo": {
                "status": "Accepted",
                "cacheExpiryDateTime": "2026-03-01T12:00:00Z",
                "chargingPriority": 2,
                "language1": "de",
                "language2": "en",
                "evseId": [1, 2],
                "groupIdToken": {"idToken": "FLEET", "type": "Central"},
                "personalMessage": {"format": "UTF8", "content": "0.30 €/kWh"},
            }
        },
        AuthorizeAnswer(
            info=TokenInfo(
                status="accepted",
                valid_until=NOON,
                group=Token(value="FLEET", kind="central"),
                evses=(1, 2),
                priority=2,
                language="de",
                message="0.30 €/kWh",
            )
        ),
    ),
    (
        "no credit",
        ASK,
        {"idTokenInfo": {"status": "NoCredit"}},
        AuthorizeAnswer(info=TokenInfo(status="no_credit")),
    ),
    ("an event arrived", EVENT, {}, TransactionAnswer()),
    (
        "an event's cost, verdict and message",
        EVENT,
        {
            "totalCost": 4.2,
            "idTokenInfo": {"status": "NotAllowedTypeEVSE"},
            "updatedPersonalMessage": {"format": "ASCII", "content": "almost full"},
        },
        TransactionAnswer(info=TokenInfo(status="not_allowed_type_evse"), cost=4.2, message="almost full"),
    ),
    ("a status arrived", STATUS, {}, Acknowledged()),
    (
        "vendor data",
        DATA,
        {"status": "Accepted", "data": [1, {"a": None}]},
        DataAnswer(status="accepted", content=[1, {"a": None}]),
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


def test_a_garbage_date_is_unreadable_and_says_where() -> None:
    row = DIALECT.row_for(ASK)
    assert row is not None
    with pytest.raises(Unreadable) as caught:
        row.answer({"idTokenInfo": {"status": "Accepted", "cacheExpiryDateTime": "soon"}}, ASK)
    assert caught.value.field == "idTokenInfo.cacheExpiryDateTime"


def test_what_a_driver_keyed_in_is_masked_and_a_card_is_not() -> None:
    row = DIALECT.said_by_name["TransactionEvent"]
    keyed = {"seqNo": 1, "idToken": {"idToken": "1234", "type": "KeyCode"}}
    card = {"seqNo": 1, "idToken": CARD_WRITTEN}
    assert masked(keyed, row.secrets) == {
        "seqNo": 1,
        "idToken": {"idToken": "***", "type": "KeyCode"},
    }
    assert masked(card, row.secrets) is card
