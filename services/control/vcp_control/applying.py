"""Applies the chargers file when the API starts: every charge point of it is set up, as often as it takes."""

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path

import structlog
from vcp_contracts.commands import Provision
from vcp_contracts.results import CommandResult
from vcp_plumbing.connection import LOST
from vcp_plumbing.vault import Vault

from vcp_control.chargers_file import Described, WrongChargersFile
from vcp_control.desk import Desk
from vcp_control.problems import Problem
from vcp_control.setting_up import provision

AT_ONCE = 200
"""How many charge points are under way at a time."""
RETRY_S = 0.5
WAIT_S = 10.0

_log = structlog.get_logger(__name__)


class Application:
    """One file, on its way to the charge points."""

    def __init__(self, path: Path, described: Sequence[Described], desk: Desk, vault: Vault | None) -> None:
        self.done = 0
        self._path = path
        self._described = described
        self._desk = desk
        self._vault = vault
        self._run = secrets.token_hex(6)
        self._places = asyncio.Semaphore(AT_ONCE)

    def missing(self) -> str | None:
        """How much is not applied yet, None when all is."""
        total = len(self._described)
        return None if self.done == total else f"{self.done} of {total} charge points are set up"

    async def apply(self) -> None:
        """Set all up; waits for an Abstraction as long as there is none. Raises WrongChargersFile."""
        try:
            async with asyncio.TaskGroup() as group:
                for number, described in enumerate(self._described):
                    await self._places.acquire()
                    group.create_task(self._set_up(number, described))
        except* WrongChargersFile as wrong:
            raise wrong.exceptions[0] from None
        if self._described:
            _log.info("chargers file applied", path=str(self._path), charge_points=self.done)

    async def _set_up(self, number: int, described: Described) -> None:
        try:
            id = f"file-{self._run}-{number}"
            async with provision(described.charge_point, self._vault, id=id) as command:
                self._judge(await self._ended(command), described)
            self.done += 1
        except Problem as problem:
            raise self._wrong(described, problem.field, problem.reason, problem.remedy) from None
        finally:
            self._places.release()

    async def _ended(self, command: Provision) -> CommandResult:
        # The same id each time: however often it is published, it counts once.
        while True:
            try:
                result = await self._desk.issue(command, WAIT_S)
            except Problem as problem:
                if problem.status != 503:
                    raise
                result = None
            except LOST:
                result = None
            if result is not None:
                return result
            await asyncio.sleep(RETRY_S)

    def _judge(self, result: CommandResult, described: Described) -> None:
        if result.status == "rejected":
            raise self._wrong(described, result.field, result.reason or "rejected", result.remedy)

    def _wrong(
        self, described: Described, field: str | None, reason: str, remedy: str | None
    ) -> WrongChargersFile:
        named = f"{described.charge_point.id}: {reason}"
        return WrongChargersFile(self._path, described.line, field, named, remedy)
