"""Whatever somebody does to a charger's messages, at whatever moment: what always holds still does."""

from datetime import timedelta
from typing import Any

from abstraction.story import NOON
from abstraction.test_properties import AnyStory, Said, one
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts import outcomes as o
from vcp_contracts.link import FrameHeld, FrameLetGo, RuleHit
from vcp_contracts.rules import HeldFrame, Rule
from vcp_contracts.view import ChargePointView

NAMES = st.sampled_from(["a", "b", "c"])
STATES = st.sampled_from(
    [
        None,
        {"registration": "accepted"},
        {"registration": "pending"},
        {"transaction": True},
        {"evse": 1, "status": ["charging", "suspended_ev"]},
        {"evse": 2, "transaction": False},
    ]
)
RULES = st.builds(
    lambda name, state, times, for_s: Rule.model_validate(
        {
            "name": name,
            "when": {} if state is None else {"state": state},
            "then": {"do": "hold"},
            "times": times,
            "for_s": for_s,
        }
    ),
    name=NAMES,
    state=STATES,
    times=st.sampled_from([None, 1, 2]),
    for_s=st.sampled_from([None, 1.0, 60.0]),
)
HANDS = st.one_of(
    one(c.AddRule, rule=RULES),
    one(c.AddRule, rule=RULES),
    one(c.RemoveRules, name=["a", "b"]),
    one(c.SetGates, handler=["open", "closed"]),
    one(c.SetGates, abstraction=["open", "closed"]),
    one(c.ClaimStatus, status=st.sampled_from(["charging", "faulted"]), evse=[0, 7]),
    one(
        c.ClaimTransaction,
        phase=st.sampled_from(["started", "updated", "ended"]),
        transaction=["17"],
        evse=[7],
    ),
    one(c.SendRaw, action=st.just("Heartbeat"), unchecked=[True], timeout_s=[1.0, 300.0], message_id=["m"]),
    one(c.SendRaw, text=st.just("[3,"), unchecked=[True]),
    one(c.ReleaseFrame, frame=st.sampled_from(["f0", "f1", "f2"]), drop=[True]),
)
ENDS = st.one_of(
    one(o.Answered, answer=st.just(o.RawAnswer(payload={"a": None}))),
    one(o.Refused, kind=st.sampled_from(["unsupported", "security"]), code=st.just("No")),
    one(o.Unanswered, timeout_s=st.just(1.0)),
    one(o.Unwritable, field=st.just("a"), rule=st.just("no")),
    one(o.Sent),
)


class AnyStoryWithRules(AnyStory):
    """Rules come and go, are hit, hold messages back; raw messages leave in their turn and past it."""

    frames = 0

    @rule(said=HANDS)
    def lay_hands_on(self, said: Said) -> None:
        self.story.do(said[0], **said[1])

    @precondition(lambda self: self.story.cp.online and self.story.cp.rules is not None)
    @rule(data=st.data(), late_s=st.sampled_from([0.0, 45.0]), ours=st.booleans())
    def hit(self, data: Any, late_s: float, ours: bool) -> None:
        standing = self.story.cp.rules.standing
        hit = data.draw(st.sampled_from([(each.id, each.hits) for each in standing] or [("gone", 0)]))
        flight = self.story.cp.facts.lanes.in_flight
        message = flight.id if flight is not None and ours else "m"
        about = {"direction": "sent", "kind": "call", "message_id": message}
        told = {"standing": hit[0], "hits": hit[1] + 1, "seen": hit[1] + 1, "deed": "hold"} | about
        self.story.hear(RuleHit(**self.story.fact(), delay_s=late_s, **told))
        frame = HeldFrame(
            frame=f"f{self.frames}",
            rule="a",
            text="[2]",
            until=self.story.now + timedelta(seconds=30),
            **about,
        )
        self.frames += 1
        self.story.hear(FrameHeld(**self.story.fact(), held=frame))

    @precondition(lambda self: self.story.cp.online and self.story.cp.rules and self.story.cp.rules.held)
    @rule(how=st.sampled_from(["released", "dropped", "expired"]))
    def let_go(self, how: Any) -> None:
        held = self.story.cp.rules.held[0]
        self.story.hear(FrameLetGo(**self.story.fact(), frame=held.frame.frame, how=how))

    @precondition(lambda self: self.story.cp.online and self.story.cp.rules and self.story.cp.rules.raw)
    @rule(said=ENDS)
    def end_raw(self, said: Said) -> None:
        action = next(iter(self.story.cp.rules.raw))
        self.story.hear(said[0](**self.story.fact(), action=action, **said[1]))

    @precondition(lambda self: self.flying in ("raw_call", "raw_text"))
    @rule(said=ENDS)
    def end_raw_in_its_turn(self, said: Said) -> None:
        registration = self.story.cp.facts.registration.model_copy(deep=True)
        self.story.outcome(said[0], **said[1])
        assert self.story.cp.facts.registration == registration

    @invariant()
    def the_handler_knows_what_is_in_force(self) -> None:
        """The last word to it of rules names those that stand and hold now."""
        cp = self.story.cp
        if cp.rules is None:
            return
        told = [word for word in self.story.ever_said if word.type in ("set_rules", "open_link")]
        if cp.facts.link.state == "down" or not told:
            return
        unconditional = [each.id for each in cp.rules.standing if each.rule.when.state is None]
        names = [each.id for each in told[-1].rules]
        assert [name for name in names if name in unconditional] == unconditional
        assert set(names) <= {each.id for each in cp.rules.standing}
        assert told[-1].lets_invalid_out == (cp.rules.handler_gate == "open")

    @invariant()
    def no_rule_outlives_its_end(self) -> None:
        cp = self.story.cp
        for each in cp.rules.standing if cp.rules is not None else ():
            assert each.until is None or each.until > NOON
            assert each.rule.times is None or each.hits < each.rule.times
        if not cp.online and cp.rules is not None:
            assert cp.rules.held == []
            assert cp.rules.raw == {}

    @invariant()
    def hands_are_seen(self) -> None:
        rules = self.story.cp.rules
        view = ChargePointView.model_validate_json(view_of(self.story.cp))
        assert [each.id for each in view.rules] == [each.id for each in (rules.standing if rules else [])]


class AnyStoryWithRulesInAStreamOfEvents(AnyStoryWithRules):
    """The same towards a backend that is told of sessions as a stream of events."""

    style = "stream"


class TestRulesInThreeMessages(AnyStoryWithRules.TestCase):  # type: ignore[name-defined]
    settings = settings(
        max_examples=25,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


class TestRulesInAStreamOfEvents(AnyStoryWithRulesInAStreamOfEvents.TestCase):  # type: ignore[name-defined]
    settings = TestRulesInThreeMessages.settings
