"""What only the text of OCPP 1.6 says of a backend's fields, and no schema. Data; judges the backend alone.

From §5, §6 and §7 with the errata sheet v4.0, and the security whitepaper. `must` has the text's SHALL, MUST or REQUIRED,
or the range that it gives as the field's type or cardinality.
"""

from collections.abc import Callable

from vcp_handler.dialects.shared.field_checks import are_twice, at, begins_late, below, is_no_plain_hex
from vcp_handler.dialects.table import FieldRule, Payload, Weight


def _rule(
    action: str,
    field: str,
    rule: str,
    clause: str,
    breaks: Callable[[Payload], bool],
    *,
    weight: Weight = "must",
) -> FieldRule:
    return FieldRule(action=action, field=field, rule=rule, clause=clause, weight=weight, breaks=breaks)


def _names_the_station(trigger: Payload) -> bool:
    connector = trigger.get("connectorId", 1)
    # §5.17 asks for the station's own status by connector 0, whatever §6.51 says.
    is_meant = connector == 0 and trigger["requestedMessage"] == "StatusNotification"
    return bool(connector < 1) and not is_meant


def _of_the_station(payload: Payload) -> bool:
    purpose = payload["csChargingProfiles"]["chargingProfilePurpose"]
    return purpose == "TxProfile" and bool(payload["connectorId"] < 1)


def _limits_the_station_elsewhere(payload: Payload) -> bool:
    purpose = payload["csChargingProfiles"]["chargingProfilePurpose"]
    return purpose == "ChargePointMaxProfile" and bool(payload["connectorId"] != 0)


def _recurs_without_recurring(profile: Payload) -> bool:
    return "recurrencyKind" in profile and profile["chargingProfileKind"] != "Recurring"


def _names_a_transaction_in_vain(profile: Payload) -> bool:
    return "transactionId" in profile and profile["chargingProfilePurpose"] != "TxProfile"


def _lacks_a_verdict(payload: Payload) -> bool:
    entries = payload.get("localAuthorizationList", ())
    return payload["updateType"] == "Full" and any("idTagInfo" not in entry for entry in entries)


def _of_a_profile(action: str, field: str) -> tuple[FieldRule, ...]:
    schedule = f"{field}.chargingSchedule"
    return (
        _rule(
            action,
            f"{field}.stackLevel",
            "must not be below 0",
            "OCPP 1.6 §7.8",
            at(f"{field}.stackLevel", below(0)),
        ),
        _rule(
            action,
            f"{field}.recurrencyKind",
            "may only be set where chargingProfileKind is Recurring",
            "OCPP 1.6 §7.8 (errata 3.56)",
            at(field, _recurs_without_recurring),
        ),
        _rule(
            action,
            f"{schedule}.chargingSchedulePeriod",
            "must have at least one period",
            "OCPP 1.6 §7.13",
            at(f"{schedule}.chargingSchedulePeriod", lambda periods: not periods),
        ),
        _rule(
            action,
            f"{schedule}.chargingSchedulePeriod[].startPeriod",
            "must be 0 in the first period",
            "OCPP 1.6 §5.16.4, §7.13 (errata 3.45, 3.70)",
            at(f"{schedule}.chargingSchedulePeriod", begins_late),
        ),
    )


# fmt: off
CALL_RULES: tuple[FieldRule, ...] = (
    _rule("RemoteStartTransaction", "connectorId", "must be greater than 0", "OCPP 1.6 §6.33", at("connectorId", below(1))),
    _rule("RemoteStartTransaction", "chargingProfile.chargingProfilePurpose", "must be TxProfile", "OCPP 1.6 §5.11, §5.16.2, §6.33", at("chargingProfile.chargingProfilePurpose", lambda purpose: purpose != "TxProfile")),
    _rule("RemoteStartTransaction", "chargingProfile.transactionId", "must not be set", "OCPP 1.6 §5.16.2 (errata 3.41)", at("chargingProfile.transactionId", lambda _: True)),
    *_of_a_profile("RemoteStartTransaction", "chargingProfile"),
    _rule("SetChargingProfile", "connectorId", "must be greater than 0 for a TxProfile", "OCPP 1.6 §3.13.1", _of_the_station),
    _rule("SetChargingProfile", "connectorId", "should be 0 for a ChargePointMaxProfile, which can't be set elsewhere", "OCPP 1.6 §3.13.1", _limits_the_station_elsewhere, weight="should"),
    _rule("SetChargingProfile", "csChargingProfiles.transactionId", "should only be set in a TxProfile, as it is not valid in others", "OCPP 1.6 §7.8", at("csChargingProfiles", _names_a_transaction_in_vain), weight="should"),
    *_of_a_profile("SetChargingProfile", "csChargingProfiles"),
    _rule("TriggerMessage", "connectorId", "must be greater than 0, unless it is the station's own StatusNotification that is asked for", "OCPP 1.6 §6.51, §5.17", _names_the_station),
    _rule("ExtendedTriggerMessage", "connectorId", "must be greater than 0, unless it is the station's own StatusNotification that is asked for", "security whitepaper §5.5; OCPP 1.6 §5.17", _names_the_station),
    _rule("UnlockConnector", "connectorId", "must be greater than 0", "OCPP 1.6 §6.53", at("connectorId", below(1))),
    _rule("ChangeAvailability", "connectorId", "must not be below 0", "OCPP 1.6 §6.7", at("connectorId", below(0))),
    _rule("ReserveNow", "connectorId", "must not be below 0", "OCPP 1.6 §6.37", at("connectorId", below(0))),
    *(_rule(action, "connectorId", "should not be below 0", "OCPP 1.6 §3.8", at("connectorId", below(0)), weight="should") for action in ("GetCompositeSchedule", "SetChargingProfile", "ClearChargingProfile")),
    _rule("SendLocalList", "listVersion", "must be neither 0 nor -1, which tell of an empty list and of none", "OCPP 1.6 §6.41 (errata 3.52)", at("listVersion", lambda version: version in (0, -1))),
    _rule("SendLocalList", "localAuthorizationList[].idTag", "must not be there twice", "OCPP 1.6 §6.41", at("localAuthorizationList", are_twice(lambda entry: entry["idTag"].casefold()))),
    _rule("SendLocalList", "localAuthorizationList[].idTagInfo", "is required where updateType is Full", "OCPP 1.6 §7.1", _lacks_a_verdict),
    _rule("DeleteCertificate", "certificateHashData.serialNumber", "should be hexadecimal digits without prefix and without leading zeroes", "security whitepaper §6.2", at("certificateHashData.serialNumber", is_no_plain_hex), weight="should"),
)

ANSWER_RULES: tuple[FieldRule, ...] = ()
"""None: a transaction id below 1 is not recommended, but possible (errata 3.54)."""
# fmt: on
