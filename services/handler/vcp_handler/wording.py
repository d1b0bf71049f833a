"""Error codes, as each OCPP version spells them. Data; whether an error is due is decided elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Cause = Literal[
    "frame",
    "message_type",
    "unknown_action",
    "unsupported",
    "missing",
    "extra",
    "count",
    "type",
    "value",
    "internal",
    "security",
    "generic",
]
"""Why a call is answered with an error:
`frame`: not a proper message; `missing`, `extra`, `count`, `type`, `value`: which rule of the schema it breaks."""

RefusalKind = Literal["unsupported", "security", "failed"]


@dataclass(slots=True, frozen=True)
class ErrorWords:
    """One version's codes. A cause without a code is not answered at all."""

    codes: Mapping[Cause, str]
    id_if_unreadable: str | None
    """What an error answer carries where the call's id can't be read; None: no answer then."""
    longest_description: int | None = None
    """How many characters the description of an error may have; None: as many as it likes."""

    def code(self, cause: Cause) -> str | None:
        """The code to send, or None for no answer."""
        return self.codes.get(cause)


WORDS_16 = ErrorWords(
    # OCPP-J 1.6 table 7, its two misspellings included. 4.1.3: an unknown message type is ignored.
    codes={
        "frame": "FormationViolation",
        "unknown_action": "NotImplemented",
        "unsupported": "NotSupported",
        "missing": "ProtocolError",
        "extra": "FormationViolation",
        "count": "OccurenceConstraintViolation",
        "type": "TypeConstraintViolation",
        "value": "PropertyConstraintViolation",
        "internal": "InternalError",
        "security": "SecurityError",
        "generic": "GenericError",
    },
    id_if_unreadable=None,
)

WORDS_201 = ErrorWords(
    # OCPP 2.0.1 part 4 table 8; §4.2.3 names "-1" as the id where none can be read.
    codes={
        "frame": "RpcFrameworkError",
        "message_type": "MessageTypeNotSupported",
        "unknown_action": "NotImplemented",
        "unsupported": "NotSupported",
        "missing": "OccurrenceConstraintViolation",
        "extra": "FormatViolation",
        "count": "OccurrenceConstraintViolation",
        "type": "TypeConstraintViolation",
        "value": "PropertyConstraintViolation",
        "internal": "InternalError",
        "security": "SecurityError",
        "generic": "GenericError",
    },
    id_if_unreadable="-1",
    longest_description=255,
)

_REFUSALS: Mapping[str, RefusalKind] = {
    "NotImplemented": "unsupported",
    "NotSupported": "unsupported",
    "MessageTypeNotSupported": "unsupported",
    "SecurityError": "security",
}


ERROR_CODES = frozenset({*WORDS_16.codes.values(), *WORDS_201.codes.values(), "ProtocolError"})
"""All that any version has, each in its own spelling: a spelling of another version is understood, and common."""


def refusal_kind(code: str) -> RefusalKind:
    """What a received error code means for the charger. Any spelling is accepted; unknown ones are failures."""
    return _REFUSALS.get(code, "failed")
