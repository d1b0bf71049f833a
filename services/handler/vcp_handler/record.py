"""The wire record: one entry a frame, secrets masked. Builds the JSON of FrameSent and FrameReceived; stores nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from vcp_handler.dialects.secrets import MASK, Secret, masked
from vcp_handler.frames import Broken, Call, CallError, CallResult, Frame, Payload

Kind = Literal["call", "result", "error", "broken"]

_REVEALING = ("authorizationkey", "basicauthpassword")
"""Names beside which a password may stand in a text that can't be read."""


@dataclass(slots=True, frozen=True)
class Mark:
    """What a rule or an open gate did to a frame."""

    rule: str | None = None
    original: str | None = None
    """Its text before it was altered, secrets masked."""
    made_up: bool = False
    gates: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, object]:
        """As the entry has them."""
        return {
            "rule_applied": self.rule,
            "original": self.original,
            "made_up": self.made_up,
            "past_open_gates": self.gates,
        }


def entry(
    type_: Literal["frame_sent", "frame_received"],
    *,
    id: str,
    charge_point: str,
    at: datetime,
    link: str,
    kind: Kind,
    text: str,
    valid: bool,
    message_id: str | None = None,
    action: str | None = None,
    word: str | None = None,
    rule: str | None = None,
    verdict: str | None = None,
    latency_ms: float | None = None,
    cause: str | None = None,
    mark: Mark | None = None,
) -> bytes:
    """The entry as JSON. Written without the contract's model, since every frame passes here; a test holds both equal."""
    return orjson.dumps(
        {
            "type": type_,
            "id": id,
            "charge_point": charge_point,
            "at": at,
            "cause": cause,
            "link": link,
            "message_id": message_id,
            "kind": kind,
            "action": action,
            "word": word,
            "text": text,
            "valid": valid,
            "rule": rule,
            "verdict": verdict,
            "latency_ms": latency_ms,
            **(mark.fields if mark is not None else {}),
        }
    )


def shown(text: str, head: Sequence[object], payload: Payload, secrets: Sequence[Secret]) -> str:
    """The text of a frame with its secrets masked. `head` is what stands before the payload."""
    if not secrets:
        return text
    return orjson.dumps([*head, masked(payload, secrets)]).decode()


def shown_unread(text: str) -> str:
    """A text that could not be read as a frame: hidden as a whole where it may hold a password."""
    folded = text.casefold()
    return MASK if any(name in folded for name in _REVEALING) else text


def masked_by_name(value: Any) -> Any:
    """JSON of which no secrets are known, without what stands under a name that may be a password's."""
    match value:
        case dict():
            return {
                name: MASK if name.casefold() in _REVEALING else masked_by_name(inner)
                for name, inner in value.items()
            }
        case list():
            return [masked_by_name(inner) for inner in value]
    return value


def kind(frame: Frame) -> Kind:
    """What kind of entry a frame makes."""
    match frame:
        case Call():
            return "call"
        case CallResult():
            return "result"
        case CallError():
            return "error"
        case Broken():
            return "broken"
