"""How charging profiles of 1.6 come, replace each other and go, on real frames (1.6 §3.13, §5.5, §5.7, §5.16)."""

import json
from typing import Any

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

FULL_W = 3 * 230 * 32


def charging(**more: Any) -> Wired:
    wired = Wired(settings={"MeterValueSampleInterval": "0"}, **more)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    return wired


def put(
    wired: Wired,
    limit: float,
    connector: int = 1,
    purpose: str = "TxDefaultProfile",
    id: int = 1,
    stack: int = 0,
    kind: str = "Relative",
    schedule: dict[str, Any] | None = None,
    **more: Any,
) -> str:
    profile = {
        "chargingProfileId": id,
        "stackLevel": stack,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        }
        | (schedule or {}),
    } | more
    payload = json.dumps({"connectorId": connector, "csChargingProfiles": profile})
    [answer, *_] = wired.says(f'[2,"p{len(wired.wire)}","SetChargingProfile",{payload}]')
    status: str = json.loads(answer)[2]["status"]
    return status


def amps(wired: Wired) -> float:
    return round(wired.cp.facts.evses[0].power_w / 690, 3)


def clear(wired: Wired, payload: str) -> str:
    [answer, *_] = wired.says(f'[2,"c{len(wired.wire)}","ClearChargingProfile",{payload}]')
    status: str = json.loads(answer)[2]["status"]
    return status


def test_a_default_counts_at_once_and_without_it_there_is_no_limit():
    """errata 3.8"""
    wired = charging()
    assert put(wired, 10) == "Accepted"
    assert amps(wired) == 10
    assert put(wired, 12) == "Accepted"
    assert amps(wired) == 12
    assert clear(wired, '{"id":1}') == "Accepted"
    assert amps(wired) == 32


def test_a_replacement_that_is_not_valid_yet_takes_the_old_one_away_at_once():
    wired = charging()
    put(wired, 10)
    put(wired, 8, validFrom="2026-06-01T12:10:00Z")
    assert amps(wired) == 32
    wired.wait(600)
    assert amps(wired) == 8


def test_the_same_purpose_level_and_place_replaces_another_adds():
    wired = charging()
    put(wired, 10, id=1)
    put(wired, 12, id=2)
    assert [each.profile.id for each in wired.cp.profiles.installed] == [2]
    put(wired, 14, id=3, stack=1)
    assert amps(wired) == 14
    assert len(wired.cp.profiles.installed) == 2


def test_the_transaction_s_own_profile_overrules_and_ends_with_it():
    wired = charging()
    put(wired, 10)
    assert put(wired, 20, purpose="TxProfile", id=2, transactionId=17) == "Accepted"
    assert amps(wired) == 20
    wired.do(c.PresentToken, token="CARD1")
    assert [each.profile.id for each in wired.cp.profiles.installed] == [1]
    wired.do(c.Unplug)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    assert amps(wired) == 10


def test_the_station_s_limit_is_shared_by_its_connectors():
    wired = Wired(evses=({}, {}), settings={"MeterValueSampleInterval": "0"})
    for evse in (1, 2):
        wired.do(c.PlugIn, evse=evse)
        wired.do(c.PresentToken, token=f"CARD{evse}", evse=evse)
    start = {"startSchedule": "2026-06-01T12:00:00Z"}
    wired.heard()
    assert put(wired, 20, 0, "ChargePointMaxProfile", kind="Absolute", schedule=start) == "Accepted"
    assert sum(evse.power_w for evse in wired.cp.facts.evses) <= 20 * 690 + 1e-6
    assert all(evse.power_w > 0 for evse in wired.cp.facts.evses)
    ask = '{"connectorId":0,"duration":60,"chargingRateUnit":"A"}'
    [answer] = wired.says(f'[2,"b","GetCompositeSchedule",{ask}]')
    schedule = json.loads(answer)[2]["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"][0]["limit"] == 20
    assert "startSchedule" not in schedule


@pytest.mark.parametrize(
    ("payload", "left"),
    [
        ('{"id":1,"stackLevel":5,"connectorId":7}', [2, 3]),
        ("{}", []),
        ('{"connectorId":0}', [1, 2]),
        ('{"chargingProfilePurpose":"TxDefaultProfile","stackLevel":1}', [1, 3]),
        ('{"connectorId":1,"chargingProfilePurpose":"TxDefaultProfile"}', [3]),
    ],
)
def test_what_is_cleared_is_what_fits_all_that_is_named(payload: str, left: list[int]):
    wired = charging()
    put(wired, 10, id=1)
    put(wired, 12, id=2, stack=1)
    put(wired, 14, 0, id=3, stack=2)
    assert clear(wired, payload) == "Accepted"
    assert [each.profile.id for each in wired.cp.profiles.installed] == left


@pytest.mark.parametrize("loss", ["power", "reset", "network"])
def test_profiles_stay_over_every_loss(loss: str):
    """errata 3.37"""
    wired = charging()
    put(wired, 10)
    if loss == "network":
        wired.lose()
        assert amps(wired) == 10
        return
    if loss == "power":
        wired.do(c.PowerCycle)
    else:
        wired.says('[2,"r","Reset",{"type":"Hard"}]')
        wired.wait(5)
    wired.do(c.Unplug)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    assert amps(wired) == 10


def test_a_limit_of_nothing_suspends_and_its_end_resumes():
    wired = charging()
    nothing = {
        "startSchedule": "2026-06-01T12:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 0}, {"startPeriod": 60, "limit": 16}],
    }
    put(wired, 0, kind="Absolute", schedule=nothing)
    assert wired.statuses() == ["Available", "SuspendedEVSE"]
    wired.wait(60)
    assert wired.statuses() == ["Available", "Charging"]
    assert amps(wired) == 16


def test_a_daily_profile_counts_in_its_hours():
    wired = charging()
    daily = {"startSchedule": "2026-05-01T12:30:00Z", "duration": 1800}
    put(wired, 10, kind="Recurring", recurrencyKind="Daily", schedule=daily)
    seen = []
    for _ in range(3):
        wired.wait(1500)
        seen.append(amps(wired))
    assert seen == [32, 10, 32]


def test_watts_limit_all_phases_together():
    wired = charging()
    put(wired, 6900, schedule={"chargingRateUnit": "W"})
    assert wired.cp.facts.evses[0].power_w == 6900
