"""Follows the events of all partitions for everybody in this process: one reader, many listeners. Judges no event.

While nobody listens it reads nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts import streams
from vcp_plumbing.connection import LOST, Command, roundtrip
from vcp_plumbing.pace import Pace
from vcp_plumbing.reader import Entry
from vcp_plumbing.world import World, WorldChanged

from vcp_control.cursor import START
from vcp_control.listener import Listener, entry_of, told

BLOCK_MS = 1_000
COUNT = 500
"""How many entries of each partition one read takes at most."""
LINGER_S = 5.0
"""How long it goes on reading after the last listener left; the next one often comes soon."""
QUEUE_LIMIT = 1_000
"""How many events a listener may be behind before it has to read them again by itself."""
_RETRY_S = 0.2
_FIELD = streams.FIELD.encode()

_RESULTS = frozenset({"command_done", "command_rejected"})

_log = structlog.get_logger(__name__)


class Follower:
    """Reads as long as somebody listens. Use it as an async context manager."""

    def __init__(
        self, redis: Redis, world: World, *, linger_s: float = LINGER_S, queue_limit: int = QUEUE_LIMIT
    ) -> None:
        self.world = world
        self.positions: dict[int, str] = dict.fromkeys(range(world.partitions), START)
        self.seen = 0
        """How many events were read."""
        self._redis = redis
        self._linger_s = linger_s
        self._queue_limit = queue_limit
        self._listeners: set[Listener] = set()
        self._expected: dict[str, set[asyncio.Future[dict[str, Any]]]] = {}
        self._wanted = asyncio.Event()
        self._following = asyncio.Event()
        self._left_at = 0.0
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="follower")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def watch(self) -> None:
        """Never returns; raises what broke the reader, which nothing should."""
        assert self._task is not None
        await asyncio.shield(self._task)

    def close(self) -> None:
        """Ends every listener's stream, now and from now on."""
        self._closed = True
        for listener in self._listeners:
            listener.close()

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    @property
    def is_reading(self) -> bool:
        """Whether events are read now."""
        return self._following.is_set()

    @asynccontextmanager
    async def listen(self, partitions: Iterable[int] | None = None) -> AsyncIterator[Listener]:
        """Every event of `partitions` (default: all) from now on.

        Raises TimeoutError when the broker does not answer within 5 s.
        """
        await self._attend()
        # No await from here on: an event read meanwhile would be in neither `since` nor the queue.
        wanted = range(self.world.partitions) if partitions is None else partitions
        listener = Listener(wanted, self.positions, self._queue_limit)
        self._listeners.add(listener)
        if self._closed:
            listener.close()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            self._left_at = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def expect(self, command: str) -> AsyncIterator[asyncio.Future[dict[str, Any]]]:
        """The result of a command, as JSON, when it comes. Ask before the command is published.

        Raises TimeoutError when the broker does not answer within 5 s.
        """
        await self._attend()
        loop = asyncio.get_running_loop()
        result: asyncio.Future[dict[str, Any]] = loop.create_future()
        self._expected.setdefault(command, set()).add(result)
        try:
            yield result
        finally:
            expecting = self._expected[command]
            expecting.discard(result)
            if not expecting:
                del self._expected[command]
            self._left_at = loop.time()

    async def _attend(self) -> None:
        self._wanted.set()
        async with asyncio.timeout(5.0):
            await self._following.wait()

    async def _run(self) -> None:
        pace = Pace()
        while True:
            try:
                if not self.is_reading:
                    await self._wanted.wait()
                    await self._start()
                await asyncio.sleep(await self._cycle(pace) / 1000)
                self._rest_if_alone()
            except WorldChanged:
                await self._move_to_new_world()
            except (*LOST, RedisError) as lost:
                _log.warning("broker lost", error=repr(lost))
                await asyncio.sleep(_RETRY_S)

    async def _start(self) -> None:
        self.positions = await last_ids(self._redis, self.world.partitions)
        self._left_at = asyncio.get_running_loop().time()
        self._following.set()

    async def _cycle(self, pace: Pace) -> float:
        """Read once, tell everybody; how long to wait before the next read, in ms."""
        clock = asyncio.get_running_loop().time
        began = clock()
        found = await self._read()
        blocked_ms = (clock() - began) * 1000
        for partition, entries in found.items():
            self.positions[partition] = entries[-1].id
            self._spread(partition, entries)
        sizes = [len(entries) for entries in found.values()]
        return pace.observe(sum(sizes), blocked_ms, more=COUNT in sizes)

    async def _read(self) -> dict[int, list[Entry]]:
        keys = {streams.events(partition).encode(): partition for partition in self.positions}
        xread: Command = (
            "XREAD",
            "COUNT",
            COUNT,
            "BLOCK",
            BLOCK_MS,
            "STREAMS",
            *keys,
            *self.positions.values(),
        )
        # The world is asked right behind the entries: they are told only if they are of the world we know.
        found, world = await roundtrip(
            self._redis, [xread, ("HGET", streams.WORLD, "id")], timeout_s=BLOCK_MS / 1000 + 5.0
        )
        for reply in (found, world):
            if isinstance(reply, Exception):
                raise reply
        if world != self.world.id.encode():
            raise WorldChanged(world.decode() if world else "none")
        return {keys[key]: [entry_of(words) for words in some] for key, some in found or ()}

    def _spread(self, partition: int, entries: list[Entry]) -> None:
        self.seen += len(entries)
        listeners = [one for one in self._listeners if partition in one.partitions]
        for entry in entries:
            if not listeners and not (self._expected and _may_be_result(entry)):
                continue
            event = told(partition, entry)
            if event.word.get("type") in _RESULTS:
                self._resolve(event.word.get("result"))
            for listener in listeners:
                listener.put(event)

    def _resolve(self, result: Any) -> None:
        # anybody may write into the stream: what is no result of ours must not end the one reader of all
        command = result.get("command") if isinstance(result, dict) else None
        if not isinstance(command, str):
            return
        for expecting in self._expected.get(command, ()):
            if not expecting.done():
                expecting.set_result(result)

    def _rest_if_alone(self) -> None:
        clock = asyncio.get_running_loop().time
        if not self._listeners and not self._expected and clock() - self._left_at > self._linger_s:
            self._wanted.clear()
            self._following.clear()

    async def _move_to_new_world(self) -> None:
        [found] = await roundtrip(self._redis, [("HGET", streams.WORLD, "id")])
        if not isinstance(found, bytes):
            # Flushed, and nobody has made a new world yet.
            await asyncio.sleep(_RETRY_S)
            return
        _log.warning("the broker holds another world now", world=found.decode())
        self.world = World(found.decode(), self.world.partitions)
        self.positions = dict.fromkeys(range(self.world.partitions), START)
        for listener in self._listeners:
            # Its owner starts over, and finds out that its place is in another world.
            listener.overflow()


def _may_be_result(entry: Entry) -> bool:
    """Whether it is worth parsing; most events are not, and there are thousands a second."""
    return b'"command_' in entry.fields.get(_FIELD, b"")


async def last_ids(redis: Redis, partitions: int) -> dict[int, str]:
    """Where each partition's events end now."""
    commands: list[Command] = [
        ("XREVRANGE", streams.events(p), "+", "-", "COUNT", 1) for p in range(partitions)
    ]
    replies = await roundtrip(redis, commands)
    positions = {}
    for partition, reply in enumerate(replies):
        if isinstance(reply, Exception):
            raise reply
        positions[partition] = reply[0][0].decode() if reply else START
    return positions
