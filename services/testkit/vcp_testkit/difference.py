"""Expected beside arrived, and the wire around it, as text that a person reads at a glance. Matches and fetches nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from vcp_testkit.frames import WireFrame
from vcp_testkit.matching import Held, as_json

AROUND = 10
"""How many frames of the wire are shown."""

ID_WIDTH = 7

MOST_TEXT = 160
"""How much of a frame's or a value's text is shown."""


def difference(held: Iterable[Held]) -> str:
    """A table of wishes: the place, what was expected, what arrived; misfits are marked."""
    rows = [
        ("✓" if one.fits else "✗", one.place or "payload", one.wished, _cut(as_json(one.arrived)))
        for one in held
    ]
    if not rows:
        return ""
    rows.insert(0, (" ", "field", "expected", "arrived"))
    widths = [min(40, max(len(row[column]) for row in rows)) for column in range(3)]
    return "\n".join(
        "  " + "  ".join((*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[3]))
        for row in rows
    )


def wire_around(frames: Sequence[WireFrame], marked: WireFrame | None = None, *, most: int = AROUND) -> str:
    """The frames around a marked one, without one the last frames; a line each."""
    if not frames:
        return "  nothing was on the wire"
    shown = _around(frames, marked, most)
    lines = [_line(frame, marked=frame is marked) for frame in shown]
    if len(shown) < len(frames):
        lines.insert(0, f"  … {len(shown)} of {len(frames)} frames")
    return "\n".join(lines)


def frame_line(frame: WireFrame) -> str:
    """One frame: its time, its direction as the charge point sees it, its message id (the end of a long one), its
    name, its content, and what was done to it."""
    arrow = "→" if frame.sent else "←"
    kind = {"call": "", "result": " answer", "error": " error", "broken": " broken"}[frame.kind]
    verdict = "" if frame.valid else f"  breaks OCPP: {frame.rule or 'invalid'}"
    name = f"{frame.action or '?'}{kind}"
    hand = f"  by the rule {frame.altered!r}" if frame.altered else ""
    return f"{_time(frame.at)} {arrow} {_id(frame):<{ID_WIDTH}} {name:<30} {_content(frame)}{hand}{verdict}"


def _around(frames: Sequence[WireFrame], marked: WireFrame | None, most: int) -> Sequence[WireFrame]:
    at = next((number for number, frame in enumerate(frames) if frame is marked), len(frames) - 1)
    end = min(len(frames), at + 1 + most // 2)
    return frames[max(0, end - most) : end]


def _line(frame: WireFrame, *, marked: bool) -> str:
    return f"{'▶' if marked else ' '} {frame_line(frame)}"


def _content(frame: WireFrame) -> str:
    if frame.kind == "error":
        return _cut(f"{frame.code}: {frame.description}" if frame.description else str(frame.code))
    if frame.payload is None:
        return _cut(frame.text)
    return _cut(as_json(frame.payload))


def _id(frame: WireFrame) -> str:
    id = frame.message_id or ""
    return id if len(id) <= ID_WIDTH else f"…{id[1 - ID_WIDTH :]}"


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"


def _time(at: str) -> str:
    try:
        return datetime.fromisoformat(at).strftime("%H:%M:%S.%f")[:-3]
    except ValueError:
        return at
