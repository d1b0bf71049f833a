"""The wire record: one entry a frame, secrets masked. Builds the JSON of FrameSent and FrameReceived; stores nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from vcp_handler.dialects.secrets import MASK, Secret, masked, url_masked
from vcp_handler.frames import Broken, Call, CallError, CallResult, Frame, Payload

Kind = Literal["call", "result", "error", "broken"]

_REVEALING = ("authorizationkey", "password")
"""How names end beside which a password may stand, in a text or a message of which no secrets are known."""

_REVEALING_ADDRESS = re.compile(
    r"""(?xi) :(?:\\?/){2}     # JSON may write / as \/
        (?: [^/\s"@]*:[^/\s"]*@   # a password
          | [^\s"]*(?:\?|\\u003f) # a query
        )"""
)
"""An address with a password, or with a query that may sign it."""


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
    revealing = any(name in folded for name in _REVEALING) or _REVEALING_ADDRESS.search(text)
    return MASK if revealing else text


def shown_by_name(text: str, head: Sequence[object], payload: Payload) -> str:
    """The text of a frame of which no secrets are known, without what may be a password."""
    masked_payload = masked_by_name(payload)
    return text if masked_payload == payload else orjson.dumps([*head, masked_payload]).decode()


def masked_by_name(value: Any) -> Any:
    """JSON of which no secrets are known, without what stands under a name that may be a password's, or in an address."""
    match value:
        case dict():
            names = [name for name in value if _is_revealing(name)]
            # a private network's key stands beside its password (2.0.1 VPNType)
            secret = {*names, "key"} if names else set()
            return {name: MASK if name in secret else masked_by_name(inner) for name, inner in value.items()}
        case list():
            return [masked_by_name(inner) for inner in value]
        case str() if "://" in value:
            return url_masked(value)
    return value


def _is_revealing(name: str) -> bool:
    return name.casefold().endswith(_REVEALING)


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
