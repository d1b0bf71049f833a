"""Somebody waits until his rules are in force: he is told, on a link that stands and on one that is still to come."""

from handler.fakes import a_backend
from handler.test_switchboard import a_desk, beat, nobody, order
from vcp_contracts.link import LinkFailed, RuleHit, RulesInForce, SetRules
from vcp_contracts.outcomes import Unanswered
from vcp_contracts.rules import Rule, StandingRule

LOST = Rule.model_validate(
    {"name": "r", "when": {"action": "Heartbeat"}, "then": {"do": "drop"}, "follow": "altered"}
)
ORDER = SetRules(id="s1", charge_point="CP 1", rules=(StandingRule(id="r", rule=LOST),), confirm=True)


async def test_rules_in_force_are_told_before_what_meets_them() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend)
        desk.say(ORDER)
        desk.say(beat(up.link))
        assert (await desk.fact(RulesInForce)).order == "s1"
        await desk.fact(RuleHit)
        await desk.fact(Unanswered)


async def test_rules_are_in_force_before_the_link_is_there() -> None:
    async with a_desk() as desk:
        desk.say(order(nobody()))
        await desk.fact(LinkFailed)
        desk.say(ORDER)
        assert (await desk.fact(RulesInForce)).order == "s1"
