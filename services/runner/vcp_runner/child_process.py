"""One start of one child: the process, its output, its end. Decides nothing about starting it again."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from vcp_runner.parting import PARENT_FD

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

    def __init__(self, process: asyncio.subprocess.Process, owner: str, log: Callable[[str], None]) -> None:
        self.owner = owner
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self.code: int | None = None
        self.ended = asyncio.Event()
        self._process = process
        self._log = log
        self._watch = asyncio.create_task(self._until_end())

    @classmethod
    async def launch(
        cls, spec: ChildSpec, *, owner: str, parent_fd: int, log: Callable[[str], None]
    ) -> "ChildProcess":
        """Starts `spec` in a session of its own, tied to this process by the pipe `parent_fd`."""
        environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            **spec.environment,
            "VCP_OWNER": owner,
            PARENT_FD: str(parent_fd),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "vcp_runner.child",
            spec.module,
            *spec.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            pass_fds=(parent_fd,),
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then ends its children in order
        )
        return cls(process, owner, log)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def terminate(self) -> None:
        """Asks the process to drain and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the process, and all it started, at once (SIGKILL)."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.pid, number)  # it leads its own session, hence its own group
            else:
                self._process.send_signal(number)

    async def _until_end(self) -> None:
        reading = asyncio.create_task(self._read())
        self.code = await self._process.wait()
        # a grandchild may hold the output open for ever
        await asyncio.wait([reading], timeout=1.0)
        reading.cancel()
        self.ended.set()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        rest = b""
        while chunk := await self._process.stdout.read(65_536):
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
