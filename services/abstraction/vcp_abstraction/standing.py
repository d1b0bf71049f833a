"""Which rules are in force, and what the Handler is told of them. Not how they are added, hit or ended.

A rule may depend on the charger's state. The Handler does not know that state: it is told of a rule only while the
condition holds, so a change of the state changes the rules. It hears of that after the answer to the call that brought
the change about, and before anything that the charger says in its new state; a call of the backend's that crosses it on
the wire still meets the rules before.
"""

from collections.abc import Iterable
from typing import Any

from vcp_contracts.link import SetRules
from vcp_contracts.rules import ChargerState, StandingRule

from vcp_abstraction import status
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.rules import Rules, Waiting


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
    if cp.rules is None:
        return {}
    # whoever gets this order may be another than the one that was told before
    in_force(cp, list(cp.rules.waiting))
    return _handed(cp)


def ends_in_force(cp: Charger, command: str, **detail: str) -> None:
    """A command that has changed the rules is done once the Handler has them: a call that comes then meets them."""
    kept(cp).waiting.append(Waiting(command=command, detail=detail))


def hand_over(cp: Charger, rules: Rules) -> None:
    """Tells the Handler of the rules in force, if it knows of others. Where no link is ordered it knows nothing: the
    order to connect brings them."""
    new = [waiting for waiting in rules.waiting if waiting.order is None]
    order = _order(cp, rules, confirm=bool(new))
    for waiting in new:
        waiting.order = order
    if order is None:
        in_force(cp, new)


def in_force(cp: Charger, ended: Iterable[Waiting]) -> None:
    """What these waited for has come."""
    for waiting in ended:
        kept(cp).waiting.remove(waiting)
        cp.done(waiting.command, **waiting.detail)


def no_link_ordered(cp: Charger) -> None:
    """There is nothing on which an order could be in force; the next connection begins with all rules."""
    if cp.rules is not None:
        in_force(cp, list(cp.rules.waiting))


def _order(cp: Charger, rules: Rules, *, confirm: bool) -> str | None:
    """The id of an order that brings other rules than those before; None: nothing has changed for the Handler."""
    if cp.facts.link.state == "down":
        return None
    in_force = [each.id for each in _in_force(cp, rules)]
    if rules.handed == in_force and rules.handed_gate == rules.handler_gate:
        return None
    handed = _handed(cp)
    order = SetRules(id=cp.mint(), charge_point=cp.id, at=cp.now, cause=cp.cause, confirm=confirm, **handed)
    cp.say(order)
    return order.id


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
