"""Takes commands in, and waits for what became of them. Knows the streams; not HTTP's routes, not what a command does."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.commands import Command
from vcp_contracts.results import CommandResult
from vcp_plumbing.commit import LEASE_MS, Full
from vcp_plumbing.connection import roundtrip
from vcp_plumbing.publish import IN_LIMIT, publish

from vcp_control.follower import Follower
from vcp_control.problems import Problem, unavailable


class Standing(NamedTuple):
    """What is known before a command is published."""

    alive: bool
    """Whether an Abstraction showed a sign of life lately."""
    ended: CommandResult | None
    """The result, where this command id had one already."""


class Desk:
    """Publishes commands and pairs them with their results."""

    def __init__(
        self, redis: Redis, partitions: int, follower: Follower, *, input_limit: int = IN_LIMIT
    ) -> None:
        self.partitions = partitions
        self.issued = 0
        """How many commands were published."""
        self._redis = redis
        self._follower = follower
        self._input_limit = input_limit

    async def issue(self, command: Command, wait_s: float) -> CommandResult | None:
        """Publish a command and wait for its result; None when it has none after `wait_s` seconds.

        An id that has a result already is not published again: its first result is told, marked as a repeat.
        Raises Problem 503 when no Abstraction is alive or the partition's input is full, 409 when the id was used
        for another charge point, and what a broken connection raises: then the command may be in.
        """
        if wait_s <= 0:
            return await self._hand_in(command)
        async with self._follower.expect(command.id) as result:
            ended = await self._hand_in(command)
            if ended is not None:
                return ended
            try:
                async with asyncio.timeout(wait_s):
                    return CommandResult.model_validate(await result)
            except TimeoutError:
                return await self.result_of(command.charge_point, command.id)

    async def issue_all(
        self, commands: Sequence[Command], wait_s: float, *, at_once: int = 100
    ) -> list[CommandResult | None]:
        """Issue many commands, so many at once; their results in the same order. Raises the first one's Problem."""
        places = asyncio.Semaphore(at_once)

        async def issue(command: Command) -> CommandResult | None:
            async with places:
                return await self.issue(command, wait_s)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(issue(command)) for command in commands]
        except* Problem as problems:
            raise problems.exceptions[0] from None
        return [task.result() for task in tasks]

    async def result_of(self, charge_point: str, command: str, wait_s: float = 0) -> CommandResult | None:
        """The result of a command of this charge point; None when it has none within `wait_s`, or none any more."""
        if wait_s <= 0:
            ended = (await self._look(charge_point, command)).ended
        else:
            async with self._follower.expect(command) as result:
                ended = (await self._look(charge_point, command)).ended
                if ended is None:
                    try:
                        async with asyncio.timeout(wait_s):
                            ended = CommandResult.model_validate(await result)
                    except TimeoutError:
                        return None
        return ended if ended is not None and ended.charge_point == charge_point else None

    async def _hand_in(self, command: Command) -> CommandResult | None:
        alive, ended = await self._look(command.charge_point, command.id)
        if ended is not None:
            return _repeat(command, ended)
        if not alive:
            raise unavailable(
                "no Abstraction is alive, so nobody would apply the command",
                "start one (vcp up, or python -m vcp_abstraction), or wait until it is up",
                kind="no_abstraction",
            )
        partition = streams.partition_of(command.charge_point, self.partitions)
        # Without `at`: the time of the entry counts, which is the broker's.
        body = command.model_dump_json(exclude={"at"}).encode()
        added = await publish(self._redis, partition, body, limit=self._input_limit)
        if isinstance(added, Full):
            raise unavailable(added.reason, "try again later", kind="full")
        self.issued += 1
        return None

    async def _look(self, charge_point: str, command: str) -> Standing:
        partition = streams.partition_of(charge_point, self.partitions)
        replies = await roundtrip(
            self._redis,
            [
                ("TIME",),
                ("ZREVRANGE", streams.members("abstraction"), 0, 0, "WITHSCORES"),
                ("HGET", streams.done(partition), command),
            ],
        )
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        (seconds, _), newest, done = replies
        alive = bool(newest) and int(float(newest[1])) >= int(seconds) * 1000 - LEASE_MS
        return Standing(alive, CommandResult.model_validate_json(done) if done else None)


def _repeat(command: Command, ended: CommandResult) -> CommandResult:
    if ended.charge_point != command.charge_point:
        raise Problem(
            409,
            "id_in_use",
            "this id was used for a command to another charge point",
            field="id",
            remedy="use a new id for each command",
            command=command.id,
        )
    return ended.model_copy(update={"repeated": True})
