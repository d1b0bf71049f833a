"""What ends where the charger itself has failed on something: nothing may wait for what will never come.

Plain on purpose, and past the functions that may have failed: it says that something ended, takes away what waited for
it, and begins nothing.
"""

from vcp_contracts.actions import AskSigning, Authorize, ReportTransaction
from vcp_contracts.chores import ChoreDone
from vcp_contracts.events import LinkChanged
from vcp_contracts.letters import ToAbstraction
from vcp_contracts.link import FrameLetGo, HandlerUp, LinkDown, LinkFailed, LinkUp, RulesInForce
from vcp_contracts.outcomes import Answered, AnyOutcome, Outcome, TransactionAnswer

from vcp_abstraction import lanes, standing
from vcp_abstraction.blocks import boot, chores, link, own_certificate, raw, transaction_answers, verdicts
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.lanes import Queued

WHY = "the charger failed on it"
"""What is kept of the reason; the exception itself is told, and lies among the dead."""


def give_up(cp: Charger, it: ToAbstraction, reason: str) -> None:
    """A message on which the charger failed has changed nothing: what waited for it ends all the same."""
    match it:
        case Outcome():
            _outcome(cp, it, reason)
        case ChoreDone():
            chores.give_up(cp, it.chore, WHY)
        case LinkUp() if it.order == cp.facts.link.order and cp.facts.link.wanted:
            _no_link(cp)
        case LinkFailed() if it.order == cp.facts.link.order:
            link.fail_waiting(cp, WHY)
        case LinkDown():
            _link_down(cp, it.why)
        case HandlerUp():
            if cp.online:
                _link_down(cp, "lost")
            cp.facts.link.id = None
            link.order(cp)
        case RulesInForce():
            standing.no_link_ordered(cp)
        case FrameLetGo():
            _let_go(cp, it.frame)


def end(cp: Charger, entry: Queued, reason: str) -> None:
    """An action that is out of the queue has ended without its outcome, whatever that was."""
    lanes.discarded(cp, entry, "failed", reason)
    lanes.tell_command(cp, entry, "failed", {"detail": reason})
    action = entry.action
    if raw.is_opaque(entry):
        return
    if action.type == "boot":
        boot.boot_failed(cp)
    elif isinstance(action, Authorize):
        verdicts.never_came(cp, entry)
    elif isinstance(action, AskSigning):
        own_certificate.asked(cp, action)
    elif isinstance(action, ReportTransaction):
        transaction_answers.told(cp, action)


def _outcome(cp: Charger, it: AnyOutcome, reason: str) -> None:
    if cp.rules is not None and it.action in cp.rules.raw:
        raw.failed(cp, it.action, reason)
        return
    flight = cp.facts.lanes.in_flight
    if flight is None or flight.id != it.action:
        return
    entry = lanes.landed(cp)
    action = entry.action
    answer = it.answer if isinstance(it, Answered) else None
    if isinstance(action, ReportTransaction) and isinstance(answer, TransactionAnswer):
        transaction_answers.name_learnt(cp, action, answer)
    end(cp, entry, reason)


def _no_link(cp: Charger) -> None:
    """The link stands on the wire, and is of no use: given up, and tried again after a while."""
    cp.note(LinkChanged, state="failed", why=WHY)
    link.give_up(cp, WHY)


def _link_down(cp: Charger, why: str) -> None:
    facts = cp.facts.link
    facts.state = "connecting" if facts.wanted else "down"
    link.down(cp, why, WHY, begins=False)
    facts.id = None


def _let_go(cp: Charger, frame: str) -> None:
    rules = standing.kept(cp)
    for held in [held for held in rules.held if held.frame.frame == frame]:
        rules.held.remove(held)
        if held.command is not None:
            cp.done(held.command, frame=frame, how="lost", failed=WHY)
