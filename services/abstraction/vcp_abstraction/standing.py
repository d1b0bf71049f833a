"""Which rules are in force, and what the Handler is told of them. Not how they are added, hit or ended.

A rule may depend on the charger's state. The Handler does not know that state: it is told of a rule only while the
condition holds, so a change of the state changes the rules. It hears of that after the answer to the call that brought
the change about, and before anything that the charger says in its new state; a call of the backend's that crosses it on
the wire still meets the rules before.
"""

from typing import Any

from vcp_contracts.link import SetRules
from vcp_contracts.rules import ChargerState, StandingRule

from vcp_abstraction import status
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.rules import Rules


def kept(cp: Charger) -> Rules:
    """The charger's rules, about to change: written with this decision."""
    if cp.rules is None:
        cp.rules = Rules()
    cp.touch("rules")
    return cp.rules


def gate_is_open(cp: Charger) -> bool:
    """Whether the charger's own gate is open on purpose: it says what does not fit its state, if it is asked to."""
    return cp.rules is not None and cp.rules.abstraction_gate == "open"


def for_link(cp: Charger) -> dict[str, Any]:
    """The fields of an order to connect that bring the rules along."""
    return {} if cp.rules is None else _handed(cp)


def hand_over(cp: Charger, rules: Rules) -> None:
    """Tells the Handler of the rules in force, if it knows of others. Of a link that is not wanted it knows nothing:
    the order to connect brings them."""
    if not cp.facts.link.wanted:
        return
    in_force = [each.id for each in _in_force(cp, rules)]
    if rules.handed == in_force and rules.handed_gate == rules.handler_gate:
        return
    cp.say(SetRules(id=cp.mint(), charge_point=cp.id, at=cp.now, cause=cp.cause, **_handed(cp)))


def _handed(cp: Charger) -> dict[str, Any]:
    rules = kept(cp)
    in_force = _in_force(cp, rules)
    rules.handed = [each.id for each in in_force]
    rules.handed_gate = rules.handler_gate
    return {"rules": in_force, "lets_invalid_out": rules.handler_gate == "open"}


def _in_force(cp: Charger, rules: Rules) -> tuple[StandingRule, ...]:
    return tuple(each for each in rules.standing if _holds(cp, each.rule.when.state))


def _holds(cp: Charger, wanted: ChargerState | None) -> bool:
    if wanted is None:
        return True
    if wanted.registration not in (None, cp.facts.registration.verdict):
        return False
    if wanted.status is None and wanted.transaction is None:
        return True
    evses = cp.facts.evses if wanted.evse is None else cp.facts.evses[wanted.evse - 1 : wanted.evse]
    return any(_is_so(cp, evse, wanted) for evse in evses)


def _is_so(cp: Charger, evse: EvseFacts, wanted: ChargerState) -> bool:
    if wanted.transaction is not None and wanted.transaction != (evse.transaction is not None):
        return False
    return wanted.status is None or status.fine_status(cp, evse) in wanted.status
