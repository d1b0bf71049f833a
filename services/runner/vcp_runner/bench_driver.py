"""The other end of the bench, a process of its own: the backend, and whoever touches the chargers. Measures no process.

`python -m vcp_runner.bench_driver`. Takes one JSON object a line on stdin, `{"do": step, …}`, and answers each with a
line on stdout; a line before the first tells the backend's URL. Ends with its stdin.
"""

import asyncio
import itertools
import random
import resource
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import uvloop
from redis.asyncio import Redis
from vcp_backend import Backend, Behaviour, serve_backend
from vcp_contracts.streams import partition_of
from vcp_plumbing.commit import Full
from vcp_plumbing.connection import client
from vcp_plumbing.publish import judge_publishing, publishing
from vcp_plumbing.script import run

from vcp_runner.bench_ear import Ear

GAP_S = 0.02
"""Between two looks at idle chargers."""
ANSWER_S = 30.0
"""How long one charger may take to send what it was asked for."""

READ_ONE: dict[str, tuple[str, dict[str, object]]] = {
    "ocpp1.6": ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    "ocpp2.0.1": (
        "GetVariables",
        {
            "getVariableData": [
                {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
            ]
        },
    ),
}
"""The backend's question: the value of one setting."""

BEAT: tuple[str, dict[str, object]] = ("TriggerMessage", {"requestedMessage": "Heartbeat"})
METERS = {"ocpp1.6": "MeterValues", "ocpp2.0.1": "TransactionEvent"}
"""What a charger in session sends again and again."""

Answer = dict[str, Any]


class Driver:
    """The steps of the bench. Each returns what it measured: times in s, latencies in ms."""

    def __init__(self, backend: Backend, ear: Ear) -> None:
        self.steps: dict[str, Callable[..., Awaitable[Answer]]] = {
            "first": self.first,
            "boot": self.boot,
            "look": self.look,
            "charge": self.charge,
            "busy": self.busy,
            "saturate": self.saturate,
        }
        self._backend = backend
        self._ear = ear
        self._redis: Redis | None = None
        self._partitions = 0
        self._chargers: dict[str, str] = {}
        """Charger → its subprotocol."""
        self._numbers = itertools.count(1)
        self._answered = 0

    async def first(self, charger: str) -> Answer:
        """Waits for the boot of a charger that somebody else sets up; when it was there (`time.monotonic`)."""
        return {"at": await self._ear.from_all({charger: "BootNotification"})}

    async def boot(
        self, redis_url: str, partitions: int, chargers: int, subprotocols: list[str], sample_s: int
    ) -> Answer:
        """Sets up all chargers at once; how long until each has booted, and until each has told its status."""
        self._redis, self._partitions = client(redis_url), partitions
        names = [f"BENCH{number:05d}" for number in range(chargers)]
        self._chargers = dict(zip(names, itertools.cycle(subprotocols), strict=False))
        commands = [
            self._command(charger, "provision", configuration=self._configuration(subprotocol, sample_s))
            for charger, subprotocol in self._chargers.items()
        ]
        began = time.monotonic()
        booted, reported, _ = await asyncio.gather(
            self._ear.from_all(dict.fromkeys(names, "BootNotification")),
            self._ear.from_all(dict.fromkeys(names, "StatusNotification")),
            self._publish(commands),
        )
        return {"booted_s": booted - began, "reported_s": reported - began}

    async def look(self, seconds: float) -> Answer:
        """Idle chargers: one call of the backend's at a time, one touch at a time."""
        chargers = self._in_turn()
        trips, touches = list[float](), list[float]()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            await self._trip(next(chargers), trips)
            await asyncio.sleep(GAP_S)
            await self._touch(next(chargers), touches)
            await asyncio.sleep(GAP_S)
        return {"round_trip_ms": spread(trips), "command_to_wire_ms": spread(touches)}

    async def charge(self, seconds: float) -> Answer:
        """Begins a session at every charger, evenly over `seconds`; waits until each has reported its meter."""
        metered = asyncio.ensure_future(
            self._ear.from_all({charger: METERS[protocol] for charger, protocol in self._chargers.items()})
        )
        starts = (
            self._publish(
                [self._command(charger, "plug_in"), self._command(charger, "present_token", token="04A1B2C3")]
            )
            for charger in self._chargers
        )
        await evenly(starts, len(self._chargers), seconds)
        await metered
        return {}

    async def busy(self, seconds: float, calls_per_s: float, touches_per_s: float) -> Answer:
        """The backend's calls at one rate and touches at another, whatever becomes of the earlier ones."""
        chargers, touched = self._in_turn(), self._in_turn()
        trips, touches = list[float](), list[float]()
        before, began = self._frames, time.perf_counter()
        calls = round(seconds * calls_per_s)
        await asyncio.gather(
            evenly((self._trip(next(chargers), trips) for _ in range(calls)), calls, seconds),
            self._keep_touching(touched, touches, began + seconds, touches_per_s),
        )
        took = time.perf_counter() - began
        return {
            "seconds": took,
            "frames": self._frames - before,
            "round_trip_ms": spread(trips),
            "command_to_wire_ms": spread(touches),
        }

    async def saturate(self, seconds: float, open_calls: int) -> Answer:
        """So many chargers at a time, at most all, are asked for a heartbeat; the next one as soon as one has sent it."""
        resting = deque(itertools.islice(self._in_turn(), len(self._chargers)))
        trips = list[float]()
        before, began = self._frames, time.perf_counter()

        async def keep_asking() -> None:
            while time.perf_counter() < began + seconds:
                charger = resting.popleft()
                beat = self._ear.next(charger, "Heartbeat")
                asked = time.perf_counter()
                await self._call(charger, *BEAT)
                trips.append((time.perf_counter() - asked) * 1000)
                async with asyncio.timeout(ANSWER_S):
                    await beat
                resting.append(charger)

        await asyncio.gather(*(keep_asking() for _ in range(open_calls)))
        took = time.perf_counter() - began
        return {"seconds": took, "frames": self._frames - before, "round_trip_ms": spread(trips)}

    @property
    def _frames(self) -> int:
        """Frames so far, both directions: every call that was answered is two."""
        return 2 * (self._ear.calls + self._answered)

    def _configuration(self, subprotocol: str, sample_s: int) -> dict[str, object]:
        return {
            "url": self._backend.url,
            "protocols": [subprotocol],
            "online": True,
            # one reading a message, so that runs can be compared whatever is sampled by default
            "settings": {
                "SampledDataCtrlr.TxUpdatedInterval": str(sample_s),
                "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register",
            },
        }

    async def _trip(self, charger: str, trips: list[float]) -> None:
        began = time.perf_counter()
        await self._call(charger, *READ_ONE[self._chargers[charger]])
        trips.append((time.perf_counter() - began) * 1000)

    async def _call(self, charger: str, action: str, payload: dict[str, object]) -> None:
        await self._backend.call(charger, action, payload)
        self._answered += 1

    async def _keep_touching(
        self, chargers: Iterator[str], touches: list[float], end: float, per_s: float
    ) -> None:
        while (left := end - time.perf_counter()) > 0:
            await asyncio.sleep(min(left, 1 / per_s))
            await self._touch(next(chargers), touches)

    async def _touch(self, charger: str, touches: list[float]) -> None:
        """Commands a charger to send a heartbeat; how long until the backend has it."""
        arrival = self._ear.next(charger, "Heartbeat")
        began = time.perf_counter()
        await self._publish([self._command(charger, "ask", word="beat")])
        async with asyncio.timeout(ANSWER_S):
            touches.append((await arrival - began) * 1000)

    def _in_turn(self) -> Iterator[str]:
        """All chargers again and again, in an order that has nothing to do with their partitions."""
        names = list(self._chargers)
        random.Random(len(names)).shuffle(names)
        return itertools.cycle(names)

    def _command(self, charger: str, type: str, **fields: Any) -> tuple[str, bytes]:
        id = f"bench-{next(self._numbers)}"
        return charger, orjson.dumps({"id": id, "type": type, "charge_point": charger, **fields})

    async def _publish(self, commands: Sequence[tuple[str, bytes]]) -> None:
        """Puts commands into their partitions' streams, all in one round trip."""
        assert self._redis is not None, "boot comes first"
        bodies: dict[int, list[bytes]] = {}
        for charger, body in commands:
            bodies.setdefault(partition_of(charger, self._partitions), []).append(body)
        for reply in await run(self._redis, [publishing(p, some) for p, some in bodies.items()]):
            if isinstance(accepted := judge_publishing(reply), Full):
                raise RuntimeError(accepted.reason)


async def evenly(works: Iterator[Awaitable[None]], count: int, seconds: float) -> None:
    """Begins so many works evenly over `seconds`, and waits for the end of all; the first failure is raised."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number, work in enumerate(works):
            await asyncio.sleep(max(0.0, began + number * seconds / count - time.perf_counter()))
            tasks.create_task(_finish(work))
        await asyncio.sleep(max(0.0, began + seconds - time.perf_counter()))


async def _finish(work: Awaitable[None]) -> None:
    await work


def spread(values: list[float]) -> dict[str, float]:
    """Count, median, 95th and 99th percentile, rounded; of no values, the count alone."""
    if not values:
        return {"count": 0}
    ordered = sorted(values)

    def at(part: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 3)

    return {"count": len(ordered), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99)}


async def take_steps(driver: Driver, lines: AsyncIterator[bytes], say: Callable[[Answer], None]) -> None:
    """Takes each step that a line asks for, and says what came of it; a step that fails says why."""
    async for line in lines:
        wanted = orjson.loads(line)
        try:
            say(await driver.steps[wanted.pop("do")](**wanted))
        except Exception as failure:
            say({"failure": repr(failure)})


@asynccontextmanager
async def standard_input() -> AsyncIterator[AsyncIterator[bytes]]:
    """The lines of stdin as they come."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        yield reader
    finally:
        transport.close()


def tell(answer: Answer) -> None:
    """Writes a line to stdout."""
    sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


async def main() -> None:
    """Serves until stdin ends."""
    ear = Ear()
    async with (
        serve_backend(Behaviour(record=False, answers=ear.answers())) as backend,
        standard_input() as lines,
    ):
        tell({"url": backend.url})
        await take_steps(Driver(backend, ear), lines, tell)


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(main())
