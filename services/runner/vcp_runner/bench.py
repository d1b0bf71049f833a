"""`vcp bench`: how fast the product is and what it costs, by real processes on this machine. Makes no load itself.

docs/benchmark.md says what each figure means and how to get it again.
"""

import asyncio
import os
import platform
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import orjson
from psutil import NoSuchProcess

from vcp_runner.bench_table import table
from vcp_runner.bench_usage import MIB, Usage, Usages, cpu_s, family, usages
from vcp_runner.broker import embedded_broker
from vcp_runner.leaving import Ending, Exit
from vcp_runner.parting import die_with_parent
from vcp_runner.ports import free_port
from vcp_runner.screen import Screen
from vcp_runner.stack import Plan, lease_release, service_specs
from vcp_runner.supervisor import Supervisor
from vcp_runner.target import subprotocol_of

SETTLE_S = 1.5
"""How long everything is left alone before memory is measured."""
BUSY_CALLS = 600.0
"""Calls a second, both directions, that make 1,000 chargers "busy"; fewer chargers make as many fewer, more no more."""
SAMPLE_S = 3
"""How often a charger in session reports its meter, as long as that is not more than its part of those calls."""
STARTS_A_S = 200
"""How many sessions at most begin in a second: each is five calls or more, and none of them is measured."""
FEWEST_CALLS = 5.0
"""Calls of the backend's a second where there are few chargers: something must be measured."""
FEWEST_OPEN = 16
STEP = 4
WORTH = 1.05
"""So many times the open calls must bring at least so much more throughput, else they were in vain."""

Figures = dict[str, Any]


class BenchFailed(Ending):
    """A step of the bench failed; the text says which and why."""


@dataclass(frozen=True, kw_only=True)
class BenchPlan:
    """What to measure: one run for each number of chargers, `seconds` long for each kind of load."""

    chargers: Sequence[int] = (1, 100, 1_000)
    seconds: float = 10.0
    protocol: str = "1.6"
    """1.6, 2.0.1, or mixed: both in turn."""
    starts: int = 3
    """How often the first start is measured; the median counts."""

    @property
    def subprotocols(self) -> list[str]:
        """What the chargers offer, in turn."""
        versions = ("1.6", "2.0.1") if self.protocol == "mixed" else (self.protocol,)
        return [subprotocol_of(one) for one in versions]


async def bench(plan: BenchPlan, screen: Screen) -> int:
    """Measures and tells. Raises BenchFailed, NoBroker, ChildFailed, BadTarget."""
    # an installed product runs from compiled files, whatever this shell has been told about writing them
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    figures: Figures = {"machine": machine(), "protocol": plan.protocol, "seconds": plan.seconds}
    if plan.starts:
        screen.say("the first charger")
        figures["first"] = await first_charger(plan)
    figures["runs"] = [await run(plan, chargers, screen) for chargers in plan.chargers]
    screen.result(table(figures), **figures)
    return Exit.OK


def machine() -> Figures:
    """Where the figures come from."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "version": version("virtual-charge-point"),
    }


# --- the first charger --------------------------------------------------------------------------------------------


async def first_charger(plan: BenchPlan) -> Figures:
    """`vcp connect` from its start to the charger's boot at the backend, and what all its processes cost by then.

    One start more than the plan says, whose figures are dropped: it may find nothing compiled.
    """
    async with running_driver() as driver:
        _, *starts = [await _start(driver, plan.subprotocols[0], number) for number in range(1 + plan.starts)]
    return {
        "up_s": statistics.median(seconds for seconds, _ in starts),
        "memory_mib": statistics.median(cost.memory for _, cost in starts) / MIB,
        "cpu_s": statistics.median(cost.cpu_s for _, cost in starts),
        "starts": len(starts),
    }


async def _start(driver: "DriverProcess", subprotocol: str, number: int) -> tuple[float, Usage]:
    charger = f"FIRST{number}"
    booted = asyncio.ensure_future(driver.do("first", charger=charger))
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vcp_runner", "connect", f"{driver.url}/{charger}"),
        *("--protocol", subprotocol, "--api-port", str(free_port())),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "REDIS_URL"},
        preexec_fn=die_with_parent,
    )
    ending = asyncio.ensure_future(process.communicate())
    try:
        await asyncio.wait([booted, ending], return_when=asyncio.FIRST_COMPLETED)
        if not booted.done():
            _, said = await ending
            raise BenchFailed(f"vcp connect ended before the charger was up: {said.decode().strip()}")
        up_s = float((await booted)["at"]) - began
        await asyncio.sleep(SETTLE_S)
        return up_s, family(process.pid)
    finally:
        booted.cancel()
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await ending


# --- many chargers ------------------------------------------------------------------------------------------------


async def run(plan: BenchPlan, chargers: int, screen: Screen) -> Figures:
    """One run: services and broker started anew, all chargers booted, looked at, put to work, driven to the limit."""
    screen.say(f"{chargers:,} chargers")
    with embedded_broker() as broker:
        specs = [
            spec
            for spec in service_specs(Plan(), redis_url=broker.url, api_port=0, keys=None)
            if spec.service in ("abstraction", "handler")
        ]
        async with (
            Supervisor(release=lease_release(broker.url), log=screen.log, say=screen.say) as supervisor,
            running_driver() as driver,
        ):
            await supervisor.start(*specs)
            pids = {spec.module.removeprefix("vcp_"): supervisor.children[spec.name].pid for spec in specs}
            assert broker.pid is not None
            watched = {name: pid for name, pid in pids.items() if pid is not None} | {
                "redis": broker.pid,
                "backend": driver.pid,
            }
            return await Run(plan, chargers, driver, watched, screen).all(broker.url)


class Run:
    """The steps of one run, and what the processes cost while each goes on."""

    def __init__(
        self, plan: BenchPlan, chargers: int, driver: "DriverProcess", pids: dict[str, int], screen: Screen
    ) -> None:
        self._plan = plan
        self._chargers = chargers
        self._driver = driver
        self._pids = pids
        self._screen = screen
        self._sample_s = SAMPLE_S * max(1, chargers // 1_000)

    async def all(self, redis_url: str) -> Figures:
        """Every figure of this run."""
        await asyncio.sleep(SETTLE_S)
        empty = self._usages()
        boot = await self._timed(
            "boot",
            redis_url=redis_url,
            partitions=16,
            chargers=self._chargers,
            subprotocols=self._plan.subprotocols,
            sample_s=self._sample_s,
        )
        self._screen.say(f"  booted in {boot['booted_s']:.1f} s")
        await asyncio.sleep(SETTLE_S + boot["booted_s"] / 2)
        full = self._usages()
        idle = await self._idle()
        looked_at = await self._timed("look", seconds=self._plan.seconds / 2)
        await self._driver.do("charge", seconds=max(self._sample_s, self._chargers / STARTS_A_S))
        busy = await self._busy()
        return {
            "chargers": self._chargers,
            "boot": boot,
            "memory": _memory(empty, full, self._chargers),
            "idle": idle,
            "quiet": looked_at,
            "busy": busy,
            "saturation": await self._saturation(),
            "memory_after_mib": _mib(self._usages()),
        }

    async def _idle(self) -> Figures:
        """What chargers cost that do nothing, in hundredths of a processor."""
        before, began = self._usages(), time.monotonic()
        await asyncio.sleep(self._plan.seconds / 2)
        seconds = time.monotonic() - began
        spent = cpu_s(before, self._usages())
        return {"cpu_percent": {name: 100 * used / seconds for name, used in spent.items()}}

    async def _busy(self) -> Figures:
        touches = max(1.0, min(10.0, self._chargers / 10))
        calls = BUSY_CALLS * min(1.0, self._chargers / 1_000) - self._chargers / self._sample_s - touches
        rates = {"calls_per_s": max(FEWEST_CALLS, calls), "touches_per_s": touches}
        await self._driver.do("busy", seconds=min(2.0, self._plan.seconds), **rates)
        return await self._timed("busy", seconds=self._plan.seconds, **rates)

    async def _saturation(self) -> Figures:
        """More and more open calls, until throughput has not risen twice; the figures of the best."""
        open_calls = min(FEWEST_OPEN, self._chargers)
        seconds = max(0.2, self._plan.seconds / 3)
        best = await self._saturated(seconds, open_calls)
        in_vain = 0
        while open_calls < self._chargers and in_vain < 2:
            open_calls = min(STEP * open_calls, self._chargers)
            found = await self._saturated(seconds, open_calls)
            in_vain = 0 if found["frames_per_s"] >= WORTH * best["frames_per_s"] else in_vain + 1
            best = max(best, found, key=lambda figures: float(figures["frames_per_s"]))
        return best

    async def _saturated(self, seconds: float, open_calls: int) -> Figures:
        found = await self._timed("saturate", seconds=seconds, open_calls=open_calls)
        self._screen.say(f"  {open_calls} open calls: {found['frames_per_s']:,.0f} frames/s")
        return {"open_calls": open_calls, **found}

    async def _timed(self, step: str, **wanted: Any) -> Figures:
        """A step, with the processor time that it took."""
        before = self._usages()
        figures = await self._driver.do(step, **wanted)
        spent = cpu_s(before, self._usages())
        figures["cpu_s"] = spent
        if frames := figures.get("frames"):
            figures["frames_per_s"] = frames / figures["seconds"]
            figures["cpu_us_per_frame"] = {name: 1e6 * used / frames for name, used in spent.items()}
            figures["ours_us_per_frame"] = 1e6 * sum(spent[name] for name in _ours(spent)) / frames
        return figures

    def _usages(self) -> Usages:
        try:
            return usages(self._pids)
        except NoSuchProcess as gone:
            raise BenchFailed(
                f"a process ended while it was measured ({gone}); see its log with -v"
            ) from gone


def _ours(named: dict[str, Any]) -> list[str]:
    return [name for name in named if name != "backend"]


def _mib(of: Usages) -> dict[str, float]:
    return {name: usage.memory / MIB for name, usage in of.items()}


def _memory(empty: Usages, full: Usages, chargers: int) -> Figures:
    grown = sum(full[name].memory - empty[name].memory for name in _ours(dict(full)))
    return {
        "without_chargers_mib": _mib(empty),
        "mib": _mib(full),
        "kib_per_charger": grown / 1024 / chargers,
    }


# --- the driver's process -----------------------------------------------------------------------------------------


class DriverProcess:
    """The process of `bench_driver`."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.url = url
        """The backend's."""
        self._process = process

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def do(self, step: str, **wanted: Any) -> Figures:
        """Has a step taken; what it measured. Raises BenchFailed."""
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps({"do": step, **wanted}) + b"\n")
        figures = await _line(self._process)
        if "failure" in figures:
            raise BenchFailed(f"the step {step!r} failed: {figures['failure']}")
        return figures


@asynccontextmanager
async def running_driver() -> AsyncIterator[DriverProcess]:
    """A driver for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vcp_runner.bench_driver"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
        process_group=0,
    )
    try:
        yield DriverProcess(process, str((await _line(process))["url"]))
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> Figures:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise BenchFailed("the driver of the bench ended early; see its output above")
    figures: Figures = orjson.loads(line)
    return figures
