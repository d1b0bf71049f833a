"""Rules: kept, handed to the Handler while they are in force, counted, and ended; and what they hold back."""

from datetime import timedelta
from typing import Any

import pytest
from abstraction.story import NOON, Story
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.link import FrameHeld, FrameLetGo, HandlerUp, LinkDown, RuleHit, RulesInForce
from vcp_contracts.outcomes import Unanswered
from vcp_contracts.rules import HeldFrame, Rule
from vcp_contracts.values import Place, Token
from vcp_contracts.view import ChargePointView

REFUSE = {
    "name": "no remote start",
    "when": {"word": "start_charging", "direction": "received"},
    "then": {"do": "answer", "payload": {"status": "Rejected"}},
}


def rule(name: str = "r", then: Any = {"do": "drop"}, **more: Any) -> Rule:  # noqa: B006
    return Rule.model_validate({"name": name, "then": then, **more})


def handed(story: Story) -> list[list[str]]:
    """The rules of each hand-over since the last look, by name."""
    said, story.said = story.said, []
    return [[s.rule.name for s in word.rules] for word in said if word.type in ("set_rules", "open_link")]


def hit(story: Story, standing: str, hits: int = 1, **more: Any) -> None:
    fields = {"deed": "drop", "direction": "sent", "kind": "call", "seen": hits} | more
    story.hear(RuleHit(**story.fact(), standing=standing, hits=hits, **fields))


def held_frame(frame: str = "f1", **more: Any) -> HeldFrame:
    fields = {"rule": "r", "direction": "sent", "kind": "call", "text": "[2,…]"} | more
    return HeldFrame(**{"frame": frame, "until": NOON + timedelta(seconds=600)} | fields)


def view(story: Story) -> ChargePointView:
    return ChargePointView.model_validate_json(view_of(story.cp))


# --- standing --------------------------------------------------------------------------------------------------------


def test_a_charger_without_rules_has_no_such_section_and_hands_none_over():
    story = Story().online()
    assert story.cp.rules is None
    assert "rules" not in story.sections
    assert view(story).rules == ()


def test_a_rule_is_handed_over_at_once_and_shown():
    story = Story().online()
    result = story.do(c.AddRule, rule=Rule.model_validate(REFUSE))
    assert result.detail == {"standing": story.cp.rules.standing[0].id, "name": "no remote start"}
    [word] = story.said
    assert word.type == "set_rules"
    assert word.rules[0].rule.then[0].payload == {"status": "Rejected"}
    assert [each.rule.name for each in view(story).rules] == ["no remote start"]


def test_rules_are_tried_in_the_order_of_adding_and_a_new_one_of_the_same_name_takes_its_place():
    story = Story().online()
    for name in ("a", "b", "c"):
        story.do(c.AddRule, rule=rule(name))
    before = story.cp.rules.standing[1].id
    hit(story, before, 3)
    handed(story)
    story.do(c.AddRule, rule=rule("b", {"do": "pass"}))
    assert handed(story) == [["a", "b", "c"]]
    assert story.cp.rules.standing[1].id != before
    assert story.cp.rules.standing[1].hits == 0
    assert [(e.rule, e.why, e.hits) for e in story.seen("rule_ended")] == [("b", "replaced", 3)]


def test_rules_are_taken_away_by_name_or_all():
    story = Story().online()
    for name in ("a", "b", "c"):
        story.do(c.AddRule, rule=rule(name))
    handed(story)
    story.do(c.RemoveRules, name="b")
    assert handed(story) == [["a", "c"]]
    story.do(c.RemoveRules)
    assert handed(story) == [[]]
    assert [(e.rule, e.why) for e in story.seen("rule_ended")] == [
        ("b", "removed"),
        ("a", "removed"),
        ("c", "removed"),
    ]


def test_taking_away_what_does_not_stand_names_what_does():
    story = Story().online()
    assert story.do(c.RemoveRules).status == "done"
    assert story.cp.rules is None
    no = story.do(c.RemoveRules, name="x")
    assert (no.status, no.field, no.remedy) == ("rejected", "name", "no rule stands; add_rule first")
    story.do(c.AddRule, rule=rule("a"))
    no = story.do(c.RemoveRules, name="x")
    assert no.remedy == "name one that stands: a"


def test_a_charger_keeps_a_hundred_rules():
    story = Story()
    for n in range(100):
        assert story.do(c.AddRule, rule=rule(f"r{n}")).status == "done"
    no = story.do(c.AddRule, rule=rule("one more"))
    assert (no.status, no.field, no.remedy) == ("rejected", "rule", "remove_rules first")
    assert story.do(c.AddRule, rule=rule("r7", {"do": "pass"})).status == "done"


def test_a_charger_keeps_so_much_text():
    story = Story()
    for n in range(4):
        story.do(c.AddRule, rule=rule(f"r{n}", {"do": "garble", "text": "x" * 60_000}))
    no = story.do(c.AddRule, rule=rule("more", {"do": "garble", "text": "x" * 60_000}))
    assert (no.status, no.field) == ("rejected", "rule.then")
    assert len(story.cp.rules.standing) == 4


def in_force(story: Story, order: str) -> list[str]:
    """The wire has the rules of an order; the commands that end with that."""
    decision = story.hear(RulesInForce(id=f"{order}!", charge_point="CP001", order=order))
    return [result.command for result in decision.results]


def test_the_command_is_done_once_the_wire_has_the_rule():
    story = Story().online()
    assert story.hear(c.AddRule(id="add", charge_point="CP001", rule=rule("a"))).results == []
    [order] = story.said
    assert order.confirm
    assert in_force(story, order.id) == ["add"]
    assert story.results[-1].detail["name"] == "a"


def test_the_wire_confirms_what_it_was_told_before_as_well():
    story = Story().online()
    for name in ("a", "b"):
        story.hear(c.AddRule(id=name, charge_point="CP001", rule=rule(name)))
    first, second = (word.id for word in story.said)
    assert in_force(story, second) == ["a", "b"]
    assert in_force(story, first) == []


def test_a_rule_is_waited_for_while_the_link_may_be_there_already():
    story = Story()
    story.do(c.GoOnline)
    story.hear(c.AddRule(id="add", charge_point="CP001", rule=rule("a")))
    order = story.said[-1]
    assert order.type == "set_rules"
    assert in_force(story, order.id) == ["add"]


@pytest.mark.parametrize(
    "end", [c.GoOffline(id="e", charge_point="CP001"), c.PowerOff(id="e", charge_point="CP001")]
)
def test_nobody_waits_for_a_handler_that_is_not_to_connect(end: c.Command):
    story = Story().online()
    story.hear(c.AddRule(id="add", charge_point="CP001", rule=rule("a")))
    assert "add" in [result.command for result in story.hear(end).results]
    assert story.do(c.AddRule, rule=rule("b")).status == "done"


def test_another_handler_gets_all_rules_with_its_order():
    story = Story().online()
    story.hear(c.AddRule(id="add", charge_point="CP001", rule=rule("a")))
    story.said.clear()
    decision = story.hear(HandlerUp(id="u", owner="h2", manners=story.around.manners))
    assert [result.command for result in decision.results] == ["add"]
    assert handed(story) == [["a"]]


def test_a_rule_that_is_not_handed_over_is_not_waited_for():
    story = Story().online()
    assert story.do(c.AddRule, rule=rule("b", when={"state": {"transaction": True}})).status == "done"
    assert story.said == []


# --- over links, power and new descriptions --------------------------------------------------------------------------


def test_rules_of_a_charger_that_is_offline_come_with_the_order_to_connect():
    story = Story()
    story.do(c.AddRule, rule=rule("a"))
    assert handed(story) == []
    story.do(c.GoOnline)
    assert handed(story) == [["a"]]


def test_a_charger_begins_with_rules_that_stand_from_its_first_connection_on():
    story = Story()
    story.do(c.Retire)
    story.said.clear()
    configuration = ChargePointConfiguration(url="ws://backend/ocpp", protocols=("three",), online=True)
    given = {"configuration": configuration, "rules": (rule("a"), rule("b"))}
    assert story.do(c.Provision, **given).status == "done"
    assert handed(story) == [["a", "b"]]
    story.do(c.RemoveRules, name="a")
    assert story.do(c.Provision, **given).detail == {"change": "none"}
    assert [each.rule.name for each in story.cp.rules.standing] == ["b"]


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ((rule("a"), rule("a")), "rules[1].name"),
        ((rule("a", when={"state": {"evse": 9, "transaction": True}}),), "rules[0].when.state.evse"),
    ],
)
def test_a_charger_does_not_begin_with_rules_that_can_not_be(rules: tuple[Rule, ...], field: str):
    story = Story()
    story.do(c.Retire)
    configuration = ChargePointConfiguration(url="ws://backend/ocpp", protocols=("three",))
    no = story.do(c.Provision, configuration=configuration, rules=rules)
    assert (no.status, no.field) == ("rejected", field)
    assert not story.cp.exists


def test_rules_outlive_links_power_and_new_descriptions():
    story = Story().online()
    story.do(c.AddRule, rule=rule("a"))
    hit(story, story.cp.rules.standing[0].id, 2)
    handed(story)
    story.do(c.PowerCycle)
    [order] = [word for word in story.said if word.type == "open_link"]
    assert [(s.rule.name, s.hits) for s in order.rules] == [("a", 2)]
    new = story.cp.configuration.model_copy(update={"vendor": "Another"})
    story.do(c.Provision, configuration=new)
    assert [each.rule.name for each in story.cp.rules.standing] == ["a"]


def test_a_charger_that_is_retired_forgets_them():
    story = Story().online()
    story.do(c.AddRule, rule=rule("a"))
    story.do(c.Retire)
    assert story.cp.rules is None


# --- state -----------------------------------------------------------------------------------------------------------


def test_a_rule_on_a_state_is_handed_over_while_it_holds():
    story = Story().online()
    story.do(c.AddRule, rule=rule("busy", when={"state": {"evse": 1, "status": ["charging"]}}))
    assert handed(story) == []
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    assert handed(story) == [["busy"]]
    story.do(c.Unplug)
    story.answer_all()
    assert handed(story) == [[]]


def test_the_rules_of_a_new_state_come_after_the_answer_that_brings_it_and_before_what_follows():
    story = Story().online()
    story.do(c.WriteSetting, name="AuthorizeRemoteTxRequests", value="false")
    story.do(c.AddRule, rule=rule("in session", when={"state": {"transaction": True}}))
    story.do(c.PlugIn)
    story.answer_all()
    story.said.clear()
    story.request(r.StartCharging, place=Place(evse=1), token=Token(value="CARD1"))
    assert story.words() == ["charging_start", "set_rules", "status 1.0 charging/occupied"]


def test_a_rule_on_the_registration_comes_with_the_first_link():
    story = Story()
    story.do(c.AddRule, rule=rule("before", when={"state": {"registration": "pending"}}))
    story.do(c.AddRule, rule=rule("after", when={"state": {"registration": "accepted"}}))
    story.do(c.GoOnline)
    story.link_up()
    assert handed(story) == [[]]
    story.answer(verdict="pending")
    assert handed(story) == [["before"]]
    story.do(c.Ask, word="boot")
    story.answer()
    assert handed(story) == [["after"]]


def test_a_rule_on_an_evse_that_is_not_there_is_refused():
    no = Story().do(c.AddRule, rule=rule(when={"state": {"evse": 2, "transaction": True}}))
    assert (no.status, no.field, no.remedy) == ("rejected", "rule.when.state.evse", "use 1 to 1")


# --- hits, and the end -----------------------------------------------------------------------------------------------


def test_a_hit_is_counted_and_told():
    story = Story().online()
    story.do(c.AddRule, rule=rule("a"))
    id = story.cp.rules.standing[0].id
    hit(story, id, 2, seen=5, action="Heartbeat", message_id="m1")
    assert (story.cp.rules.standing[0].hits, story.cp.rules.standing[0].seen) == (2, 5)
    [event] = story.seen("rule_applied")
    assert (event.rule, event.deed, event.action, event.message_id, event.hits) == (
        "a",
        "drop",
        "Heartbeat",
        "m1",
        2,
    )


def test_a_hit_is_counted_once_however_often_it_is_told():
    story = Story().online()
    story.do(c.AddRule, rule=rule("a"))
    fact = RuleHit(
        **story.fact(),
        standing=story.cp.rules.standing[0].id,
        hits=1,
        seen=1,
        deed="drop",
        direction="sent",
        kind="call",
    )
    story.hear(fact)
    story.hear(fact)
    assert len(story.seen("rule_applied")) == 1


def test_a_rule_ends_when_it_has_touched_as_many_as_it_should():
    story = Story().online()
    story.do(c.AddRule, rule=rule("a", times=2))
    id = story.cp.rules.standing[0].id
    hit(story, id, 1)
    handed(story)
    hit(story, id, 2)
    assert handed(story) == [[]]
    assert [(e.rule, e.why, e.hits) for e in story.seen("rule_ended")] == [("a", "times", 2)]


def test_a_rule_ends_when_its_time_is_over_however_fast_the_clock_runs():
    story = Story().online()
    story.do(c.SetClock, speed=60.0)
    story.do(c.AddRule, rule=rule("a", for_s=30))
    story.do(c.AddRule, rule=rule("b"))
    handed(story)
    story.wait(29)
    assert handed(story) == []
    story.wait(1)
    assert handed(story) == [["b"]]
    assert [(e.rule, e.why) for e in story.seen("rule_ended")] == [("a", "time")]


def test_a_rule_ends_in_time_while_the_charger_has_no_power():
    story = Story().online()
    story.do(c.AddRule, rule=rule("a", for_s=30))
    story.do(c.PowerOff)
    story.wait(31)
    assert view(story).rules == ()


def test_a_hit_of_a_rule_that_was_taken_away_meanwhile_is_nobodys():
    story = Story().online()
    story.do(c.AddRule, rule=rule("a"))
    id = story.cp.rules.standing[0].id
    story.do(c.RemoveRules)
    hit(story, id)
    assert story.seen("rule_applied") == []
    assert story.cp.facts.link.state == "up"


# --- what is late on purpose -----------------------------------------------------------------------------------------


def test_a_call_that_a_rule_delays_does_not_cost_the_link():
    story = Story().online()
    story.do(c.AddRule, rule=rule("slow", {"do": "delay", "delay_s": 100}))
    story.do(c.Ask, word="beat")
    flight = story.cp.facts.lanes.in_flight.id
    hit(story, story.cp.rules.standing[0].id, message_id=flight, delay_s=100.0, deed="delay")
    story.wait(139)
    assert story.cp.facts.link.state == "up"
    story.wait(2)
    assert story.cp.facts.link.state == "connecting"


def test_a_call_that_is_dropped_counts_as_unanswered():
    story = Story().online()
    story.do(c.AddRule, rule=rule("lost"))
    story.do(c.Ask, word="beat")
    hit(story, story.cp.rules.standing[0].id)
    story.outcome(Unanswered, timeout_s=30.0)
    assert story.results[-1].detail["outcome"] == "unanswered"


# --- held back -------------------------------------------------------------------------------------------------------


def test_a_message_held_back_is_shown_until_it_is_let_go():
    story = Story().online()
    story.do(c.AddRule, rule=rule("r", {"do": "hold"}))
    story.do(c.Ask, word="beat")
    frame = held_frame(message_id=story.cp.facts.lanes.in_flight.id, action="Heartbeat")
    story.hear(FrameHeld(**story.fact(), held=frame))
    assert [each.frame for each in view(story).held] == ["f1"]
    assert story.seen("message_held")[0].held == frame
    assert story.do(c.ReleaseFrame, frame="f1", payload={"a": 1}) is None
    let_go = story.said[-1]
    assert (let_go.type, let_go.frame, let_go.payload, let_go.link) == ("let_go", "f1", {"a": 1}, "h/1")
    story.hear(FrameLetGo(**story.fact(), frame="f1", how="edited"))
    assert story.results[-1].detail == {"frame": "f1", "how": "edited"}
    assert view(story).held == ()
    assert story.seen("message_released")[0].how == "edited"


def test_a_call_held_back_does_not_cost_the_link():
    story = Story().online()
    story.do(c.AddRule, rule=rule("r", {"do": "hold"}))
    story.do(c.Ask, word="beat")
    frame = held_frame(message_id=story.cp.facts.lanes.in_flight.id)
    story.hear(FrameHeld(**story.fact(), held=frame))
    story.wait(630)
    assert story.cp.facts.link.state == "up"


def test_a_release_whose_payload_can_not_be_written_says_why():
    story = Story().online()
    story.do(c.AddRule, rule=rule("r", {"do": "hold"}))
    story.hear(FrameHeld(**story.fact(), held=held_frame()))
    story.do(c.ReleaseFrame, frame="f1", payload={"a": 1})
    story.hear(FrameLetGo(**story.fact(), frame="f1", how="released", failed="a: there is no such field"))
    assert story.results[-1].detail == {
        "frame": "f1",
        "how": "released",
        "failed": "a: there is no such field",
    }
    assert story.seen("message_released")[0].failed == "a: there is no such field"


def test_releasing_what_is_not_held_names_what_is():
    story = Story().online()
    no = story.do(c.ReleaseFrame, frame="f9")
    assert (no.status, no.field) == ("rejected", "frame")
    assert story.cp.rules is None
    story.do(c.AddRule, rule=rule("r", {"do": "hold"}))
    story.hear(FrameHeld(**story.fact(), held=held_frame()))
    assert story.do(c.ReleaseFrame, frame="f9").remedy == "name one that is: f1"
    story.do(c.ReleaseFrame, frame="f1")
    assert story.do(c.ReleaseFrame, frame="f1").reason == "it is being released already"


def test_what_is_held_back_is_lost_with_its_link():
    story = Story().online()
    story.do(c.AddRule, rule=rule("r", {"do": "hold"}))
    story.hear(FrameHeld(**story.fact(), held=held_frame()))
    story.do(c.ReleaseFrame, frame="f1")
    story.hear(LinkDown(**story.fact(), why="lost"))
    assert story.seen("message_released")[0].how == "lost"
    assert story.results[-1].detail == {"frame": "f1", "how": "lost"}
    assert view(story).held == ()


def test_a_rule_taken_away_lets_go_what_it_holds_back():
    story = Story().online()
    story.do(c.AddRule, rule=rule("r", {"do": "hold"}))
    story.hear(FrameHeld(**story.fact(), held=held_frame()))
    story.said.clear()
    story.do(c.RemoveRules, name="r")
    assert story.words() == ["let_go", "set_rules"]


# --- gates -----------------------------------------------------------------------------------------------------------


def test_the_handlers_gate_is_told_with_the_rules():
    story = Story().online()
    story.do(c.SetGates, handler="open")
    [word] = story.said
    assert (word.type, word.lets_invalid_out) == ("set_rules", True)
    assert view(story).gates.handler == "open"
    story.do(c.SetGates, handler="open")
    assert [(e.handler, e.abstraction) for e in story.seen("gates_set")] == [("open", "closed")]
    story.said.clear()
    story.do(c.PowerCycle)
    [order] = [word for word in story.said if word.type == "open_link"]
    assert order.lets_invalid_out


def test_past_the_chargers_open_gate_it_speaks_before_it_is_accepted():
    story = Story()
    story.do(c.GoOnline)
    story.link_up()
    story.answer(verdict="rejected")
    assert story.do(c.Ask, word="beat").status == "rejected"
    story.do(c.SetGates, abstraction="open")
    story.said.clear()
    story.do(c.Ask, word="beat")
    assert story.words() == ["beat"]
    story.answer()
    story.do(c.SetGates, abstraction="closed")
    no = story.do(c.Ask, word="beat")
    assert "set_gates" in no.remedy


@pytest.mark.parametrize("style", ["three", "stream"])
def test_the_gate_lets_nothing_of_its_own_out(style: str):
    story = Story(style)
    story.do(c.SetGates, abstraction="open")
    story.do(c.GoOnline)
    story.link_up()
    story.answer(verdict="pending")
    story.said.clear()
    story.do(c.PlugIn)
    assert story.words() == []
