"""Verdicts on payloads, and the words for them, per version."""

import pytest
from vcp_handler.frames import Payload
from vcp_handler.validation import Fault, Schemas
from vcp_handler.wording import WORDS_16, WORDS_201, refusal_kind

V16 = Schemas("v16")
V201 = Schemas("v201")


def test_a_valid_call_has_no_fault() -> None:
    assert V16.check_call("Heartbeat", {}) is None
    assert V201.check_call("Heartbeat", {}) is None
    assert V16.check_result("Heartbeat", {"currentTime": "2026-01-01T00:00:00Z"}) is None


def test_the_actions_of_each_version_are_known() -> None:
    assert len(V16.actions) == 39
    assert len(V201.actions) == 64
    assert "RemoteStartTransaction" in V16.actions
    assert "RemoteStartTransaction" not in V201.actions


@pytest.mark.parametrize("action", ["Hearbeat", "../schemas/Heartbeat", "HeartbeatResponse", ""])
def test_an_unknown_action_is_no_file_access_but_a_key_error(action: str) -> None:
    with pytest.raises(KeyError):
        V16.check_call(action, {})


@pytest.mark.parametrize(
    ("action", "payload", "fault", "on_16", "on_201"),
    [
        ("Reset", {}, Fault("missing", "type", "required"), "ProtocolError", "OccurrenceConstraintViolation"),
        (
            "Reset",
            {"type": 5},
            Fault("type", "type", "type string"),
            "TypeConstraintViolation",
            "TypeConstraintViolation",
        ),
        (
            "Reset",
            {"type": "Medium"},
            Fault("value", "type", "enum Hard, Soft"),
            "PropertyConstraintViolation",
            "PropertyConstraintViolation",
        ),
        (
            "Reset",
            {"type": "Hard", "when": "now"},
            Fault("extra", "when", "not a field of this message"),
            "FormationViolation",
            "FormatViolation",
        ),
        (
            "RemoteStartTransaction",
            {"idTag": "x" * 21},
            Fault("value", "idTag", "maxLength 20"),
            "PropertyConstraintViolation",
            "PropertyConstraintViolation",
        ),
        (
            "SendLocalList",
            {
                "listVersion": 1,
                "updateType": "Full",
                "localAuthorizationList": [{"idTag": "a"}, {"idTag": 5}],
            },
            Fault("type", "localAuthorizationList[1].idTag", "type string"),
            "TypeConstraintViolation",
            "TypeConstraintViolation",
        ),
    ],
)
def test_each_rule_has_its_code_in_each_version(
    action: str, payload: Payload, fault: Fault, on_16: str, on_201: str
) -> None:
    assert V16.check_call(action, payload) == fault
    assert WORDS_16.code(fault.cause) == on_16
    assert WORDS_201.code(fault.cause) == on_201


def test_too_few_elements_are_a_matter_of_occurrence() -> None:
    fault = V201.check_call("GetVariables", {"getVariableData": []})
    assert fault == Fault("count", "getVariableData", "minItems 1")
    assert WORDS_201.code(fault.cause) == "OccurrenceConstraintViolation"
    assert WORDS_16.code(fault.cause) == "OccurenceConstraintViolation"


def test_a_fault_never_tells_the_value() -> None:
    fault = V16.check_call("ChangeConfiguration", {"key": "AuthorizationKey", "value": "s3cret" * 100})
    assert fault is not None
    assert "s3cret" not in fault.text
    assert fault.text == "value breaks the rule: maxLength 500"


def test_formats_are_checked_only_on_what_we_send() -> None:
    payload: Payload = {"currentTime": "yesterday"}
    assert V16.check_result("Heartbeat", payload) is None
    assert V16.check_result("Heartbeat", payload, formats=True) == Fault(
        "value", "currentTime", "format date-time"
    )


@pytest.mark.parametrize("limit", [21.4, 0.3, 8.1, 0, 16, 1000.9])
def test_tenths_are_multiples_of_a_tenth(limit: float) -> None:
    assert V16.check_call("SetChargingProfile", profile(limit)) is None


@pytest.mark.parametrize("limit", [4.11, 0.05])
def test_hundredths_are_not(limit: float) -> None:
    fault = V16.check_call("SetChargingProfile", profile(limit))
    assert fault is not None
    assert fault.rule == "multipleOf 0.1"


def profile(limit: float) -> Payload:
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            },
        },
    }


def test_what_is_no_message_is_answered_as_each_version_says() -> None:
    """1.6 J 4.1.3: unknown message types are ignored. 2.0.1 part 4: MessageTypeNotSupported, and id -1."""
    assert WORDS_16.code("message_type") is None
    assert WORDS_16.id_if_unreadable is None
    assert WORDS_201.code("message_type") == "MessageTypeNotSupported"
    assert WORDS_201.id_if_unreadable == "-1"
    assert WORDS_16.code("frame") == "FormationViolation"
    assert WORDS_201.code("frame") == "RpcFrameworkError"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("NotImplemented", "unsupported"),
        ("NotSupported", "unsupported"),
        ("SecurityError", "security"),
        ("FormationViolation", "failed"),
        ("FormatViolation", "failed"),
        ("AcmeSpecialError", "failed"),
    ],
)
def test_any_received_code_is_sorted(code: str, kind: str) -> None:
    assert refusal_kind(code) == kind


def test_a_field_of_a_message_without_fields_is_named() -> None:
    assert V16.check_result("LogStatusNotification", {"status": 1}) == Fault(
        "extra", "status", "not a field of this message"
    )
