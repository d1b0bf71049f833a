"""Groups of tokens: told early, late or blank; who may stop, unlock or use what is reserved; the master pass."""

from datetime import datetime

import pytest
from abstraction.story import NOON, Story
from vcp_abstraction.facts.authorization import Authorization, LockedFor
from vcp_abstraction.facts.reservations import Reservation
from vcp_abstraction.facts.transactions import Transaction
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration
from vcp_contracts.requests import ListedToken
from vcp_contracts.values import Place, Token, TokenInfo

STYLES = pytest.mark.parametrize("style", ["three", "stream"])
FLEET = Token(value="FLEET")
FIRST = Place(evse=1)
TWO = (EvseConfiguration(), EvseConfiguration())
BLANKS = ("", " ", "\u00a0")


def of(group: str | None, status: str = "accepted") -> TokenInfo:
    return TokenInfo(status=status, group=None if group is None else Token(value=group))


def charging(style: str, *, authorized: TokenInfo, started: TokenInfo | None, **configuration) -> Story:
    """ANNA charges; what the backend said of her to Authorize, and then of her transaction."""
    story = Story(style, **configuration).online()
    story.do(c.PlugIn)
    story.answer_all()
    story.do(c.PresentToken, token="ANNA", evse=1)
    while story.cp.facts.lanes.in_flight is not None:
        word = story.cp.facts.lanes.in_flight.word
        if word == "authorize":
            story.answer(info=authorized)
        elif word == "report_transaction":
            story.answer(info=started)
        else:
            story.answer()
    assert story.cp.facts.evses[0].transaction is not None
    return story


def tapped(story: Story, token: str, info: TokenInfo, **fields) -> bool:
    """Another token is presented, and the backend says this of it; whether ANNA's session is over."""
    story.do(c.PresentToken, token=token, **fields)
    while story.cp.facts.lanes.in_flight is not None:
        asked = story.cp.facts.lanes.in_flight.word == "authorize"
        story.answer(**({"info": info} if asked else {}))
    return story.cp.facts.evses[0].authorization is None


# --- blank -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_group_is_none_wherever_one_is_kept(blank: str):
    group = Token(value=blank)
    assert TokenInfo(status="accepted", group=group).group is None
    assert Authorization(token=None, group=group, by="none").group is None
    assert LockedFor(token=FLEET, group=group).group is None
    assert Reservation(id=1, token=FLEET, group=group, until=NOON).group is None
    assert Transaction(id="t", group=group, started_at=NOON, start_wh=0).group is None


def test_what_was_kept_with_a_blank_group_is_read_without_it():
    kept = '{"id":1,"token":{"value":"A"},"group":{"value":""},"until":"2026-06-01T12:00:00Z"}'
    assert Reservation.model_validate_json(kept).group is None


@STYLES
def test_two_tokens_without_a_group_are_no_family(style: str):
    story = charging(style, authorized=of(""), started=of(""))
    assert not tapped(story, "BERT", of(""))
    assert story.seen("token_judged")[-1].status == "invalid"


@STYLES
def test_a_reservation_with_a_blank_group_is_for_its_own_token(style: str):
    story = Story(style).online()
    fields = {"reservation": 1, "evse": 1, "token": Token(value="CLARA"), "until": NOON.replace(hour=13)}
    assert story.request(r.Reserve, **fields, group=Token(value="")).result == "accepted"
    story.answer_all()
    story.do(c.PutToken, where="cache", token="BERT")
    story.do(c.PresentToken, token="BERT")
    assert [e.status for e in story.seen("token_judged")] == ["invalid"]
    start = {"token": Token(value="BERT"), "place": Place(evse=1), "group": Token(value="")}
    assert story.request(r.StartCharging, **start, remote_start=1).result == "rejected"


@STYLES
@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_token_names_nobody(style: str, blank: str):
    story = Story(style).online()
    token = Token(value=blank)
    assert story.request(r.StartCharging, token=token, remote_start=1).result == "rejected"
    reserve = {"reservation": 1, "evse": 1, "token": token, "until": NOON.replace(hour=13)}
    assert story.request(r.Reserve, **reserve).result == "rejected"
    entries = (ListedToken(token=token, info=of(None)),)
    assert story.request(r.SetTokenList, version=1, update="full", entries=entries).result == "failed"
    assert story.cp.token_list.entries == {}
    if blank:
        assert story.do(c.PresentToken, token=blank).reason == "a blank token names nobody"
        assert story.do(c.PutToken, where="list", token=blank).reason == "a blank token names nobody"


def test_a_session_without_authorization_has_a_blank_token():
    """2.0.1 C02.FR.01"""
    story = Story("stream").online()
    nobody = Token(value="", kind="no_authorization")
    assert story.request(r.StartCharging, token=nobody, remote_start=1).result == "accepted"


# --- told with the transaction ---------------------------------------------------------------------------------------

TOLD = pytest.mark.parametrize(
    ("authorized", "started"),
    [
        pytest.param("FLEET", "FLEET", id="twice"),
        pytest.param("FLEET", None, id="with the token only"),
        pytest.param(None, "FLEET", id="with the transaction only"),
        pytest.param("OTHERS", "FLEET", id="the last word holds"),
        pytest.param("FLEET", "", id="a blank one takes nothing back"),
    ],
)


@STYLES
@TOLD
def test_one_of_the_group_stops_the_session(style: str, authorized: str | None, started: str | None):
    story = charging(style, authorized=of(authorized), started=of(started))
    evse = story.cp.facts.evses[0]
    assert evse.authorization.group == evse.transaction.group == FLEET
    assert not tapped(story, "STRANGER", of("OTHERS" if authorized != "OTHERS" else "MORE"))
    assert tapped(story, "COLLEAGUE", of("FLEET"))


@STYLES
def test_one_that_is_known_here_stops_it_unasked(style: str):
    """2.0.1 C09.FR.07"""
    story = charging(style, authorized=of(None), started=of("FLEET"))
    story.do(c.PutToken, where="cache", token="COLLEAGUE", group="FLEET")
    story.do(c.GoOffline)
    story.do(c.PresentToken, token="COLLEAGUE", evse=1)
    assert story.cp.facts.evses[0].authorization is None


@STYLES
def test_a_group_that_a_list_tells_later_counts_too(style: str):
    """2.0.1 C09.FR.07: the group of the token that started, as list or cache have it"""
    story = charging(style, authorized=of(None), started=of(None))
    entries = tuple(ListedToken(token=Token(value=name), info=of("FLEET")) for name in ("ANNA", "COLLEAGUE"))
    assert story.request(r.SetTokenList, version=1, update="full", entries=entries).result == "accepted"
    story.do(c.PresentToken, token="COLLEAGUE", evse=1)
    assert story.cp.facts.evses[0].authorization is None


@STYLES
@TOLD
def test_it_counts_after_a_power_failure_that_the_session_outlives(
    style: str, authorized: str | None, started: str | None
):
    story = charging(style, authorized=of(authorized), started=of(started))
    story.do(c.SetBehaviour, after_power_loss="resume")
    story.do(c.PowerCycle)
    story.link_up()
    story.answer_all()
    assert story.cp.facts.evses[0].transaction is not None
    assert tapped(story, "COLLEAGUE", of("FLEET"))


@STYLES
def test_a_verdict_on_who_stopped_says_nothing_of_who_charges(style: str):
    """The token that a report names is the one that its answer is about."""
    story = charging(
        style,
        authorized=of("FLEET"),
        started=of("FLEET"),
        settings={"TxCtrlr.TxStopPoint": "EVConnected", "LocalPreAuthorize": "true"},
    )
    story.do(c.PutToken, where="cache", token="COLLEAGUE", group="FLEET")
    story.do(c.PresentToken, token="COLLEAGUE", evse=1)
    while story.cp.facts.lanes.in_flight is not None:
        report = story.cp.facts.lanes.in_flight.word == "report_transaction"
        story.answer(**({"info": of("OTHERS", "blocked")} if report else {}))
    cache = story.cp.tokens.cache
    assert (cache["colleague"].info.status, cache["anna"].info.status) == ("blocked", "accepted")
    evse = story.cp.facts.evses[0]
    assert evse.transaction is None or evse.transaction.group == FLEET


@STYLES
@pytest.mark.parametrize("cached", ["true", "false"])
def test_the_cable_of_a_refused_token_is_let_go_of_for_its_group(style: str, cached: str):
    """1.6 errata 3.17, 2.0.1 E05.FR.10"""
    story = Story(style, settings={"AuthorizationCacheEnabled": cached}).online()
    story.do(c.PlugIn)
    story.answer_all()
    story.do(c.PresentToken, token="ANNA")
    while story.cp.facts.lanes.in_flight is not None:
        first = story.cp.facts.lanes.in_flight.word == "report_transaction"
        story.answer(**({"info": of("FLEET", "blocked")} if first else {}))
    evse = story.cp.facts.evses[0]
    assert evse.connectors[0].locked
    assert evse.locked_for.group == FLEET
    tapped(story, "COLLEAGUE", of("FLEET"))
    evse = story.cp.facts.evses[0]
    assert not evse.connectors[0].locked
    assert evse.transaction is None


# --- the master pass -------------------------------------------------------------------------------------------------

MASTER = {"AuthCtrlr.MasterPassGroupId": "POLICE"}


def both_charging(style: str, **settings: str) -> Story:
    story = Story(style, evses=TWO, settings=MASTER | settings).online()
    for number, token in ((1, "ANNA"), (2, "BERT")):
        story.do(c.PlugIn, evse=number)
        story.do(c.PresentToken, token=token, evse=number)
        story.answer_all()
    story.said.clear()
    assert all(evse.transaction is not None for evse in story.cp.facts.evses)
    return story


def ended(story: Story) -> list[tuple[int, str, str]]:
    return [
        (word.place.evse, word.stop_reason, word.stop_token.value)
        for word in story.ever_said
        if word.type == "report_transaction" and word.phase == "ended"
    ]


ALL_ENDED = [(1, "master_pass", "OFFICER"), (2, "master_pass", "OFFICER")]


@STYLES
@pytest.mark.parametrize("group", ["POLICE", "police"])
def test_a_master_pass_ends_every_session(style: str, group: str):
    """2.0.1 C16.FR.02, .07, .08"""
    story = both_charging(style)
    tapped(story, "OFFICER", of(group))
    assert ended(story) == ALL_ENDED
    assert story.seen("token_judged")[-1].status == "accepted"


@STYLES
@pytest.mark.parametrize("where", ["cache", "list"])
@pytest.mark.parametrize("online", [True, False])
def test_one_that_is_known_here_need_not_be_asked_about(style: str, where: str, online: bool):
    """2.0.1 C16.FR.04, .05"""
    story = both_charging(style, LocalPreAuthorize="true")
    story.do(c.PutToken, where=where, token="OFFICER", group="POLICE")
    if not online:
        story.do(c.GoOffline)
    story.do(c.PresentToken, token="OFFICER")
    assert story.seen("token_judged")[-1].by == ("cache" if where == "cache" else "local_list")
    if not online:
        story.do(c.GoOnline)
        story.link_up()
    story.answer_all()
    assert ended(story) == ALL_ENDED
    assert "authorize" not in story.words()


@STYLES
@pytest.mark.parametrize("status", ["blocked", "expired"])
def test_one_that_is_refused_ends_nothing(style: str, status: str):
    story = both_charging(style)
    tapped(story, "OFFICER", of("POLICE", status))
    assert ended(story) == []


@STYLES
def test_it_begins_nothing(style: str):
    """2.0.1 C16.FR.03, C12.FR.09"""
    story = Story(style, settings=MASTER).online()
    story.do(c.PlugIn)
    story.answer_all()
    tapped(story, "OFFICER", of("POLICE"))
    assert story.cp.facts.evses[0].authorization is None
    assert story.cp.facts.evses[0].transaction is None
    assert story.seen("token_judged")[-1].status == "invalid"
    start = {"token": Token(value="OFFICER"), "place": Place(evse=1), "remote_start": 1}
    assert story.request(r.StartCharging, **start).result == "rejected"
    other = start | {"token": Token(value="OTHER"), "group": Token(value="POLICE")}
    assert story.request(r.StartCharging, **other).result == "rejected"


@STYLES
def test_asked_for_from_afar_it_neither_begins_nor_ends_anything(style: str):
    story = Story(style, evses=TWO, settings=MASTER | {"AuthorizeRemoteTxRequests": "true"}).online()
    story.do(c.PlugIn, evse=1)
    story.do(c.PresentToken, token="ANNA", evse=1)
    story.answer_all()
    start = {"token": Token(value="OFFICER"), "place": Place(evse=2), "remote_start": 1}
    assert story.request(r.StartCharging, **start).result == "accepted"
    story.answer(info=of("POLICE"))
    assert [evse.authorization is not None for evse in story.cp.facts.evses] == [True, False]


@STYLES
def test_where_only_the_transaction_tells_that_it_is_one_the_session_ends(style: str):
    story = Story(style, settings=MASTER).online()
    start = {"token": Token(value="OFFICER"), "place": Place(evse=1), "remote_start": 1}
    assert story.request(r.StartCharging, **start).result == "accepted"
    story.do(c.PlugIn)
    while story.cp.facts.lanes.in_flight is not None:
        word = story.cp.facts.lanes.in_flight.word
        story.answer(**({"info": of("POLICE")} if word == "report_transaction" else {}))
    assert [e.reason for e in story.seen("transaction_ended")] == ["deauthorized"]


@STYLES
def test_without_the_setting_no_group_is_a_master(style: str):
    story = charging(style, authorized=of("FLEET"), started=of("FLEET"))
    assert not tapped(story, "OFFICER", of("POLICE"))
    assert not tapped(story, "NOBODY", of(""))


# --- a remote start at what is reserved for a group ------------------------------------------------------------------


def reserved(style: str, *, group: Token | None = FLEET, **configuration) -> Story:
    story = Story(style, **configuration).online()
    fields = {"reservation": 7, "evse": 1, "token": Token(value="MINE"), "until": NOON.replace(hour=13)}
    assert story.request(r.Reserve, **fields, group=group).result == "accepted"
    story.answer_all()
    story.said.clear()
    return story


def start(story: Story, token: str = "COLLEAGUE", place: Place | None = FIRST, **fields) -> str:
    return story.request(
        r.StartCharging, token=Token(value=token), place=place, remote_start=1, **fields
    ).result


@pytest.mark.parametrize("asked_anyway", ["true", "false"])
@pytest.mark.parametrize(("group", "goes"), [("FLEET", True), ("OTHERS", False), ("", False), (None, False)])
def test_the_backend_is_asked_for_the_group_before_a_remote_start_is_refused(
    asked_anyway: str, group: str | None, goes: bool
):
    """1.6 §5.11, §5.13"""
    story = reserved("three", settings={"AuthorizeRemoteTxRequests": asked_anyway})
    assert start(story) == "accepted"
    assert story.words()[1:] == ["authorize"]
    story.answer(info=of(group))
    authorization = story.cp.facts.evses[0].authorization
    assert (authorization is not None and authorization.reservation == 7) == goes


def test_no_answer_leaves_it_reserved():
    story = reserved("three")
    assert start(story) == "accepted"
    story.wait(60)
    assert story.cp.facts.evses[0].authorization is None
    assert story.cp.facts.reservations[0].id == 7


@pytest.mark.parametrize("group", [None, FLEET])
def test_another_version_refuses_it_at_once(group: Token | None):
    """2.0.1 F01.FR.21, .22"""
    story = reserved("stream", group=group)
    assert start(story) == "rejected"
    assert story.words() == ["charging_start"]


@STYLES
def test_nobody_is_asked_where_the_answer_can_change_nothing(style: str):
    assert start(reserved(style, group=None)) == "rejected"
    known = reserved(style)
    known.do(c.PutToken, where="cache", token="COLLEAGUE", group="OTHERS")
    assert start(known) == "rejected"
    of_it = reserved(style)
    of_it.do(c.PutToken, where="cache", token="COLLEAGUE", group="FLEET")
    assert start(of_it) == "accepted"
    assert "authorize" not in of_it.words()


@STYLES
def test_without_a_place_one_that_is_free_comes_before_one_that_may_be_opened(style: str):
    story = reserved(style, evses=TWO)
    assert start(story, place=None) == "accepted"
    assert [evse.authorization is not None for evse in story.cp.facts.evses] == [False, True]


@STYLES
def test_without_a_place_one_with_a_car_comes_before_a_free_one(style: str):
    """1.6 §5.11: the charge point chooses; 2.0.1 F01.FR.20"""
    three = (*TWO, EvseConfiguration())
    story = Story(style, evses=three).online()
    story.do(c.PlugIn, evse=3)
    story.answer_all()
    assert start(story, place=None) == "accepted"
    assert [evse.authorization is not None for evse in story.cp.facts.evses] == [False, False, True]


# --- a reservation whose time is over --------------------------------------------------------------------------------

STATES = {
    "faulted": lambda story: story.do(c.RaiseFault, evse=1, kind="ground_failure"),
    "unavailable": lambda story: story.request(r.SetAvailability, place=Place(evse=1), operative=False),
    "occupied": lambda story: story.do(c.PlugIn),
    "rejected": lambda story: None,
}


@STYLES
@pytest.mark.parametrize("state", STATES)
def test_the_state_of_the_place_comes_before_the_time(style: str, state: str):
    """1.6 §5.13; 2.0.1 H01.FR.11, .12, .14"""
    story = Story(style).online()
    STATES[state](story)
    story.answer_all()
    past = {"reservation": 7, "evse": 1, "token": Token(value="MINE"), "until": NOON.replace(hour=1)}
    assert story.request(r.Reserve, **past).result == state
    assert story.cp.facts.reservations == []


@STYLES
@pytest.mark.parametrize(
    ("until", "result"),
    [("0001-01-01T00:00:00+23:59", "rejected"), ("9999-12-31T23:59:59-23:59", "accepted")],
)
def test_a_time_at_either_end_of_the_calendar_is_a_time(style: str, until: str, result: str):
    story = Story(style).online()
    asked = {
        "reservation": 7,
        "evse": 1,
        "token": Token(value="MINE"),
        "until": datetime.fromisoformat(until),
    }
    assert story.request(r.Reserve, **asked).result == result
    story.answer_all()
    story.wait(86_400)
    assert len(story.cp.facts.reservations) == (result == "accepted")


@STYLES
def test_a_past_time_replaces_no_reservation(style: str):
    story = reserved(style)
    past = {"reservation": 7, "evse": 1, "token": Token(value="MINE"), "until": NOON}
    assert story.request(r.Reserve, **past).result == "rejected"
    assert len(story.cp.facts.reservations) == 1


@STYLES
@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"ReservationCtrlr.Enabled": "false"}, {}),
        ({}, {"evse": 9}),
        ({}, {"evse": 1, "connector_type": "cCCS2"}),
        ({"ReserveConnectorZeroSupported": "false"}, {"evse": None}),
    ],
)
def test_what_is_no_place_to_reserve_has_no_state(style: str, change: dict[str, str], fields: dict):
    evses = (EvseConfiguration(connectors=(ConnectorConfiguration(type="sType2"),)),)
    story = Story(style, evses=evses, settings=change).online()
    story.do(c.RaiseFault, evse=1, kind="ground_failure")
    story.answer_all()
    asked = {"reservation": 7, "token": Token(value="MINE"), "until": NOON.replace(hour=13), "evse": 1}
    assert story.request(r.Reserve, **asked | fields).result == "rejected"
