"""The wire as lines for a human: a frame with the verdicts of both gates, a link. Decides and prints nothing."""

import re
from datetime import datetime
from typing import Any

from rich.text import Text

ARROWS = {"frame_sent": "→ backend", "frame_received": "← backend"}
KINDS = {"call": "call", "result": "answer", "error": "error", "broken": "broken"}
_HEAD = re.compile(r'\[[23],"[^"]*",(?:"\w+",)?(.*)\]', re.DOTALL)
STYLES = {"frame_sent": "cyan", "frame_received": "magenta"}


def wire_line(frame: dict[str, Any], *, brief: bool = False) -> Text:
    """`time  charge point  direction  action kind  handler gate  charger gate  text`.

    `brief` leaves out what the line says anyway, and the message id, so that the payload finds room on a terminal.
    """
    direction, gap = frame["type"], " " if brief else "  "
    arrow = ARROWS[direction][0] if brief else ARROWS[direction]
    line = Text()
    line.append(f"{_time(frame.get('at'))} ", "dim")
    line.append(f"{frame.get('charge_point', '')} {arrow}{gap}", STYLES[direction])
    line.append(f"{frame.get('action') or '?'!s:<22} ", "bold")
    line.append(f"{KINDS.get(str(frame.get('kind')), '?'):<6}{gap}")
    line.append(
        f"{_handler_gate(frame):<{9 if brief else 10}}{gap}", "green" if frame.get("valid") else "bold red"
    )
    line.append(f"{_charger_gate(frame):<{9 if brief else 19}}{gap}", "green")
    text = str(frame.get("text", ""))
    line.append(_HEAD.sub(r"\1", text) if brief else text, "dim")
    return line


def link_line(event: dict[str, Any]) -> Text:
    """`time  charge point  link up, subprotocol`, or why it is down or never came up."""
    up = event.get("state") == "up"
    said = (event.get("subprotocol"),) if up else (event.get("why"), event.get("detail"))
    line = Text()
    line.append(f"{_time(event.get('at'))} ", "dim")
    line.append(f"{event.get('charge_point', '')} link {event.get('state')}", "green" if up else "bold red")
    line.append("".join(f", {part}" for part in said if part), "dim")
    return line


def _time(at: Any) -> str:
    return datetime.fromisoformat(str(at)).astimezone().strftime("%H:%M:%S.%f")[:-3] if at else "--:--:--.---"


def _handler_gate(frame: dict[str, Any]) -> str:
    return "handler ✓" if frame.get("valid") else f"handler ✗ {frame.get('rule') or ''}".rstrip()


def _charger_gate(frame: dict[str, Any]) -> str:
    if verdict := frame.get("verdict"):
        return f"charger {verdict}"
    # a call of the charger is its own word; what the backend says is judged later, on the answer
    mine = frame["type"] == "frame_sent" and frame.get("kind") == "call"
    return "charger ✓" if mine else ""
