"""Reading beside everything else: a loop that also waits for other news is woken by what comes first."""

import asyncio
from collections.abc import Callable, Collection

import structlog

from vcp_plumbing.connection import LOST
from vcp_plumbing.reader import Entries, Reader

log = structlog.get_logger(__name__)


class ReadingBeside:
    """One read at a time, in a task of its own; `wake` is called when it has ended.

    What was in the stream before a partition is followed is not read: it is for somebody who is gone.
    """

    def __init__(self, reader: Reader, wake: Callable[[], None]) -> None:
        self.read_to: dict[int, str] = {}
        """The last entry that was read of each partition that is followed."""
        self._reader = reader
        self._wake = wake
        self._task: asyncio.Task[Entries] | None = None

    @property
    def under_way(self) -> bool:
        """Whether a read is waiting, or has ended unheard."""
        return self._task is not None

    def follow(self, partition: int, position: str) -> None:
        """Reads a partition from after `position` on."""
        self.read_to[partition] = position
        self.stop()

    def leave(self, partitions: Collection[int]) -> None:
        """Follows these no longer; of what a read under way brings of them, nothing is heard."""
        for partition in partitions:
            self.read_to.pop(partition, None)

    def begin(self, block_ms: int) -> "asyncio.Task[Entries]":
        """Begins a read that waits up to `block_ms`."""
        self._task = asyncio.create_task(self._reader.wait(dict(self.read_to), block_ms))
        self._task.add_done_callback(lambda _: self._wake())
        return self._task

    def stop(self) -> None:
        """Gives up the read under way; what it would have brought is read again."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def brought(self) -> Entries:
        """The entries that an ended read brought, once. A broker that was away has brought none."""
        if self._task is None or not self._task.done():
            return {}
        task, self._task = self._task, None
        try:
            entries = task.result()
        except LOST as error:
            log.warning("read_failed", error=str(error) or type(error).__name__)
            return {}
        heard = {partition: some for partition, some in entries.items() if partition in self.read_to}
        for partition, some in heard.items():
            self.read_to[partition] = some[-1].id
        return heard
