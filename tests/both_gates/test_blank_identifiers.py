"""Identifiers that arrive empty: an optional one is as good as left out, one that is needed names nothing."""

import json
from itertools import count
from typing import Any

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

IDS = count()
EXPIRY = "2026-06-01T13:00:00Z"


def result(wired: Wired, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What the charger answers; nothing that a backend says here is a violation."""
    wired.heard()
    id = f"b{next(IDS)}"
    answer = json.loads(wired.says(json.dumps([2, id, action, payload]))[0])
    assert answer[:2] == [3, id]
    assert wired.violations() == []
    return answer[2]


def token(value: str, kind: str = "Central") -> dict[str, str]:
    return {"idToken": value, "type": kind}


def profile_201(transaction: str) -> dict[str, Any]:
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "transactionId": transaction,
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
        ],
    }


REFUSED_16 = {"status": "Rejected"}
INFO = {"status": "Accepted"}


@pytest.mark.parametrize(
    ("action", "payload", "expected"),
    [
        ("RemoteStartTransaction", {"idTag": ""}, REFUSED_16),
        ("RemoteStartTransaction", {"connectorId": 1, "idTag": " "}, REFUSED_16),
        (
            "ReserveNow",
            {"connectorId": 1, "expiryDate": EXPIRY, "idTag": "", "reservationId": 1},
            REFUSED_16,
        ),
        (
            "ReserveNow",
            {"connectorId": 1, "expiryDate": EXPIRY, "idTag": "A", "parentIdTag": "", "reservationId": 1},
            {"status": "Accepted"},
        ),
        (
            "SendLocalList",
            {
                "listVersion": 1,
                "updateType": "Full",
                "localAuthorizationList": [{"idTag": "", "idTagInfo": INFO}],
            },
            {"status": "Failed"},
        ),
        (
            "SendLocalList",
            {
                "listVersion": 1,
                "updateType": "Full",
                "localAuthorizationList": [{"idTag": "A", "idTagInfo": INFO | {"parentIdTag": ""}}],
            },
            {"status": "Accepted"},
        ),
        ("DataTransfer", {"vendorId": ""}, {"status": "UnknownVendorId"}),
        ("DataTransfer", {"vendorId": "V", "messageId": ""}, {"status": "UnknownVendorId"}),
        ("GetConfiguration", {"key": [""]}, {"unknownKey": [""]}),
        ("ChangeConfiguration", {"key": "", "value": ""}, {"status": "NotSupported"}),
        (
            "InstallCertificate",
            {"certificateType": "CentralSystemRootCertificate", "certificate": ""},
            REFUSED_16,
        ),
    ],
)
def test_an_empty_one_from_a_1_6_backend(action: str, payload: dict[str, Any], expected: dict[str, Any]):
    assert result(Wired(), action, payload) == expected


@pytest.mark.parametrize(
    ("action", "payload", "status"),
    [
        ("RequestStartTransaction", {"remoteStartId": 1, "idToken": token("", "ISO14443")}, "Rejected"),
        (
            "RequestStartTransaction",
            {"remoteStartId": 1, "idToken": token("", "NoAuthorization")},
            "Accepted",
        ),
        (
            "RequestStartTransaction",
            {
                "remoteStartId": 1,
                "idToken": token("A"),
                "groupIdToken": token(""),
                "chargingProfile": profile_201(""),
            },
            "Accepted",
        ),
        ("RequestStopTransaction", {"transactionId": ""}, "Rejected"),
        ("SetChargingProfile", {"evseId": 1, "chargingProfile": profile_201("")}, "Rejected"),
        ("ReserveNow", {"id": 1, "expiryDateTime": EXPIRY, "idToken": token("")}, "Rejected"),
        (
            "ReserveNow",
            {
                "id": 1,
                "expiryDateTime": EXPIRY,
                "idToken": token("A"),
                "groupIdToken": token(""),
                "evseId": 1,
            },
            "Accepted",
        ),
        (
            "SendLocalList",
            {
                "versionNumber": 1,
                "updateType": "Full",
                "localAuthorizationList": [{"idToken": token(""), "idTokenInfo": INFO}],
            },
            "Failed",
        ),
        (
            "SendLocalList",
            {
                "versionNumber": 1,
                "updateType": "Full",
                "localAuthorizationList": [
                    {
                        "idToken": token("A"),
                        "idTokenInfo": INFO
                        | {
                            "groupIdToken": token(""),
                            "language1": "",
                            "personalMessage": {"format": "UTF8", "content": ""},
                        },
                    }
                ],
            },
            "Accepted",
        ),
        ("DataTransfer", {"vendorId": "", "messageId": ""}, "UnknownVendorId"),
        ("Reset", {"type": "OnIdle", "customData": {"vendorId": ""}}, "Accepted"),
    ],
)
def test_an_empty_one_from_a_2_0_1_backend(action: str, payload: dict[str, Any], status: str):
    assert result(Wired("ocpp2.0.1"), action, payload)["status"] == status


@pytest.mark.parametrize(
    ("component", "variable", "status"),
    [
        (
            {"name": "OCPPCommCtrlr", "instance": ""},
            {"name": "HeartbeatInterval", "instance": ""},
            "Accepted",
        ),
        ({"name": ""}, {"name": "HeartbeatInterval"}, "UnknownComponent"),
        ({"name": "OCPPCommCtrlr"}, {"name": ""}, "UnknownVariable"),
    ],
)
def test_an_empty_name_or_instance_of_a_variable(
    component: dict[str, str], variable: dict[str, str], status: str
):
    wired = Wired("ocpp2.0.1")
    asked = {"component": component, "variable": variable}
    [read] = result(wired, "GetVariables", {"getVariableData": [asked]})["getVariableResult"]
    assert (read["attributeStatus"], read["component"], read["variable"]) == (status, component, variable)
    write = {"setVariableData": [asked | {"attributeValue": "77"}]}
    [written] = result(wired, "SetVariables", write)["setVariableResult"]
    assert (written["attributeStatus"], written["component"]) == (status, component)


def say(info: dict[str, Any], subprotocol: str) -> dict[str, Any]:
    return {"idTagInfo": info} if subprotocol == "ocpp1.6" else {"idTokenInfo": info}


def group_of(value: str, subprotocol: str) -> dict[str, Any]:
    return {"parentIdTag": value} if subprotocol == "ocpp1.6" else {"groupIdToken": token(value)}


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
@pytest.mark.parametrize(
    ("to_authorize", "to_the_transaction", "of_the_other", "over"),
    [
        ("", "", "", False),
        (None, "", "", False),
        ("FLEET", "", "", False),
        ("FLEET", None, "FLEET", True),
        (None, "FLEET", "FLEET", True),
        ("FLEET", "FLEET", "fleet", True),
        ("FLEET", "FLEET", "OTHER", False),
    ],
)
def test_who_may_stop_a_session(
    subprotocol: str, to_authorize: str | None, to_the_transaction: str | None, of_the_other: str, over: bool
):
    """1.6 §3.10, 2.0.1 C09.FR.03: the group may come with the token or with the transaction, and an empty one is none"""
    wired = Wired(subprotocol)
    other = False

    def verdict(group: str | None) -> dict[str, Any]:
        more = {} if group is None else group_of(group, subprotocol)
        return say({"status": "Accepted"} | more, subprotocol)

    wired.answers["Authorize"] = lambda _: verdict(of_the_other if other else to_authorize)
    wired.answers["StartTransaction"] = lambda _: verdict(to_the_transaction) | {"transactionId": 5}
    wired.answers["TransactionEvent"] = lambda payload: (
        verdict(of_the_other if other else to_the_transaction) if "idToken" in payload else {}
    )
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="ANNA", kind="iso14443")
    assert wired.cp.facts.evses[0].transaction is not None
    other = True
    wired.do(c.PresentToken, token="BERT", kind="iso14443")
    assert (wired.cp.facts.evses[0].transaction is None) == over
    assert wired.violations() == []


def test_a_remote_start_at_a_connector_reserved_for_a_group_asks_first():
    """1.6 §5.11, §5.13"""
    wired = Wired()
    reserve = {
        "connectorId": 1,
        "expiryDate": EXPIRY,
        "idTag": "A",
        "parentIdTag": "FLEET",
        "reservationId": 7,
    }
    assert result(wired, "ReserveNow", reserve) == {"status": "Accepted"}
    wired.answers["Authorize"] = lambda p: {
        "idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET" if p["idTag"] == "B" else ""}
    }
    for stranger in ("C", "B"):
        said = wired.says(f'[2,"b1","RemoteStartTransaction",{{"connectorId":1,"idTag":"{stranger}"}}]')
        assert said[:2] == ['[3,"b1",{"status":"Accepted"}]', f'[2,"#","Authorize",{{"idTag":"{stranger}"}}]']
    wired.do(c.PlugIn)
    assert (wired.last("StartTransaction")["idTag"], wired.last("StartTransaction")["reservationId"]) == (
        "B",
        7,
    )


def test_2_0_1_refuses_it_at_once():
    """2.0.1 F01.FR.22"""
    wired = Wired("ocpp2.0.1")
    reserve = {
        "id": 7,
        "expiryDateTime": EXPIRY,
        "idToken": token("A"),
        "groupIdToken": token("FLEET"),
        "evseId": 1,
    }
    assert result(wired, "ReserveNow", reserve)["status"] == "Accepted"
    start = {"remoteStartId": 1, "evseId": 1, "idToken": token("B")}
    assert result(wired, "RequestStartTransaction", start)["status"] == "Rejected"
    assert (
        result(wired, "RequestStartTransaction", start | {"groupIdToken": token("FLEET")})["status"]
        == "Accepted"
    )


def test_a_master_pass_stops_the_session_by_its_group():
    """2.0.1 C16.FR.02, .08"""
    wired = Wired("ocpp2.0.1")
    variable = {"component": {"name": "AuthCtrlr"}, "variable": {"name": "MasterPassGroupId"}}
    for value, status in (("P" * 37, "Rejected"), ("POLICE", "Accepted")):
        written = result(wired, "SetVariables", {"setVariableData": [variable | {"attributeValue": value}]})
        assert written["setVariableResult"][0]["attributeStatus"] == status
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="ANNA", kind="iso14443")
    wired.answers["Authorize"] = lambda _: {
        "idTokenInfo": {"status": "Accepted", "groupIdToken": token("POLICE")}
    }
    wired.do(c.PresentToken, token="OFFICER", kind="iso14443")
    ended = wired.last("TransactionEvent")
    assert ended["eventType"] == "Ended"
    assert ended["triggerReason"] == "StopAuthorized"
    assert ended["transactionInfo"]["stoppedReason"] == "MasterPass"
    assert ended["idToken"] == token("OFFICER", "ISO14443")
