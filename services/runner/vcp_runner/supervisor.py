"""Children that must run: started, watched, started again, ended. Knows no service and no word.

A child that dies is started again, at once the first time, then with back-off; the leases it held are released first,
so that nobody waits for them to run out. Neither Ctrl-C nor the sudden death of this process leaves a child behind.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from vcp_runner import nursery
from vcp_runner.child_process import ChildProcess, ChildSpec, Log
from vcp_runner.leaving import Ending, Exit
from vcp_runner.readiness import is_ready

Release = Callable[[str, str], Awaitable[object]]
"""Takes a service and the name of a dead owner, and frees what that one held."""

READY_TIMEOUT_S = 30.0
DRAIN_S = 5.0
BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits before the first, second, … restart in a row; the last one repeats."""
STABLE_S = 30.0
"""A child that lived this long starts its next row at the first wait."""
RELEASE_TIMEOUT_S = 3.0


class ChildFailed(Ending):
    """A child did not become ready; the text has the end of its output."""

    code = Exit.NOT_SET_UP


class Child:
    """One supervised child over all its starts."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.process: ChildProcess | None = None
        self.restarts = 0
        self._changed = asyncio.Condition()

    @property
    def pid(self) -> int | None:
        """The process id of the current start, None between two starts."""
        return self.process.pid if self.process is not None else None

    def kill(self) -> None:
        """Kills the current start (SIGKILL), as a crash would; the supervisor starts the next one."""
        if self.process is not None:
            self.process.kill()

    async def restarted(self, times: int = 1) -> None:
        """Waits until the child has been started again `times` times in all."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.restarts >= times)

    async def _note_restart(self) -> None:
        async with self._changed:
            self.restarts += 1
            self._changed.notify_all()


class Supervisor:
    """Keeps children running from `start` to `stop`. Use it as an async context manager."""

    def __init__(
        self,
        *,
        release: Release | None = None,
        log: Log = lambda name, line: None,
        say: Callable[[str], None] = lambda line: None,
        back_off_s: tuple[float, ...] = BACK_OFF_S,
        ready_timeout_s: float = READY_TIMEOUT_S,
        drain_s: float = DRAIN_S,
    ) -> None:
        """`log` gets the children's output, `say` what the supervisor itself has to tell."""
        self.children: dict[str, Child] = {}
        self._release = release
        self._log = log
        self._say = say
        self._back_off_s = back_off_s
        self._ready_timeout_s = ready_timeout_s
        self._drain_s = drain_s
        self._keepers: list[asyncio.Task[None]] = []
        self._parent, self._our_end = nursery.tie()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, *specs: ChildSpec) -> None:
        """Starts all `specs` at once and waits until each is ready.

        Raises ChildFailed if one ends first or takes longer than the ready time-out.
        """
        started = [Child(spec) for spec in specs]
        for child in started:
            if child.spec.name in self.children:
                raise ValueError(f"there is a child {child.spec.name} already")
            self.children[child.spec.name] = child
            await self._launch(child)
        # a child that ends before it was ever ready would only end again: that is for the caller to see
        try:
            async with asyncio.TaskGroup() as group:
                for child in started:
                    group.create_task(self._until_ready(child))
        except* ChildFailed as failed:
            raise failed.exceptions[0] from None
        self._keepers += [asyncio.create_task(self._keep(child)) for child in started]

    async def ready(self, name: str) -> None:
        """Waits until the current start of a child is ready. Raises ChildFailed."""
        await self._until_ready(self.children[name])

    async def stop(self) -> None:
        """Asks all children to drain and end, and kills those that take longer than the drain time."""
        for keeper in self._keepers:
            keeper.cancel()
        kept = await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers.clear()
        await asyncio.gather(*(self._end(child) for child in self.children.values()))
        self.children.clear()
        self._our_end.close()
        self._parent.close()
        for outcome in kept:
            if isinstance(outcome, Exception):
                raise outcome

    async def _launch(self, child: Child) -> None:
        name = child.spec.name
        child.process = await ChildProcess.launch(
            child.spec,
            owner=f"{name}-{secrets.token_hex(4)}",
            parent=self._parent,
            log=lambda line: self._log(name, line),
        )

    async def _until_ready(self, child: Child) -> None:
        process, address = child.process, child.spec.ready
        deadline = time.monotonic() + self._ready_timeout_s
        while process is not None and process.code is None:
            if address is None or await is_ready(address, process.pid):
                return
            if time.monotonic() > deadline:
                raise ChildFailed(
                    f"{child.spec.name} was not ready after {self._ready_timeout_s:.0f} s ({address}){_tail(process)}"
                )
            await asyncio.sleep(0.02)
        if process is not None:
            await process.ended.wait()
            raise ChildFailed(
                f"{child.spec.name} ended with {_code(process)} before it was ready{_tail(process)}"
            )
        raise ChildFailed(f"{child.spec.name} is between two starts")

    async def _keep(self, child: Child) -> None:
        in_a_row = 0
        while child.process is not None:
            since = time.monotonic()
            await child.process.ended.wait()
            in_a_row = 0 if time.monotonic() - since > STABLE_S else in_a_row
            dead, child.process = child.process, None
            await self._bury(child, dead)
            why = f"ended with {_code(dead)}"
            while child.process is None:
                wait = self._back_off_s[min(in_a_row, len(self._back_off_s) - 1)]
                self._say(f"{child.spec.name} {why}; starting it again{_in(wait)}")
                in_a_row += 1
                await asyncio.sleep(wait)
                try:
                    await self._launch(child)
                except OSError as failure:  # no process or no file to be had just now
                    why = f"could not be started: {failure}"
            await child._note_restart()

    async def _bury(self, child: Child, dead: ChildProcess) -> None:
        if self._release is None or child.spec.service is None:
            return
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT_S):
                await self._release(child.spec.service, dead.owner)
        except Exception as failure:  # the leases run out by themselves, the child must come back regardless
            self._say(f"the leases of {dead.owner} could not be released: {failure!r}")

    async def _end(self, child: Child) -> None:
        process = child.process
        if process is None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(self._drain_s):
                await process.ended.wait()
        except TimeoutError:
            self._say(f"{child.spec.name} did not drain in {self._drain_s:g} s: killed")
            process.kill()
            await process.ended.wait()
            await self._bury(child, process)


def _code(process: ChildProcess) -> str:
    code = process.code
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def _tail(process: ChildProcess) -> str:
    return "".join(f"\n  | {line}" for line in process.tail) if process.tail else "; it printed nothing"


def _in(wait_s: float) -> str:
    return f" in {wait_s:g} s" if wait_s else ""
