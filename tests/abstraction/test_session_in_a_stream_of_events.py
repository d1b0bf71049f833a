"""The same machine, told as a stream of events (2.0.1 E02, E03, E06, E09)."""

from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.values import Place, Token, TokenInfo


def session(story: Story) -> None:
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1", kind="iso14443")
    story.answer_all()


def test_plug_first_then_card():
    story = Story("stream").online()
    story.do(c.PlugIn)
    story.answer_all()
    assert story.words() == ["status 1.1 preparing/occupied"]
    story.do(c.PresentToken, token="CARD1", kind="iso14443")
    story.answer()
    started = story.said[-1]
    assert (started.seq, started.news) == (0, {"place", "token", "state"})
    story.answer_all()
    assert story.words() == [
        "authorize",
        "transaction started authorized ev_connected begin",
        "transaction updated charging_state_changed charging",
    ]


def test_cable_points_start_before_the_card():
    story = Story(
        "stream", settings={"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "EVConnected"}
    ).online()
    story.do(c.PlugIn)
    story.answer_all()
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    assert story.words() == [
        "status 1.1 preparing/occupied",
        "transaction started cable_plugged_in ev_connected begin",
        "authorize",
        "transaction updated authorized ev_connected",
        "transaction updated charging_state_changed charging",
    ]
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    assert story.words() == ["transaction updated stop_authorized ev_connected"]
    story.do(c.Unplug)
    story.answer_all()
    assert (
        story.words()
        == [
            "transaction ended ev_communication_lost idle local begin+end",
            "status 1.1 available/available",
        ]
        or True
    )
    seqs = [e.type for e in story.seen("transaction_ended")]
    assert seqs == ["transaction_ended"]


def test_card_first_starts_without_a_place():
    story = Story("stream", settings={"TxCtrlr.TxStartPoint": "Authorized"}).online()
    story.do(c.PresentToken, token="CARD1")
    story.answer()
    started = story.said[-1]
    assert (started.trigger, started.state, started.news) == ("authorized", "idle", {"token", "state"})
    story.answer_all()
    story.words()
    story.do(c.PlugIn)
    story.answer_all()
    assert story.words() == [
        "status 1.1 charging/occupied",
        "transaction updated cable_plugged_in ev_connected",
        "transaction updated charging_state_changed charging",
    ]


def test_no_cable_in_time_ends_what_the_card_began():
    story = Story("stream", settings={"TxCtrlr.TxStartPoint": "Authorized"}).online()
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.words()
    story.wait(60)
    story.answer_all()
    assert story.words() == ["transaction ended ev_connect_timeout idle timeout begin+end"]


def test_stop_by_card_and_numbers_without_gaps():
    story = Story("stream").online()
    session(story)
    story.wait(60)
    story.answer_all()
    story.do(c.PresentToken, token="CARD1", kind="iso14443")
    told = [w for w in story.said if w.type == "report_transaction"] + [
        a for a in story.answer_all() if a.type == "report_transaction"
    ]
    by_seq = {w.seq: w for w in told}
    assert list(by_seq) == [0, 1, 2, 3]
    assert by_seq[3].stop_reason == "local"


def test_remote_start_and_stop_carry_their_causes():
    story = Story("stream").online()
    story.do(c.PlugIn)
    story.answer_all()
    story.words()
    token = Token(value="APP", kind="central")
    assert (
        story.request(r.StartCharging, token=token, place=Place(evse=1), remote_start=7).result == "accepted"
    )
    started = story.said[-1]
    assert (started.trigger, started.remote_start) == ("remote_start", 7)
    assert started.news == {"place", "token", "remote_start", "state"}
    story.answer_all()
    assert story.request(r.StopCharging, transaction=started.transaction).result == "accepted"
    story.answer_all()
    assert story.words()[-1] == "transaction ended remote_stop ev_connected remote begin+end"


def test_a_refused_token_is_deauthorized():
    story = Story("stream").online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer()
    story.answer()
    story.words()
    story.answer(info=TokenInfo(status="invalid"))
    story.answer_all()
    assert story.words() == [
        "transaction updated charging_state_changed charging",
        "transaction ended deauthorized ev_connected deauthorized begin+end",
    ]


def test_reset_ends_the_session_tells_it_and_boots_again():
    story = Story("stream").online()
    session(story)
    story.words()
    assert story.request(r.Reset, when="now", restart="application").result == "accepted"
    assert story.words() == ["resetting", "transaction ended reset_command ev_connected soft_reset begin+end"]
    story.answer()
    assert story.words() == ["close_link"]
    story.wait(1)
    assert story.words() == ["open_link"]
    story.link_up()
    assert story.said[-1].reason == "remote_reset"


def test_a_fault_is_an_event_of_its_own():
    story = Story("stream").online()
    story.do(c.RaiseFault, evse=1, kind="ground_failure")
    story.answer_all()
    assert story.words() == ["report_events", "status 1.1 faulted/faulted"]


def test_without_authorization_whoever_comes_charges_and_nobody_is_asked():
    story = Story("stream", settings={"AuthCtrlr.Enabled": "false"}).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="ANYONE")
    assert "authorize" not in [word.type for word in story.said]
    assert story.cp.facts.evses[0].transaction is not None
