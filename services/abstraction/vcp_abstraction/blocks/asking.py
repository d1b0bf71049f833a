"""Messages asked for by name, and how queued actions end: answered, sent, or failed."""

from vcp_contracts.actions import AskSigning, Authorize, Beat, Boot, ReportMeter, ReportTransaction
from vcp_contracts.commands import Ask
from vcp_contracts.events import ActionEnded
from vcp_contracts.outcomes import (
    Answered,
    AnyOutcome,
    AuthorizeAnswer,
    BeatAnswer,
    BootAnswer,
    Misanswered,
    Refused,
    Sent,
    SigningAnswer,
    TransactionAnswer,
    Unanswered,
    Unspoken,
    Unwritable,
)
from vcp_contracts.values import Place, Token

from vcp_abstraction import clock, lanes, physics, status
from vcp_abstraction.blocks import boot, breaches, data, own_certificate, raw, transaction_answers, verdicts
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.lanes import Queued


def ask(cp: Charger, it: Ask) -> None:
    """Sends a message by name; the command ends with its outcome."""
    if it.word == "boot":
        if not cp.online:
            raise Impossible("there is no link to the backend", remedy="go_online first")
        if cp.facts.lanes.boot:
            raise Impossible("a boot is under way already", remedy="wait for `registered`")
        boot.boot(cp, "triggered", command=it.id)
        return
    data.must_talk(cp)
    cp.origin = "command"
    match it.word:
        case "beat":
            cp.enqueue(Beat(**cp.words()), "express", command=it.id)
        case "authorize":
            if it.token is None:
                raise Impossible(
                    "authorize needs a token", field="token", remedy="give the token to ask about"
                )
            cp.enqueue(Authorize(**cp.words(), token=Token(value=it.token)), "express", command=it.id)
        case "status":
            status.report(cp, _place(cp, it), command=it.id)
        case "meter":
            evse = cp.evse(it.evse or 1)
            measurands = cp.settings.measurands("AlignedDataCtrlr.Measurands")
            if not physics.reads_anything(cp, evse, measurands):
                raise Impossible(
                    "AlignedDataCtrlr.Measurands names nothing to read", remedy="write that setting"
                )
            reading = physics.sample(cp, evse, measurands, "other")
            assert reading is not None
            cp.enqueue(
                ReportMeter(**cp.words(), place=Place(evse=evse.id), samples=(reading,)),
                "express",
                command=it.id,
            )


def _place(cp: Charger, it: Ask) -> Place:
    wanted = it.evse if it.evse is not None else 1
    for place in status.places(cp):
        if place.evse == wanted:
            return place
    raise Impossible(f"no status is told of EVSE {wanted}", field="evse", remedy="name another place")


# --- outcomes --------------------------------------------------------------------------------------------------------


def outcome(cp: Charger, it: AnyOutcome) -> None:
    """The action in flight has ended, or a raw message beside it. Late and unknown ones are ignored."""
    if cp.rules is not None and it.action in cp.rules.raw:
        raw.ended(cp, it)
        return
    flight = cp.facts.lanes.in_flight
    if flight is None or flight.id != it.action:
        return
    if raw.is_opaque(cp.queue[flight.n]):
        raw.landed(cp, it)
        return
    if isinstance(it, Answered):
        _answered(cp, it)
    elif isinstance(it, Sent):
        _sent(cp)
    elif isinstance(it, (Unspoken, Unwritable)):
        _unsaid(cp, it)
    else:
        _failed(cp, it)


def _answered(cp: Charger, it: Answered) -> None:
    entry = lanes.landed(cp)
    lanes.tell_command(cp, entry, "answered", it.answer.model_dump(mode="json", exclude_none=True))
    match entry.action, it.answer:
        case Boot(), BootAnswer() as answer:
            if not it.by_rule:
                breaches.judge_boot(cp, entry.action, answer)
            clock.heard(cp, answer.now)
            boot.booted(cp, answer, by_rule=it.by_rule)
        case Beat(), BeatAnswer() as answer:
            if not it.by_rule:
                breaches.judge_time(cp, entry.action, answer.now)
            clock.heard(cp, answer.now)
        case Authorize(), AuthorizeAnswer() as answer:
            verdicts.answered(cp, entry, answer)
        case AskSigning() as action, SigningAnswer() as answer:
            own_certificate.answered(cp, action, answer)
        case ReportTransaction(), TransactionAnswer() as answer:
            transaction_answers.answered(cp, entry, answer, blame=not it.by_rule)
        case _:
            # nothing that waits for another answer may go on waiting
            _without_answer(cp, entry)


def _sent(cp: Charger) -> None:
    entry = lanes.landed(cp)
    lanes.tell_command(cp, entry, "sent", {})
    _without_answer(cp, entry)


def _unsaid(cp: Charger, it: Unspoken | Unwritable) -> None:
    entry = lanes.landed(cp)
    detail = f"{it.field}: {it.rule}" if isinstance(it, Unwritable) else ""
    if it.type == "unwritable" or entry.command is not None:
        lanes.discarded(cp, entry, it.type, detail)
    lanes.tell_command(cp, entry, it.type, {"detail": detail} if detail else {})
    _without_answer(cp, entry)


def _failed(cp: Charger, it: Refused | Misanswered | Unanswered) -> None:
    flight = cp.facts.lanes.in_flight
    assert flight is not None
    detail = lanes.why(it)
    if flight.lane == "transactions" and not _is_unwanted(it, flight.word) and lanes.failed_try(cp):
        lanes.discarded(cp, cp.queue[flight.n], it.type, detail, retried=True)
        if isinstance(it, Refused) and it.kind == "security":
            boot.disowned(cp)
        return
    entry = lanes.landed(cp)
    cp.note(
        ActionEnded, action=entry.action.id, word=flight.word, outcome=it.type, retried=False, detail=detail
    )
    lanes.tell_command(cp, entry, it.type, {"detail": detail})
    if isinstance(it, Refused) and it.kind == "unsupported":
        cp.facts.link.unsupported.add(flight.word)
    told = isinstance(entry.action, ReportTransaction)
    if told and isinstance(it, Misanswered) and isinstance(it.readable, TransactionAnswer):
        transaction_answers.answered(cp, entry, it.readable, blame=False)
    if isinstance(it, Refused) and it.kind == "security" and flight.word != "boot":
        boot.disowned(cp)
    _without_answer(cp, entry)


def _is_unwanted(it: Refused | Misanswered | Unanswered, word: str) -> bool:
    """A backend without security events says so once; saying it again would only hold up the transactions."""
    return word == "report_security_event" and isinstance(it, Refused) and it.kind == "unsupported"


def _without_answer(cp: Charger, entry: Queued) -> None:
    """What follows when no usable answer came, and none will."""
    action = entry.action
    if action.type == "boot":
        boot.boot_failed(cp)
    elif isinstance(action, Authorize):
        verdicts.unanswerable(cp, entry)
    elif isinstance(action, AskSigning):
        own_certificate.asked(cp, action)
    elif isinstance(action, ReportTransaction):
        transaction_answers.told(cp, action)
