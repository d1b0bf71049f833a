"""What one stream entry carries: plain JSON, however its publisher wrapped it. Judges no word's meaning."""

from struct import Struct

import orjson
from vcp_contracts.streams import FIELD

_FIELD = FIELD.encode()
_MAGIC = b"\x89BIN\r\n\x1a\n"
# FastStream's BinaryMessageFormatV1 after its magic: version, offset of the headers, offset of the body.
# Read here by offset, because FastStream's own parser gives back the whole frame when a header isn't ASCII,
# and takes any JSON object with a string `data` for an envelope.
_HEAD = Struct(">HII")


class Unreadable(ValueError):
    """An entry that carries no JSON we could find; says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def decode_entry(fields: dict[bytes, bytes]) -> bytes:
    """The JSON text of an entry, not yet parsed.

    It is in the field `__data__` or `data`, plain, in FastStream's binary frame or in its older JSON envelope;
    or the fields themselves are the message (`XADD … type plug_in charge_point CP1`), then all values are text.
    Raises `Unreadable`.
    """
    body = fields.get(_FIELD)
    if body is None and b"type" not in fields:
        body = fields.get(b"data")
    if body is None:
        return _from_fields(fields)
    if body.startswith(_MAGIC):
        body = _from_frame(body)
    elif b'"headers"' in body:
        body = _from_envelope(body)
    if not body:
        raise Unreadable("the entry is empty")
    return body


def _from_fields(fields: dict[bytes, bytes]) -> bytes:
    if b"type" not in fields:
        raise Unreadable(f"the entry has none of the fields {FIELD}, data, type")
    try:
        return orjson.dumps({key.decode(): value.decode() for key, value in fields.items()})
    except UnicodeDecodeError as wrong:
        raise Unreadable("a field of the entry is not UTF-8") from wrong


def _from_frame(frame: bytes) -> bytes:
    start = len(_MAGIC)
    if len(frame) < start + _HEAD.size:
        raise Unreadable("the binary frame ends within its head")
    version, _, body_at = _HEAD.unpack_from(frame, start)
    if version != 1:
        raise Unreadable(f"binary frame of version {version}, only 1 is known")
    if not start + _HEAD.size <= body_at <= len(frame):
        raise Unreadable("the binary frame points outside itself")
    return frame[body_at:]


def _from_envelope(body: bytes) -> bytes:
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise Unreadable(f"not JSON: {wrong}") from wrong
    if (
        isinstance(envelope, dict)
        and envelope.keys() == {"data", "headers"}
        and isinstance(envelope["data"], str)
    ):
        return envelope["data"].encode()
    return body
