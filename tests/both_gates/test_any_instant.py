"""Any instant that RFC 3339 can say, in every field for a time: answered, applied and lived through, and no violation."""

import json
from itertools import count
from typing import Any

import pytest
from both_gates.wired import Wired
from handler.dialects.test_instants import rfc_3339
from hypothesis import HealthCheck, given, settings
from vcp_contracts import commands as c

ENDS = (
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "1969-12-31T23:59:59Z",
    "2016-12-31T23:59:60Z",
    "2026-06-01t12:00:00.0000001z",
    "2038-01-19T03:14:08Z",
    "2400-02-29T00:00:00Z",
    "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59-23:59",
)
VERSIONS = ("ocpp1.6", "ocpp2.0.1")
SELDOM = {
    "LocalPreAuthorize": "true",
    "AuthCacheCtrlr.LifeTime": "2147483647",
    "MeterValueSampleInterval": "900",
}
IDS = count()


def says(wired: Wired, action: str, payload: dict[str, Any]) -> Any:
    """What the charger answers: a result. None: it has yet to look at files or certificates."""
    wired.heard()
    answers = [json.loads(text) for text in wired.says(json.dumps([2, f"b{next(IDS)}", action, payload]))]
    answers = [frame for frame in answers if frame[0] != 2]
    assert all(frame[0] == 3 for frame in answers), answers
    assert wired.violations() == []
    return answers[0][2] if answers else None


def schedule(at: str | None, **more: Any) -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 60, "limit": 8}]
    start = {} if at is None else {"startSchedule": at}
    return {"chargingRateUnit": "A", "chargingSchedulePeriod": periods} | start | more


def profile(subprotocol: str, at: str | None, kind: str = "Absolute", **more: Any) -> dict[str, Any]:
    head = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": kind}
    if subprotocol == "ocpp1.6":
        return head | {"chargingProfileId": 1, "chargingSchedule": schedule(at)} | more
    return head | {"id": 1, "chargingSchedule": [schedule(at, id=1)]} | more


def every_profile(subprotocol: str) -> dict[str, Any]:
    """2.0.1 K10.FR.02 wants an id or a criterion; 1.6 §5.5 takes none for all."""
    if subprotocol == "ocpp1.6":
        return {}
    return {"chargingProfileCriteria": {"chargingProfilePurpose": "TxDefaultProfile"}}


def profiles(subprotocol: str, at: str) -> list[dict[str, Any]]:
    relative = {"kind": "Relative"}
    return [
        profile(subprotocol, at),
        profile(subprotocol, at, "Recurring", recurrencyKind="Daily"),
        profile(subprotocol, at, "Recurring", recurrencyKind="Weekly"),
        profile(subprotocol, at, validFrom=at),
        profile(subprotocol, at, validTo=at),
        profile(subprotocol, None, **relative, validFrom=at, validTo=at),
    ]


def set_profile(subprotocol: str, body: dict[str, Any]) -> dict[str, Any]:
    if subprotocol == "ocpp1.6":
        return {"connectorId": 1, "csChargingProfiles": body}
    return {"evseId": 1, "chargingProfile": body}


def composite(subprotocol: str) -> dict[str, Any]:
    place = {"connectorId": 1} if subprotocol == "ocpp1.6" else {"evseId": 1}
    return place | {"duration": 86400, "chargingRateUnit": "A"}


def token(value: str) -> dict[str, str]:
    return {"idToken": value, "type": "ISO14443"}


def others(subprotocol: str, at: str) -> list[tuple[str, dict[str, Any]]]:
    log = {"remoteLocation": "ftp://f/x", "oldestTimestamp": at, "latestTimestamp": at}
    firmware = {"location": "ftp://f/fw.bin", "retrieveDateTime": at, "installDateTime": at}
    both: list[tuple[str, dict[str, Any]]] = [
        ("GetLog", {"logType": "DiagnosticsLog", "requestId": 1, "log": log}),
    ]
    if subprotocol == "ocpp1.6":
        listed = [{"idTag": "L", "idTagInfo": {"status": "Accepted", "expiryDate": at}}]
        signed = firmware | {"signingCertificate": "C", "signature": "S"}
        return [
            ("ReserveNow", {"connectorId": 1, "expiryDate": at, "idTag": "R", "reservationId": 1}),
            ("SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": listed}),
            ("GetDiagnostics", {"location": "ftp://f/x", "startTime": at, "stopTime": at, "retries": 0}),
            ("UpdateFirmware", {"location": "ftp://f/fw.bin", "retrieveDate": at, "retries": 0}),
            ("SignedUpdateFirmware", {"requestId": 1, "firmware": signed}),
            *both,
        ]
    entry = {"idToken": token("L"), "idTokenInfo": {"status": "Accepted", "cacheExpiryDateTime": at}}
    return [
        ("ReserveNow", {"evseId": 1, "expiryDateTime": at, "idToken": token("R"), "id": 1}),
        ("SendLocalList", {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [entry]}),
        ("UpdateFirmware", {"requestId": 1, "firmware": firmware}),
        *both,
    ]


def goes_on(wired: Wired) -> None:
    """It lives: a session begins, is measured and ends, and time passes."""
    assert wired.cp.setup is not None
    assert not wired.cp.facts.quarantined
    wired.wait(120)
    says(wired, "GetCompositeSchedule", composite(wired.subprotocol))
    assert wired.violations() == []


def asked_for(subprotocol: str, at: str) -> None:
    """Everything that a backend asks for, in a session and out of one."""
    for charging in (False, True):
        wired = Wired(subprotocol, kept=False, settings=SELDOM)
        if charging:
            wired.do(c.PlugIn)
            wired.do(c.PresentToken, token="ANNA", kind="iso14443")
        for body in profiles(subprotocol, at):
            says(wired, "SetChargingProfile", set_profile(subprotocol, body))
            goes_on(wired)
        if subprotocol == "ocpp2.0.1":
            says(
                wired,
                "GetChargingProfiles",
                {"requestId": 1, "chargingProfile": {"chargingLimitSource": ["CSO"]}},
            )
        says(wired, "ClearChargingProfile", every_profile(subprotocol))
        for action, payload in others(subprotocol, at):
            says(wired, action, payload)
            goes_on(wired)
        wired.do(c.PresentToken, token="L", kind="iso14443", evse=1)
        wired.do(c.AdvanceClock, seconds=7_200)
        goes_on(wired)


def answered(subprotocol: str, at: str) -> None:
    """Everything that a backend answers."""
    wired = Wired(subprotocol, settings=SELDOM)
    old = subprotocol == "ocpp1.6"
    info = {"status": "Accepted", ("expiryDate" if old else "cacheExpiryDateTime"): at}
    verdict = {"idTagInfo" if old else "idTokenInfo": info}
    wired.answers["Authorize"] = lambda _: verdict
    wired.answers["StartTransaction"] = lambda _: verdict | {"transactionId": 5}
    wired.answers["StopTransaction"] = lambda _: verdict
    wired.answers["TransactionEvent"] = lambda payload: verdict if "idToken" in payload else {}
    wired.answers["Heartbeat"] = lambda _: {"currentTime": at}
    wired.answers["BootNotification"] = lambda _: {"status": "Accepted", "currentTime": at, "interval": 300}
    for _ in range(2):
        wired.do(c.PlugIn)
        wired.do(c.PresentToken, token="ANNA", kind="iso14443")
        assert wired.cp.facts.evses[0].transaction is not None
        goes_on(wired)
        wired.do(c.PresentToken, token="ANNA", kind="iso14443")
        wired.do(c.Unplug)
        assert wired.cp.facts.evses[0].transaction is None
    assert clean(wired.violations())
    wired.do(c.Ask, word="beat")
    wired.wait(700)
    wired.do(c.PowerCycle)
    wired.back()
    wired.wait(700)
    assert clean(wired.violations())


def clean(violations: list[str]) -> bool:
    """That its clock is far off may be said of a backend, that its text is broken may not."""
    return all("date and time" not in text and "instant" not in text for text in violations)


@pytest.mark.parametrize("subprotocol", VERSIONS)
@pytest.mark.parametrize("at", ENDS)
def test_the_first_and_the_last_that_can_be_said(subprotocol: str, at: str):
    asked_for(subprotocol, at)
    answered(subprotocol, at)


@pytest.mark.parametrize("subprotocol", VERSIONS)
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(at=rfc_3339())
def test_any_other(subprotocol: str, at: str):
    asked_for(subprotocol, at)
    answered(subprotocol, at)
