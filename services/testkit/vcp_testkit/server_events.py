"""Server-sent events, read line by line. Opens no connection."""

from dataclasses import dataclass

import orjson

from vcp_testkit.asking import Json


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One server-sent event. `cursor` resumes after it; without a `word` it is a sign of life."""

    cursor: str | None
    word: Json | None = None


class EventReader:
    """Takes lines, gives events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

    def __init__(self) -> None:
        self._cursor: str | None = None
        self._data: list[str] = []

    def take(self, line: str) -> ServerEvent | None:
        """The event that a line completes, if it does."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "id":
            self._cursor = value
        elif line == "":
            data, self._data = self._data, []
            return ServerEvent(self._cursor, orjson.loads("\n".join(data)) if data else None)
        return None
