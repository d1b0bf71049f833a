"""The record of every raw frame, in memory and as a journal. Keeps texts as they were; judges nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

import orjson

Direction = Literal["in", "out"]
Payload = dict[str, object]


@dataclass(frozen=True, slots=True)
class Frame:
    """One websocket text, as it crossed the wire.

    `direction` is seen from the backend: `in` came from the charger. `seq` orders all frames of all sockets;
    `socket_number` is never used for two connections, not even over restarts of one journal.
    """

    seq: int
    socket_number: int
    identity: str
    subprotocol: str
    direction: Direction
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A CALL that arrived, parsed. `seq` is that of its frame."""

    seq: int
    socket_number: int
    identity: str
    subprotocol: str
    message_id: str
    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a charger broke, and the number of the frame that shows it."""

    rule: str
    identity: str
    seq: int
    what: str


@dataclass(slots=True)
class Socket:
    """One accepted connection. `closed_at` is when the backend learned of its end; `certificate` is the charger's (DER),
    where it showed one."""

    number: int
    identity: str
    subprotocol: str
    opened_at: datetime
    closed_at: datetime | None = None
    close_code: int | None = None
    certificate: bytes | None = None


def utc_now() -> datetime:
    """The time of the wall, aware UTC."""
    return datetime.now(UTC)


class Record:
    """Numbers frames and sockets, and keeps the frames where it was told to.

    `keep` fills `frames`; `journal` is a file of JSON Lines, each line written through before the frame is acted
    upon, so that whoever reads it after a kill finds all that the backend knew. An existing journal is continued.
    """

    def __init__(
        self, *, keep: bool, journal: Path | None = None, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.frames: list[Frame] = []
        self.sockets: list[Socket] = []
        self._keep = keep
        self._clock = clock
        self._seq = 0
        self._sockets = 0
        self._journal: BinaryIO | None = None
        if journal is not None:
            self._continue(journal)

    @property
    def wanted(self) -> bool:
        """Whether anybody keeps texts; a bench without a record may skip making them."""
        return self._keep or self._journal is not None

    def opened(self, identity: str, subprotocol: str) -> Socket:
        """Numbers a connection that opens now."""
        self._sockets += 1
        socket = Socket(self._sockets, identity, subprotocol, self._clock())
        if self._keep:
            self.sockets.append(socket)
        return socket

    def closed(self, socket: Socket, code: int | None) -> None:
        """Notes the end of a connection."""
        socket.closed_at = self._clock()
        socket.close_code = code

    def add(self, socket: Socket, direction: Direction, text: str | bytes) -> int:
        """Writes one frame down and returns its number."""
        self._seq += 1
        if self.wanted:
            readable = text if isinstance(text, str) else text.decode(errors="replace")
            self._write(
                Frame(
                    self._seq,
                    socket.number,
                    socket.identity,
                    socket.subprotocol,
                    direction,
                    readable,
                    self._clock(),
                )
            )
        return self._seq

    def close(self) -> None:
        """Closes the journal; frames in memory stay readable."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _write(self, frame: Frame) -> None:
        if self._keep:
            self.frames.append(frame)
        if self._journal is not None:
            self._journal.write(orjson.dumps(frame) + b"\n")

    def _continue(self, journal: Path) -> None:
        if journal.exists():
            _drop_cut_line(journal)
            for frame in read_journal(journal):
                self._seq = max(self._seq, frame.seq)
                self._sockets = max(self._sockets, frame.socket_number)
        self._journal = journal.open("ab", buffering=0)


def read_journal(journal: Path) -> list[Frame]:
    """All whole lines of a journal. A last line without its end belongs to a killed writer and is left out."""
    whole, _, _ = journal.read_bytes().rpartition(b"\n")
    return [_frame(orjson.loads(line)) for line in whole.splitlines()]


def _frame(fields: dict[str, object]) -> Frame:
    direction = fields["direction"]
    if direction != "in" and direction != "out":
        raise ValueError(f"a frame goes in or out, not {direction!r}")
    return Frame(
        seq=int(str(fields["seq"])),
        socket_number=int(str(fields["socket_number"])),
        identity=str(fields["identity"]),
        subprotocol=str(fields["subprotocol"]),
        direction=direction,
        text=str(fields["text"]),
        at=datetime.fromisoformat(str(fields["at"])),
    )


def _drop_cut_line(journal: Path) -> None:
    """A line that was cut by a kill would swallow the next one that is appended."""
    written = journal.read_bytes()
    whole = written[: written.rfind(b"\n") + 1]
    if whole != written:
        with journal.open("r+b") as file:
            file.truncate(len(whole))
