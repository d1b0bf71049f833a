"""Which violation it is: what is wrong with a frame or a payload → the contract's code. Data."""

from collections.abc import Mapping

from vcp_contracts.violations import Code

from vcp_handler.calls import Stray
from vcp_handler.dialects.table import Weight
from vcp_handler.frames import Broken, BrokenKind
from vcp_handler.wording import Cause

FRAME: Mapping[BrokenKind, Code] = {
    "too_long": "frame_too_long",
    "not_text": "frame_not_text",
    "not_json": "frame_not_json",
    "not_array": "frame_not_array",
    "too_deep": "frame_payload",
    "unknown_type": "frame_type",
    "arity": "frame_elements",
    "bad_id": "frame_id",
    "bad_action": "frame_action",
    "bad_payload": "frame_payload",
    "bad_code": "frame_error_code",
}


def of_frame(broken: Broken) -> Code:
    """The code of what is wrong with a frame; a limit of our reader is no rule of OCPP's."""
    return "frame_beyond_limits" if broken.beyond_limits else FRAME[broken.kind]


CALL: Mapping[Cause, Code] = {
    "unknown_action": "call_unknown",
    "unsupported": "call_wrong_way",
    "missing": "call_field_missing",
    "extra": "call_field_extra",
    "count": "call_field_count",
    "type": "call_field_type",
    "value": "call_field_value",
}
"""Of a denial that is a violation; other causes are never the backend's fault."""

ANSWER: Mapping[Cause, Code] = {
    "missing": "answer_field_missing",
    "extra": "answer_field_extra",
    "count": "answer_field_count",
    "type": "answer_field_type",
    "value": "answer_field_value",
}

CALL_RULE: Mapping[Weight, Code] = {"must": "call_field_rule", "should": "call_field_advice"}
ANSWER_RULE: Mapping[Weight, Code] = {"must": "answer_field_rule", "should": "answer_field_advice"}
"""Of a rule that only the specification's text has."""

STRAY: Mapping[Stray, tuple[Code, str]] = {
    "late": ("answer_late", "OCPP-J 4.1.1: an answer after its call had timed out"),
    "duplicate": ("answer_twice", "OCPP-J 4.1.1: a second answer to one call"),
    "unknown": ("answer_to_no_call", "OCPP-J 4.1.1: an answer to no call"),
}
"""An answer nobody waits for: its code and its rule in words."""
