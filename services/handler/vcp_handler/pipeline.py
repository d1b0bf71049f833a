"""The one way of every message: contract → payload → schema check, and back. Knows no message, no frame, no link.

What can't be done is a value with its reason. A row that fails is a bug of a dialect: it is logged with its trace,
and costs that one message only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from vcp_contracts.actions import Action
from vcp_contracts.outcomes import AnyAnswer
from vcp_contracts.requests import Declined, Reply, Request

from vcp_handler.dialects.table import Envelope, FieldRule, Heard, Said, Unreadable
from vcp_handler.frames import Payload
from vcp_handler.validation import Fault
from vcp_handler.versions import Version
from vcp_handler.wording import Cause

log = structlog.get_logger(__name__)

FAILED_ROW = "the dialect failed"
"""The rule of what a bug of ours prevented; the log has its trace."""


@dataclass(slots=True, frozen=True)
class Written:
    """A payload that its version's schema allows."""

    row: Said[Any]
    payload: Payload


@dataclass(slots=True, frozen=True)
class Unfit:
    """What we wanted to say can't be said validly. `payload` is what breaks the rule; None: it could not even be written."""

    action: str
    field: str
    rule: str
    payload: Payload | None = None


@dataclass(slots=True, frozen=True)
class Bad:
    """An answer that breaks a rule. `readable` is what can be understood of it all the same."""

    field: str
    rule: str
    readable: AnyAnswer | None
    cause: Cause = "value"
    """`internal`: we could not read it, and the backend did no wrong."""


@dataclass(slots=True, frozen=True)
class Denial:
    """A call that is answered with an error. `violation`: whether the backend did wrong."""

    cause: Cause
    text: str
    field: str | None = None
    violation: bool = True


def write_action(version: Version, action: Action) -> Written | Unfit | None:
    """The payload of an action; None where this version has no message for it."""
    try:
        row = version.dialect.row_for(action)
        if row is None:
            return None
        payload = row.write(action)
        fault = version.schemas.check_call(row.action, payload, formats=True)
    except Exception:
        word = str(getattr(action, "type", ""))
        log.exception("writing_failed", charge_point=action.charge_point, word=word)
        return Unfit(word, "", FAILED_ROW)
    return Written(row, payload) if fault is None else Unfit(row.action, fault.field, fault.rule, payload)


def read_answer(version: Version, row: Said[Any], action: Action, payload: Payload) -> AnyAnswer | Bad:
    """What the backend's answer to an action says."""
    fault = version.schemas.check_result(row.action, payload)
    if fault is not None:
        return Bad(fault.field, fault.rule, row.readable(payload, action), fault.cause)
    try:
        return row.answer(payload, action)
    except Unreadable as unreadable:
        return Bad(unreadable.field, unreadable.rule, row.readable(payload, action))
    except Exception:
        log.exception("reading_failed", charge_point=action.charge_point, action=row.action)
        return Bad("", FAILED_ROW, None, "internal")


def check_answer(version: Version, action: str, payload: Payload) -> Bad | None:
    """What is wrong with an answer that nobody reads; one to an action that the version lacks can't be wrong."""
    if action not in version.schemas.actions:
        return None
    fault = version.schemas.check_result(action, payload)
    return None if fault is None else Bad(fault.field, fault.rule, None, fault.cause)


def admit(version: Version, action: str, payload: Payload) -> Heard[Any] | Denial:
    """The row for a call of the backend's, whose payload its schema allows."""
    row = version.dialect.heard_by_name.get(action)
    if row is None:
        return _no_row(version, action)
    fault = version.schemas.check_call(action, payload)
    return row if fault is None else Denial(fault.cause, fault.text, fault.field)


def broken_by_call(version: Version, action: str, payload: Payload) -> list[FieldRule]:
    """The rules of the specification's text that a call breaks, whose payload its schema allows."""
    rules = version.dialect.call_rules_by_name.get(action)
    return [] if rules is None else _broken(rules, payload)


def broken_by_answer(version: Version, action: str, payload: Payload, called: Payload) -> list[FieldRule]:
    """The rules of the text that the answer to a call of ours breaks. `called` is the call's payload."""
    rules = version.dialect.answer_rules_by_name.get(action)
    if rules is None:
        return []
    return _broken([it for it in rules if it.where_called is None or it.where_called(called)], payload)


def _broken(rules: Iterable[FieldRule], payload: Payload) -> list[FieldRule]:
    try:
        return [rule for rule in rules if rule.breaks(payload)]
    except Exception:
        log.exception("judging_failed", action=next((rule.action for rule in rules), None))
        return []


def check(version: Version, action: str, payload: Payload) -> Fault | None:
    """What is wrong with a call that is not let in, for the record alone."""
    return version.schemas.check_call(action, payload) if action in version.schemas.actions else None


def understand(row: Heard[Any], payload: Payload, envelope: Envelope) -> Request | Denial:
    """The request that an admitted call makes."""
    try:
        request: Request = row.request(payload, envelope)
    except Unreadable as unreadable:
        return Denial("value", str(unreadable), unreadable.field)
    except Exception:
        log.exception("reading_failed", charge_point=envelope["charge_point"], action=row.action)
        return Denial("internal", FAILED_ROW, violation=False)
    return request


def write_reply(
    version: Version, row: Heard[Any], reply: Reply, original: Payload
) -> Payload | Denial | Unfit:
    """The payload that answers a call; Denial where the charger declined and the message has no word for that."""
    if isinstance(reply, Declined):
        declined = row.declined.get(reply.reason)
        return declined if declined is not None else _declined(reply)
    try:
        payload = row.write(reply, original)
        fault = version.schemas.check_result(row.action, payload, formats=True)
    except Exception:
        log.exception("writing_failed", charge_point=reply.charge_point, action=row.action)
        return Unfit(row.action, "", FAILED_ROW)
    return payload if fault is None else Unfit(row.action, fault.field, fault.rule, payload)


_DECLINED: Mapping[str, tuple[Cause, str]] = {
    "not_supported": ("unsupported", "not supported by this charge point"),
    "not_registered": ("security", "the charge point is not registered"),
    "too_many": ("count", "too many elements for this charge point"),
    "too_large": ("count", "too large for this charge point"),
    "bad_value": ("value", "a value that this charge point can't take"),
    "internal": ("internal", "the charge point failed"),
}


def _declined(reply: Declined) -> Denial:
    cause, text = _DECLINED[reply.reason]
    return Denial(cause, reply.detail or text, violation=False)


def _no_row(version: Version, action: str) -> Denial:
    """OCPP-J table 7: NotImplemented is for actions that the version lacks, NotSupported for those we don't take."""
    dialect = version.dialect
    if action not in version.schemas.actions and action not in dialect.known:
        if dialect.signed is not None and action.removesuffix(dialect.signed) in dialect.known:
            return Denial("unsupported", "this charge point takes no signed messages", violation=False)
        return Denial("unknown_action", f"{dialect.subprotocol} has no action {action[:50]}")
    reason = dialect.refused.get(action)
    if reason is None:
        return Denial("unsupported", f"{action} is for the charge point to send")
    return Denial("unsupported", reason, violation=False)
