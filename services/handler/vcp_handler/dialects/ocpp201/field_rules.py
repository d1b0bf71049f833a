"""What only the text of OCPP 2.0.1 says of a backend's fields, and no schema. Data; judges the backend alone.

From part 2 edition 3 (its requirements, messages and datatypes) and the numbering of part 1. `must` has the text's SHALL,
MUST or REQUIRED; `should` is what a field's description rules out without such a word.
"""

from collections.abc import Callable
from typing import Any

from vcp_handler.dialects.shared.field_checks import (
    are_twice,
    at,
    begins_late,
    below,
    go_back,
    is_finer_than_a_tenth,
    is_no_plain_hex,
    outside,
)
from vcp_handler.dialects.table import FieldRule, Payload, Weight


def _rule(
    action: str,
    field: str,
    rule: str,
    clause: str,
    breaks: Callable[[Payload], bool],
    *,
    weight: Weight = "must",
    where_called: Callable[[Payload], bool] | None = None,
) -> FieldRule:
    return FieldRule(
        action=action,
        field=field,
        rule=rule,
        clause=f"OCPP 2.0.1 {clause}",
        weight=weight,
        breaks=breaks,
        where_called=where_called,
    )


# --- profiles ---------------------------------------------------------------------------------------------------------


def _purpose(payload: Payload) -> str:
    return str(payload["chargingProfile"]["chargingProfilePurpose"])


def _of_the_station(payload: Payload) -> bool:
    return bool(payload["evseId"] < 1) and _purpose(payload) == "TxProfile"


def _limits_the_station_elsewhere(payload: Payload) -> bool:
    return bool(payload["evseId"] != 0) and _purpose(payload) == "ChargingStationMaxProfile"


def _names_no_transaction(profile: Payload) -> bool:
    return profile["chargingProfilePurpose"] == "TxProfile" and "transactionId" not in profile


def _names_a_transaction_in_vain(profile: Payload) -> bool:
    return profile["chargingProfilePurpose"] != "TxProfile" and bool(profile.get("transactionId"))


def _is_relative_station_limit(profile: Payload) -> bool:
    is_limit = bool(profile["chargingProfilePurpose"] == "ChargingStationMaxProfile")
    return is_limit and profile["chargingProfileKind"] == "Relative"


def _offers_a_choice_in_vain(profile: Payload) -> bool:
    return profile["chargingProfilePurpose"] != "TxProfile" and len(profile["chargingSchedule"]) > 1


def _has_no_start(profile: Payload) -> bool:
    if profile["chargingProfileKind"] == "Relative":
        return False
    return any("startSchedule" not in schedule for schedule in profile["chargingSchedule"])


def _has_a_start_in_vain(profile: Payload) -> bool:
    if profile["chargingProfileKind"] != "Relative":
        return False
    return any("startSchedule" in schedule for schedule in profile["chargingSchedule"])


def _picks_one_of_several_phases(period: Payload) -> bool:
    return "phaseToUse" in period and period.get("numberPhases") != 1


def _of_a_profile(action: str, one_phase: tuple[str, Weight]) -> tuple[FieldRule, ...]:
    profile, schedule = "chargingProfile", "chargingProfile.chargingSchedule[]"
    period = f"{schedule}.chargingSchedulePeriod[]"
    cost = f"{schedule}.salesTariff.salesTariffEntry[].consumptionCost[].cost[].amountMultiplier"
    clause, weight = one_phase
    # fmt: off
    return (
        _rule(action, f"{profile}.stackLevel", "should not be below 0, the lowest level", "§2.10", at(f"{profile}.stackLevel", below(0)), weight="should"),
        _rule(action, f"{schedule}.startSchedule", "must be set where chargingProfileKind is Absolute or Recurring", "K01.FR.40", at(profile, _has_no_start)),
        _rule(action, f"{schedule}.startSchedule", "must not be set where chargingProfileKind is Relative", "K01.FR.41", at(profile, _has_a_start_in_vain)),
        _rule(action, f"{period}.startPeriod", "must be 0 in the first period", "K01.FR.31", at(f"{schedule}.chargingSchedulePeriod", begins_late)),
        _rule(action, f"{period}.startPeriod", "must ascend from period to period", "K01.FR.35", at(f"{schedule}.chargingSchedulePeriod", go_back)),
        _rule(action, f"{period}.phaseToUse", "may only be set where numberPhases is 1", clause, at(period, _picks_one_of_several_phases), weight=weight),
        _rule(action, f"{period}.phaseToUse", "should be 1 to 3", "§2.11", at(f"{period}.phaseToUse", outside(1, 3)), weight="should"),
        _rule(action, f"{period}.limit", "should have one decimal at most", "§2.11", at(f"{period}.limit", is_finer_than_a_tenth), weight="should"),
        _rule(action, f"{schedule}.minChargingRate", "should have one decimal at most", "§2.12", at(f"{schedule}.minChargingRate", is_finer_than_a_tenth), weight="should"),
        _rule(action, cost, "should be -3 to 3", "§2.20", at(cost, outside(-3, 3)), weight="should"),
    )
    # fmt: on


# --- settings ---------------------------------------------------------------------------------------------------------


def _variable(data: Payload) -> Any:
    """What B05.FR.13 calls a combination; names of the device model have no case."""
    component, variable = data["component"], data["variable"]
    evse = component.get("evse", {})
    return (
        component["name"].casefold(),
        component.get("instance", "").casefold(),
        evse.get("id"),
        evse.get("connectorId"),
        variable["name"].casefold(),
        variable.get("instance", "").casefold(),
        data.get("attributeType", "Actual"),
    )


# --- tokens -----------------------------------------------------------------------------------------------------------


def _token(entry: Payload) -> Any:
    return entry["idToken"]["type"], entry["idToken"]["idToken"].casefold()


def _lacks_a_verdict(payload: Payload) -> bool:
    entries = payload.get("localAuthorizationList", ())
    return payload["updateType"] == "Full" and any("idTokenInfo" not in entry for entry in entries)


def _has_only_a_second_language(info: Payload) -> bool:
    return "language2" in info and "language1" not in info


def _has_one_language_twice(info: Payload) -> bool:
    second = info.get("language2")
    return second is not None and second == info.get("language1")


def _of_a_verdict(
    action: str, info: str, second_language: tuple[str, Weight], another_language: tuple[str, Weight]
) -> tuple[FieldRule, ...]:
    clause, weight = second_language
    other_clause, other_weight = another_language
    # fmt: off
    return (
        _rule(action, f"{info}.language2", f"{weight} not be set without language1", clause, at(info, _has_only_a_second_language), weight=weight),
        _rule(action, f"{info}.language2", f"{other_weight} be another one than language1", other_clause, at(info, _has_one_language_twice), weight=other_weight),
        _rule(action, f"{info}.chargingPriority", "should be -9 to 9", "§2.27", at(f"{info}.chargingPriority", outside(-9, 9)), weight="should"),
    )
    # fmt: on


# --- the rest ---------------------------------------------------------------------------------------------------------


def _of_a_place(action: str, evse: str) -> tuple[FieldRule, ...]:
    """§2.23 has EVSEs from 1; by part 1, which it must agree with, 0 is the whole station."""
    # fmt: off
    return (
        _rule(action, f"{evse}.id", "should not be below 0", "§2.23, part 1 §7.1", at(f"{evse}.id", below(0)), weight="should"),
        _rule(action, f"{evse}.connectorId", "should be greater than 0, as connectors are counted from 1", "part 1 §7.2", at(f"{evse}.connectorId", below(1)), weight="should"),
    )
    # fmt: on


def _asks_for_no_connector(trigger: Payload) -> bool:
    return trigger["requestedMessage"] == "StatusNotification" and "connectorId" not in trigger.get(
        "evse", ()
    )


_CRITERIA = ("chargingProfileId", "stackLevel", "chargingLimitSource", "chargingProfilePurpose")


def _asks_for_no_profiles(criteria: Payload) -> bool:
    return not any(name in criteria for name in _CRITERIA)


def _clears_no_profiles(payload: Payload) -> bool:
    criteria = payload.get("chargingProfileCriteria", ())
    named = any(name in criteria for name in ("stackLevel", "evseId", "chargingProfilePurpose"))
    return "chargingProfileId" not in payload and not named


def _carries_a_token(call: Payload) -> bool:
    return "idToken" in call


# fmt: off
CALL_RULES: tuple[FieldRule, ...] = (
    _rule("RequestStartTransaction", "evseId", "must be greater than 0", "§1.44.1", at("evseId", below(1))),
    _rule("RequestStartTransaction", "chargingProfile.chargingProfilePurpose", "must be TxProfile", "§1.44.1, F01.FR.09, F02.FR.17, K05.FR.02", at("chargingProfile.chargingProfilePurpose", lambda purpose: purpose != "TxProfile")),
    _rule("RequestStartTransaction", "chargingProfile.transactionId", "must not be set", "F01.FR.11, F02.FR.19", at("chargingProfile.transactionId", bool)),
    *_of_a_profile("RequestStartTransaction", ("§2.11", "should")),
    _rule("SetChargingProfile", "evseId", "must be greater than 0 for a TxProfile", "K01.FR.16", _of_the_station),
    _rule("SetChargingProfile", "evseId", "should be 0 for a ChargingStationMaxProfile, which can't be set elsewhere", "K §3.2", _limits_the_station_elsewhere, weight="should"),
    _rule("SetChargingProfile", "chargingProfile.transactionId", "must be set in a TxProfile", "K01.FR.03", at("chargingProfile", _names_no_transaction)),
    _rule("SetChargingProfile", "chargingProfile.transactionId", "may only be set in a TxProfile", "§2.10", at("chargingProfile", _names_a_transaction_in_vain)),
    _rule("SetChargingProfile", "chargingProfile.chargingProfilePurpose", "must not be ChargingStationExternalConstraints", "K01.FR.22", at("chargingProfile.chargingProfilePurpose", lambda purpose: purpose == "ChargingStationExternalConstraints")),
    _rule("SetChargingProfile", "chargingProfile.chargingProfileKind", "must not be Relative for a ChargingStationMaxProfile", "K01.FR.38", at("chargingProfile", _is_relative_station_limit)),
    _rule("SetChargingProfile", "chargingProfile.chargingSchedule", "should be one, unless it is for a transaction", "§2.10", at("chargingProfile", _offers_a_choice_in_vain), weight="should"),
    *_of_a_profile("SetChargingProfile", ("K01.FR.19", "must")),
    _rule("GetChargingProfiles", "chargingProfile", "must have a chargingProfileId, or one of the criteria stackLevel, chargingLimitSource and chargingProfilePurpose", "K09.FR.03", at("chargingProfile", _asks_for_no_profiles)),
    _rule("GetChargingProfiles", "chargingProfile.stackLevel", "should not be below 0, the lowest level", "§2.9", at("chargingProfile.stackLevel", below(0)), weight="should"),
    _rule("ClearChargingProfile", "chargingProfileId", "must be set, or one of the criteria stackLevel, evseId and chargingProfilePurpose", "K10.FR.02", _clears_no_profiles),
    _rule("ClearChargingProfile", "chargingProfileCriteria.chargingProfilePurpose", "must not be ChargingStationExternalConstraints", "K10.FR.06", at("chargingProfileCriteria.chargingProfilePurpose", lambda purpose: purpose == "ChargingStationExternalConstraints")),
    _rule("TriggerMessage", "evse.connectorId", "must be set where requestedMessage is StatusNotification", "F06.FR.13", _asks_for_no_connector),
    *_of_a_place("TriggerMessage", "evse"),
    *_of_a_place("ChangeAvailability", "evse"),
    *(_rule(action, "evseId", "should not be below 0", "part 1 §7.1", at("evseId", below(0)), weight="should") for action in ("Reset", "ReserveNow", "GetCompositeSchedule", "SetChargingProfile", "GetChargingProfiles")),
    _rule("ClearChargingProfile", "chargingProfileCriteria.evseId", "should not be below 0", "part 1 §7.1", at("chargingProfileCriteria.evseId", below(0)), weight="should"),
    _rule("UnlockConnector", "evseId", "should be greater than 0, as EVSEs are counted from 1", "part 1 §7.1", at("evseId", below(1)), weight="should"),
    _rule("UnlockConnector", "connectorId", "should be greater than 0, as connectors are counted from 1", "part 1 §7.2", at("connectorId", below(1)), weight="should"),
    *_of_a_place("GetVariables", "getVariableData[].component.evse"),
    _rule("SetVariables", "setVariableData", "must not have one component, variable and attributeType twice", "B05.FR.13", at("setVariableData", are_twice(_variable))),
    *_of_a_place("SetVariables", "setVariableData[].component.evse"),
    _rule("SendLocalList", "versionNumber", "must be greater than 0", "D01.FR.18", at("versionNumber", below(1))),
    _rule("SendLocalList", "localAuthorizationList[].idToken", "must not be there twice", "D01.FR.06", at("localAuthorizationList", are_twice(_token))),
    _rule("SendLocalList", "localAuthorizationList[].idTokenInfo", "is required where updateType is Full", "§2.4", _lacks_a_verdict),
    *_of_a_verdict("SendLocalList", "localAuthorizationList[].idTokenInfo", ("§2.27", "should"), ("§2.27", "should")),
    _rule("DeleteCertificate", "certificateHashData.serialNumber", "should be hexadecimal digits without prefix and without leading zeroes", "§2.6", at("certificateHashData.serialNumber", is_no_plain_hex), weight="should"),
)

ANSWER_RULES: tuple[FieldRule, ...] = (
    *_of_a_verdict("Authorize", "idTokenInfo", ("C01.FR.10", "must"), ("C01.FR.11", "must")),
    _rule("TransactionEvent", "idTokenInfo", "is required in the answer to an event with an idToken", "§1.60.2, E01.FR.12, E02.FR.02", lambda answer: "idTokenInfo" not in answer, where_called=_carries_a_token),
    *_of_a_verdict("TransactionEvent", "idTokenInfo", ("§2.27", "should"), ("§2.27", "should")),
    _rule("TransactionEvent", "chargingPriority", "should be -9 to 9", "§1.60.2", at("chargingPriority", outside(-9, 9)), weight="should"),
)
# fmt: on
