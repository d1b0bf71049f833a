"""Whoever touches the chargers: gives commands straight to the streams, follows the events, and writes both down."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import orjson
from chaos.books import RESULTS
from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts import streams
from vcp_plumbing.commit import Full
from vcp_plumbing.connection import LOST
from vcp_plumbing.publish import publish

PATIENCE_S = 60.0
"""How long anything may take that is waited for: far longer than a lease and a start of a process, and longer than a
charger waits for the outcome of an action (its call's 30 s, and 10 s more) before it gives the link up."""

Event = dict[str, Any]


class Driver:
    """Numbers its commands, and knows all events so far."""

    def __init__(self, redis: Redis, partitions: int, name: str = "d1") -> None:
        self.commands: dict[str, dict[str, Any]] = {}
        self.events: list[Event] = []
        self.results: dict[str, Event] = {}
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Charge point → type of event → how many of them."""
        self._name = name
        self._redis = redis
        self._partitions = partitions
        self._news = asyncio.Condition()
        self._positions = {streams.events(p): "0-0" for p in range(partitions)}

    async def do(self, charge_point: str, type: str, **fields: Any) -> Event:
        """One command and its result; raises AssertionError where it is rejected."""
        result = await self.result_of(await self.give(charge_point, type, **fields))
        assert result["status"] == "done", (type, result)
        return result

    async def give(self, charge_point: str, type: str, **fields: Any) -> str:
        """Gives a command; its id."""
        id = f"{charge_point}-{self._name}-{len(self.commands)}-{type}"
        self.commands[id] = {"id": id, "type": type, "charge_point": charge_point, **fields}
        await self.repeat(id)
        return id

    async def repeat(self, id: str) -> None:
        """Gives a command, once more where it was given before. A broker that is away is waited for."""
        command = self.commands[id]
        home = streams.partition_of(command["charge_point"], self._partitions)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    accepted = await publish(self._redis, home, orjson.dumps(command))
                    assert not isinstance(accepted, Full), accepted
                    return
                except (*LOST, RedisError):
                    await asyncio.sleep(0.05)

    async def result_of(self, id: str) -> Event:
        """The result of a command. One that does not come is asked for again: a broken broker may have lost it."""
        for _ in range(3):
            try:
                await self.until(lambda: id in self.results, f"the result of {id}", PATIENCE_S / 3)
                return self.results[id]
            except TimeoutError:
                await self.repeat(id)
        raise AssertionError(f"{id} got no result")

    async def count(self, charge_point: str, type: str, number: int) -> None:
        """Waits for so many events of a type."""
        await self.until(
            lambda: self.counts[charge_point][type] >= number, f"{type} {number} of {charge_point}"
        )

    def last(self, charge_point: str, type: str) -> Event:
        """The latest event of a type. Raises StopIteration where there is none."""
        return next(
            e for e in reversed(self.events) if e["charge_point"] == charge_point and e["type"] == type
        )

    async def until(self, fits: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Waits until something holds of the events so far. Raises TimeoutError, naming `what`."""
        try:
            async with asyncio.timeout(patience_s), self._news:
                await self._news.wait_for(fits)
        except TimeoutError as late:
            raise TimeoutError(f"waited {patience_s:g} s in vain for {what}") from late

    async def follow(self) -> None:
        """Reads events for ever. Whoever waits looks again at every turn: he may wait for what is no event."""
        while True:
            try:
                found = await self._redis.xread(self._positions, count=1000, block=200)
            except (*LOST, RedisError):
                await asyncio.sleep(0.05)
                continue
            await self._take(found or [])

    async def _take(self, found: list[Any]) -> None:
        async with self._news:
            for key, entries in found:
                self._positions[key.decode()] = entries[-1][0].decode()
                for _, fields in entries:
                    self._note(orjson.loads(fields[streams.FIELD.encode()]))
            self._news.notify_all()

    def _note(self, event: Event) -> None:
        self.events.append(event)
        self.counts[event["charge_point"]][event["type"]] += 1
        if event["type"] in RESULTS:
            self.results.setdefault(event["result"]["command"], event["result"])
