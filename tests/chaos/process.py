"""One service process of the bed: started, killed, stopped for a while, looked at when it has ended. Restarts nothing."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from vcp_runner.parting import die_with_parent

Service = Literal["abstraction", "handler"]


class ServiceProcess:
    """A start of a service under a name of its own."""

    def __init__(self, service: Service, owner: str, log: Path, process: asyncio.subprocess.Process) -> None:
        self.service: Service = service
        self.owner = owner
        self.log = log
        self.doomed = False
        """Whether its end is wanted."""
        self._process = process

    @classmethod
    async def start(cls, service: Service, environment: Mapping[str, str], logs: Path) -> "ServiceProcess":
        """Starts it; its output goes to a file of `logs`."""
        owner = f"{service}-{secrets.token_hex(4)}"
        log = logs / f"{owner}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                f"vcp_{service}",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **environment, "VCP_OWNER": owner},
                preexec_fn=die_with_parent,
                process_group=0,
            )
        return cls(service, owner, log, process)

    @property
    def code(self) -> int | None:
        """The exit code, None while it runs; negative: the signal that ended it."""
        return self._process.returncode

    async def ended(self) -> int:
        """Waits for the end; the exit code."""
        return await self._process.wait()

    async def kill(self) -> None:
        """Ends it as kill -9 does, and waits until it is gone."""
        self.doomed = True
        if self.code is None:
            self._process.kill()
        await self._process.wait()

    def freeze(self) -> None:
        """Stops it in its tracks (SIGSTOP)."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on where it was stopped."""
        self._process.send_signal(signal.SIGCONT)

    def last_words(self, lines: int = 15) -> str:
        """The end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
