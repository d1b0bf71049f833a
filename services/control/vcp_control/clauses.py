"""What each code of a violation means: its weight, the clause of OCPP, a sentence. Data; reads and judges nothing."""

import sys
from collections.abc import Mapping
from typing import Literal, NamedTuple

from vcp_contracts.violations import Code

Weight = Literal["must", "should"]
"""`must`: the specification leaves no choice. `should`: it advises otherwise, or leaves it to good sense."""


class Breach(NamedTuple):
    """One kind of violation."""

    weight: Weight
    """In 1.6; and in every version, where `weight_since_201` is None."""
    clause: str
    """Where it is written: OCPP-J is the JSON part of 1.6, "part 4" that of 2.0.1 and 2.1."""
    meaning: str
    """What the backend did, as a sentence's end: "the backend …"."""
    weight_since_201: Weight | None = None
    """In 2.0.1 and later, where the text has become stricter."""

    def weight_in(self, subprotocol: str | None) -> Weight:
        """How much it weighs in the version that was spoken; where that is not known, what it weighs in 1.6."""
        if subprotocol in (None, "ocpp1.6") or self.weight_since_201 is None:
            return self.weight
        return self.weight_since_201

    @property
    def weights(self) -> str:
        """For a reader."""
        if self.weight_since_201 is None:
            return self.weight
        return f"{self.weight}; since 2.0.1 {self.weight_since_201}"


def _field(clause: str, meaning: str) -> Breach:
    return Breach("must", clause, meaning)


_CALL = "OCPP-J 1.6 §4.2.1, §4.2.4 (errata); part 4 §4.1.7, §4.2.1; the action's schema"
_ANSWER = "OCPP-J 1.6 §4.2.2, §4.2.4 (errata); part 4 §4.1.7, §4.2.2; the action's schema"

VIOLATIONS: Mapping[Code, Breach] = {
    "frame_unread": Breach("must", "RFC 6455 §7.4.1", "sent what no websocket may carry"),
    "frame_not_text": Breach(
        # UTF-8 is demanded, and nothing is said of the kind of websocket frame that carries it
        "should",
        "OCPP-J 1.6 §4.1.2; part 4 §4.1.2",
        "sent a binary message where a text is what everybody reads",
    ),
    "frame_not_json": Breach("must", "OCPP-J 1.6 §4.1.2; part 4 §4.1.2", "sent a text that is not JSON"),
    "frame_not_array": Breach(
        "must", "OCPP-J 1.6 §4.2; part 4 §4.2", "sent JSON that is no array with a message type in front"
    ),
    "frame_type": Breach(
        "must", "OCPP-J 1.6 §4.1.3; part 4 §4.1.3", "sent a message type that its version does not know"
    ),
    "frame_elements": Breach(
        "must",
        "OCPP-J 1.6 §4.2.1, §4.2.2; part 4 §4.2.1, §4.2.2",
        "sent a frame with too few or too many elements",
    ),
    "frame_id": Breach(
        "must", "OCPP-J 1.6 §4.1.4; part 4 §4.1.4", "sent a message id that is no text of 1 to 36 characters"
    ),
    "frame_action": Breach(
        "must", "OCPP-J 1.6 §4.2.1; part 4 §4.1.6, §4.2.1", "sent a call whose action is no name"
    ),
    "frame_payload": Breach(
        "must",
        "OCPP-J 1.6 §4.2.1, §4.2.2; part 4 §4.1.5",
        "sent a payload that is not a JSON object",
    ),
    "frame_error_code": Breach(
        "must", "OCPP-J 1.6 §4.2.3; part 4 §4.2.3", "sent an error whose code is no text"
    ),
    "frame_error_parts": Breach(
        "must",
        "OCPP-J 1.6 §4.2.3; part 4 §4.2.3",
        "sent an error with a wrong description or wrong details, or with too few or too many elements",
    ),
    "frame_too_long": Breach(
        "should", "no clause: a limit of this charge point", "sent a frame of more than 1,048,576 characters"
    ),
    "frame_beyond_limits": Breach(
        "should",
        "no clause: a limit of this charge point (RFC 8259 §9)",
        "sent JSON that lies deeper, or holds larger numbers, than is read",
    ),
    "call_too_early": Breach(
        "should",
        "OCPP-J 1.6 §4.1.1 (SHOULD NOT); part 4 §4.1.1 (SHALL NOT)",
        "sent a call while its earlier one, of the last 10 s, was unanswered",
        "must",
    ),
    "calls_without_end": Breach(
        "should",
        "OCPP-J 1.6 §4.1.1 (SHOULD NOT); part 4 §4.1.1 (SHALL NOT)",
        "sent hundreds of calls and waited for no answer",
        "must",
    ),
    "call_id_used": Breach(
        "must",
        "OCPP-J 1.6 §4.1.4; part 4 §4.1.4",
        "sent a call under the id of an earlier one that said something else",
    ),
    "call_not_registered": Breach(
        "should",
        "OCPP 1.6 §4.2 (SHOULD NOT); 2.0.1 B03.FR.03 (SHALL NOT)",
        "sent a call to a charge point whose boot it had rejected",
        "must",
    ),
    "answer_missing": Breach(
        # to answer is a must, the time to do it in is nowhere named
        "should",
        "OCPP-J 1.6 §4.1.1; part 4 §4.1.1",
        "sent no answer to a call in its time, of 10 s or more",
    ),
    "answer_late": Breach(
        "should",
        "OCPP-J 1.6 §4.1.1; part 4 §4.1.1",
        "sent an answer after its call's time, and 10 s, were over",
    ),
    "answer_twice": Breach("must", "OCPP-J 1.6 §4.1.1; part 4 §4.1.1", "sent a second answer to one call"),
    "answer_to_no_call": Breach(
        "must", "OCPP-J 1.6 §4.1.4; part 4 §4.1.4, §4.2.3", "sent an answer under an id that no call has"
    ),
    "error_code_unknown": Breach(
        "must",
        "OCPP-J 1.6 §4.2.3, table 7; part 4 §4.3, table 8",
        "sent an error code that OCPP does not have",
    ),
    "call_unknown": Breach(
        "must",
        "OCPP-J 1.6 §4.2.1; part 4 §4.1.6, §4.1.7",
        "sent an action that its version does not have",
    ),
    "call_wrong_way": Breach(
        "must", "OCPP 1.6 §4, §5; 2.0.1 part 2", "sent an action that is for the charge point to send"
    ),
    "call_field_missing": _field(_CALL, "sent a call without a required field"),
    "call_field_extra": _field(_CALL, "sent a call with a field that the action does not have"),
    "call_field_count": _field(_CALL, "sent a call with too few or too many elements in a list"),
    "call_field_type": _field(_CALL, "sent a call with a field of another JSON type"),
    "call_field_value": _field(_CALL, "sent a call with a value that its field does not allow"),
    "answer_field_missing": _field(_ANSWER, "sent an answer without a required field"),
    "answer_field_extra": _field(_ANSWER, "sent an answer with a field that the action does not have"),
    "answer_field_count": _field(_ANSWER, "sent an answer with too few or too many elements in a list"),
    "answer_field_type": _field(_ANSWER, "sent an answer with a field of another JSON type"),
    "answer_field_value": _field(_ANSWER, "sent an answer with a value that its field does not allow"),
    "call_field_rule": Breach(
        "must", "the finding's own; docs/field-rules.md", "sent a call with a value that the text rules out"
    ),
    "call_field_advice": Breach(
        "should",
        "the finding's own; docs/field-rules.md",
        "sent a call with a value that the text advises against",
    ),
    "answer_field_rule": Breach(
        "must",
        "the finding's own; docs/field-rules.md",
        "sent an answer with a value that the text rules out",
    ),
    "answer_field_advice": Breach(
        "should",
        "the finding's own; docs/field-rules.md",
        "sent an answer with a value that the text advises against",
    ),
    "boot_interval_negative": Breach(
        "must",
        "OCPP 1.6 §4.2, §6.4; 2.0.1 B01.FR.04, B02.FR.07",
        "named an interval below zero seconds in its answer to a boot",
    ),
    "time_far_off": Breach(
        "should",
        "OCPP 1.6 §4.2, §4.6; 2.0.1 B01.FR.06, G02",
        "told a time that is off by more than five minutes",
    ),
    "transaction_id_used": Breach(
        "must",
        "OCPP 1.6 §4.8, §6.46",
        "gave a transaction the id of another one that is still open or not yet told to its end",
    ),
    "session_while_pending": Breach(
        "must",
        "OCPP 1.6 §4.2; 2.0.1 B02.FR.05",
        "wanted to start or stop a session of a charge point whose boot it keeps pending",
    ),
    "firmware_half_signed": Breach(
        # the answer has a status of its own for it, and backends probe so for what a charge point can do
        "should",
        "2.0.1 L01.FR.11, L01.FR.22, L01.FR.12",
        "wanted signed firmware installed, and sent the certificate or the signature alone",
    ),
}
"""All of them, in the order in which they are shown."""

_HEAD = """\
# Violations

What a backend can do wrong, as the report of violations names it: `GET /charge-points/{id}/violations`,
`GET /violations`, `vcp violations`, `vcp check`, and the event `protocol_violation`. A code never changes its meaning.

**must**: the specification leaves no choice; `vcp check` fails on it. **should**: the specification advises otherwise,
or leaves it to good sense; it is reported, and fails nothing. Some rules have become stricter since 2.0.1: there it
counts which version was spoken.

What only the text says of a field, no schema, has a clause for each field: [field rules](field-rules.md).

This page is made from a table: `python -m vcp_control.clauses > docs/violations.md`.

| code | weight | the backend … | clause |
| --- | --- | --- | --- |
"""


def document() -> str:
    """The page about all of them, in Markdown."""
    rows = (f"| `{code}` | {it.weights} | {it.meaning} | {it.clause} |" for code, it in VIOLATIONS.items())
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
