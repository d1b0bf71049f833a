"""What all sockets of one backend share: the clerk, the record, the calls that came, and who waits for them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from vcp_backend.behaviour import Behaviour, Desk
from vcp_backend.faults import Trouble
from vcp_backend.frames import Call, Record, Violation, read_journal
from vcp_backend.letters import RESULT, opened

Found = TypeVar("Found")


class Books:
    """The shared state of one backend; it lives in one event loop."""

    def __init__(self, behaviour: Behaviour, journal: Path | None) -> None:
        self.behaviour = behaviour
        self.desk = Desk(behaviour)
        self.record = Record(keep=behaviour.record, journal=journal, clock=behaviour.clock)
        self.trouble = Trouble()
        self.calls: defaultdict[str, list[Call]] = defaultdict(list)
        self.violations: list[Violation] = []
        self._waiting: list[asyncio.Future[None]] = []
        if journal is not None:
            self._remember(journal)

    def note(self, call: Call) -> None:
        """Takes a call into the books and wakes whoever waits for one."""
        if self.behaviour.record:
            self.calls[call.identity].append(call)
        self.news()

    def news(self) -> None:
        """Something changed that somebody may wait for."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    async def until(self, look: Callable[[], Found | None], timeout: float, what: str) -> Found:
        """Looks again at each piece of news until there is something.

        Raises TimeoutError, which says `what` was waited for.
        """
        try:
            async with asyncio.timeout(timeout):
                while (found := look()) is None:
                    news = asyncio.get_running_loop().create_future()
                    self._waiting.append(news)
                    await news
                return found
        except TimeoutError as late:
            raise TimeoutError(f"waited {timeout} s in vain for {what}") from late

    def _remember(self, journal: Path) -> None:
        """A start that was answered before this process came up keeps its number."""
        starts: set[tuple[int, str]] = set()
        for letter in opened(read_journal(journal)):
            talk = (letter.frame.socket_number, letter.message_id)
            if letter.action == "StartTransaction":
                starts.add(talk)
            elif letter.kind == RESULT and talk in starts:
                number = letter.payload.get("transactionId")
                if isinstance(number, int):
                    self.desk.remember_number(letter.frame.identity, letter.message_id, number)
