"""An API that has a wire record to show, which grows when nobody knows what to wait for any more."""

import json
from typing import Any

import httpx

T0 = "2026-03-01T12:00:00Z"


def shown(cursor: int, text: str, *, sent: bool, action: str | None = None) -> dict[str, Any]:
    """A frame as the API shows it. Answers are told the action of their call."""
    kind, message_id, *rest = json.loads(text)
    return {
        "cursor": str(cursor),
        "type": "frame_sent" if sent else "frame_received",
        "kind": {2: "call", 3: "result", 4: "error"}[kind],
        "message_id": message_id,
        "action": rest[0] if kind == 2 else action,
        "text": text,
        "valid": True,
        "at": T0,
    }


class PlayedWire:
    """`→ text` was sent by the charge point, `← text` received. What stands in `later` comes when it is waited for."""

    def __init__(self, *lines: str, later: tuple[str, ...] = ()) -> None:
        self.frames: list[dict[str, Any]] = []
        self.later = list(later)
        self.waited = 0
        for line in lines:
            self.play(line)

    def play(self, line: str) -> None:
        arrow, text = line.split(" ", 1)
        message_id = json.loads(text)[1]
        actions = {frame["message_id"]: frame["action"] for frame in self.frames}
        self.frames.append(
            shown(len(self.frames) + 1, text, sent=arrow == "→", action=actions.get(message_id))
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        after = int(request.url.params.get("after", "0"))
        if request.url.path.endswith("/messages/wait"):
            self.waited += 1
            if not self.later:
                return httpx.Response(504, json={"title": "none came"})
            self.play(self.later.pop(0))
            return httpx.Response(200, json=self.frames[-1])
        items = [frame for frame in self.frames if int(frame["cursor"]) > after]
        return httpx.Response(200, json={"items": items, "next": str(len(self.frames))})
