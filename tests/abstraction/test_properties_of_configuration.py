"""A charger that is set up anew at any moment, with other hardware, protocols and settings, while things are untold, open,
reserved, limited: what always holds still does, and nothing of what is gone holds anything up."""

from typing import Any

from abstraction.test_properties import Said, one
from abstraction.test_properties_of_rules import AnyStoryWithRules
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from vcp_contracts import commands as c
from vcp_contracts import outcomes as o
from vcp_contracts import requests as r
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration, StartingFault
from vcp_contracts.link import FrameLetGo, HandlerUp, LinkDown
from vcp_contracts.requests import SettingToWrite
from vcp_contracts.values import SettingName

CONNECTORS = st.builds(
    ConnectorConfiguration,
    type=st.sampled_from(["sType2", "sType2", "cCCS2"]),
    phases=st.sampled_from([1, 3]),
    fixed_cable=st.booleans(),
    plugged=st.sampled_from([False, False, True]),
    inoperative=st.sampled_from([False, False, True]),
    fault=st.sampled_from([None, None, StartingFault(kind="ground_failure")]),
)


def one_car(connectors: tuple[ConnectorConfiguration, ...]) -> EvseConfiguration:
    """At most one of its connectors has a car."""
    first, *others = connectors
    return EvseConfiguration(
        connectors=(first, *(each.model_copy(update={"plugged": False}) for each in others))
    )


HARDWARE = st.lists(
    st.lists(CONNECTORS, min_size=1, max_size=2).map(tuple).map(one_car), min_size=1, max_size=3
).map(tuple)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "evses": HARDWARE,
        "protocols": st.sampled_from([("three",), ("stream",), ("three", "stream"), ("stream", "three")]),
        "settings": st.sampled_from(
            [
                {},
                {"MinimumStatusDuration": "30"},
                {
                    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "1",
                    "ConnectorPhaseRotation": "1.Unknown",
                },
                {"ReservationCtrlr.Enabled": "false", "LocalAuthorizeOffline": "false"},
                {"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "EVConnected"},
            ]
        ),
        "url": st.sampled_from([None, "ws://backend/ocpp", "ws://other/ocpp"]),
        "model": st.sampled_from(["Virtual", "Other"]),
        "boot_on_reconnect": st.booleans(),
        "main_meter": st.booleans(),
        "call_timeout_s": st.sampled_from([1.0, 30.0, 600.0]),
        "online": st.booleans(),
    },
)


FAILING = st.one_of(
    one(o.Answered, answer=st.just(o.TransactionAnswer(backend_name="17"))),
    one(o.Answered, answer=st.just(o.Acknowledged())),
    one(o.Unanswered, timeout_s=st.just(30.0)),
    one(r.ForgetTokens, message_id=st.just("b1")),
    one(LinkDown, why=st.just("lost")),
    one(FrameLetGo, frame=st.just("f0"), how=st.just("released")),
    one(HandlerUp),
)


class AnyConfiguration(AnyStoryWithRules):
    """Set up anew at any time, amid everything else."""

    def set_up_anew(self, changes: dict[str, Any]) -> Any:
        new = self.story.cp.configuration.model_copy(update=changes)
        if new.evses != self.story.cp.configuration.evses:
            # another outlet's status follows no word of the one before
            self.story.last_word.clear()
        result = self.story.do(c.Provision, configuration=new)
        if result is not None and result.status == "done":
            self.configuration = new
        return result

    def offered(self) -> tuple[str, ...]:
        orders = [word for word in self.story.ever_said if word.type == "open_link"]
        return orders[-1].protocols if orders else self.configuration.protocols

    @rule(changes=CHANGES)
    def change(self, changes: dict[str, Any]) -> None:
        running = any(evse.transaction is not None for evse in self.story.cp.facts.evses)
        other = changes.get("evses", self.configuration.evses) != self.story.cp.configuration.evses
        assert self.set_up_anew(changes).status == ("rejected" if running and other else "done")

    @rule(hardware=HARDWARE, restful=st.booleans())
    def other_hardware_while_a_session_is_untold(self, hardware: Any, restful: bool) -> None:
        """A session at the last EVSE, offline from its start to its end; then that EVSE may be gone."""
        story = self.story
        if story.cp.facts.link.wanted:
            story.do(c.GoOffline)
        last = len(story.cp.facts.evses)
        story.do(c.PlugIn, evse=last)
        story.do(c.PresentToken, token="CARD1", evse=last)
        if restful:
            story.wait(60.0)
        for evse in story.cp.facts.evses:
            if evse.authorization is not None:
                story.do(c.PressStop, evse=evse.id)
        self.set_up_anew({"evses": hardware})
        if story.cp.configuration.url is not None:
            self.come_online(restful)

    @precondition(lambda self: self.story.cp.online)
    @rule(changes=CHANGES)
    def change_while_a_status_settles(self, changes: dict[str, Any]) -> None:
        """A status that would be told if it lasted, of a place of which nothing may be told any more when it has."""
        story = self.story
        story.do(c.WriteSetting, name="MinimumStatusDuration", value="30")
        for evse in story.cp.facts.evses:
            story.do(c.Unplug if evse.connected else c.PlugIn, evse=evse.id)
        self.set_up_anew(changes)
        if story.cp.configuration.url is not None:
            self.come_online(True)
        story.wait(60.0)

    @rule(settled=st.booleans())
    def come_online(self, settled: bool) -> None:
        facts = self.story.cp.facts
        if not facts.powered:
            self.story.do(c.PowerOn)
        if not self.story.cp.facts.link.wanted:
            self.story.do(c.GoOnline)
        if self.story.cp.facts.link.state == "connecting":
            # the backend takes the first that it is offered
            self.story.style = self.offered()[0]
            self.story.link_up()
        if settled:
            self.story.answer_all()

    @precondition(lambda self: self.story.cp.online)
    @rule(said=FAILING)
    def fail(self, said: Said) -> None:
        """Whatever the charger fails on, nothing waits for that."""
        story = self.story
        kind, fields = said
        if issubclass(kind, o.Outcome):
            flight = story.cp.facts.lanes.in_flight
            fields = fields | {"action": flight.id if flight is not None else "n-0"}
            decision = story.fail_on(kind(**story.fact(), **fields))
            assert flight is None or [e.outcome for e in decision.events if e.type == "action_ended"][:1] == [
                "failed"
            ]
            assert story.cp.facts.lanes.in_flight is None or story.cp.facts.lanes.in_flight.id != flight.id
        elif kind is HandlerUp:
            story.fail_on(HandlerUp(id="hu", owner="h2", manners=story.around.manners))
        else:
            story.fail_on(kind(**story.fact(), **fields))

    @precondition(lambda self: self.story.cp.online)
    @rule(evse=st.integers(1, 3))
    def write_rotation(self, evse: int) -> None:
        """A setting whose value names outlets."""
        name = SettingName(component="Custom", variable="ConnectorPhaseRotation")
        wish = SettingToWrite(name=name, value=f"0.RST,{evse}.RTS")
        self.story.request(r.WriteSettings, settings=(wish,))

    @invariant()
    def nothing_names_a_place_that_is_gone(self) -> None:
        cp = self.story.cp
        evses = len(cp.facts.evses)
        assert evses == len(cp.configuration.evses)
        assert all(wish.evse is None or wish.evse <= evses for wish in cp.facts.reservations)
        assert all(each.evse <= evses for each in cp.profiles.installed)
        for key in cp.facts.observed:
            assert int(key.partition(".")[0]) <= evses
        for kept in cp.rules.standing if cp.rules is not None else ():
            state = kept.rule.when.state
            assert state is None or state.evse is None or state.evse <= evses
        for item in cp.settings.members("Custom.ConnectorPhaseRotation"):
            assert int(item.partition(".")[0]) <= evses

    def teardown(self) -> None:
        """At last it is let be: the backend answers all it is told, and all has been told."""
        story = self.story
        if not hasattr(self, "story") or not story.cp.exists or story.cp.configuration.url is None:
            return
        if not story.cp.facts.powered:
            story.do(c.PowerOn)
        story.do(c.GoOnline)
        if story.cp.facts.link.state == "connecting":
            story.style = self.offered()[0]
            story.link_up()
        for _ in range(1000):
            if story.cp.facts.link.state == "connecting":
                story.style = self.offered()[0]
                story.link_up()
            if story.cp.facts.lanes.in_flight is not None:
                story.answer()
            elif story.cp.online and story.cp.registered and not story.cp.facts.lanes.transactions:
                break
            else:
                story.wait(3600.0)
        running = {evse.transaction.id for evse in story.cp.facts.evses if evse.transaction is not None}
        assert story.cp.facts.tellings.keys() == running
        assert not story.cp.queue


class AnyConfigurationInAStreamOfEvents(AnyConfiguration):
    """The same, beginning with a backend that is told of sessions as a stream of events."""

    style = "stream"


class TestThreeMessages(AnyConfiguration.TestCase):  # type: ignore[name-defined]
    settings = settings(
        max_examples=20,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


class TestStreamOfEvents(AnyConfigurationInAStreamOfEvents.TestCase):  # type: ignore[name-defined]
    settings = TestThreeMessages.settings
