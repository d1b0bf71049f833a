"""Places that a request may name and no charger has: the station where an EVSE is meant, and what is nowhere."""

from datetime import timedelta
from typing import Any

import pytest
from abstraction.story import NOON, Story
from annotated_types import MaxLen
from vcp_contracts import requests as r
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, SchedulePeriod
from vcp_contracts.values import NOWHERE, STATION, Token

CARD = Token(value="CARD1")
PROFILE = ChargingProfile(
    id=1,
    stack_level=0,
    purpose="tx_default",
    kind="relative",
    schedules=(ChargingSchedule(unit="A", periods=(SchedulePeriod(start_s=0, limit=16),)),),
)


def test_a_remote_start_at_the_station_is_refused_and_begins_nothing() -> None:
    """1.6 §6.33, 2.0.1 §1.44.1: who leaves the choice to the charger names no place."""
    story = Story().online()
    refused = story.request(r.StartCharging, token=CARD, place=STATION)
    assert (refused.result, refused.detail) == ("rejected", "a session needs an EVSE, not the station")
    assert story.cp.facts.evses[0].authorization is None
    assert story.request(r.StartCharging, token=CARD).result == "accepted"


REQUESTS: list[tuple[type[r.Request], dict[str, Any], str]] = [
    (r.StartCharging, {"token": CARD, "place": NOWHERE}, "rejected"),
    (r.Unlock, {"place": NOWHERE}, "unknown_place"),
    (r.SetAvailability, {"place": NOWHERE, "operative": False}, "rejected"),
    (r.Trigger, {"what": "meter", "place": NOWHERE}, "rejected"),
    (r.Trigger, {"what": "status", "place": NOWHERE}, "rejected"),
    (r.Reset, {"place": NOWHERE, "when": "now", "restart": "application"}, "rejected"),
    (
        r.Reserve,
        {"reservation": 1, "evse": NOWHERE.evse, "token": CARD, "until": NOON + timedelta(hours=1)},
        "rejected",
    ),
    (r.ComposeSchedule, {"place": NOWHERE, "duration_s": 60}, "rejected"),
    (r.ClearProfiles, {"place": NOWHERE}, "unknown"),
]


@pytest.mark.parametrize(("request_", "fields", "result"), REQUESTS)
def test_what_is_nowhere_is_refused_and_changes_nothing(
    request_: type[r.Request], fields: dict[str, Any], result: str
) -> None:
    story = Story().online()
    story.request(r.SetProfile, place=STATION, profile=PROFILE)
    before = story.cp.facts.model_dump(exclude={"lanes", "ids", "link"}), story.cp.profiles.model_dump()
    assert story.request(request_, **fields).result == result
    assert (
        story.cp.facts.model_dump(exclude={"lanes", "ids", "link"}),
        story.cp.profiles.model_dump(),
    ) == before


def test_a_profile_for_nowhere_is_declined_and_its_number_is_not_made_up() -> None:
    story = Story().online()
    declined = story.request(r.SetProfile, place=NOWHERE, profile=PROFILE)
    assert (declined.reason, declined.detail) == ("bad_value", "there is no such EVSE")


def test_no_charger_can_be_configured_to_have_that_place() -> None:
    [most] = [
        it.max_length
        for it in ChargePointConfiguration.model_fields["evses"].metadata
        if isinstance(it, MaxLen)
    ]
    assert most < NOWHERE.evse
