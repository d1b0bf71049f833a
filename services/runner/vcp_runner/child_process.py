"""One start of one child: the process, its output, its end. Decides nothing about starting it again."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from vcp_runner import nursery
from vcp_runner.child import live

TAIL_LINES = 30
LONGEST_LINE = 16_384

Log = Callable[[str, str], None]
"""Takes a child's name and one line of its output."""


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """What to run. `service` names whose leases the process may hold; None: it holds none."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    service: str | None = None
    ready: str | None = None
    """Address that tells readiness (see `readiness.is_ready`); None: ready once it runs."""


class ChildProcess:
    """A running child. `ended` is set with `code` once the process is gone and its output read."""

    def __init__(
        self, process: ForkServerProcess, owner: str, output: Connection, log: Callable[[str], None]
    ) -> None:
        self.owner = owner
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self.code: int | None = None
        self.ended = asyncio.Event()
        self._process = process
        self._output = output
        self._log = log
        self._watch = asyncio.create_task(self._until_end())

    @classmethod
    async def launch(
        cls, spec: ChildSpec, *, owner: str, parent: Connection, log: Callable[[str], None]
    ) -> "ChildProcess":
        """Starts `spec` in a session of its own, tied to this process by the pipe `parent`.

        Raises OSError when there is no process or no file to be had.
        """
        environment = {**os.environ, **spec.environment, "VCP_OWNER": owner}
        output, its_output = nursery.tie()
        with its_output:
            process = await nursery.born(live, spec.module, spec.arguments, environment, its_output, parent)
        return cls(process, owner, output, log)

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process.pid is not None, "it was started"
        return self._process.pid

    def terminate(self) -> None:
        """Asks the process to drain and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the process, and all it started, at once (SIGKILL)."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.code is not None:
            return
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.pid, number)  # it leads its own session, hence its own group
            else:
                os.kill(self.pid, number)

    async def _until_end(self) -> None:
        reading = asyncio.create_task(self._read())
        await _readable(self._process.sentinel)
        if self._process.exitcode == nursery.ORPHANED:
            # with the nursery went the knowledge of who still lives: there must not be two of one child
            self.kill()
        self.code = self._process.exitcode
        # a grandchild may hold the output open for ever
        await asyncio.wait([reading], timeout=1.0)
        reading.cancel()
        self.ended.set()

    async def _read(self) -> None:
        stream = asyncio.StreamReader()
        pipe = os.fdopen(os.dup(self._output.fileno()), "rb", buffering=0)
        self._output.close()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), pipe
        )
        try:
            await self._pass_on(stream)
        finally:
            transport.close()

    async def _pass_on(self, output: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await output.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line)
            if len(rest) > LONGEST_LINE:
                self._take(rest)
                rest = b""
        if rest:
            self._take(rest)

    def _take(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        self.tail.append(text)
        self._log(text)


async def _readable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)
