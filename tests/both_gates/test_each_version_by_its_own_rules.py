"""Where one version has a rule and the other has none, or another one: each is judged by its own, frame by frame."""

import json
from typing import Any, get_args

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c
from vcp_contracts.values import FaultKind

V16, V201 = "ocpp1.6", "ocpp2.0.1"

FIXED = ({"connectors": ({"fixed_cable": True},)},)
SUSPENDS = {"TxCtrlr.StopTxOnEVSideDisconnect": "false", "TxCtrlr.TxStopPoint": "Authorized"}


def quiet(version: str, **configuration: Any) -> Wired:
    wired = Wired(version, **configuration)
    wired.heard()
    return wired


def charging(version: str, **configuration: Any) -> Wired:
    wired = Wired(version, **configuration)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    return wired


def asks(wired: Wired, action: str, **payload: Any) -> dict[str, Any]:
    """The backend calls; the payload of the answer."""
    wired.heard()
    answer, *_ = wired.says(json.dumps([2, "b1", action, payload]))
    kind, id, told, *_ = json.loads(answer)
    assert (kind, id) == (3, "b1"), answer
    return told


def events(wired: Wired) -> list[tuple[Any, ...]]:
    """The TransactionEvents since the last look: type, trigger, state, reason."""
    sent, wired.sent = wired.sent, []
    told = [frame[3] for frame in sent if frame[0] == 2 and frame[2] == "TransactionEvent"]
    return [
        (
            it["eventType"],
            it["triggerReason"],
            it["transactionInfo"].get("chargingState"),
            it["transactionInfo"].get("stoppedReason"),
        )
        for it in told
    ]


# --- charging profiles -----------------------------------------------------------------------------------------------

SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]}


def test_a_relative_limit_of_the_station_is_a_limit_in_1_6():
    """1.6 §7.9: relative to a start that the charge point determines"""
    wired = charging(V16)
    relative = {
        "chargingProfileId": 8,
        "stackLevel": 10,
        "chargingProfilePurpose": "ChargePointMaxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": SCHEDULE,
    }
    told = asks(wired, "SetChargingProfile", connectorId=0, csChargingProfiles=relative)
    assert told == {"status": "Accepted"}
    assert wired.view.evses[0].limit is not None
    assert (wired.view.evses[0].limit.current_a, wired.view.evses[0].limit.by) == (10, "station_max")
    told = asks(wired, "GetCompositeSchedule", connectorId=0, duration=60)
    assert told["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 10


def test_a_relative_limit_of_the_station_is_refused_in_2_0_1():
    """2.0.1 K01.FR.38"""
    relative = {
        "id": 8,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargingStationMaxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [{"id": 1, **SCHEDULE}],
    }
    wired = quiet(V201)
    told = asks(wired, "SetChargingProfile", evseId=0, chargingProfile=relative)
    assert (told["status"], told["statusInfo"]["reasonCode"]) == ("Rejected", "InvalidProfile")
    assert wired.cp.profiles.installed == []


def default_201(id: int, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [{"id": 1, **SCHEDULE}],
        **more,
    }


def test_profiles_that_follow_one_another_live_side_by_side_in_2_0_1():
    """2.0.1 K01.FR.05, .06: only the same id replaces; what is never valid at the same time is no clash"""
    wired = quiet(V201)
    noon = "2026-07-01T12:00:00Z"
    for it in (default_201(1, validTo=noon), default_201(2, validFrom=noon)):
        assert asks(wired, "SetChargingProfile", evseId=1, chargingProfile=it) == {"status": "Accepted"}
    assert [each.profile.id for each in wired.cp.profiles.installed] == [1, 2]
    told = asks(wired, "SetChargingProfile", evseId=1, chargingProfile=default_201(3))
    assert (told["status"], told["statusInfo"]["reasonCode"]) == ("Rejected", "DuplicateProfile")


def test_profiles_that_follow_one_another_replace_each_other_in_1_6():
    """1.6 §3.13.2: the same purpose and stack level replaces, whenever it is valid"""
    wired = quiet(V16)
    noon = "2026-07-01T12:00:00Z"
    for id, valid in ((1, {"validTo": noon}), (2, {"validFrom": noon})):
        it = default_201(id, chargingSchedule=SCHEDULE, **valid)
        it["chargingProfileId"] = it.pop("id")
        assert asks(wired, "SetChargingProfile", connectorId=1, csChargingProfiles=it) == {
            "status": "Accepted"
        }
    assert [each.profile.id for each in wired.cp.profiles.installed] == [2]


def test_two_profiles_of_one_transaction_clash_whenever_they_are_valid():
    """2.0.1 K01.FR.39"""
    wired = charging(V201)
    transaction = wired.cp.facts.evses[0].transaction
    assert transaction is not None
    noon = "2026-07-01T12:00:00Z"
    of_it = {"chargingProfilePurpose": "TxProfile", "transactionId": transaction.id}
    first = asks(wired, "SetChargingProfile", evseId=1, chargingProfile=default_201(1, validTo=noon, **of_it))
    assert first == {"status": "Accepted"}
    told = asks(
        wired, "SetChargingProfile", evseId=1, chargingProfile=default_201(2, validFrom=noon, **of_it)
    )
    assert (told["status"], told["statusInfo"]["reasonCode"]) == ("Rejected", "DuplicateProfile")


@pytest.mark.parametrize("version", [V16, V201])
def test_a_profile_that_waited_for_a_session_goes_when_none_comes(version: str):
    """It takes up no room any more (1.6 MaxChargingProfilesInstalled)"""
    wired = quiet(version, settings={"Custom.MaxChargingProfilesInstalled": "1"})
    schedule = {"chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative", "stackLevel": 0}
    default = schedule | {"chargingProfilePurpose": "TxDefaultProfile"}
    if version == V16:
        more = {"chargingProfileId": 1, "chargingSchedule": SCHEDULE}
        it = {"idTag": "APP1", "connectorId": 1, "chargingProfile": schedule | more}
        assert asks(wired, "RemoteStartTransaction", **it) == {"status": "Accepted"}
        wanted = ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": default | more})
    else:
        more = {"id": 1, "chargingSchedule": [{"id": 1, **SCHEDULE}]}
        token = {"idToken": "APP1", "type": "Central"}
        it = {"idToken": token, "remoteStartId": 1, "evseId": 1, "chargingProfile": schedule | more}
        assert asks(wired, "RequestStartTransaction", **it) == {"status": "Accepted"}
        wanted = ("SetChargingProfile", {"evseId": 1, "chargingProfile": default | more})
    assert asks(wired, wanted[0], **wanted[1])["status"] == "Rejected"
    wired.wait(60)
    assert asks(wired, wanted[0], **wanted[1]) == {"status": "Accepted"}


# --- triggers --------------------------------------------------------------------------------------------------------


def test_after_a_reconnect_a_boot_may_be_triggered_in_1_6():
    """1.6 errata 3.35: not from an accepted boot until the next reset, reboot or reconnect"""
    wired = charging(V16)
    boot = {"requestedMessage": "BootNotification"}
    assert asks(wired, "TriggerMessage", **boot) == {"status": "Rejected"}
    wired.lose()
    wired.wait(5)
    wired.back()
    assert not any(call.startswith("BootNotification") for call in wired.called())
    answer, follows, *_ = wired.says('[2,"b1","TriggerMessage",{"requestedMessage":"BootNotification"}]')
    assert answer == '[3,"b1",{"status":"Accepted"}]'
    assert follows.startswith('[2,"#","BootNotification",')
    assert wired.statuses() == ["Available", "Charging"]
    assert wired.cp.facts.evses[0].transaction is not None
    assert asks(wired, "TriggerMessage", **boot) == {"status": "Rejected"}


def test_after_a_reconnect_an_extended_trigger_asks_for_a_boot_as_well():
    wired = quiet(V16)
    wired.lose()
    wired.back()
    wired.heard()
    told = asks(wired, "ExtendedTriggerMessage", requestedMessage="BootNotification")
    assert told == {"status": "Accepted"}


def test_a_boot_that_was_triggered_and_put_off_is_asked_for_again():
    """1.6 errata 3.35 leaves open what follows: the charger obeys the later verdict"""
    wired = quiet(V16)
    wired.lose()
    wired.back()
    wired.answers["BootNotification"] = lambda _: {
        "status": "Pending",
        "currentTime": "2026-06-01T12:00:00Z",
        "interval": 60,
    }
    wired.heard()
    assert asks(wired, "TriggerMessage", requestedMessage="BootNotification") == {"status": "Accepted"}
    assert not wired.cp.registered
    assert asks(wired, "TriggerMessage", requestedMessage="BootNotification") == {"status": "Accepted"}


def test_once_accepted_no_boot_is_triggered_in_2_0_1():
    """2.0.1 F06.FR.17: whatever became of the link since"""
    wired = quiet(V201)
    wired.lose()
    wired.wait(5)
    wired.back()
    wired.heard()
    assert asks(wired, "TriggerMessage", requestedMessage="BootNotification") == {"status": "Rejected"}
    assert wired.called() == []


@pytest.mark.parametrize(
    "message", ["SignV2GCertificate", "SignCombinedCertificate", "PublishFirmwareStatusNotification"]
)
def test_what_the_charger_can_t_send_is_not_implemented(message: str):
    """2.0.1 F06.FR.08; a certificate for the link is none for cars"""
    wired = quiet(V201, settings={"SecurityCtrlr.OrganizationName": "Operator"})
    assert asks(wired, "TriggerMessage", requestedMessage=message) == {"status": "NotImplemented"}
    assert wired.unfinished_chores() == []


# --- the local list --------------------------------------------------------------------------------------------------

ONE = [{"idTag": "A", "idTagInfo": {"status": "Accepted"}}]


def sends_16(wired: Wired, version: int, update: str, *entries: Any) -> str:
    listed = {"localAuthorizationList": list(entries)} if entries else {}
    told = asks(wired, "SendLocalList", listVersion=version, updateType=update, **listed)
    return str(told["status"])


def test_an_empty_list_has_version_0_in_1_6_and_is_judged_by_it():
    """1.6 §5.10, §7.40 UpdateStatus"""
    wired = quiet(V16)
    assert sends_16(wired, 7, "Full", *ONE) == "Accepted"
    assert sends_16(wired, 7, "Differential", *ONE) == "VersionMismatch"
    assert sends_16(wired, 9, "Full") == "Accepted"
    assert asks(wired, "GetLocalListVersion") == {"listVersion": 0}
    assert sends_16(wired, 3, "Differential", *ONE) == "Accepted"
    assert asks(wired, "GetLocalListVersion") == {"listVersion": 3}
    assert sends_16(wired, 4, "Differential", {"idTag": "A"}) == "Accepted"
    assert asks(wired, "GetLocalListVersion") == {"listVersion": 0}
    assert sends_16(wired, 1, "Differential", *ONE) == "Accepted"


def test_a_list_is_emptied_with_the_version_of_an_empty_one_in_1_6():
    wired = quiet(V16)
    assert sends_16(wired, 7, "Full", *ONE) == "Accepted"
    assert sends_16(wired, 0, "Full", *ONE) == "Failed"
    assert asks(wired, "GetLocalListVersion") == {"listVersion": 7}
    assert sends_16(wired, 0, "Full") == "Accepted"
    assert wired.cp.token_list.entries == {}
    assert asks(wired, "GetLocalListVersion") == {"listVersion": 0}
    assert sends_16(wired, -1, "Full") == "Failed"


def sends_201(wired: Wired, version: int, update: str, *entries: Any) -> str:
    listed = {"localAuthorizationList": list(entries)} if entries else {}
    told = asks(wired, "SendLocalList", versionNumber=version, updateType=update, **listed)
    return str(told["status"])


def test_an_emptied_list_keeps_its_version_in_2_0_1():
    """2.0.1 D01.FR.04, .05, .18, .19, D02.FR.01, .02"""
    wired = quiet(V201)
    one = {"idToken": {"idToken": "A", "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}}
    assert asks(wired, "GetLocalListVersion") == {"versionNumber": 0}
    assert sends_201(wired, 7, "Full", one) == "Accepted"
    assert sends_201(wired, 9, "Full") == "Accepted"
    assert asks(wired, "GetLocalListVersion") == {"versionNumber": 9}
    assert sends_201(wired, 3, "Differential", one) == "VersionMismatch"
    assert sends_201(wired, 10, "Differential") == "Accepted"
    assert asks(wired, "GetLocalListVersion") == {"versionNumber": 10}
    assert sends_201(wired, 0, "Full") == "Failed"
    assert sends_201(wired, 2, "Full", one) == "Accepted"
    assert asks(wired, "GetLocalListVersion") == {"versionNumber": 2}


@pytest.mark.parametrize("version", [V16, V201])
def test_a_listed_token_that_is_in_use_elsewhere_may_charge_offline_in_1_6_alone(version: str):
    """1.6 §3.5.2: ConcurrentTx is a valid one; 2.0.1 C13.FR.02, .04: only Accepted is"""
    wired = quiet(version)
    wired.do(c.PutToken, where="list", token="CARD1", status="concurrent_tx")
    wired.lose()
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    assert (wired.cp.facts.evses[0].transaction is not None) == (version == V16)


@pytest.mark.parametrize("version", [V16, V201])
def test_online_a_listed_token_that_is_in_use_elsewhere_is_asked_about_in_2_0_1_alone(version: str):
    """1.6 §3.5.2 with LocalPreAuthorize; 2.0.1 C14.FR.03"""
    wired = quiet(version, settings={"LocalPreAuthorize": "true"})
    wired.do(c.PutToken, where="list", token="CARD1", status="concurrent_tx")
    wired.do(c.PresentToken, token="CARD1")
    asked = any(call.startswith("Authorize ") for call in wired.called())
    assert asked == (version == V201)


@pytest.mark.parametrize("heeded", ["true", "false"])
def test_a_listed_token_past_its_time_counts_as_the_inventory_says(heeded: str):
    """2.0.1 C14.FR.02, .05"""
    wired = quiet(V201, settings={"LocalAuthListCtrlr.SupportsExpiryDateTime": heeded})
    wanted = [variable("LocalAuthListCtrlr", "SupportsExpiryDateTime")]
    [told] = asks(wired, "GetVariables", getVariableData=wanted)["getVariableResult"]
    assert told["attributeValue"] == heeded
    one = {
        "idToken": {"idToken": "CARD1", "type": "ISO14443"},
        "idTokenInfo": {"status": "Accepted", "cacheExpiryDateTime": "2026-06-01T12:00:10Z"},
    }
    assert sends_201(wired, 1, "Full", one) == "Accepted"
    wired.wait(11)
    wired.heard()
    wired.do(c.PresentToken, token="CARD1")
    asked = any(call.startswith("Authorize ") for call in wired.called())
    assert asked == (heeded == "true")


# --- settings --------------------------------------------------------------------------------------------------------


def variable(component: str, name: str, instance: str | None = None, **more: Any) -> dict[str, Any]:
    named = {"name": name} if instance is None else {"name": name, "instance": instance}
    return {"component": {"name": component}, "variable": named, **more}


TIMEOUT = ("OCPPCommCtrlr", "MessageTimeout", "Default")


def test_how_long_an_answer_is_waited_for_is_written_in_1_6():
    """1.6 errata, key MessageTimeout"""
    wired = quiet(V16, call_timeout_s=30.0)
    told = asks(wired, "GetConfiguration", key=["MessageTimeout"])
    assert told["configurationKey"] == [{"key": "MessageTimeout", "readonly": False, "value": "30"}]
    assert asks(wired, "ChangeConfiguration", key="MessageTimeout", value="20") == {"status": "Accepted"}
    told = asks(wired, "GetConfiguration", key=["MessageTimeout"])
    assert told["configurationKey"] == [{"key": "MessageTimeout", "readonly": False, "value": "20"}]


def test_how_long_an_answer_is_waited_for_is_read_only_in_2_0_1():
    """2.0.1 part 2 §2.1.3: it is part of the network configuration"""
    wired = quiet(V201, call_timeout_s=30.0)
    told = asks(wired, "SetVariables", setVariableData=[variable(*TIMEOUT, attributeValue="20")])
    result = told["setVariableResult"][0]
    assert (result["attributeStatus"], result["attributeStatusInfo"]["reasonCode"]) == (
        "Rejected",
        "ReadOnly",
    )
    told = asks(wired, "GetVariables", getVariableData=[variable(*TIMEOUT)])
    assert told["getVariableResult"][0]["attributeValue"] == "30"
    assert wired.do(c.WriteSetting, name="OCPPCommCtrlr.MessageTimeout[Default]", value="20").status == "done"
    told = asks(wired, "GetVariables", getVariableData=[variable(*TIMEOUT)])
    assert told["getVariableResult"][0]["attributeValue"] == "20"


def reported(wired: Wired, base: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What GetBaseReport brings, by component, its place, variable and instance."""
    assert asks(wired, "GetBaseReport", requestId=5, reportBase=base) == {"status": "Accepted"}
    pages = [call[3] for call in wired.calls if call[2] == "NotifyReport"]
    wired.calls.clear()
    assert [page["seqNo"] for page in pages] == list(range(len(pages)))
    found = [row for page in pages for row in page["reportData"]]
    by_name = {named(row): row for row in found}
    assert len(by_name) == len(found)
    return by_name


def named(row: dict[str, Any]) -> tuple[Any, ...]:
    component, variable = row["component"], row["variable"]
    evse = component.get("evse", {})
    return (
        component["name"],
        evse.get("id"),
        evse.get("connectorId"),
        variable["name"],
        variable.get("instance"),
    )


RO, RW, WO, EITHER = {"ReadOnly"}, {"ReadWrite"}, {"WriteOnly"}, {"ReadOnly", "ReadWrite"}

PART_2: dict[str, dict[str, tuple[set[str], str]]] = {
    "AlignedDataCtrlr": {
        "Enabled": (RW, "boolean"),
        "Interval": (RW, "integer"),
        "Measurands": (RW, "MemberList"),
        "TxEndedInterval": (RW, "integer"),
        "TxEndedMeasurands": (RW, "MemberList"),
    },
    "AuthCacheCtrlr": {
        "Available": (RO, "boolean"),
        "Enabled": (RW, "boolean"),
        "LifeTime": (RW, "integer"),
    },
    "AuthCtrlr": {
        "AuthorizeRemoteStart": (EITHER, "boolean"),
        "Enabled": (RW, "boolean"),
        "LocalAuthorizeOffline": (RW, "boolean"),
        "LocalPreAuthorize": (RW, "boolean"),
        "MasterPassGroupId": (RW, "string"),
        "OfflineTxForUnknownIdEnabled": (RW, "boolean"),
    },
    "ChargingStation": {
        "AllowNewSessionsPendingFirmwareUpdate": (RW, "boolean"),
        "AvailabilityState": (RO, "OptionList"),
        "Available": (RO, "boolean"),
        "FirmwareVersion": (RO, "string"),
        "Model": (RO, "string"),
        "Problem": (RO, "boolean"),
        "SerialNumber": (RO, "string"),
        "SupplyPhases": (RO, "integer"),
        "VendorName": (RO, "string"),
    },
    "ClockCtrlr": {
        "DateTime": (RO, "dateTime"),
        "TimeAdjustmentReportingThreshold": (RW, "integer"),
        "TimeSource": (RW, "SequenceList"),
    },
    "DeviceDataCtrlr": {
        "BytesPerMessage[GetReport]": (RO, "integer"),
        "BytesPerMessage[GetVariables]": (RO, "integer"),
        "BytesPerMessage[SetVariables]": (RO, "integer"),
        "ItemsPerMessage[GetReport]": (RO, "integer"),
        "ItemsPerMessage[GetVariables]": (RO, "integer"),
        "ItemsPerMessage[SetVariables]": (RO, "integer"),
    },
    "LocalAuthListCtrlr": {
        "Available": (RO, "boolean"),
        "BytesPerMessage": (RO, "integer"),
        "Enabled": (RW, "boolean"),
        "Entries": (RO, "integer"),
        "ItemsPerMessage": (RO, "integer"),
        "Problem": (RO, "boolean"),
        "SupportsExpiryDateTime": (RO, "boolean"),
    },
    "OCPPCommCtrlr": {
        "ActiveNetworkProfile": (RO, "integer"),
        "FileTransferProtocols": (RO, "MemberList"),
        "HeartbeatInterval": (RW, "integer"),
        "MessageAttemptInterval[TransactionEvent]": (RW, "integer"),
        "MessageAttempts[TransactionEvent]": (RW, "integer"),
        "MessageTimeout[Default]": (RO, "integer"),
        "NetworkConfigurationPriority": (RW, "SequenceList"),
        "NetworkProfileConnectionAttempts": (RW, "integer"),
        "OfflineThreshold": (RW, "integer"),
        "QueueAllMessages": (RW, "boolean"),
        "ResetRetries": (RW, "integer"),
        "RetryBackOffRandomRange": (RW, "integer"),
        "RetryBackOffRepeatTimes": (RW, "integer"),
        "RetryBackOffWaitMinimum": (RW, "integer"),
        "UnlockOnEVSideDisconnect": (EITHER, "boolean"),
        "WebSocketPingInterval": (RW, "integer"),
    },
    "ReservationCtrlr": {
        "Available": (RO, "boolean"),
        "Enabled": (RW, "boolean"),
        "NonEvseSpecific": (RO, "boolean"),
    },
    "SampledDataCtrlr": {
        "Enabled": (RW, "boolean"),
        "TxEndedInterval": (RW, "integer"),
        "TxEndedMeasurands": (RW, "MemberList"),
        "TxStartedMeasurands": (RW, "MemberList"),
        "TxUpdatedInterval": (RW, "integer"),
        "TxUpdatedMeasurands": (RW, "MemberList"),
    },
    "SecurityCtrlr": {
        "AdditionalRootCertificateCheck": (RO, "boolean"),
        "BasicAuthPassword": (WO, "string"),
        "CertSigningRepeatTimes": (RW, "integer"),
        "CertSigningWaitMinimum": (RW, "integer"),
        "CertificateEntries": (RO, "integer"),
        "Identity": (EITHER, "string"),
        "MaxCertificateChainSize": (RO, "integer"),
        "OrganizationName": (RW, "string"),
        "SecurityProfile": (RO, "integer"),
    },
    "SmartChargingCtrlr": {
        "ACPhaseSwitchingSupported": (RO, "boolean"),
        "Available": (RO, "boolean"),
        "Enabled": (RW, "boolean"),
        "Entries[ChargingProfiles]": (RO, "integer"),
        "ExternalControlSignalsEnabled": (EITHER, "boolean"),
        "LimitChangeSignificance": (RW, "decimal"),
        "NotifyChargingLimitWithSchedules": (RW, "boolean"),
        "PeriodsPerSchedule": (RO, "integer"),
        "Phases3to1": (RO, "boolean"),
        "ProfileStackLevel": (RO, "integer"),
        "RateUnit": (RO, "MemberList"),
    },
    "TxCtrlr": {
        "EVConnectionTimeOut": (RW, "integer"),
        "MaxEnergyOnInvalidId": (RW, "integer"),
        "StopTxOnEVSideDisconnect": (EITHER, "boolean"),
        "StopTxOnInvalidId": (RW, "boolean"),
        "TxBeforeAcceptedEnabled": (RW, "boolean"),
        "TxStartPoint": (EITHER, "MemberList"),
        "TxStopPoint": (EITHER, "MemberList"),
    },
}
"""Part 2, chapter 2 of the referenced components and variables: who may change each, and its type."""


def test_every_variable_is_as_part_2_has_it():
    wired = quiet(V201)
    told: dict[str, dict[str, tuple[str, str]]] = {}
    for (component, evse, _, name, instance), row in reported(wired, "FullInventory").items():
        if component in PART_2 and evse is None:
            full = name if instance is None else f"{name}[{instance}]"
            kind = row["variableCharacteristics"]["dataType"]
            told.setdefault(component, {})[full] = (row["variableAttribute"][0]["mutability"], kind)
    assert {c: set(rows) for c, rows in told.items()} == {c: set(rows) for c, rows in PART_2.items()}
    for component, rows in PART_2.items():
        for name, (mutabilities, kind) in rows.items():
            mutability, told_kind = told[component][name]
            assert (name, mutability in mutabilities, told_kind) == (name, True, kind)


def test_heartbeats_may_be_switched_off_in_1_6():
    """1.6 §9.1.10 names no least interval"""
    wired = quiet(V16)
    assert asks(wired, "ChangeConfiguration", key="HeartbeatInterval", value="0") == {"status": "Accepted"}


def test_heartbeats_are_at_least_a_second_apart_in_2_0_1():
    """2.0.1 part 2 §2.1.5: minLimit 1"""
    wired = quiet(V201)
    beats = variable("OCPPCommCtrlr", "HeartbeatInterval")
    for value, status in (("0", "Rejected"), ("1", "Accepted")):
        told = asks(wired, "SetVariables", setVariableData=[beats | {"attributeValue": value}])
        assert told["setVariableResult"][0]["attributeStatus"] == status
    row = reported(wired, "FullInventory")["OCPPCommCtrlr", None, None, "HeartbeatInterval", None]
    assert row["variableCharacteristics"]["minLimit"] == 1


def test_the_room_for_certificates_is_a_key_in_1_6_and_a_limit_in_2_0_1():
    """1.6 security whitepaper, CertificateStoreMaxLength; 2.0.1 part 2 §2.2.4: how many there are, maxLimit: can be"""
    wired = quiet(V16, settings={"CertificateStoreMaxLength": "7"})
    told = asks(wired, "GetConfiguration", key=["CertificateStoreMaxLength"])
    assert told["configurationKey"] == [{"key": "CertificateStoreMaxLength", "readonly": True, "value": "7"}]
    wired = quiet(V201, settings={"CertificateStoreMaxLength": "7"})
    row = reported(wired, "FullInventory")["SecurityCtrlr", None, None, "CertificateEntries", None]
    assert row["variableAttribute"][0]["value"] == "0"
    assert row["variableCharacteristics"]["maxLimit"] == 7


def test_every_list_says_what_it_may_hold():
    """2.0.1 VariableCharacteristicsType: valuesList is mandatory with the three kinds of lists"""
    for row in reported(quiet(V201), "FullInventory").values():
        kind, value = row["variableCharacteristics"]["dataType"], row["variableAttribute"][0].get("value")
        if kind in ("OptionList", "MemberList", "SequenceList"):
            allowed = row["variableCharacteristics"]["valuesList"].split(",")
            assert set(filter(None, (value or "").split(","))) <= set(allowed), row


@pytest.mark.parametrize("cables", [False, True])
def test_a_configuration_inventory_has_what_may_be_written_and_nothing_else(cables: bool):
    """2.0.1 B07; with fixed cables there is nothing to unlock"""
    wired = quiet(V201, evses=({"connectors": ({"fixed_cable": cables},)},))
    rows = reported(wired, "ConfigurationInventory")
    assert {row["variableAttribute"][0]["mutability"] for row in rows.values()} == {"ReadWrite", "WriteOnly"}
    assert (("OCPPCommCtrlr", None, None, "UnlockOnEVSideDisconnect", None) in rows) == (not cables)


# --- faults and the inventory ----------------------------------------------------------------------------------------

EVERYWHERE = [(kind, evse) for kind in get_args(FaultKind) for evse in (0, 2)]
EVERYWHERE.remove(("ev_communication_error", 0))


@pytest.mark.parametrize(("kind", "evse"), EVERYWHERE)
def test_an_event_names_a_component_and_a_variable_of_the_inventory(kind: FaultKind, evse: int):
    """2.0.1 N07, G05.FR.02"""
    wired = quiet(V201, evses=({}, {}))
    wired.do(c.PlugIn, evse=2)
    before = reported(wired, "FullInventory")
    wired.do(c.RaiseFault, kind=kind, evse=evse)
    [event] = wired.last("NotifyEvent")["eventData"]
    place = named(event)
    assert before[place]["variableAttribute"][0]["value"] == "false"
    assert before[place]["variableCharacteristics"]["dataType"] == "boolean"
    assert (
        reported(wired, "FullInventory")[place]["variableAttribute"][0]["value"]
        == event["actualValue"]
        == "true"
    )
    asked = {key: event[key] for key in ("component", "variable")}
    told = asks(wired, "GetVariables", getVariableData=[asked])["getVariableResult"][0]
    assert (told["attributeStatus"], told["attributeValue"]) == ("Accepted", "true")
    told = asks(wired, "SetVariables", setVariableData=[asked | {"attributeValue": "false"}])
    assert told["setVariableResult"][0]["attributeStatus"] == "Rejected"
    wired.do(c.ClearFault, kind=kind, evse=evse)
    told = asks(wired, "GetVariables", getVariableData=[asked])["getVariableResult"][0]
    assert (told["attributeStatus"], told["attributeValue"]) == ("Accepted", "false")


def test_a_component_has_a_problem_until_nothing_is_wrong_with_it():
    wired = quiet(V201)
    for kind in ("over_voltage", "under_voltage"):
        wired.do(c.RaiseFault, kind=kind, evse=1)
    wired.do(c.ClearFault, kind="over_voltage", evse=1)
    asked = variable("ElectricalFeed", "Problem")
    asked["component"]["evse"] = {"id": 1, "connectorId": 1}
    told = asks(wired, "GetVariables", getVariableData=[asked])["getVariableResult"][0]
    assert told["attributeValue"] == wired.last("NotifyEvent")["eventData"][0]["actualValue"] == "true"
    wired.do(c.ClearFault, kind="under_voltage", evse=1)
    event = wired.last("NotifyEvent")["eventData"][0]
    assert (event["actualValue"], event["cleared"]) == ("false", True)


@pytest.mark.parametrize(
    ("component", "name", "status"),
    [
        ({"name": "RCD"}, "Problem", "Accepted"),
        ({"name": "RCD"}, "Tripped", "UnknownVariable"),
        ({"name": "RCD", "instance": "2"}, "Problem", "UnknownComponent"),
        ({"name": "Heater"}, "Problem", "UnknownComponent"),
        ({"name": "RCD", "evse": {"id": 9, "connectorId": 1}}, "Problem", "UnknownComponent"),
        ({"name": "OCPPCommCtrlr", "evse": {"id": 1}}, "HeartbeatInterval", "UnknownComponent"),
    ],
)
def test_what_is_not_in_the_inventory_is_unknown(component: dict[str, Any], name: str, status: str):
    wired = quiet(V201)
    asked = {"component": component, "variable": {"name": name}}
    told = asks(wired, "GetVariables", getVariableData=[asked])
    assert told["getVariableResult"][0]["attributeStatus"] == status


# --- the cable is pulled at the car, and the transaction goes on ----------------------------------------------------


def pulled(wired: Wired) -> Wired:
    wired.do(c.Unplug, end="ev")
    wired.heard()
    return wired


def test_a_transaction_without_its_cable_ends_in_time_in_2_0_1():
    """2.0.1 E10.FR.02: EVConnectionTimeOut counts from the moment when a fixed cable is pulled out of the car"""
    wired = charging(V201, settings=SUSPENDS, evses=FIXED)
    wired.do(c.Unplug)
    assert events(wired) == [("Updated", "EVCommunicationLost", "Idle", None)]
    wired.wait(59)
    assert events(wired) == []
    wired.wait(1)
    assert events(wired) == [("Ended", "EVConnectTimeout", "Idle", "Timeout")]
    assert wired.cp.facts.evses[0].authorization is None


def test_plugged_in_again_in_time_it_goes_on():
    """2.0.1 E10, A1"""
    wired = pulled(charging(V201, settings=SUSPENDS, evses=FIXED))
    wired.wait(59)
    wired.do(c.PlugIn, end="ev")
    assert events(wired) == [
        ("Updated", "CablePluggedIn", "EVConnected", None),
        ("Updated", "ChargingStateChanged", "Charging", None),
    ]
    wired.wait(59)
    assert [event for event in events(wired) if event[0] == "Ended"] == []
    wired.do(c.Unplug, end="ev")
    wired.wait(59)
    assert [event for event in events(wired) if event[0] == "Ended"] == []
    wired.wait(1)
    assert events(wired)[-1] == ("Ended", "EVConnectTimeout", "Idle", "Timeout")


def test_a_cable_that_is_locked_at_the_station_waits_for_its_driver():
    """2.0.1 E10.FR.01, B1 to B3: the driver comes back for it, however late"""
    wired = pulled(charging(V201, settings=SUSPENDS))
    wired.wait(3600)
    assert wired.cp.facts.evses[0].connectors[0].locked
    events(wired)
    wired.do(c.PresentToken, token="CARD1")
    assert events(wired)[-1] == ("Ended", "StopAuthorized", "Idle", "Local")
    assert not wired.cp.facts.evses[0].connectors[0].locked


def test_a_cable_that_is_broken_out_is_not_waited_for_any_longer():
    wired = pulled(charging(V201, settings=SUSPENDS))
    wired.wait(600)
    events(wired)
    wired.do(c.Unplug, end="station", force=True)
    wired.wait(60)
    assert events(wired)[-1] == ("Ended", "EVConnectTimeout", "Idle", "Timeout")


def test_where_nothing_times_out_nothing_ends():
    settings = SUSPENDS | {"TxCtrlr.EVConnectionTimeOut": "0"}
    wired = pulled(charging(V201, settings=settings, evses=FIXED))
    wired.wait(3600)
    assert wired.cp.facts.evses[0].transaction is not None


@pytest.mark.parametrize("evses", [FIXED, ({},)])
def test_in_1_6_a_transaction_goes_on_without_its_cable(evses: Any):
    """1.6 §4.10: it shall not be stopped; ConnectionTimeOut is for what has not begun (§9.1.6)"""
    wired = charging(V16, settings={"StopTransactionOnEVSideDisconnect": "false"}, evses=evses)
    pulled(wired)
    wired.wait(3600)
    assert wired.statuses()[1] == "SuspendedEV"
    wired.heard()
    wired.do(c.PlugIn, end="ev")
    assert wired.statuses()[1] == "Charging"
    assert wired.cp.facts.evses[0].transaction is not None


# --- the car ends it -------------------------------------------------------------------------------------------------


def test_the_car_that_ends_a_session_is_named_in_2_0_1():
    """2.0.1 E15.FR.04"""
    wired = charging(V201)
    wired.do(c.PressStop, why="ev")
    assert events(wired) == [("Ended", "StopAuthorized", "EVConnected", "StoppedByEV")]


def test_a_car_that_ends_its_session_before_it_leaves_is_named_at_the_end():
    """2.0.1 E15.FR.05"""
    wired = charging(V201, settings={"TxCtrlr.TxStopPoint": "EVConnected"})
    wired.do(c.PressStop, why="ev")
    assert events(wired) == [("Updated", "StopAuthorized", "EVConnected", None)]
    wired.do(c.Unplug)
    assert events(wired) == [("Ended", "EVCommunicationLost", "Idle", "StoppedByEV")]


@pytest.mark.parametrize("how", ["not ready", "full"])
def test_a_car_that_takes_no_more_ends_a_transaction_of_energy(how: str):
    """2.0.1 E06.FR.07 with TxStopPoint EnergyTransfer"""
    wired = charging(V201, settings={"TxCtrlr.TxStopPoint": "EnergyTransfer"})
    if how == "full":
        wired.do(c.SetEv, soc_percent=99.99)
        wired.wait(600)
    else:
        wired.do(c.SetEv, ready=False)
    assert events(wired)[-1] == ("Ended", "ChargingStateChanged", "EVConnected", "StoppedByEV")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("ground_failure", "GroundFault"),
        ("over_current_failure", "OvercurrentFault"),
        ("power_switch_failure", "Other"),
    ],
)
def test_a_fault_that_ends_a_transaction_is_an_abnormal_condition(kind: FaultKind, reason: str):
    """2.0.1 E06.FR.16"""
    wired = charging(V201, settings={"TxCtrlr.TxStopPoint": "EnergyTransfer"})
    wired.do(c.RaiseFault, kind=kind, evse=1)
    assert events(wired)[-1] == ("Ended", "AbnormalCondition", "EVConnected", reason)


def test_1_6_has_no_word_for_a_car_that_ends_its_session():
    """1.6 §7.36 Reason"""
    wired = charging(V16)
    wired.do(c.PressStop, why="ev")
    stop = wired.last("StopTransaction")
    assert (stop["reason"], "idTag" in stop) == ("Other", False)


# --- readings --------------------------------------------------------------------------------------------------------


def test_a_frequency_has_its_unit_in_2_0_1_and_none_in_1_6():
    """2.0.1 appendix, standardized units; 1.6 §7.46 has no hertz"""
    wired = quiet(V201, settings={"AlignedDataCtrlr.Measurands": "Frequency"})
    assert asks(wired, "TriggerMessage", requestedMessage="MeterValues")["status"] == "Accepted"
    [value] = wired.last("MeterValues")["meterValue"][0]["sampledValue"]
    assert (value["value"], value["unitOfMeasure"]) == (50, {"unit": "Hz"})
    wired = quiet(V16, settings={"MeterValuesSampledData": "Frequency"})
    assert asks(wired, "TriggerMessage", requestedMessage="MeterValues")["status"] == "Accepted"
    [value] = wired.last("MeterValues")["meterValue"][0]["sampledValue"]
    assert (value["value"], "unit" in value) == ("50", False)


# --- the lock --------------------------------------------------------------------------------------------------------


def test_a_lock_without_an_authorized_transaction_may_be_opened_in_2_0_1():
    """2.0.1 F05.FR.02 keeps authorized transactions alone, and the connector that they use"""
    wired = quiet(
        V201, settings={"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "EVConnected"}
    )
    wired.do(c.PlugIn)
    assert wired.cp.facts.evses[0].transaction is not None
    unlock = {"evseId": 1, "connectorId": 1}
    assert asks(wired, "UnlockConnector", **unlock) == {"status": "Unlocked"}
    assert wired.cp.facts.evses[0].transaction is not None
    wired.do(c.PresentToken, token="CARD1")
    assert asks(wired, "UnlockConnector", **unlock) == {"status": "OngoingAuthorizedTransaction"}


def test_the_other_connector_of_an_evse_may_be_opened_in_2_0_1():
    wired = quiet(V201, evses=({"connectors": ({}, {})},))
    wired.do(c.PlugIn, connector=2)
    wired.do(c.PresentToken, token="CARD1")
    assert asks(wired, "UnlockConnector", evseId=1, connectorId=1) == {"status": "Unlocked"}
    told = asks(wired, "UnlockConnector", evseId=1, connectorId=2)
    assert told == {"status": "OngoingAuthorizedTransaction"}
    assert wired.cp.facts.evses[0].connectors[1].locked


def test_in_1_6_the_cable_that_is_in_is_unlocked_and_its_session_ends():
    """1.6 §5.18; a connector of 1.6 is an EVSE here"""
    wired = quiet(V16, evses=({"connectors": ({}, {})},))
    wired.do(c.PlugIn, connector=2)
    wired.do(c.PresentToken, token="CARD1")
    assert wired.cp.facts.evses[0].connectors[1].locked
    assert asks(wired, "UnlockConnector", connectorId=1) == {"status": "Unlocked"}
    assert not wired.cp.facts.evses[0].connectors[1].locked
    assert wired.last("StopTransaction")["reason"] == "UnlockCommand"
