"""What one partition's links have told and the broker has not yet been given. Bounded; sends nothing."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from vcp_contracts import streams
from vcp_contracts.words import Word
from vcp_plumbing.batch import Batch

MOST_FACTS = 20_000
"""Facts can't be dropped: with more than this the partition's links are given up."""

MOST_FRAMES = 20_000
MOST_EVENTS = 5_000
PARCEL = 1_000
"""How many of each go out with one commit, so that it stays short."""

DEAD_KEPT = 10_000

T = TypeVar("T")


@dataclass(slots=True)
class Parcel:
    """What one commit takes along."""

    facts: list[bytes]
    events: list[bytes]
    frames: list[tuple[str, bytes]]
    dead: list[bytes]

    def __bool__(self) -> bool:
        return bool(self.facts or self.events or self.frames or self.dead)

    def put_into(self, batch: Batch, *, frames_kept: int, events_kept: int) -> None:
        """Adds everything to a partition's commit."""
        partition = batch.partition
        inbox = streams.inbox(partition)
        for fact in self.facts:
            batch.xadd(inbox, fact)
        for charge_point, frame in self.frames:
            batch.xadd(streams.frames(partition, charge_point), frame, keep=frames_kept)
        for event in self.events:
            batch.xadd(streams.events(partition), event, keep=events_kept)
        for letter in self.dead:
            batch.xadd(streams.dead(partition), letter, keep=DEAD_KEPT)


@dataclass(slots=True)
class Pouch:
    """An outlet of links (journal.Outlet). `filled` is called whenever something was put in."""

    filled: Callable[[], None]
    dropped: int = 0
    """Frames and events that found no room."""
    _facts: deque[bytes] = field(default_factory=deque)
    _events: deque[bytes] = field(default_factory=deque)
    _frames: deque[tuple[str, bytes]] = field(default_factory=deque)
    _dead: deque[bytes] = field(default_factory=deque)

    @property
    def overfull(self) -> bool:
        """Whether more facts wait than are kept."""
        return len(self._facts) > MOST_FACTS

    @property
    def empty(self) -> bool:
        return not (self._facts or self._events or self._frames or self._dead)

    def fact(self, word: Word) -> None:
        self._facts.append(word.model_dump_json().encode())
        self.filled()

    def event(self, word: Word) -> None:
        if len(self._events) < MOST_EVENTS:
            self._events.append(word.model_dump_json().encode())
            self.filled()
        else:
            self.dropped += 1

    def frame(self, charge_point: str, entry: bytes) -> None:
        if len(self._frames) < MOST_FRAMES:
            self._frames.append((charge_point, entry))
            self.filled()
        else:
            self.dropped += 1

    def bury(self, letter: bytes) -> None:
        """An entry that could not be read."""
        if len(self._dead) < MOST_EVENTS:
            self._dead.append(letter)
            self.filled()

    def parcel(self) -> Parcel:
        """Takes out what the next commit is to bring."""
        return Parcel(_some(self._facts), _some(self._events), _some(self._frames), _some(self._dead))

    def put_back(self, parcel: Parcel) -> None:
        """A commit did not happen: everything is as before."""
        self._facts.extendleft(reversed(parcel.facts))
        self._events.extendleft(reversed(parcel.events))
        self._frames.extendleft(reversed(parcel.frames))
        self._dead.extendleft(reversed(parcel.dead))


def _some(waiting: deque[T]) -> list[T]:
    taken = list(islice(waiting, PARCEL))
    for _ in taken:
        waiting.popleft()
    return taken
