"""Messages that somebody writes by hand: how they leave, and what comes back. Opaque: the charger takes no notice of
what they say, nor of what is answered; a raw start of a transaction starts none."""

from datetime import timedelta

from vcp_contracts.actions import Action, RawCall, RawText, ReportTransaction
from vcp_contracts.commands import SendRaw
from vcp_contracts.events import ActionEnded
from vcp_contracts.outcomes import (
    Answered,
    AnyOutcome,
    Misanswered,
    RawAnswer,
    Refused,
    Unanswered,
    Unwritable,
)

from vcp_abstraction import lanes, standing
from vcp_abstraction.blocks import data
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.lanes import Queued
from vcp_abstraction.facts.rules import OpenRaw, Rules


def is_opaque(entry: Queued) -> bool:
    """Whether the charger takes no notice of how a queued action ends."""
    return entry.action.past_gate or isinstance(entry.action, (RawCall, RawText))


def send_raw(cp: Charger, it: SendRaw) -> None:
    """Sends it in its turn, as any call the charger makes; past the gates at once. The command ends with the answer."""
    at_once = it.unchecked or standing.gate_is_open(cp)
    if at_once and not cp.online:
        raise Impossible("there is no link to the backend", remedy="go_online first")
    if not at_once:
        data.must_talk(cp)
    action = _action(cp, it, at_once=at_once)
    if not at_once:
        cp.enqueue(action, "express", command=it.id, origin="command")
        return
    standing.kept(cp).raw[action.id] = OpenRaw(
        word=action.type,
        command=it.id,
        message_id=(action.message_id or action.id) if isinstance(action, RawCall) else None,
        guard=cp.real + timedelta(seconds=action.timeout_s) + lanes.GUARD,
    )
    cp.facts.last_spoken = cp.now
    cp.say(action.model_copy(update={"link": cp.facts.link.id, "past_gate": not cp.registered}))


def _action(cp: Charger, it: SendRaw, *, at_once: bool) -> RawCall | RawText:
    timeout_s = it.timeout_s or lanes.call_timeout_s(cp)
    if it.text is not None:
        return RawText(**cp.words(), timeout_s=timeout_s, text=it.text, at_once=at_once)
    assert it.action is not None, "it says one of both"
    return RawCall(
        **cp.words(),
        timeout_s=timeout_s,
        name=it.action,
        payload=it.payload,
        message_id=it.message_id,
        checked=not it.unchecked,
        at_once=at_once,
    )


def ended(cp: Charger, it: AnyOutcome) -> None:
    """One that was sent past the lanes has ended."""
    raw = standing.kept(cp).raw.pop(it.action)
    _told(cp, raw.word, raw.command, it)


def failed(cp: Charger, action: str, reason: str) -> None:
    """The charger itself failed on how one ended that was sent past the lanes."""
    raw = standing.kept(cp).raw.pop(action)
    cp.note(ActionEnded, action=action, word=raw.word, outcome="failed", retried=False, detail=reason)
    cp.done(raw.command, outcome="failed", action=action, detail=reason)


def landed(cp: Charger, it: AnyOutcome) -> None:
    """The one in flight has ended. It is never tried again."""
    entry = lanes.landed(cp)
    assert entry.command is not None, "a command sent it"
    _told(cp, entry.action.type, entry.command, it, **_names(entry.action))


def _names(action: Action) -> dict[str, str]:
    """What the command has named, if it has."""
    return {"transaction": action.transaction} if isinstance(action, ReportTransaction) else {}


def link_lost(cp: Charger, rules: Rules) -> None:
    """The link is gone, and with it every answer that was still to come."""
    for action, raw in rules.raw.items():
        cp.done(raw.command, outcome="unanswered", action=action, detail="the link was lost")
    if rules.raw:
        standing.kept(cp).raw.clear()


def _told(cp: Charger, word: str, command: str, it: AnyOutcome, **named: str) -> None:
    if isinstance(it, Unwritable):
        cp.rejected(
            command,
            "bad_field",
            field=it.field,
            reason=it.rule,
            remedy="correct it, or send it with unchecked: true"
            if word in ("raw_call", "raw_text")
            else "say something else, or open the Handler's gate with set_gates",
        )
        return
    if isinstance(it, (Refused, Misanswered, Unanswered)):
        cp.note(
            ActionEnded, action=it.action, word=word, outcome=it.type, retried=False, detail=lanes.why(it)
        )
    cp.done(command, outcome=it.type, action=it.action, **named, **_said(it))


def _said(it: AnyOutcome) -> dict[str, object]:
    """What came back."""
    said: dict[str, object] = {}
    match it:
        case Answered(answer=RawAnswer() as answer):
            said = {"payload": answer.payload, "valid": answer.valid}
        case Answered():
            said = it.answer.model_dump(mode="json", exclude_none=True)
        case Refused():
            said = {"code": it.code, "description": it.description, "details": it.details}
        case Misanswered():
            said = {"rule": it.rule, "field": it.field}
            if isinstance(it.readable, RawAnswer):
                said["payload"] = it.readable.payload
        case Unanswered():
            said = {"timeout_s": it.timeout_s}
    if it.latency_ms is not None:
        said["latency_ms"] = it.latency_ms
    return said
