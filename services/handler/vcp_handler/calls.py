"""Who owes whom an answer on one link. Pure: knows ids and deadlines, neither payloads nor a clock."""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal

REMEMBERED = 16
"""How many ended calls are remembered, to tell a late answer from one that was never asked for."""

MOST_OPEN = 500
"""How many of the backend's calls may wait for our answers."""

IDS_REMEMBERED = 64
"""How many of the backend's message ids are remembered, to tell one that is used for two messages."""

SHORTEST_TIMEOUT_S = 10.0
"""The least time that anyone may be given to answer in. OCPP names none, and leaves it to each side (OCPP-J 1.6 §4.1.1;
part 4 §4.1.1): after a shorter one, that somebody gave this charger, nothing is held against the backend; and it may
itself call again after such a time."""

Stray = Literal["late", "duplicate", "unknown"]
"""An answer nobody waits for: after its timeout, after another answer, or to no call of ours."""


class CallOpen(Exception):
    """OCPP-J 4.1.1: a second call while the first is unanswered."""


class Overrun(Exception):
    """The backend calls and calls and does not wait for answers."""


@dataclass(slots=True, frozen=True)
class OurCall:
    """A call of ours that waits for its answer. Times are monotonic seconds."""

    id: str
    action: str
    sent: float
    deadline: float
    owed: int = 0
    """How many answers are still to come to what went out under this id before, and had none."""


@dataclass(slots=True)
class TheirCall:
    """A call of the backend's. `number` is our key: its id may be used twice. Times are monotonic seconds."""

    number: int
    id: str
    action: str
    received: float
    deadline: float
    overlaps: bool = False
    """OCPP-J 4.1.1: whether an earlier call of the backend's was still unanswered, and its time can't have been over."""
    settled: bool = False


@dataclass(slots=True)
class _Ended:
    """A call of ours that is over: when it was last sent, and how many answers to it are still to come, as it went out
    more than once under one id or ended without any."""

    sent: float | None
    """None: on an earlier link."""
    owed: int


class Calls:
    """The open calls of one link: at most one of ours (OCPP-J 4.1.1), but for those that are opened beside it on purpose;
    the backend's, answered in order and once."""

    def __init__(self, unanswered: Iterable[str] = ()) -> None:
        """`unanswered`: the ids of calls that ended with an earlier link, whose answers may still come on this one."""
        self.ours: dict[str, OurCall] = {}
        """By message id."""
        self.theirs: deque[TheirCall] = deque()
        self._ended: OrderedDict[str, _Ended] = OrderedDict((id, _Ended(None, 1)) for id in unanswered)
        self._numbers: dict[int, TheirCall] = {}
        self._next = 0
        self._heard: OrderedDict[str, int] = OrderedDict()

    def open(
        self, message_id: str, action: str, now: float, timeout: float, *, beside: bool = False
    ) -> OurCall:
        """Our call goes out now. Raises CallOpen while another one is open, unless it goes out `beside` it."""
        if self.ours and not beside:
            other = next(iter(self.ours.values()))
            raise CallOpen(f"{action} while {other.action} is unanswered")
        before = self._ended.pop(message_id, None)
        owed = before.owed if before is not None else 0
        call = self.ours[message_id] = OurCall(message_id, action, now, now + timeout, owed)
        return call

    def stray(self, message_id: str) -> Stray:
        """What an answer to no open call is."""
        ended = self._ended.get(message_id)
        if ended is None:
            return "unknown"
        return "late" if ended.owed else "duplicate"

    def came_late(self, message_id: str) -> float | None:
        """An answer that is late has come, so one less is owed; when its call was sent, as far as is known."""
        ended = self._ended[message_id]
        ended.owed -= 1
        return ended.sent

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The ids of our calls to which an answer may still come, when the link is gone."""
        return (*(id for id, ended in self._ended.items() if ended.owed), *self.ours)[-REMEMBERED:]

    def is_ours_known(self, message_id: str) -> bool:
        """Whether a call of ours had this id, as far back as is remembered."""
        return message_id in self.ours or message_id in self._ended

    def answered(self, message_id: str) -> OurCall | Stray:
        """The call that an answer belongs to, which thereby ends; or why it belongs to none."""
        call = self.ours.get(message_id)
        if call is None:
            return self.stray(message_id)
        self._end(call, owed=call.owed)
        return call

    def expired(self, now: float) -> OurCall | None:
        """A call of ours whose time is over: it ends, and what comes later is late."""
        for call in self.ours.values():
            if now >= call.deadline:
                self._end(call, owed=call.owed + 1)
                return call
        return None

    def arrived(self, message_id: str, action: str, now: float, patience: float) -> TheirCall:
        """The backend calls. We owe it an answer within `patience` seconds. Raises Overrun beyond all bounds."""
        if len(self.theirs) >= MOST_OPEN:
            raise Overrun(f"{MOST_OPEN} calls are unanswered")
        self._next += 1
        # Its earlier call may have timed out: that is the backend's own affair, where it has waited long enough.
        overlaps = bool(self.theirs) and now - self.theirs[-1].received < SHORTEST_TIMEOUT_S
        call = TheirCall(self._next, message_id, action, now, now + patience, overlaps=overlaps)
        self.theirs.append(call)
        self._numbers[call.number] = call
        return call

    def is_id_used(self, message_id: str, content: Hashable) -> bool:
        """Whether the backend has used this id for another message (OCPP-J 4.1.4). The same message again is a retry."""
        content = hash(content)
        earlier = self._heard.setdefault(message_id, content)
        if len(self._heard) > IDS_REMEMBERED:
            self._heard.popitem(last=False)
        return earlier != content

    def settle(self, number: int) -> list[TheirCall]:
        """Our answer to a call is known, be it silence. Returns all calls whose turn it now is, in order.

        A call that was settled before, or that never came, changes nothing.
        """
        call = self._numbers.get(number)
        if call is None or call.settled:
            return []
        call.settled = True
        ready: list[TheirCall] = []
        while self.theirs and self.theirs[0].settled:
            ready.append(self.theirs.popleft())
            del self._numbers[ready[-1].number]
        return ready

    def overdue(self, now: float) -> list[TheirCall]:
        """The backend's calls that we have owed an answer for too long."""
        return [call for call in self.theirs if not call.settled and now >= call.deadline]

    def next_deadline(self) -> float | None:
        """When to look at `expired` and `overdue` next, in monotonic seconds."""
        ours: float | None = None
        for call in self.ours.values():
            ours = call.deadline if ours is None else min(ours, call.deadline)
        theirs = (
            next((call.deadline for call in self.theirs if not call.settled), None) if self.theirs else None
        )
        if ours is None or theirs is None:
            return theirs if ours is None else ours
        return min(ours, theirs)

    def waits_for(self, number: int) -> bool:
        """Whether this call of the backend's is still to be answered, or its answer to be written."""
        return number in self._numbers

    def _end(self, call: OurCall, *, owed: int) -> None:
        del self.ours[call.id]
        self._ended[call.id] = _Ended(call.sent, owed)
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
