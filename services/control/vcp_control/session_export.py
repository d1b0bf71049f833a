"""A wire record as the lines of a file, in the format of `vcp_contracts.recorded_session`. Reads no stream itself."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

import orjson
from vcp_contracts.recorded_session import RecordedFrame, RecordHeader

from vcp_control.wire_record import Kept

_DIRECTIONS = {"frame_sent": "sent", "frame_received": "received"}
_UNSAID: Mapping[str, tuple[object, ...]] = defaultdict(
    lambda: (None,), {"made_up": (None, False), "past_open_gates": (None, [], ())}
)
"""What a reader takes for granted."""
_COPIED = tuple(name for name in RecordedFrame.model_fields if name not in ("at", "direction", "text"))


def header_of(charge_point: str, subprotocol: str | None, now: datetime) -> RecordHeader:
    """The header of an export made now."""
    product = f"virtual-charge-point {version('virtual-charge-point')}"
    return RecordHeader(charge_point=charge_point, subprotocol=subprotocol, exported_at=now, product=product)


async def lines(header: RecordHeader, pages: AsyncIterator[Iterable[Kept]]) -> AsyncIterator[bytes]:
    """The file, a page at a time."""
    yield header.model_dump_json().encode() + b"\n"
    async for page in pages:
        yield b"".join(orjson.dumps(line_of(kept.frame)) + b"\n" for kept in page)


def line_of(frame: dict[str, Any]) -> dict[str, Any]:
    """A frame as its line says it: what is not known, or as for most frames, is left out."""
    said = {name: frame[name] for name in _COPIED if name in frame and frame[name] not in _UNSAID[name]}
    direction = _DIRECTIONS[frame["type"]]
    return {"at": frame["at"], "direction": direction, "text": frame["text"], **said}
