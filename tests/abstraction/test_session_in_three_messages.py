"""A session as a backend of the three-message style sees it (1.6 §3.5, §13 of the sequence)."""

from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.values import Place, Token, TokenInfo


def test_a_charger_boots_and_tells_every_status():
    story = Story()
    story.do(c.GoOnline)
    assert story.words() == ["open_link"]
    story.link_up()
    assert story.words() == ["boot"]
    assert story.results[-1].detail == {"link": "up", "subprotocol": "three"}
    story.answer(interval_s=120)
    assert story.words() == ["status 0.0 available/available"]
    story.answer()
    assert story.words() == ["status 1.0 available/available"]
    story.answer()
    assert story.words() == []
    story.wait(119)
    assert story.words() == []
    story.wait(1)
    assert story.words() == ["beat"]


def test_plug_first_then_card_then_card_again():
    story = Story(settings={"StopTxnSampledData": "Energy.Active.Import.Register"}).online()
    story.do(c.PlugIn)
    assert story.words() == ["status 1.0 preparing/occupied"]
    story.answer()
    story.do(c.PresentToken, token="CARD1")
    assert story.words() == ["authorize"]
    story.answer()
    assert story.words() == ["status 1.0 charging/occupied"]
    story.answer()
    assert story.words() == ["transaction started authorized ev_connected begin"]
    story.answer()
    story.wait(60)
    assert story.words() == ["transaction updated meter_periodic charging periodic"]
    story.answer()
    story.do(c.PresentToken, token="card1")
    stop = story.said[-1]
    assert story.words() == ["transaction ended stop_authorized ev_connected local begin+end+periodic"]
    assert (stop.backend_name, stop.stop_token) == ("17", Token(value="card1"))
    assert stop.register_wh == 368  # 22,080 W for a minute
    story.answer()
    assert story.words() == ["status 1.0 finishing/occupied"]
    story.answer()
    story.do(c.Unplug)
    assert story.words() == ["status 1.0 available/available"]


def test_card_first_and_the_cable_never_comes():
    story = Story().online()
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    assert story.words() == ["authorize", "status 1.0 preparing/available"]
    story.wait(60)
    assert story.words() == ["status 1.0 available/available"]


def test_a_refused_card_starts_nothing():
    story = Story().online()
    story.do(c.PlugIn)
    story.answer_all()
    story.do(c.PresentToken, token="CARD1")
    story.words()
    story.answer(info=TokenInfo(status="blocked"))
    assert story.words() == []
    assert [(e.status, e.by) for e in story.seen("token_judged")] == [("blocked", "backend")]


def test_the_session_stops_when_the_start_is_not_accepted():
    story = Story().online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    for _ in range(3):
        story.answer()
    story.words()
    story.answer(info=TokenInfo(status="invalid"), name="9")
    story.answer()
    assert story.words() == [
        "transaction ended deauthorized ev_connected deauthorized",
        "status 1.0 finishing/occupied",
    ]


def test_the_session_is_only_suspended_where_the_setting_says_so():
    story = Story(settings={"StopTransactionOnInvalidId": "false"}).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    for _ in range(3):
        story.answer()
    story.words()
    story.answer(info=TokenInfo(status="invalid"), name="9")
    assert story.words() == ["status 1.0 suspended_evse/occupied"]
    assert story.cp.facts.evses[0].power_w == 0


def test_a_remote_start_waits_for_the_cable_and_a_remote_stop_ends_it():
    story = Story().online()
    reply = story.request(r.StartCharging, token=Token(value="CARD1"), place=Place(evse=1))
    assert reply.result == "accepted"
    assert story.words() == ["charging_start", "status 1.0 preparing/available"]
    story.do(c.PlugIn)
    story.answer_all()
    assert story.words() == [
        "status 1.0 charging/occupied",
        "transaction started cable_plugged_in ev_connected begin",
    ]
    assert story.request(r.StopCharging, transaction="18").result == "rejected"
    reply = story.request(r.StopCharging, transaction="17")
    assert reply.result == "accepted"
    story.answer_all()
    assert story.words() == [
        "charging_stop",
        "charging_stop",
        "transaction ended remote_stop ev_connected remote",
        "status 1.0 finishing/occupied",
    ]


def test_what_a_request_causes_leaves_after_its_answer():
    story = Story().online()
    story.request(r.Trigger, what="beat")
    reply, beat = story.said
    assert (reply.type, beat.type, beat.after) == ("triggered", "beat", reply.request)


def test_consumption_shows_in_the_meter_values_that_follow():
    story = Story(
        settings={"MeterValuesSampledData": "Power.Active.Import,Energy.Active.Import.Register"}
    ).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.do(c.SetEv, power_w=6000)
    story.wait(60)
    readings = {x.measurand: x.value for x in story.said[-1].samples[0].readings}
    assert readings == {"Power.Active.Import": 6000.0, "Energy.Active.Import.Register": 100.0}


def test_the_ev_pauses_and_goes_on():
    story = Story().online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.words()
    story.do(c.SetEv, ready=False)
    story.answer_all()
    story.do(c.SetEv, ready=True)
    story.answer_all()
    assert story.words() == ["status 1.0 suspended_ev/occupied", "status 1.0 charging/occupied"]


def test_pulling_the_car_side_ends_the_session_or_not():
    story = Story().online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.words()
    story.do(c.Unplug, end="ev")
    story.answer_all()
    assert story.said[-1].note == "EV side disconnected"
    assert story.words() == [
        "transaction ended ev_communication_lost idle ev_disconnected",
        "status 1.0 finishing/available",
    ]
    other = Story(settings={"StopTransactionOnEVSideDisconnect": "false"}).online()
    other.do(c.PlugIn)
    other.do(c.PresentToken, token="CARD1")
    other.answer_all()
    other.words()
    other.do(c.Unplug, end="ev")
    other.answer_all()
    assert other.words() == ["status 1.0 suspended_ev/available"]
    other.do(c.PlugIn, end="ev")
    other.answer_all()
    assert other.words() == ["status 1.0 charging/occupied"]


def test_impossible_acts_change_nothing():
    story = Story().online()
    before = story.cp.facts.model_dump()
    result = story.do(c.Unplug)
    assert (result.status, result.kind, result.field) == ("rejected", "impossible", "connector")
    assert result.remedy == "plug_in first"
    assert story.do(c.PlugIn, evse=2).reason == "there is no EVSE 2"
    assert story.cp.facts.model_dump() == before
