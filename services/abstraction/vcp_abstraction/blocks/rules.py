"""Rules: added, hit, ended; the messages they hold back; and the gates that somebody opens on purpose."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Literal

from vcp_contracts.actions import RawCall, RawText
from vcp_contracts.commands import AddRule, ReleaseFrame, RemoveRules, SetGates
from vcp_contracts.events import GatesSet, MessageHeld, MessageReleased, RuleApplied, RuleEnded
from vcp_contracts.link import FrameHeld, FrameLetGo, LetGo, RuleHit, RulesInForce
from vcp_contracts.rules import MOST_RULES, Rule, StandingRule

from vcp_abstraction import standing
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.lanes import InFlight
from vcp_abstraction.facts.rules import Held, Rules

MOST_JSON = 262_144
"""How long all rules of a charger may be together, as JSON: they are kept, and told, as a whole."""


def add_rule(cp: Charger, it: AddRule) -> None:
    """From now on this rule stands; at the place of the one that had its name, else after all others."""
    _check(cp, it.rule)
    rules = standing.kept(cp)
    new = _standing(cp, it.rule)
    old = _named(rules, it.rule.name)
    if old is None:
        rules.standing.append(new)
    else:
        rules.standing[rules.standing.index(old)] = new
        _told_ended(cp, old, "replaced")
    standing.ends_in_force(cp, it.id, standing=new.id, name=it.rule.name)


def check_all(rules: Sequence[Rule], evses: int) -> None:
    """Raises Impossible for rules that a charger with so many EVSEs can't begin with."""
    for number, rule in enumerate(rules):
        _check_place(rule, evses, f"rules[{number}]")
        if any(other.name == rule.name for other in rules[:number]):
            raise Impossible(
                f"another rule is called {rule.name}",
                field=f"rules[{number}].name",
                remedy="use another name for each",
            )
    _check_length(rules)


def begin_with(cp: Charger, rules: Iterable[Rule]) -> None:
    """The rules that stand from the first connection on."""
    for rule in rules:
        standing.kept(cp).standing.append(_standing(cp, rule))


def _standing(cp: Charger, rule: Rule) -> StandingRule:
    until = cp.real + timedelta(seconds=rule.for_s) if rule.for_s is not None else None
    return StandingRule(id=cp.mint(), rule=rule, until=until)


def _check_place(rule: Rule, evses: int, field: str) -> None:
    state = rule.when.state
    if state is not None and state.evse is not None and state.evse > evses:
        raise Impossible(
            f"there is no EVSE {state.evse}",
            field=f"{field}.when.state.evse",
            remedy=f"use 1 to {evses}",
        )


def _check_length(rules: Iterable[Rule]) -> None:
    if sum(len(each.model_dump_json()) for each in rules) > MOST_JSON:
        raise Impossible(
            f"the charger's rules would be longer than {MOST_JSON} characters of JSON",
            field="rule.then",
            remedy="remove_rules first, or say less",
        )


def _check(cp: Charger, rule: Rule) -> None:
    """Raises Impossible for a rule that this charger can't take up."""
    _check_place(rule, len(cp.facts.evses), "rule")
    others = [each.rule for each in (cp.rules.standing if cp.rules else []) if each.rule.name != rule.name]
    if len(others) >= MOST_RULES:
        raise Impossible(
            f"{MOST_RULES} rules stand, and that is as many as a charger keeps",
            field="rule",
            remedy="remove_rules first",
        )
    _check_length([*others, rule])


def remove_rules(cp: Charger, it: RemoveRules) -> None:
    """Takes one away, or all; what they hold back goes its way."""
    rules = cp.rules or Rules()
    if it.name is not None and _named(rules, it.name) is None:
        names = ", ".join(each.rule.name for each in rules.standing)
        raise Impossible(
            f"there is no rule {it.name}",
            field="name",
            remedy=f"name one that stands: {names}" if names else "no rule stands; add_rule first",
        )
    gone = [each for each in rules.standing if it.name in (None, each.rule.name)]
    if not gone:
        cp.done(it.id)
        return
    for held in rules.held:
        if it.name in (None, held.frame.rule):
            _let_go(cp, held)
    _end(cp, gone, "removed")
    standing.ends_in_force(cp, it.id)


def keep_within(cp: Charger, evses: int) -> None:
    """The charger has other hardware now: a rule for the state of an EVSE that is gone could never be in force again."""
    rules = cp.rules
    if rules is None:
        return
    gone = [each for each in rules.standing if _evse_of(each.rule) > evses]
    for held in rules.held:
        if any(each.rule.name == held.frame.rule for each in gone):
            _let_go(cp, held)
    _end(cp, gone, "removed")


def _evse_of(rule: Rule) -> int:
    state = rule.when.state
    return state.evse if state is not None and state.evse is not None else 0


def expire(cp: Charger) -> None:
    """The time of some is over."""
    _end(cp, [each for each in standing.kept(cp).standing if each.until and each.until <= cp.real], "time")


def _end(
    cp: Charger, gone: Iterable[StandingRule], why: Literal["times", "time", "removed", "replaced"]
) -> None:
    for each in gone:
        standing.kept(cp).standing.remove(each)
        _told_ended(cp, each, why)


def _told_ended(
    cp: Charger, each: StandingRule, why: Literal["times", "time", "removed", "replaced"]
) -> None:
    cp.note(RuleEnded, rule=each.rule.name, why=why, hits=each.hits)


def _named(rules: Rules, name: str) -> StandingRule | None:
    return next((each for each in rules.standing if each.rule.name == name), None)


# --- on the wire -----------------------------------------------------------------------------------------------------


def rules_in_force(cp: Charger, it: RulesInForce) -> None:
    """The wire has the rules of that order, and so those of all before it."""
    orders = [waiting.order for waiting in standing.kept(cp).waiting]
    if it.order in orders:
        last = len(orders) - orders[::-1].index(it.order)
        standing.in_force(cp, standing.kept(cp).waiting[:last])


def rule_hit(cp: Charger, it: RuleHit) -> None:
    """A rule has touched a message. One that was taken away meanwhile is not counted any more."""
    _more_time(cp, it.message_id, it.delay_s)
    rules = standing.kept(cp)
    known = next((each for each in rules.standing if each.id == it.standing), None)
    if known is None:
        return
    counted = known.model_copy(update={"hits": it.hits, "seen": it.seen})
    rules.standing[rules.standing.index(known)] = counted
    cp.note(
        RuleApplied,
        rule=known.rule.name,
        deed=it.deed,
        direction=it.direction,
        kind=it.kind,
        action=it.action,
        message_id=it.message_id,
        hits=it.hits,
        failed=it.failed,
    )
    if known.rule.times is not None and it.hits >= known.rule.times:
        _end(cp, [counted], "times")


def frame_held(cp: Charger, it: FrameHeld) -> None:
    """A message waits for its release; what the charger itself waits for may take as much longer."""
    standing.kept(cp).held.append(Held(frame=it.held))
    cp.note(MessageHeld, held=it.held)
    _more_time(cp, it.held.message_id, max(0.0, (it.held.until - cp.real).total_seconds()))


def frame_let_go(cp: Charger, it: FrameLetGo) -> None:
    """It waits no longer."""
    gone = [held for held in standing.kept(cp).held if held.frame.frame == it.frame]
    _no_longer_held(cp, gone, it.how, it.failed)


def link_lost(cp: Charger, rules: Rules) -> None:
    """What was held back is gone with its link."""
    _no_longer_held(cp, list(rules.held), "lost")


def _no_longer_held(cp: Charger, gone: list[Held], how: str, failed: str | None = None) -> None:
    rules = standing.kept(cp)
    for held in gone:
        rules.held.remove(held)
        cp.note(MessageReleased, frame=held.frame.frame, how=how, failed=failed)
        if held.command is not None:
            why = {"failed": failed} if failed is not None else {}
            cp.done(held.command, frame=held.frame.frame, how=how, **why)


def _more_time(cp: Charger, message_id: str | None, seconds: float) -> None:
    """A message is late on purpose: the link is not given up for that."""
    more = timedelta(seconds=seconds)
    flight = cp.facts.lanes.in_flight
    if flight is not None and message_id is not None and _message_id(cp, flight) in (None, message_id):
        flight.guard += more
    for raw in standing.kept(cp).raw.values():
        if raw.message_id in (None, message_id):
            raw.guard += more


def _message_id(cp: Charger, flight: InFlight) -> str | None:
    """Under which id it is on the wire; None: only its own text knows."""
    action = cp.queue[flight.n].action
    if isinstance(action, RawText):
        return None
    return action.message_id or flight.id if isinstance(action, RawCall) else flight.id


# --- held back -------------------------------------------------------------------------------------------------------


def release_frame(cp: Charger, it: ReleaseFrame) -> None:
    """Lets a message go its way; the command ends when it has gone, and tells how."""
    held = _held(cp, it.frame)
    standing.kept(cp)
    held.command = it.id
    _let_go(cp, held, payload=it.payload, text=it.text, drop=it.drop)


def _held(cp: Charger, frame: str) -> Held:
    all_held = cp.rules.held if cp.rules is not None else []
    held = next((held for held in all_held if held.frame.frame == frame), None)
    if held is None:
        frames = ", ".join(each.frame.frame for each in all_held)
        raise Impossible(
            f"no message {frame} is held back",
            field="frame",
            remedy=f"name one that is: {frames}"
            if frames
            else "nothing is held back; wait for `message_held`",
        )
    if held.command is not None:
        raise Impossible("it is being released already", field="frame", remedy="wait for `message_released`")
    return held


def _let_go(cp: Charger, held: Held, **how: Any) -> None:
    link = cp.facts.link.id
    assert link is not None, "what is held back ends with its link"
    word = LetGo(
        id=cp.mint(),
        charge_point=cp.id,
        at=cp.now,
        cause=cp.cause,
        link=link,
        frame=held.frame.frame,
        **how,
    )
    cp.say(word)


# --- gates -----------------------------------------------------------------------------------------------------------


def set_gates(cp: Charger, it: SetGates) -> None:
    """Opens a gate on purpose, or closes it again."""
    before = cp.rules or Rules()
    handler = it.handler or before.handler_gate
    abstraction = it.abstraction or before.abstraction_gate
    if (handler, abstraction) == (before.handler_gate, before.abstraction_gate):
        cp.done(it.id)
        return
    rules = standing.kept(cp)
    rules.handler_gate, rules.abstraction_gate = handler, abstraction
    cp.note(GatesSet, handler=handler, abstraction=abstraction)
    standing.ends_in_force(cp, it.id)
