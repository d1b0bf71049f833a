"""One frame of the wire record, opened: who said what, as an OCPP message. Fetches and judges nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

Kind = Literal["call", "result", "error", "broken"]


@dataclass(frozen=True, slots=True)
class WireFrame:
    """A frame as `GET /charge-points/{id}/messages` shows it, its text taken apart.

    `sent` is seen from the charge point. `payload` is a call's or an answer's; an error has `code` and `description`.
    A frame that is no OCPP message has neither. `action` is also there in answers. `rule` says which rule of OCPP a
    frame breaks that is not `valid`. `altered` names what made it so: a rule of the charge point, or an open gate.
    """

    cursor: str
    at: str
    sent: bool
    kind: Kind
    action: str | None
    message_id: str | None
    payload: Mapping[str, Any] | None
    code: str | None
    description: str | None
    text: str
    valid: bool
    rule: str | None
    altered: str | None = None
    word: str | None = None

    def is_named(self, name: str) -> bool:
        """Whether the call, or the one it answers, has this OCPP action, or this word of the contracts."""
        return name in (self.action, self.word)

    def answers(self, call: "WireFrame") -> bool:
        """Whether this is an answer to that call; where it comes after it, it is the answer."""
        return (
            self.kind in ("result", "error")
            and self.sent is not call.sent
            and self.message_id == call.message_id
        )


def frame_of(shown: Mapping[str, Any]) -> WireFrame:
    """A frame of the control API, opened."""
    payload, code, description = _opened(shown["kind"], shown["text"])
    return WireFrame(
        cursor=str(shown["cursor"]),
        at=str(shown.get("at", "")),
        sent=shown["type"] == "frame_sent",
        kind=shown["kind"],
        action=shown.get("action"),
        message_id=shown.get("message_id"),
        payload=payload,
        code=code,
        description=description,
        text=shown["text"],
        valid=bool(shown.get("valid", True)),
        rule=shown.get("rule"),
        altered=shown.get("rule_applied"),
        word=shown.get("word"),
    )


def answer_to(call: WireFrame, frames: Iterable[WireFrame]) -> WireFrame | None:
    """The first answer to a call among the frames that came after it."""
    return next((frame for frame in frames if frame.answers(call)), None)


def _opened(kind: str, text: str) -> tuple[Mapping[str, Any] | None, str | None, str | None]:
    try:
        parts = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None, None, None
    match kind, parts:
        case "call", [_, _, _, dict(payload)]:
            return payload, None, None
        case "result", [_, _, dict(payload)]:
            return payload, None, None
        case "error", [_, _, str(code), str(description), *_]:
            return None, code, description
    return None, None, None
