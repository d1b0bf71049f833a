"""Reservations: an EVSE kept free for a token, until it comes, the time is over, or the EVSE can't serve."""

from datetime import timedelta

import pytest
from abstraction.story import NOON, Story
from vcp_abstraction.due import next_due
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration
from vcp_contracts.values import Place, Token, TokenInfo

ONE_HOUR = NOON + timedelta(hours=1)
TWO = (EvseConfiguration(), EvseConfiguration())


def reserve(story: Story, token: str = "MINE", *, number: int = 7, evse: int | None = 1, **more) -> str:
    fields = {"until": ONE_HOUR, "token": Token(value=token)} | more
    return story.request(r.Reserve, reservation=number, evse=evse, **fields).result


def cancel(story: Story, number: int = 7) -> str:
    return story.request(r.CancelReservation, reservation=number).result


def told(story: Story) -> list[str]:
    """What the backend hears after the reply."""
    story.answer_all()
    return [word for word in story.words() if word not in ("reserved", "reservation_cancelled")]


def changes(story: Story) -> list[str]:
    return [event.state for event in story.seen("reservation_changed")]


def verdicts(story: Story) -> list[tuple[str, str]]:
    return [(event.status, event.by) for event in story.seen("token_judged")]


# --- made and refused ------------------------------------------------------------------------------------------------


def test_a_free_evse_is_reserved_and_given_back():
    story = Story().online()
    assert reserve(story) == "accepted"
    assert told(story) == ["status 1.0 reserved/reserved"]
    assert cancel(story) == "accepted"
    assert told(story) == ["status 1.0 available/available"]
    assert cancel(story) == "rejected"
    assert changes(story) == ["made", "cancelled"]
    assert story.seen("reservation_changed")[0].token == "…"


def occupied(story: Story) -> None:
    story.do(c.PlugIn)


def in_a_session(story: Story) -> None:
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="OTHER")
    story.answer_all()


def asking(story: Story) -> None:
    story.do(c.PresentToken, token="OTHER")


def reserved_already(story: Story) -> None:
    reserve(story, "OTHER", number=1)


def faulted(story: Story) -> None:
    story.do(c.RaiseFault, evse=1, kind="ground_failure")


def station_faulted(story: Story) -> None:
    story.do(c.RaiseFault, kind="internal_error")


def unavailable(story: Story) -> None:
    story.request(r.SetAvailability, place=Place(evse=1), operative=False)


def station_unavailable(story: Story) -> None:
    story.request(r.SetAvailability, place=Place(), operative=False)


@pytest.mark.parametrize("evse", [1, None])
@pytest.mark.parametrize(
    ("state", "result"),
    [
        (occupied, "occupied"),
        (in_a_session, "occupied"),
        (asking, "occupied"),
        (reserved_already, "occupied"),
        (faulted, "faulted"),
        (station_faulted, "faulted"),
        (unavailable, "unavailable"),
        (station_unavailable, "unavailable"),
    ],
)
def test_an_evse_that_is_not_free_is_not_reserved(state, result: str, evse: int | None):
    story = Story().online()
    state(story)
    before = list(story.cp.facts.reservations)
    assert reserve(story, evse=evse) == result
    assert story.cp.facts.reservations == before


@pytest.mark.parametrize(
    "wish",
    [
        {"evse": 2},
        {"until": NOON},
        {"until": NOON - timedelta(days=1)},
        {"evse": None, "connector_type": "cCCS2"},
        {"evse": 1, "connector_type": "cCCS2"},
    ],
    ids=["unknown EVSE", "over now", "over long ago", "no such connector", "not at this EVSE"],
)
def test_a_wish_that_makes_no_sense_is_rejected(wish: dict):
    story = Story().online()
    assert reserve(story, **wish) == "rejected"


def test_reservations_that_are_switched_off_are_rejected():
    story = Story(settings={"ReservationCtrlr.Enabled": "false"}).online()
    assert reserve(story) == "rejected"
    other = Story(settings={"ReserveConnectorZeroSupported": "false"}).online()
    assert reserve(other, evse=None) == "rejected"
    assert reserve(other) == "accepted"


def test_a_charger_without_reservations_says_so():
    story = Story(settings={"ReservationCtrlr.Available": "false"}).online()
    reply = story.request(r.Reserve, reservation=7, evse=1, until=ONE_HOUR, token=Token(value="MINE"))
    assert (reply.type, reply.reason) == ("declined", "not_supported")


def test_the_same_number_replaces_token_time_and_place():
    story = Story(evses=TWO).online()
    reserve(story)
    told(story)
    assert reserve(story, "YOURS", until=ONE_HOUR + timedelta(hours=1)) == "accepted"
    assert told(story) == []
    assert reserve(story, "YOURS", evse=2) == "accepted"
    assert told(story) == ["status 1.0 available/available", "status 2.0 reserved/reserved"]
    assert changes(story) == ["made", "replaced", "replaced"]
    assert [kept.evse for kept in story.cp.facts.reservations] == [2]


def test_a_replacement_that_is_not_possible_leaves_the_old_one():
    story = Story(evses=TWO).online()
    reserve(story)
    story.do(c.PlugIn, evse=2)
    assert reserve(story, "YOURS", evse=2) == "occupied"
    assert [(kept.evse, kept.token.value) for kept in story.cp.facts.reservations] == [(1, "MINE")]


# --- used ------------------------------------------------------------------------------------------------------------


def test_its_token_uses_it_and_the_start_names_it():
    story = Story().online()
    reserve(story)
    told(story)
    story.do(c.PresentToken, token="mine")
    assert told(story) == ["authorize", "status 1.0 preparing/available"]
    story.do(c.PlugIn)
    started = story.answer_all()[-1]
    assert (started.type, started.phase, started.reservation) == ("report_transaction", "started", 7)
    assert told(story) == [
        "status 1.0 charging/occupied",
        "transaction started cable_plugged_in ev_connected begin",
    ]
    assert changes(story) == ["made", "used"]
    story.wait(2 * 3600)
    story.answer_all()
    assert changes(story) == ["made", "used"]


def test_the_stream_of_events_tells_it_once():
    story = Story("stream").online()
    reserve(story)
    story.do(c.PlugIn)
    assert told(story) == ["status 1.1 reserved/reserved"]
    story.do(c.PresentToken, token="MINE")
    reports = [a for a in story.answer_all() if a.type == "report_transaction"]
    assert [report.reservation for report in reports] == [7, 7]
    assert ["reservation" in report.news for report in reports] == [True, False]


def test_a_stranger_is_refused_and_his_cable_changes_nothing():
    story = Story().online()
    reserve(story)
    told(story)
    story.do(c.PresentToken, token="OTHER")
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="OTHER", evse=1)
    assert verdicts(story) == [("invalid", "reservation")] * 2
    assert told(story) == []
    story.do(c.Unplug)
    assert told(story) == []


def test_offline_too():
    story = Story(settings={"AllowOfflineTxForUnknownId": "true"}).online()
    reserve(story)
    story.do(c.GoOffline)
    story.do(c.PresentToken, token="OTHER")
    story.do(c.PresentToken, token="MINE")
    assert verdicts(story) == [("invalid", "reservation"), ("accepted", "offline_rule")]


def test_who_is_expected_and_does_not_plug_in_stays_expected():
    story = Story().online()
    reserve(story)
    story.do(c.PresentToken, token="MINE")
    told(story)
    story.wait(60)
    assert told(story) == ["status 1.0 available/reserved", "status 1.0 reserved/reserved"]
    assert changes(story) == ["made"]


def test_one_of_the_group_may_use_it_if_that_is_known():
    fleet = Token(value="FLEET")
    story = Story().online()
    reserve(story, group=fleet)
    story.do(c.PutToken, where="cache", token="COLLEAGUE", group="FLEET")
    story.do(c.GoOffline)
    story.do(c.PresentToken, token="COLLEAGUE")
    assert verdicts(story) == [("accepted", "cache")]
    assert story.cp.facts.evses[0].authorization.reservation == 7


@pytest.mark.parametrize(
    ("group", "verdict"),
    [
        ("FLEET", ("accepted", "backend")),
        ("OTHERS", ("invalid", "reservation")),
        (None, ("invalid", "reservation")),
    ],
)
def test_the_backend_is_asked_for_the_group_of_an_unknown_token(group: str | None, verdict: tuple[str, str]):
    story = Story().online()
    reserve(story, group=Token(value="FLEET"))
    told(story)
    story.do(c.PresentToken, token="COLLEAGUE")
    assert story.words() == ["authorize"]
    story.answer(info=TokenInfo(status="accepted", group=Token(value=group) if group else None))
    assert verdicts(story) == [verdict]


def test_a_remote_start_needs_the_right_token():
    story = Story().online()
    reserve(story)
    told(story)
    for place in (None, Place(evse=1)):
        reply = story.request(r.StartCharging, token=Token(value="OTHER"), place=place)
        assert reply.result == "rejected"
    assert story.request(r.StartCharging, token=Token(value="MINE")).result == "accepted"
    story.do(c.PlugIn)
    assert story.answer_all()[-1].reservation == 7


def test_a_remote_start_may_bring_the_group_along():
    story = Story("stream").online()
    reserve(story, group=Token(value="FLEET"))
    start = {"token": Token(value="COLLEAGUE"), "place": Place(evse=1), "remote_start": 1}
    assert story.request(r.StartCharging, **start, group=Token(value="OTHERS")).result == "rejected"
    assert story.request(r.StartCharging, **start, group=Token(value="FLEET")).result == "accepted"


def test_the_start_button_serves_no_one_who_is_not_expected():
    story = Story(settings={"FreeToken": "FREE"}).online()
    reserve(story)
    assert story.do(c.PressStart).reason == "EVSE 1 is reserved"


def test_a_card_finds_the_evse_that_is_kept_for_it():
    story = Story(evses=TWO).online()
    reserve(story, evse=2)
    story.do(c.PresentToken, token="MINE")
    story.answer_all()
    assert [evse.authorization is not None for evse in story.cp.facts.evses] == [False, True]
    other = Story(evses=TWO).online()
    reserve(other, evse=1)
    other.do(c.PresentToken, token="OTHER")
    other.answer_all()
    assert [evse.authorization is not None for evse in other.cp.facts.evses] == [False, True]


# --- any EVSE --------------------------------------------------------------------------------------------------------


def test_one_of_two_is_kept_free_whichever_it_is():
    story = Story(evses=TWO).online()
    assert reserve(story, evse=None) == "accepted"
    assert told(story) == []
    story.do(c.PresentToken, token="OTHER", evse=2)
    assert told(story) == [
        "authorize",
        "status 1.0 reserved/reserved",
        "status 2.0 preparing/available",
    ]
    assert story.do(c.PresentToken, token="THIRD").reason == "no EVSE is free for this token"
    story.do(c.PresentToken, token="THIRD", evse=1)
    assert verdicts(story)[-1] == ("invalid", "reservation")
    story.do(c.PlugIn, evse=1)
    story.do(c.PresentToken, token="MINE")
    story.answer_all()
    assert story.cp.facts.evses[0].transaction.reservation == 7


def test_no_more_are_promised_than_there_are():
    story = Story(evses=TWO).online()
    assert reserve(story, number=1, evse=None) == "accepted"
    assert reserve(story, number=2, evse=1) == "accepted"
    assert told(story) == ["status 1.0 reserved/reserved", "status 2.0 reserved/reserved"]
    assert reserve(story, number=3, evse=2) == "occupied"
    assert reserve(story, number=3, evse=None) == "occupied"
    assert cancel(story, 1) == "accepted"
    assert told(story) == ["status 2.0 available/available"]


def test_only_evses_with_the_connector_count():
    evses = (
        EvseConfiguration(connectors=(ConnectorConfiguration(type="cCCS2"),)),
        EvseConfiguration(connectors=(ConnectorConfiguration(type="sType2"),)),
    )
    story = Story("stream", evses=evses).online()
    assert reserve(story, number=1, evse=None, connector_type="cCCS2") == "accepted"
    assert told(story) == ["status 1.1 reserved/reserved"]
    assert reserve(story, number=2, evse=None, connector_type="cCCS2") == "occupied"
    assert reserve(story, number=2, evse=None) == "accepted"
    assert told(story) == ["status 2.1 reserved/reserved"]


# --- ended -----------------------------------------------------------------------------------------------------------


def test_when_its_time_is_over_the_evse_is_free_again():
    story = Story().online()
    reserve(story, until=NOON + timedelta(seconds=90))
    told(story)
    story.wait(89)
    assert told(story) == []
    story.wait(1)
    assert told(story) == ["status 1.0 available/available"]
    assert changes(story) == ["made", "expired"]


def test_the_end_by_time_is_reported_where_that_can_be_said():
    story = Story("stream").online()
    reserve(story, until=NOON + timedelta(seconds=90))
    told(story)
    story.wait(90)
    assert story.said[-1].type == "report_status"
    report = [a for a in story.answer_all() if a.type == "report_reservation"]
    assert [(a.reservation, a.end) for a in report] == [(7, "expired")]


def test_a_time_offline_or_without_power_does_not_hold_it():
    story = Story().online()
    reserve(story, until=NOON + timedelta(seconds=90))
    told(story)
    story.do(c.PowerOff)
    story.wait(100)
    assert changes(story) == ["made"]
    story.do(c.PowerOn)
    story.wait(0)
    assert changes(story) == ["made", "expired"]


def test_it_survives_a_restart():
    story = Story().online()
    reserve(story)
    told(story)
    story.do(c.PowerCycle)
    story.link_up()
    assert told(story)[-1] == "status 1.0 reserved/reserved"


def test_setting_the_clock_does_not_move_an_instant_that_the_backend_named():
    story = Story().online()
    reserve(story)
    told(story)
    story.do(c.SetClock, time=NOON + timedelta(minutes=59))
    story.wait(59)
    assert changes(story) == ["made"]
    story.wait(1)
    assert changes(story) == ["made", "expired"]


def test_no_reservation_is_for_ever():
    story = Story().online()
    reserve(story, until=NOON.replace(year=9999))
    assert story.cp.facts.reservations[0].until == NOON + timedelta(days=3660)
    assert next_due(story.cp) < NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("how", "word"), [(faulted, "faulted"), (station_faulted, "faulted"), (unavailable, "unavailable")]
)
def test_an_evse_that_can_not_serve_is_kept_for_nobody(how, word: str):
    story = Story().online()
    reserve(story)
    told(story)
    how(story)
    assert f"status 1.0 {word}/{word}" in told(story)
    assert changes(story) == ["made", "removed"]
    story.do(c.ClearFault, evse=1) if how is faulted else None
    assert story.cp.facts.reservations == []


def test_its_loss_is_reported_where_that_can_be_said():
    story = Story("stream").online()
    reserve(story)
    told(story)
    faulted(story)
    report = [a for a in story.answer_all() if a.type == "report_reservation"]
    assert [(a.reservation, a.end) for a in report] == [(7, "removed")]


def test_any_evse_is_promised_as_long_as_one_can_serve():
    story = Story(evses=TWO).online()
    reserve(story, evse=None)
    faulted(story)
    assert changes(story) == ["made"]
    assert story.cp.facts.observed["2.0"].startswith("reserved")
    story.do(c.RaiseFault, evse=2)
    assert changes(story) == ["made", "removed"]


def test_a_waiting_car_starts_when_the_evse_is_free_again():
    story = Story(
        "stream", settings={"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "EVConnected"}
    ).online()
    reserve(story)
    story.do(c.PlugIn)
    assert told(story) == ["status 1.1 reserved/reserved"]
    cancel(story)
    assert told(story) == [
        "status 1.1 preparing/occupied",
        "transaction started cable_plugged_in ev_connected begin",
    ]


def test_the_view_shows_it_without_the_token():
    story = Story().online()
    reserve(story, "SECRET-CARD")
    view = view_of(story.cp)
    assert (
        b'"reservations":[{"reservation":7,"evse":1,"token":"\xe2\x80\xa6RD","until":"2026-06-01T13:00:00Z"}]'
        in view
    )
    assert b"SECRET" not in view
