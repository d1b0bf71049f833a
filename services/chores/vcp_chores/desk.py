"""The chores of one partition: each begun once, its result kept until it is committed. Reads and writes no stream."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable

from vcp_contracts.chores import AnyChore, AnyChoreResult, ChoreDone, DropChore

RESULTS_KEPT = 1_000
"""Results that are remembered, for chores that are ordered again."""

Do = Callable[[AnyChore], Awaitable[AnyChoreResult]]


class Desk:
    """Chores under way by id. `filled` is called when there is something to commit."""

    def __init__(self, do: Do, mint: Callable[[], str], filled: Callable[[], None]) -> None:
        self.results: deque[bytes] = deque()
        self._do = do
        self._mint = mint
        self._filled = filled
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._done: OrderedDict[str, ChoreDone] = OrderedDict()

    @property
    def under_way(self) -> int:
        """How many chores are being done."""
        return len(self._tasks)

    def hear(self, word: AnyChore | DropChore) -> None:
        """An order. One that is under way goes on; one that was done is told again."""
        if isinstance(word, DropChore):
            task = self._tasks.pop(word.chore, None)
            if task is not None:
                task.cancel()
        elif word.id in self._done:
            self._tell(self._done[word.id].model_copy(update={"id": self._mint()}))
        elif word.id not in self._tasks:
            self._tasks[word.id] = asyncio.create_task(self._work(word))

    async def _work(self, chore: AnyChore) -> None:
        result = await self._do(chore)
        # one that was dropped just now has nothing to tell any more
        if self._tasks.pop(chore.id, None) is None:
            return
        done = ChoreDone(
            id=self._mint(), charge_point=chore.charge_point, cause=chore.id, chore=chore.id, result=result
        )
        self._done[chore.id] = done
        if len(self._done) > RESULTS_KEPT:
            self._done.popitem(last=False)
        self._tell(done)

    def _tell(self, done: ChoreDone) -> None:
        self.results.append(done.model_dump_json(exclude={"at"}).encode())
        self._filled()

    def put_back(self, results: list[bytes]) -> None:
        """A commit did not happen: everything is as before."""
        self.results.extendleft(reversed(results))

    def close(self) -> None:
        """Ends all that is under way; nobody here will tell of it."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
