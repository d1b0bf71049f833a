"""A recorded session as a file: JSON Lines, a header, then a frame a line. The format is `vcp-wire-record`, version 1.

Writers fill in all they know; readers need `at`, `direction` and `text` of a frame alone, and skip what they don't know.
"""

from typing import Literal

from pydantic import AwareDatetime

from vcp_contracts.words import Value

FORMAT: Literal["vcp-wire-record"] = "vcp-wire-record"
VERSION: Literal[1] = 1
MEDIA_TYPE = "application/x-ndjson"


class RecordHeader(Value):
    """The first line: what the record is of. A reader of this version refuses a higher one."""

    format: Literal["vcp-wire-record"] = FORMAT
    version: Literal[1] = VERSION
    charge_point: str
    subprotocol: str | None = None
    """Spoken when it was exported; None where no link stood."""
    exported_at: AwareDatetime | None = None
    product: str | None = None
    """Who wrote it, and its version."""


class RecordedFrame(Value):
    """A line: one text frame. Directions are the charge point's."""

    at: AwareDatetime
    direction: Literal["sent", "received"]
    text: str
    """As it was on the wire, but for secrets, which are masked."""
    link: str | None = None
    """Which connection; another one has another name."""
    kind: Literal["call", "result", "error", "broken"] | None = None
    action: str | None = None
    """The OCPP action, also of an answer, where it is known."""
    word: str | None = None
    """The contracts' word for it, the same in all versions."""
    message_id: str | None = None
    """An answer has that of its call, which comes before it, the other way, on the same link."""
    cause: str | None = None
    """Names one exchange: a call and its answer have the same, where a message id was used twice too."""
    valid: bool | None = None
    """Whether the payload is valid OCPP."""
    rule: str | None = None
    """What it breaks, where it is not."""
    verdict: str | None = None
    """What the charge point made of the backend's call."""
    latency_ms: float | None = None
    """On an answer: since its call."""
    rule_applied: str | None = None
    """The name of the rule that touched it."""
    original: str | None = None
    """What it was before that."""
    made_up: bool = False
    """A rule made it: one received was never on the wire."""
    past_open_gates: tuple[str, ...] = ()
    """The gates that would have stopped it."""


RecordLine = RecordHeader | RecordedFrame
