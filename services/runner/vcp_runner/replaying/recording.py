"""A recorded session, read from a file in the format of docs/wire-record.md. Lenient: what it does not need it skips."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import ValidationError
from vcp_contracts.recorded_session import FORMAT, VERSION, RecordedFrame, RecordHeader

from vcp_runner.leaving import Ending, Exit

_NEEDED = ("at", "direction", "text")
_READ = (*_NEEDED, "link", "action", "kind", "original", "made_up")


class BadRecording(Ending):
    """A file can't be understood; the text says which line, why, and what to do."""

    code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Message:
    """A frame of the record, opened. `payload` of an error is `{"code": …, "description": …}`."""

    at: datetime
    sent: bool
    kind: Literal["call", "result", "error", "broken"]
    text: str
    message_id: str | None = None
    action: str | None = None
    payload: Any = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A session as it was. `skipped`: how many lines held no whole frame of the wire."""

    messages: Sequence[Message]
    charge_point: str | None = None
    subprotocol: str | None = None
    skipped: int = 0


def read_recording(path: Path) -> Recording:
    """The session in a file. Raises BadRecording."""
    try:
        with path.open("rb") as file:
            recording = read_lines(file, str(path))
    except OSError as failure:
        raise BadRecording(f"{path} can't be read: {failure.strerror or failure}") from None
    if not recording.messages:
        raise BadRecording(
            f"{path} has no frame: each line needs at, direction and text; `vcp record export` writes such a file"
        )
    return recording


def subprotocol_in(path: Path) -> str:
    """What the session in a file spoke; 1.6 where it does not say. Raises BadRecording."""
    return read_recording(path).subprotocol or "ocpp1.6"


def read_lines(lines: Iterable[bytes], name: str) -> Recording:
    """The session in lines. Raises BadRecording for a line that is no JSON, has a wrong field, or is of a newer format."""
    messages: list[Message] = []
    header: RecordHeader | None = None
    skipped = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{name}, line {number}"
        fields = _fields(line, place)
        if fields.get("format") == FORMAT:
            header = _header(fields, place)
        elif all(field in fields for field in _NEEDED):
            message = _message(_frame(fields, place))
            if message is None:
                skipped += 1
            else:
                messages.append(message)
        else:
            skipped += 1
    if header is None:
        return Recording(messages, skipped=skipped)
    return Recording(messages, header.charge_point, header.subprotocol, skipped)


def _message(frame: RecordedFrame) -> Message | None:
    """What was on the wire; None where nothing was, or where the record has but the begin of it."""
    if frame.direction == "received":
        if frame.made_up:
            return None
        frame = frame.model_copy(update={"text": frame.original or frame.text})
    message = opened(frame)
    is_cut = message.kind == "broken" and frame.kind not in (None, "broken")
    return None if is_cut else message


def opened(frame: RecordedFrame) -> Message:
    """A frame taken apart; what its text says counts, not what stands beside it."""
    sent = frame.direction == "sent"
    broken = Message(frame.at, sent, "broken", frame.text, action=frame.action, link=frame.link)
    try:
        parts = orjson.loads(frame.text)
    except orjson.JSONDecodeError:
        return broken
    match parts:
        case [2, str(id), str(action), (dict() | None) as payload]:
            return Message(frame.at, sent, "call", frame.text, id, action, payload or {}, frame.link)
        case [3, str(id), (dict() | None) as payload]:
            return Message(frame.at, sent, "result", frame.text, id, frame.action, payload or {}, frame.link)
        case [4, str(id), str(code), *rest]:
            error = {"code": code, "description": rest[0] if rest else ""}
            return Message(frame.at, sent, "error", frame.text, id, frame.action, error, frame.link)
    return broken


def _fields(line: bytes, place: str) -> dict[str, Any]:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as wrong:
        raise BadRecording(f"{place}: is not JSON ({wrong}); write a JSON object a line") from None
    if not isinstance(fields, dict):
        raise BadRecording(f"{place}: is no JSON object; write an object a line")
    return fields


def _header(fields: dict[str, Any], place: str) -> RecordHeader:
    version = fields.get("version")
    if isinstance(version, int) and version > VERSION:
        raise BadRecording(
            f"{place}: version is {version}, this product reads {VERSION}; use a newer one, or export anew"
        )
    try:
        return RecordHeader.model_validate(fields)
    except ValidationError as wrong:
        raise _bad(wrong, place) from None


def _frame(fields: dict[str, Any], place: str) -> RecordedFrame:
    try:
        # of a frame the other fields are advice, and another product may mean something else by them
        known = {name: fields[name] for name in _READ if fields.get(name) is not None}
        return RecordedFrame.model_validate(known)
    except ValidationError as wrong:
        raise _bad(wrong, place) from None


def _bad(wrong: ValidationError, place: str) -> BadRecording:
    first = wrong.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"]))
    return BadRecording(f"{place}: {field}: {first['msg'].lower()}; docs/wire-record.md describes each field")
