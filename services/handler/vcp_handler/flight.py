"""A call of ours on its way: written from an action, or as somebody wrote it by hand. Sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vcp_contracts.actions import Action, RawCall, RawText
from vcp_contracts.values import Place

from vcp_handler import frames, pipeline, record
from vcp_handler.dialects.secrets import Secret
from vcp_handler.dialects.table import Said
from vcp_handler.frames import Call, Payload
from vcp_handler.pipeline import Unfit
from vcp_handler.versions import Version

HANDLER_GATE = ("handler",)


@dataclass(slots=True)
class Flight:
    """An action whose call is about to be sent, or open."""

    action: Action
    id: str
    """The message id."""
    name: str
    """The OCPP action."""
    payload: Payload
    row: Said[Any] | None = None
    """What wrote it; None: it was written by hand."""
    text: str | None = None
    """The text, where it was given by hand."""
    rule: str | None = None
    """What it breaks, where the Handler's gate is open for it."""
    gates: tuple[str, ...] = ()
    """The gates that are open for it."""
    altered: Payload | None = None
    """The payload that left in the place of this one, where a rule has altered it."""

    @property
    def seen(self) -> Payload:
        """The payload that the backend has seen: its answer is judged by it."""
        return self.payload if self.altered is None else self.altered

    def word(self, version: Version) -> str | None:
        """The contract's word for it; of a call by hand that of its OCPP action, where this version speaks it."""
        if self.row is None:
            return version.dialect.words.get((self.name, True))
        return str(getattr(self.action, "type", ""))

    @property
    def transactions(self) -> tuple[str, ...]:
        """Names of the transaction that the action is about."""
        names = (getattr(self.action, "transaction", None), getattr(self.action, "backend_name", None))
        return tuple(str(name) for name in names if name is not None)

    @property
    def place(self) -> Place | None:
        """What the action is about, where it is about a place."""
        place = getattr(self.action, "place", None)
        return place if isinstance(place, Place) else None

    @property
    def written(self) -> str:
        """Its text, as long as no rule alters it."""
        return frames.write_call(self.id, self.name, self.payload) if self.text is None else self.text


def of_action(version: Version, action: Action, *, lets_invalid_out: bool) -> Flight | Unfit | None:
    """The call that tells an action; None where this version has no message for it."""
    written = pipeline.write_action(version, action)
    if written is None:
        return None
    if not isinstance(written, Unfit):
        return Flight(action, action.id, written.row.action, written.payload, written.row)
    row = version.dialect.row_for(action) if lets_invalid_out and written.payload is not None else None
    if row is None or written.payload is None:
        return written
    rule = f"{written.field or 'payload'} breaks the rule: {written.rule}"
    return Flight(action, action.id, row.action, written.payload, row, rule=rule, gates=HANDLER_GATE)


def of_raw_call(version: Version, action: RawCall, *, lets_invalid_out: bool) -> Flight | Unfit:
    """The call that somebody wrote by hand."""
    payload: Payload = dict(action.payload)
    unwritable = frames.unwritable(payload)
    if unwritable is not None:
        return Unfit(action.name, "", unwritable)
    field, rule = _flaw(version, action.name, payload)
    if rule is not None and action.checked and not lets_invalid_out:
        return Unfit(action.name, field, rule)
    return _marked(Flight(action, action.message_id or action.id, action.name, payload), field, rule)


def of_raw_text(version: Version, action: RawText) -> Flight | None:
    """The call that a text by hand is; None where it is none."""
    frame = frames.read(action.text)
    if not isinstance(frame, Call):
        return None
    field, rule = _flaw(version, frame.action, frame.payload)
    return _marked(Flight(action, frame.id, frame.action, frame.payload, text=action.text), field, rule)


def _marked(flight: Flight, field: str, rule: str | None) -> Flight:
    if rule is not None:
        flight.rule, flight.gates = f"{field or 'payload'} breaks the rule: {rule}", HANDLER_GATE
    return flight


def answer_secrets(version: Version, flight: Flight) -> Sequence[Secret] | None:
    """The secret fields of its answer; None: they are not known."""
    row = flight.row or _row(version, flight.name)
    return row.answer_secrets if row is not None else None


def shown(version: Version, flight: Flight, text: str, payload: Payload, message_id: str) -> str:
    """A text of this call with its secrets masked."""
    row = flight.row or _row(version, flight.name)
    if row is None:
        return record.shown_unread(text)
    return record.shown(text, (frames.CALL, message_id, flight.name), payload, row.secrets)


def _row(version: Version, name: str) -> Any:
    dialect = version.dialect
    return dialect.said_by_name.get(name) or dialect.heard_by_name.get(name)


def _flaw(version: Version, name: str, payload: Payload) -> tuple[str, str | None]:
    """Field and rule of what is wrong with a call by hand."""
    if name not in version.schemas.actions:
        return "name", f"{version.dialect.subprotocol} has no action {name[:50]}"
    fault = version.schemas.check_call(name, payload, formats=True)
    return ("", None) if fault is None else (fault.field, fault.rule)
