"""Fewer EVSEs or connectors than before, while something is still kept of those that are gone: it is dropped or ends, is
told, and holds nothing up."""

from datetime import timedelta
from typing import Any

import pytest
from abstraction.charging import install, profile
from abstraction.story import NOON, Story
from vcp_abstraction.due import next_due
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration
from vcp_contracts.link import FrameHeld
from vcp_contracts.rules import HeldFrame, Rule
from vcp_contracts.values import Fault, Place, SettingName, Token, TokenInfo

ONE = (EvseConfiguration(),)
TWO = ONE * 2
BOTH = pytest.mark.parametrize("style", ["three", "stream"])


def other(story: Story, **fields: Any) -> Any:
    """The same charger, but for these fields."""
    return story.do(c.Provision, configuration=story.cp.configuration.model_copy(update=fields))


def untold_session(style: str) -> Story:
    """A session at EVSE 2 that began and ended offline."""
    story = Story(style, evses=TWO, settings={"LocalAuthorizeOffline": "true"}).online()
    story.do(c.PutToken, token="T", where="cache")
    story.do(c.GoOffline, how="reset")
    story.do(c.PlugIn, evse=2)
    story.do(c.PresentToken, token="T", evse=2)
    story.wait(60)
    story.do(c.PresentToken, token="T", evse=2)
    return story


@BOTH
class TestASessionThatIsUntold:
    def test_is_told_to_its_end_although_its_evse_is_gone(self, style):
        story = untold_session(style)
        assert other(story, evses=ONE).status == "done"
        story.do(c.GoOnline)
        story.link_up()
        told = [action for action in story.answer_all() if action.type == "report_transaction"]
        assert (told[0].phase, told[-1].phase) == ("started", "ended")
        assert {action.place.evse for action in told} == {2}
        assert story.cp.facts.tellings == {}
        assert story.cp.queue == {}

    def test_and_a_verdict_on_its_token_stops_nobody_else(self, style):
        story = untold_session(style)
        other(story, evses=(*TWO[:1], EvseConfiguration(register_wh=5.0)))
        story.do(c.GoOnline)
        story.link_up()
        story.do(c.PlugIn, evse=2)
        story.do(c.PresentToken, token="T", evse=2)
        while story.cp.facts.lanes.in_flight is not None:
            blocked = story.cp.queue[story.cp.facts.lanes.in_flight.n].action
            old = blocked.type == "report_transaction" and blocked.transaction != _open(story)
            story.answer(**({"info": TokenInfo(status="blocked")} if old else {}))
        assert _open(story) is not None
        assert story.cp.facts.evses[1].power_w > 0


def _open(story: Story) -> str | None:
    transaction = story.cp.facts.evses[-1].transaction
    return transaction.id if transaction is not None else None


class TestAStatusThatWasToLast:
    @BOTH
    def test_of_an_evse_that_is_gone_is_waited_for_no_longer(self, style):
        story = Story(style, evses=TWO, settings={"MinimumStatusDuration": "30"}).online()
        story.do(c.PlugIn, evse=2)
        assert story.cp.facts.settling
        other(story, evses=ONE)
        assert story.cp.facts.settling == {}
        story.answer_all()
        story.words()
        story.wait(60)
        assert story.words() == []

    def test_of_a_place_that_another_protocol_does_not_tell_of_does_not_spin(self):
        story = Story(
            "stream", protocols=("stream", "three"), settings={"MinimumStatusDuration": "30"}
        ).online()
        story.do(c.PlugIn)
        assert [*story.cp.facts.settling] == ["1.1"]
        story.do(c.GoOffline)
        story.do(c.GoOnline)
        story.style = "three"
        story.link_up()
        story.answer_all()
        story.wait(31)
        assert story.cp.facts.settling == {}
        due = next_due(story.cp)
        assert due is None or due > story.now


class TestWhatIsKeptOfAPlace:
    def test_a_reservation_of_an_evse_that_is_gone_is_removed_and_told(self):
        story = Story("stream", evses=TWO).online()
        wish = {"token": Token(value="A"), "until": NOON + timedelta(hours=1)}
        assert story.request(r.Reserve, reservation=4, evse=2, **wish).result == "accepted"
        other(story, evses=ONE)
        assert story.cp.facts.reservations == []
        assert [(e.reservation, e.state) for e in story.seen("reservation_changed")][-1] == (4, "removed")
        assert "report_reservation" in [action.type for action in story.answer_all()]

    def test_a_reservation_of_a_connector_type_that_is_gone_is_removed(self):
        kinds = (ConnectorConfiguration(), ConnectorConfiguration(type="cCCS2"))
        story = Story("stream", evses=(EvseConfiguration(connectors=kinds),)).online()
        wish = {"token": Token(value="A"), "until": NOON + timedelta(hours=1), "connector_type": "cCCS2"}
        assert story.request(r.Reserve, reservation=4, evse=1, **wish).result == "accepted"
        other(story, evses=ONE)
        assert story.cp.facts.reservations == []

    @BOTH
    def test_profiles_and_limits_of_an_evse_that_is_gone_go(self, style):
        story = Story(style, evses=TWO).online()
        install(story, 2, profile("tx_default", (0, 6.0)))
        story.do(c.LimitGrid, evse=2, current_a=6.0)
        install(story, 1, profile("tx_default", (0, 10.0), id=2))
        other(story, evses=ONE)
        assert [each.evse for each in story.cp.profiles.installed] == [1]

    def test_a_rule_for_the_state_of_an_evse_that_is_gone_ends_and_lets_go(self):
        story = Story(evses=TWO).online()
        rule = {"name": "two", "when": {"state": {"evse": 2, "transaction": False}}, "then": {"do": "hold"}}
        story.do(c.AddRule, rule=Rule.model_validate(rule))
        held = HeldFrame(
            frame="f1",
            rule="two",
            direction="received",
            kind="call",
            text="[2]",
            until=NOON + timedelta(hours=1),
        )
        story.hear(FrameHeld(**story.fact(), held=held))
        story.words()
        other(story, evses=ONE)
        assert story.cp.rules is not None
        assert story.cp.rules.standing == []
        assert [(e.rule, e.why) for e in story.seen("rule_ended")] == [("two", "removed")]
        assert "let_go" in story.words()

    def test_a_fault_goes_with_its_connector_and_that_is_told(self):
        story = Story("stream", evses=TWO).online()
        story.do(c.RaiseFault, evse=2, kind="ground_failure")
        story.answer_all()
        other(story, evses=ONE)
        fault = Fault(kind="ground_failure")
        assert [(e.place, e.fault) for e in story.seen("fault_cleared")] == [
            (Place(evse=2, connector=1), fault)
        ]
        assert [action.active for action in story.answer_all() if action.type == "report_events"] == [False]

    def test_a_rotation_of_phases_names_only_what_is_there(self):
        story = Story(evses=TWO).online()
        name = SettingName(component="Custom", variable="ConnectorPhaseRotation")
        story.request(r.WriteSettings, settings=(r.SettingToWrite(name=name, value="0.RST,1.RST,2.RTS"),))
        other(story, evses=ONE)
        assert story.cp.settings.text("Custom.ConnectorPhaseRotation") == "0.RST,1.RST"
        assert [e.value for e in story.seen("setting_changed")][-1] == "0.RST,1.RST"

    def test_nor_does_one_of_an_outlet_that_gives_direct_current_now(self):
        story = Story(evses=TWO).online()
        name = SettingName(component="Custom", variable="ConnectorPhaseRotation")
        story.request(r.WriteSettings, settings=(r.SettingToWrite(name=name, value="0.RST,1.RST,2.RTS"),))
        other(story, evses=(EvseConfiguration(connectors=(ConnectorConfiguration(type="cCCS2"),)), *ONE))
        assert story.cp.settings.text("Custom.ConnectorPhaseRotation") == "0.RST,2.RTS"

    def test_nor_does_one_that_waits_for_a_restart(self):
        story = Story(evses=TWO, settings={"RestartKeys": "ConnectorPhaseRotation"}).online()
        name = SettingName(component="Custom", variable="ConnectorPhaseRotation")
        story.request(r.WriteSettings, settings=(r.SettingToWrite(name=name, value="1.RST,2.RTS"),))
        other(story, evses=ONE)
        story.do(c.PowerCycle)
        assert story.cp.settings.text("Custom.ConnectorPhaseRotation") == "1.RST"

    def test_a_status_is_noticed_anew_where_an_evse_comes_back(self):
        story = Story(evses=TWO)
        other(story, evses=ONE)
        noticed = len(story.seen("status_changed"))
        other(story, evses=TWO)
        again = story.seen("status_changed")[noticed:]
        assert [(e.place.evse, e.fine) for e in again] == [(2, "available")]


def test_a_car_at_the_new_outlet_is_found():
    story = Story("stream", settings={"TxCtrlr.TxStartPoint": "EVConnected"}).online()
    other(story, evses=(EvseConfiguration(connectors=(ConnectorConfiguration(plugged=True),)),))
    assert story.cp.facts.evses[0].transaction is not None
