"""The codes of all violations that are told: each way in which a backend can break the protocol. Data."""

from typing import Literal

Code = Literal[
    # the frame
    "frame_unread",
    "frame_not_text",
    "frame_not_json",
    "frame_not_array",
    "frame_type",
    "frame_elements",
    "frame_id",
    "frame_action",
    "frame_payload",
    "frame_error_code",
    "frame_error_parts",
    "frame_too_long",
    "frame_beyond_limits",
    # who may speak when
    "call_too_early",
    "calls_without_end",
    "call_id_used",
    "call_not_registered",
    "answer_missing",
    "answer_late",
    "answer_twice",
    "answer_to_no_call",
    "error_code_unknown",
    # the payload
    "call_unknown",
    "call_wrong_way",
    "call_field_missing",
    "call_field_extra",
    "call_field_count",
    "call_field_type",
    "call_field_value",
    "answer_field_missing",
    "answer_field_extra",
    "answer_field_count",
    "answer_field_type",
    "answer_field_value",
    # the payload, by what only the text of the specification says
    "call_field_rule",
    "call_field_advice",
    "answer_field_rule",
    "answer_field_advice",
    # what is said
    "boot_interval_negative",
    "time_far_off",
    "transaction_id_used",
    "session_while_pending",
    "firmware_half_signed",
]
"""Stable: a code never changes its meaning."""
