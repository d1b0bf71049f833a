"""Every action that a charger may start gets an answer that `ocpp`'s own schemas accept."""

from datetime import UTC, datetime, timedelta

import pytest
from vcp_backend import Behaviour, Call, Token, Verdict, answers16, answers201, judge
from vcp_backend.behaviour import ANSWERS_REMEMBERED, Desk, Payload

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

# the other direction, as the two specifications list it; what is left is a charger's to ask
ASKED_BY_THE_BACKEND_16 = {
    "CancelReservation", "CertificateSigned", "ChangeAvailability", "ChangeConfiguration", "ClearCache",
    "ClearChargingProfile", "DeleteCertificate", "ExtendedTriggerMessage", "GetCompositeSchedule",
    "GetConfiguration", "GetDiagnostics", "GetInstalledCertificateIds", "GetLocalListVersion", "GetLog",
    "InstallCertificate", "RemoteStartTransaction", "RemoteStopTransaction", "ReserveNow", "Reset",
    "SendLocalList", "SetChargingProfile", "SignedUpdateFirmware", "TriggerMessage", "UnlockConnector",
    "UpdateFirmware",
}  # fmt: skip
ASKED_BY_THE_BACKEND_201 = {
    "CancelReservation", "CertificateSigned", "ChangeAvailability", "ClearCache", "ClearChargingProfile",
    "ClearDisplayMessage", "ClearVariableMonitoring", "CostUpdated", "CustomerInformation",
    "DeleteCertificate", "GetBaseReport", "GetChargingProfiles", "GetCompositeSchedule",
    "GetDisplayMessages", "GetInstalledCertificateIds", "GetLocalListVersion", "GetLog",
    "GetMonitoringReport", "GetReport", "GetTransactionStatus", "GetVariables", "InstallCertificate",
    "PublishFirmware", "RequestStartTransaction", "RequestStopTransaction", "ReserveNow", "Reset",
    "SendLocalList", "SetChargingProfile", "SetDisplayMessage", "SetMonitoringBase", "SetMonitoringLevel",
    "SetNetworkProfile", "SetVariableMonitoring", "SetVariables", "TriggerMessage", "UnlockConnector",
    "UnpublishFirmware", "UpdateFirmware",
}  # fmt: skip

TOKEN_201: Payload = {"idToken": "AABB", "type": "ISO14443"}
EVENT_201: Payload = {
    "eventType": "Started",
    "timestamp": "2026-03-01T12:00:00Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "T1"},
}


def call(
    version: str, action: str, payload: Payload, message_id: str = "m1", identity: str = "CP001"
) -> Call:
    return Call(1, 1, identity, version, message_id, action, payload)


def desk(**behaviour: object) -> Desk:
    return Desk(Behaviour(clock=lambda: NOON, **behaviour))


def test_the_table_of_16_has_all_that_a_charge_point_may_ask() -> None:
    actions = {name for name in judge.schema_names("ocpp1.6") if not name.endswith("Response")}
    assert set(answers16.ANSWERS) == actions - ASKED_BY_THE_BACKEND_16


def test_the_table_of_201_has_all_that_a_charging_station_may_ask() -> None:
    names = judge.schema_names("ocpp2.0.1")
    actions = {name.removesuffix("Request") for name in names if name.endswith("Request")}
    assert set(answers201.ANSWERS) == actions - ASKED_BY_THE_BACKEND_201


@pytest.mark.parametrize("action", answers16.ANSWERS)
def test_every_answer_of_16_fits_its_schema(action: str) -> None:
    tokens = {"AABB": Token("Blocked", parent="FLEET", expiry=NOON + timedelta(days=1))}
    answer = answers16.ANSWERS[action](desk(tokens=tokens), call("ocpp1.6", action, {"idTag": "AABB"}))
    assert judge.check_answer("ocpp1.6", action, answer) is None


@pytest.mark.parametrize("action", answers201.ANSWERS)
def test_every_answer_of_201_fits_its_schema(action: str) -> None:
    tokens = {"AABB": Token("NoCredit", parent="FLEET", expiry=NOON + timedelta(days=1))}
    asked = call("ocpp2.0.1", action, {"idToken": TOKEN_201, "certificate": "-----BEGIN"})
    answer = answers201.ANSWERS[action](desk(tokens=tokens), asked)
    assert judge.check_answer("ocpp2.0.1", action, answer) is None


def test_boots_take_their_turns_and_each_charger_has_its_own() -> None:
    office = desk(boots=[Verdict("Pending", 5), Verdict("Rejected", 7)], boot=Verdict("Accepted", 60))
    boots = [answers16.boot(office, call("ocpp1.6", "BootNotification", {})) for _ in range(4)]
    assert [(b["status"], b["interval"]) for b in boots] == [
        ("Pending", 5),
        ("Rejected", 7),
        ("Accepted", 60),
        ("Accepted", 60),
    ]
    other = answers16.boot(office, call("ocpp1.6", "BootNotification", {}, identity="CP002"))
    assert other == {"status": "Pending", "currentTime": "2026-03-01T12:00:00.000Z", "interval": 5}


def test_a_card_is_known_in_any_case_and_a_stranger_is_let_in() -> None:
    office = desk(tokens={"AaBb": Token("Blocked", parent="FLEET")})
    known = answers16.authorize(office, call("ocpp1.6", "Authorize", {"idTag": "aabb"}))
    stranger = answers16.authorize(office, call("ocpp1.6", "Authorize", {"idTag": "CCDD"}))
    assert known == {"idTagInfo": {"status": "Blocked", "parentIdTag": "FLEET"}}
    assert stranger == {"idTagInfo": {"status": "Accepted"}}


def test_a_card_past_its_end_is_expired() -> None:
    office = desk(tokens={"AABB": Token(expiry=NOON)})
    info = answers16.authorize(office, call("ocpp1.6", "Authorize", {"idTag": "AABB"}))
    assert info == {"idTagInfo": {"status": "Expired", "expiryDate": "2026-03-01T12:00:00.000Z"}}


def test_a_verdict_that_16_has_no_word_for_is_invalid_there_only() -> None:
    office = desk(unknown_token=Token("NoCredit"))
    old = answers16.authorize(office, call("ocpp1.6", "Authorize", {"idTag": "AABB"}))
    new = answers201.authorize(office, call("ocpp2.0.1", "Authorize", {"idToken": TOKEN_201}))
    assert old == {"idTagInfo": {"status": "Invalid"}}
    assert new == {"idTokenInfo": {"status": "NoCredit"}}


def test_a_repeated_start_has_the_same_number_and_another_start_another() -> None:
    office = desk()
    start = call("ocpp1.6", "StartTransaction", {"idTag": "AABB"}, message_id="s1")
    again = call("ocpp1.6", "StartTransaction", {"idTag": "AABB"}, message_id="s2")
    elsewhere = call("ocpp1.6", "StartTransaction", {"idTag": "AABB"}, message_id="s1", identity="CP002")
    numbers = [
        answers16.start_transaction(office, it)["transactionId"] for it in (start, again, start, elsewhere)
    ]
    assert numbers == [1, 2, 1, 3]


def test_numbers_of_long_ago_are_forgotten_and_never_given_again() -> None:
    office = desk()
    for n in range(ANSWERS_REMEMBERED + 1):
        office.number_for(call("ocpp1.6", "StartTransaction", {}, message_id=str(n)))
    assert (
        office.number_for(call("ocpp1.6", "StartTransaction", {}, message_id="0")) == ANSWERS_REMEMBERED + 2
    )


def test_a_transaction_event_is_judged_when_it_brings_a_token() -> None:
    office = desk(tokens={"AABB": Token("Blocked")})
    without = answers201.transaction_event(office, call("ocpp2.0.1", "TransactionEvent", EVENT_201))
    with_it = answers201.transaction_event(
        office, call("ocpp2.0.1", "TransactionEvent", {**EVENT_201, "idToken": TOKEN_201})
    )
    assert without == {}
    assert with_it == {"idTokenInfo": {"status": "Blocked"}}


@pytest.mark.parametrize(
    ("version", "action", "payload", "code"),
    [
        ("ocpp1.6", "Authorize", {}, "ProtocolError"),
        ("ocpp1.6", "Authorize", {"idTag": 7}, "TypeConstraintViolation"),
        ("ocpp1.6", "Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation"),
        ("ocpp1.6", "Authorize", {"idTag": "A", "more": 1}, "FormationViolation"),
        ("ocpp1.6", "BrewCoffee", {}, "NotImplemented"),
        ("ocpp1.6", "../schemas/Heartbeat", {}, "NotImplemented"),
        ("ocpp2.0.1", "TransactionEvent", {}, "OccurrenceConstraintViolation"),
        ("ocpp2.0.1", "TransactionEvent", {**EVENT_201, "timestamp": "noon"}, "PropertyConstraintViolation"),
        ("ocpp2.0.1", "TransactionEvent", {**EVENT_201, "meterValue": []}, "OccurrenceConstraintViolation"),
        ("ocpp2.0.1", "Heartbeat", {"more": 1}, "FormatViolation"),
    ],
)
def test_the_judge_names_the_error_as_the_version_spells_it(
    version: str, action: str, payload: Payload, code: str
) -> None:
    complaint = judge.check_call(version, action, payload)
    assert complaint is not None
    assert complaint.code == code
