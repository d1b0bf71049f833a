"""Profiles set just before a composite schedule is asked for: it starts now, with what holds now."""

import json
from itertools import count
from typing import Any

import pytest
from both_gates.wired import Wired

IDS = count()
VERSIONS = pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])


def says(wired: Wired, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    wired.heard()
    answer = json.loads(wired.says(json.dumps([2, f"b{next(IDS)}", action, payload]))[0])
    assert answer[0] == 3
    return answer[2]


def set_profile(wired: Wired, number: int, place: int, purpose: str, limit: float) -> None:
    """A profile from this very millisecond on."""
    at = wired.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    periods = [{"startPeriod": 0, "limit": limit}, {"startPeriod": 60, "limit": 7.0}]
    schedule = {"startSchedule": at, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    body = {"stackLevel": number, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute"}
    if wired.subprotocol == "ocpp1.6":
        body |= {"chargingProfileId": number, "chargingSchedule": schedule}
        payload = {"connectorId": place, "csChargingProfiles": body}
    else:
        body |= {"id": number, "chargingSchedule": [schedule | {"id": number}]}
        payload = {"evseId": place, "chargingProfile": body}
    assert says(wired, "SetChargingProfile", payload) == {"status": "Accepted"}


@VERSIONS
@pytest.mark.parametrize("milliseconds", [0, 1, 400, 990])
@pytest.mark.parametrize("limits", [(10.0, 16.0, 24.0), (24.0, 16.0, 10.0)])
def test_several_profiles_of_one_second(subprotocol: str, milliseconds: int, limits: tuple[float, ...]):
    """1.6 §5.7, 2.0.1 K08.FR.02: from the moment the request is received"""
    old = subprotocol == "ocpp1.6"
    wired = Wired(subprotocol)
    wired.wait(milliseconds / 1000)
    most = "ChargePointMaxProfile" if old else "ChargingStationMaxProfile"
    set_profile(wired, 1, 0, most, 30.0)
    for number, limit in enumerate(limits, 2):
        wired.wait(0.002)
        set_profile(wired, number, 1, "TxDefaultProfile", limit)
    wired.wait(0.002)
    asked = wired.now
    place = {"connectorId": 1} if old else {"evseId": 1}
    told = says(wired, "GetCompositeSchedule", place | {"duration": 50, "chargingRateUnit": "A"})
    schedule = told["chargingSchedule"] if old else told["schedule"]
    assert [(p["startPeriod"], p["limit"]) for p in schedule["chargingSchedulePeriod"]] == [(0, limits[-1])]
    begun = told["scheduleStart"] if old else schedule["scheduleStart"]
    assert begun == asked.isoformat(timespec="milliseconds").replace("+00:00", "Z")
