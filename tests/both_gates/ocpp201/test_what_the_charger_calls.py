"""Every call of OCPP 2.0.1 that the charger makes, and what a broken answer to it leads to, through both gates.

| action | comes of | after a broken answer |
| --- | --- | --- |
| BootNotification | connecting | the boot is repeated |
| Heartbeat, StatusNotification, NotifyEvent, MeterValues, NotifyReport | time, a cable, a fault, a clock, a request | the charger goes on |
| Authorize | a card | the offline rules decide |
| TransactionEvent, SecurityEventNotification | a session, an event | it is told again |
| ReservationStatusUpdate, ReportChargingProfiles, NotifyChargingLimit, ClearedChargingLimit | as named | the charger goes on |
| SignCertificate | a trigger | it may be asked for again |
| DataTransfer, FirmwareStatusNotification, LogStatusNotification | a command, an update, a log | told, and the work goes on |
"""

from collections.abc import Callable
from typing import Any

import pytest
from both_gates.ocpp201.test_what_the_backend_calls import CARD, PROFILE, charging, quiet
from both_gates.wired import Wired, broken
from vcp_contracts import commands as c
from vcp_contracts.chores import KeyMade


def connect() -> Wired:
    wired = Wired("ocpp2.0.1", online=False)
    return wired


def fault(wired: Wired) -> None:
    wired.do(c.RaiseFault, evse=1, kind="ground_failure")


def report(wired: Wired) -> None:
    wired.says('[2,"b","GetBaseReport",{"requestId":4,"reportBase":"ConfigurationInventory"}]')


def reserve_and_lose(wired: Wired) -> None:
    wired.says(
        f'[2,"b","ReserveNow",{{"id":9,"expiryDateTime":"2026-06-01T12:00:10Z","idToken":{CARD},"evseId":1}}]'
    )
    wired.wait(10)


def profiles(wired: Wired) -> None:
    wired.says(f'[2,"b","SetChargingProfile",{{"evseId":1,"chargingProfile":{PROFILE}}}]')
    wired.says('[2,"b2","GetChargingProfiles",{"requestId":5,"chargingProfile":{"chargingProfileId":[1]}}]')


def sign(wired: Wired) -> None:
    wired.says('[2,"b","TriggerMessage",{"requestedMessage":"SignChargingStationCertificate"}]')
    wired.worked(KeyMade(csr="-----BEGIN CERTIFICATE REQUEST-----", public_key="ab" * 32))


def update(wired: Wired) -> None:
    firmware = '{"location":"https://f.example/fw","retrieveDateTime":"2026-06-01T12:00:00Z"}'
    wired.says(f'[2,"b","UpdateFirmware",{{"requestId":3,"firmware":{firmware}}}]')


def log(wired: Wired) -> None:
    wired.says(
        '[2,"b","GetLog",{"logType":"SecurityLog","requestId":9,"log":{"remoteLocation":"https://f.example/"}}]'
    )


def limit(wired: Wired) -> None:
    wired.do(c.LimitGrid, evse=1, current_a=10.0)


def unlimited(wired: Wired) -> None:
    limit(wired)
    wired.do(c.LimitGrid, evse=1)


SIGNED = {"CpoName": "Operator"}
"""What a certificate must name."""

CAUSES: dict[str, tuple[Callable[[], Wired], Callable[[Wired], Any]]] = {
    "BootNotification": (connect, lambda w: w.do(c.GoOnline)),
    "Heartbeat": (quiet, lambda w: w.wait(86_400)),
    "Authorize": (quiet, lambda w: w.do(c.PresentToken, token="CARD1")),
    "StatusNotification": (quiet, lambda w: w.do(c.PlugIn)),
    "NotifyEvent": (quiet, fault),
    "TransactionEvent": (quiet, lambda w: (w.do(c.PlugIn), w.do(c.PresentToken, token="CARD1"))),
    "MeterValues": (lambda: quiet(settings={"AlignedDataCtrlr.Interval": "60"}), lambda w: w.wait(60)),
    "NotifyReport": (quiet, report),
    "ReservationStatusUpdate": (quiet, reserve_and_lose),
    "SignCertificate": (lambda: quiet(settings=SIGNED), sign),
    "SecurityEventNotification": (quiet, lambda w: w.do(c.RaiseSecurityEvent, kind="tampering")),
    "ReportChargingProfiles": (charging, profiles),
    "NotifyChargingLimit": (quiet, limit),
    "ClearedChargingLimit": (quiet, unlimited),
    "DataTransfer": (quiet, lambda w: w.do(c.SendData, vendor="com.acme")),
    "FirmwareStatusNotification": (quiet, update),
    "LogStatusNotification": (quiet, log),
}
BAD = {
    "BootNotification": '{"status":"Welcome","currentTime":"2026-06-01T12:00:00Z","interval":1}',
    "Heartbeat": "{}",
    "Authorize": '{"idTokenInfo":{"status":"Fine"}}',
    "TransactionEvent": '{"totalCost":"free"}',
    "SignCertificate": '{"status":"Maybe"}',
    "DataTransfer": '{"status":"Fine"}',
}
"""Answers that break the schema; to all others a field that there is not."""

KEPT = {"TransactionEvent", "SecurityEventNotification"}
"""What is told again until it is heard."""


@pytest.mark.shows("valid", *CAUSES)
@pytest.mark.parametrize("action", CAUSES)
def test_the_message_comes_of_its_cause_and_a_good_answer_ends_it(action: str):
    begin, cause = CAUSES[action]
    wired = begin()
    cause(wired)
    assert wired.last(action) is not None
    assert wired.violations() == []
    assert wired.seen("self_violation") == []
    assert (wired.view.queue.express, wired.view.queue.transactions) == (0, 0)


@pytest.mark.shows("broken", *CAUSES)
@pytest.mark.parametrize("action", CAUSES)
def test_a_broken_answer_is_told_and_the_charger_goes_on(action: str):
    begin, cause = CAUSES[action]
    wired = begin()
    wired.answers[action] = broken(BAD.get(action, '{"fine":true}'))
    cause(wired)
    [first, *_] = wired.violations()
    assert first.startswith(f"{action}: ")
    before = len([call for call in wired.calls if call[2] == action])
    wired.answers = {}
    wired.wait(120)
    again = [call for call in wired.calls if call[2] == action][before:]
    if action in KEPT or action == "BootNotification":
        assert again
    assert wired.says('[2,"last","TriggerMessage",{"requestedMessage":"Heartbeat"}]')[-2:] == [
        '[3,"last",{"status":"Accepted"}]',
        '[2,"#","Heartbeat",{}]',
    ]
    assert (wired.view.queue.express, wired.view.queue.transactions) == (0, 0)


def test_a_card_is_not_accepted_by_a_verdict_that_can_not_be_read():
    wired = quiet()
    wired.answers["Authorize"] = broken('{"idTokenInfo":{"status":"Fine"}}')
    wired.do(c.PresentToken, token="CARD1")
    assert wired.cp.facts.evses[0].authorization is None
